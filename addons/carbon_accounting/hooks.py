"""Uninstall hook: what lives in the database beside the ORM."""

from odoo.tools import SQL

FUNCTIONS = (
    "carbon_ledger_insert",
    "carbon_ledger_change",
    "carbon_ledger_update",
    "carbon_period_guard",
    "carbon_inventory_guard",
    "carbon_inventory_line_guard",
    "carbon_unit_ratio",
    "carbon_price_ratio",
    "carbon_inventory_seal_guard",
    "carbon_inventory_seal_batch_late",
    "carbon_inventory_life_guard",
    "carbon_inventory_told_guard",
    "carbon_period_reopening_guard",
    "carbon_period_sealed_guard",
    "carbon_factor_version_guard",
    "carbon_factor_gas_guard",
    "carbon_data_approval_fits",
    "carbon_period_override_guard",
    "carbon_consolidation_guard",
    "carbon_consolidation_row_guard",
    "carbon_meter_reading_guard",
)


def uninstall_hook(env):
    """Drop the guards of the ledger and the engine's function; Odoo drops the tables but knows neither.

    Whether evidence may go was asked before (``ir.module.module._carbon_evidence``).
    """
    for name in FUNCTIONS:
        env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", SQL.identifier(name)))
