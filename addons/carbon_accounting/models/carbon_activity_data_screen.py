from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL


class CarbonActivityData(models.Model):
    """Links and labels of activity data on screens."""

    _inherit = "carbon.activity.data"

    kind_id = fields.Many2one("carbon.event.kind", string="Event", compute="_compute_kind_id", search="_search_kind_id")

    @api.depends("kind")
    def _compute_kind_id(self):
        kinds = {
            kind.code: kind
            for kind in self.env["carbon.event.kind"].search([("code", "in", list(set(self.mapped("kind"))))])
        }
        for row in self:
            row.kind_id = kinds.get(row.kind, False)

    def _search_kind_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("kind", "in", self.env["carbon.event.kind"].browse(value).mapped("code"))]

    @api.model
    def _count_by(self, column, ids):
        """Return {id: rows} of products or partners in the user's companies, in one pass over the ledger.

        Rows of partners that were merged count for the one that stayed.

        :param column: ``product_id`` or ``partner_id``, read as it is written in the ledger
        """
        if not ids:
            return {}
        self.check_access("read")
        # sudo: no more than the numbers of partners the user asks about
        merges = self.env["carbon.partner.merge"].sudo()
        merged = merges.search([("partner_id", "in", list(ids))]) if column == "partner_id" else merges
        became = {merge.merged_id: merge.partner_id.id for merge in merged}
        counts = defaultdict(int)
        for number, count in self.env.execute_query(
            SQL(
                "SELECT %(column)s, count(*) FROM carbon_activity_data "
                "WHERE %(column)s = ANY(%(ids)s) AND company_id = ANY(%(companies)s) GROUP BY 1",
                column=SQL.identifier(column),
                ids=[*ids, *became],
                companies=self.env.companies.ids,
            )
        ):
            counts[became.get(number, number)] += count
        return dict(counts)

    def action_view_emissions(self):
        """Open the emissions of the rows."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        return dict(action, domain=[("activity_id", "in", self.ids)], context={})
