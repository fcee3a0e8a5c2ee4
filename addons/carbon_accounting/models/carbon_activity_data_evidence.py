from odoo import fields, models
from odoo.tools import SQL


class CarbonActivityData(models.Model):
    """Rows whose document has no file: the close asks for them (R-140)."""

    _inherit = "carbon.activity.data"

    without_evidence = fields.Boolean(
        compute="_compute_without_evidence",
        search="_search_without_evidence",
        help="The declaration or bill behind the row has no file.",
    )

    def _compute_without_evidence(self):
        sources = self.env["carbon.event.source"]
        found = set()
        if self.ids:
            found = {
                row[0] for row in self.env.execute_query(sources._sql_without_evidence(SQL("a.id = ANY(%s)", self.ids)))
            }
        for row in self:
            row.without_evidence = row.id in found

    def _search_without_evidence(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        companies = SQL("a.company_id = ANY(%s)", self.env.companies.ids)
        return [("id", "in", SQL("(%s)", self.env["carbon.event.source"]._sql_without_evidence(companies)))]
