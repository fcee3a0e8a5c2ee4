from odoo import api, fields, models
from odoo.tools import SQL


class CarbonInventory(models.Model):
    """What new facilities emit, as a subtotal of its own (R-137; standard 004 §8.5 b).

    New in an inventory is a source that began in its period. The day is that of the source; where it has none, that of its device, then
    that of its emission unit. Derived when read.
    """

    _inherit = "carbon.inventory"

    new_facility_t = fields.Float(
        "New Facilities (t CO₂e)",
        compute="_compute_new_facility",
        digits=0,
        aggregator=None,
        help="Part of the total: sources that began in the period of the inventory.",
    )
    new_facility_count = fields.Integer("New Sources", compute="_compute_new_facility")

    @api.depends("date_from", "date_to", "computed_on", "electricity_basis")
    def _compute_new_facility(self):
        found = {}
        if self.ids:
            self.env["carbon.source"].flush_model()
            self.env["carbon.inventory.line"].flush_model()
            rows = self.env.execute_query(
                SQL(
                    """SELECT i.id, COALESCE(SUM(l.co2e_kg), 0) / 1000.0, COUNT(DISTINCT l.source_id)::int
                         FROM carbon_inventory i JOIN carbon_inventory_line l ON l.inventory_id = i.id
                         JOIN (%(starts)s) b ON b.source_id = l.source_id AND b.date_start BETWEEN i.date_from AND i.date_to
                        WHERE i.id = ANY(%(ids)s) AND l.treatment = 'total'
                          AND CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END
                        GROUP BY i.id""",
                    starts=self.env["carbon.source"]._sql_starts(),
                    ids=self.ids,
                )
            )
            found = {row[0]: (float(row[1]), row[2]) for row in rows}
        for inventory in self:
            inventory.new_facility_t, inventory.new_facility_count = found.get(inventory.id, (0.0, 0))

    def action_view_new_facilities(self):
        """Open the lines of new facilities."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_inventory_report_action")
        domain = [("inventory_id", "=", self.id), ("is_new_facility", "=", True)]
        return dict(action, domain=domain, context={"group_by": ["source_id"]})
