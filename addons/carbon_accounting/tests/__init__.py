from . import test_accidents
from . import test_bad_input
from . import test_basis_changed
from . import test_basis_partners_units
from . import test_basis_products
from . import test_collection_pending
from . import test_collection_run
from . import test_recalculation
from . import test_data_approval
from . import test_data_approval_abuse
from . import test_declaration_gate
from . import test_differential
from . import test_differential_recognition
from . import test_electricity_basis
from . import test_engine
from . import test_factor_access
from . import test_factor_packs
from . import test_factor_second_person
from . import test_factor_versions
from . import test_hoot
from . import test_inventory
from . import test_inventory_approval
from . import test_inventory_boundary
from . import test_inventory_guards
from . import test_inventory_reports
from . import test_inventory_export
from . import test_inventory_workbook
from . import test_kernel
from . import test_language
from . import test_matching
from . import test_overview
from . import test_partner_merge
from . import test_period_checklist
from . import test_period_guards
from . import test_product_footprint
from . import test_quality_plan
from . import test_question
from . import test_reference_data
from . import test_reference_guards
from . import test_evidence_pack
from . import test_monitoring_matrix
from . import test_monitoring_tasks
from . import test_report_document
from . import test_report_gaps
from . import test_report_issued
from . import test_restatement
from . import test_restatement_bridge
from . import test_screens
from . import test_seal
from . import test_significance
from . import test_seal_tampering
from . import test_seal_labels
from . import test_seal_told
from . import (
    test_verification_sample,
    test_verification_reperformance,
    test_verification_findings,
    test_verification_paper,
)
from . import test_setup
from . import test_told
from . import test_tours
from . import test_uncertainty
from . import test_uncertainty_sides
from . import test_uncertainty_unknown
from . import test_uncounted
from . import test_unit_conversion
from . import test_unit_conversion_dates
from . import test_unit_conversion_history
from . import test_xlsx_stream
from . import test_rules
from . import test_engine_results
from . import test_worked_examples
from . import test_calculation_methods
from . import test_certificates
from . import test_price_index
from . import test_story_s3
from . import test_certificates_of_bills
from . import test_method_access
from . import test_method_declarations
from . import test_method_refusals
from . import test_method_inputs
from . import test_method_plausible
from . import test_method_uncertainty
from . import test_monitoring_gaps
from . import test_gap_formulas
from . import test_monitoring_access
from . import test_monitoring_plan
from . import test_monitoring_anomalies
from . import test_factor_dry_run, test_factor_dry_run_approval, test_factor_dry_run_inventories
from . import test_regression, test_baseline, test_benchmark, test_performance
from . import test_period_over
from . import test_rule_quality
from . import test_source_table
from . import test_consolidation, test_consolidation_life, test_consolidation_access
from . import test_source_review
from . import test_sink
from . import test_use_requirement
from . import test_refills, test_refill_problems, test_emission_devices, test_refill_tours
from . import test_meter_events
from . import test_meter_readings, test_meter_files, test_meter_calibration, test_meter_page
from . import test_operational_deviations
from . import test_meter_phone, test_calibration_tour
from . import test_meter_double
