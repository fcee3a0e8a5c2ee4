"""Uninstall hook: what lives in the database beside the ORM."""

from odoo.tools import SQL

TRIGGER_FUNCTIONS = ("carbon_trail_refuse", "carbon_trail_head_guard", "carbon_supplier_notice_refuse")


def uninstall_hook(env):
    """Clear the way for Odoo, which then drops data, tables and columns.

    It knows nothing of trigger functions. And it deletes shipped records before it
    drops tables, so that references between our own tables would refuse this, with
    an error in the log for each.
    """
    for name in TRIGGER_FUNCTIONS:
        env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(name)))
    for table, constraint in _own_foreign_keys(env):
        env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(constraint),
            )
        )


def _own_foreign_keys(env):
    """Return (table, constraint) of references from one of our tables to another."""
    models = env["ir.model.data"].search([("module", "=", "carbon_management"), ("model", "=", "ir.model")])
    names = env["ir.model"].browse(models.mapped("res_id")).mapped("model")
    tables = [env[name]._table for name in names if name.startswith("carbon.")]
    return env.execute_query(
        SQL(
            """SELECT own.relname, fk.conname
                 FROM pg_constraint fk
                 JOIN pg_class own ON own.oid = fk.conrelid
                 JOIN pg_class target ON target.oid = fk.confrelid
                WHERE fk.contype = 'f'
                  AND own.relname = ANY(%(tables)s)
                  AND target.relname = ANY(%(tables)s)""",
            tables=tables,
        )
    )
