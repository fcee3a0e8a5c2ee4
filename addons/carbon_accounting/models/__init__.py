# factor side
from . import (
    carbon_basis_mixin,
    carbon_gas,
    carbon_gwp_set,
    carbon_gwp_value,
    carbon_emission_category,
    carbon_framework,
    carbon_framework_edition,
    carbon_framework_category,
    carbon_framework_mapping,
    carbon_emission_stream,
    carbon_factor_pack,
    carbon_factor_pack_load,
    carbon_emission_factor,
    carbon_emission_factor_version,
    carbon_emission_factor_approval,
    carbon_emission_factor_gas,
)

# engine side
from . import (
    carbon_event_kind,
    carbon_event_source,
    carbon_system,
    carbon_site,
    carbon_emission_unit,
    carbon_source,
    carbon_source_factor,
    carbon_unit_conversion,
    carbon_activity_rule,
    carbon_activity_data,
    carbon_partner_merge,
    base_partner_merge,
    carbon_emission_line,
    carbon_reporting_period,
    carbon_declaration,
    carbon_collection_issue,
    carbon_collection_run,
    carbon_collection_job,
    carbon_engine,
    carbon_engine_basis,
    carbon_engine_read,
    carbon_engine_match,
    carbon_engine_target,
    carbon_engine_sql,
    carbon_engine_refresh,
    carbon_engine_dry_run,
    carbon_engine_estimate,
)

# inventory
from . import (
    carbon_inventory,
    carbon_inventory_line,
    carbon_inventory_state,
    carbon_inventory_compute,
    carbon_inventory_boundary,
    carbon_inventory_totals,
    carbon_inventory_links,
    carbon_inventory_charts,
    carbon_inventory_intensity,
)

# screens
from . import (
    carbon_activity_rule_screen,
    carbon_activity_data_screen,
    carbon_emission_line_screen,
    carbon_reporting_period_screen,
    carbon_collection_run_screen,
    carbon_declaration_screen,
    product_template,
    ir_module_module,
    product_product,
    res_partner,
    carbon_overview,
    carbon_overview_sql,
)
