from odoo import api, models
from odoo.tools import SQL


class CarbonEngineBasis(models.AbstractModel):
    """Whether rules and factors changed since the ledger was collected.

    Revisions are counted, not dated: a change whose transaction ends after a collection began is never taken
    for older than it.
    """

    _inherit = "carbon.engine"

    @api.model
    def _raise_basis_revision(self, companies):
        """Count a change of what the ledgers of companies rest on; without a ledger there is nothing to tell."""
        if not companies:
            return
        systems = self.env["carbon.system"]
        systems.flush_model(["company_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE carbon_system s SET basis_revision = COALESCE(s.basis_revision, 0) + 1
                 WHERE s.company_id = ANY(%s)
                   AND (EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.company_id = s.company_id)
                        OR EXISTS (SELECT 1 FROM carbon_collection_run r WHERE r.company_id = s.company_id))
                """,
                companies.ids,
            )
        )
        systems.invalidate_model(["basis_revision"], flush=False)

    @api.model
    def _basis_revision(self, company):
        """Return the revision of what the ledger of a company rests on."""
        rows = self.env.execute_query(
            SQL("SELECT COALESCE(basis_revision, 0) FROM carbon_system WHERE company_id = %s", company.id)
        )
        return rows[0][0] if rows else 0

    @api.model
    def _basis_changed(self, companies):
        """Return those companies whose rules or factors changed after their last finished collection began.

        Their ledgers then wait for the next collection.
        """
        self.env["carbon.collection.run"].flush_model(["company_id", "state", "basis_revision"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.company_id FROM carbon_system s
                 WHERE s.company_id = ANY(%s) AND COALESCE(s.basis_revision, 0) <> COALESCE((
                       SELECT r.basis_revision FROM carbon_collection_run r
                        WHERE r.company_id = s.company_id AND r.state = 'done' ORDER BY r.id DESC LIMIT 1), 0)
                """,
                companies.ids,
            )
        )
        return companies.browse(row[0] for row in rows)
