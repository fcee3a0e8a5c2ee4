from . import (
    carbon_inventory_report,
    carbon_emission_report,
    carbon_emission_report_sql,
    carbon_superseded_report,
    carbon_material_balance,
    carbon_monitoring_report,
    carbon_new_facility_report,
    carbon_inventory_workbook,
    carbon_inventory_workbook_tables,
    carbon_inventory_workbook_uncertainty,
    carbon_inventory_workbook_rows,
    carbon_inventory_workbook_notes,
)
