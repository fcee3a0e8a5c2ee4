from odoo import fields, models
from odoo.tools import SQL

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_consolidation_row_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE bad text;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'carbon consolidation: rows cannot be truncated' USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT string_agg(DISTINCT c.name, ', ') INTO bad
      FROM (SELECT DISTINCT consolidation_id FROM touched) r
      JOIN carbon_consolidation c ON c.id = r.consolidation_id WHERE c.state <> 'draft';
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'carbon consolidation %: its rows are frozen', bad USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
_TRIGGERS = {
    "carbon_consolidation_row_insert": "AFTER INSERT {on} REFERENCING NEW {each}",
    "carbon_consolidation_row_old": "AFTER UPDATE {on} REFERENCING OLD {each}",
    "carbon_consolidation_row_new": "AFTER UPDATE {on} REFERENCING NEW {each}",
    "carbon_consolidation_row_delete": "AFTER DELETE {on} REFERENCING OLD {each}",
    "carbon_consolidation_row_truncate": "BEFORE TRUNCATE {on} FOR EACH STATEMENT",
}


class CarbonConsolidationRowMixin(models.AbstractModel):
    """A row that the computation of a consolidated inventory writes; the database freezes it with its inventory."""

    _name = "carbon.consolidation.row.mixin"
    _description = "Computed Row of a Consolidated Inventory"
    _inherit = ["carbon.act.mixin"]
    _log_access = False

    consolidation_id = fields.Many2one(
        "carbon.consolidation", string="Consolidated Inventory", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        "res.company", string="Reporting Company", required=True, index=True, ondelete="restrict"
    )

    def init(self):
        """Install the guard: rows come, change and go in drafts only."""
        if self._abstract:
            return
        self.env.cr.execute(_GUARD)
        for name, when in _TRIGGERS.items():
            event = when.format(on=f"ON {self._table}", each="TABLE AS touched FOR EACH STATEMENT")
            self.env.cr.execute(
                SQL(
                    "DROP TRIGGER IF EXISTS %(name)s ON %(table)s; "
                    "CREATE TRIGGER %(name)s %(event)s EXECUTE FUNCTION carbon_consolidation_row_guard()",
                    name=SQL.identifier(name),
                    table=SQL.identifier(self._table),
                    event=SQL(event),
                )
            )

    def _refusal(self):
        """Say where the rows come from and what to do instead."""
        return self.env._(
            "The rows of a consolidated inventory are computed. Correct the inventory of the company, or decide on the "
            "flow, and compute the draft again."
        )
