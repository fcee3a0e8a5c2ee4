from . import base_partner_merge
from . import carbon_factor_version_wizard
from . import carbon_method_use_wizard
from . import carbon_rule_dry_run_wizard
from . import carbon_factor_dry_run_wizard, carbon_factor_dry_run_line, carbon_factor_dry_run_inventory
from . import carbon_unit_conversion_archive_wizard, carbon_unit_conversion_wizard
from . import carbon_rule_proposal, carbon_setup_wizard, carbon_setup_wizard_boundary
from . import carbon_setup_propose
from . import carbon_inventory_restatement_wizard, carbon_inventory_verification_wizard, carbon_period_reopening_wizard
from . import carbon_monitoring_answer_wizard
from . import carbon_report_wizard
from . import carbon_period_checklist, carbon_period_checklist_line, carbon_period_checklist_lines
from . import carbon_period_checklist_factors
from . import carbon_data_approval_switch_wizard, carbon_data_decision_wizard
from . import carbon_refill_correction_wizard, carbon_refill_elsewhere_wizard, carbon_device_source_wizard
from . import carbon_period_checklist_refills
from . import carbon_meter_reading_correct_wizard, carbon_meter_round, carbon_meter_import_wizard
from . import carbon_cross_check_wizard
from . import carbon_period_checklist_meters, carbon_period_checklist_double
from . import carbon_footprint_use_wizard
from . import carbon_pact_import_wizard
