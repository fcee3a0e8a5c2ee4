from odoo import api, fields, models

from .carbon_emission_factor_gas import GAS_KINDS
from .carbon_inventory_line import SEGMENTS, TREATMENTS


class CarbonConsolidationLine(models.Model):
    """What one company brings of one category, gas and treatment, and what of it counts.

    ``consolidated = own × share − eliminated``, all in kg CO2e and all kept, so that every line can be re-performed by itself.
    Biogenic CO2, removals and recovered gas have lines of their own treatment and never net.
    """

    _name = "carbon.consolidation.line"
    _description = "Line of a Consolidated Inventory"
    _inherit = ["carbon.consolidation.row.mixin"]
    _order = "consolidation_id, member_id, emission_category_id, gas_id, id"
    _rec_name = "emission_category_id"

    member_id = fields.Many2one(
        "carbon.consolidation.member", string="Company", required=True, index=True, ondelete="cascade"
    )
    member_company_id = fields.Many2one("res.company", string="Company in Odoo", required=True, ondelete="restrict")
    emission_category_id = fields.Many2one("carbon.emission.category", required=True, ondelete="restrict")
    segment = fields.Selection(SEGMENTS, required=True)
    gas_id = fields.Many2one("carbon.gas", required=True, ondelete="restrict")
    gas_kind = fields.Selection(GAS_KINDS, required=True)
    treatment = fields.Selection(TREATMENTS, required=True)
    in_location = fields.Boolean(string="In Location-based Result")
    in_market = fields.Boolean(string="In Market-based Result")
    own_kg = fields.Float(
        string="Own (kg CO₂e)", digits=0, help="As the inventory of the company says, before the share."
    )
    share = fields.Float(digits=0, aggregator=None)
    eliminated_kg = fields.Float(
        string="Eliminated (kg CO₂e)", digits=0, help="Bought inside the group and counted by the seller already."
    )
    consolidated_kg = fields.Float(string="Consolidated (kg CO₂e)", digits=0)
    consolidated_t = fields.Float(
        string="t CO₂e", compute="_compute_consolidated_t", digits=0, aggregator=None, export_string_translation=False
    )

    _key_uniq = models.UniqueIndex(
        "(consolidation_id, member_id, emission_category_id, segment, gas_id, gas_kind, treatment, in_location, in_market)"
    )
    _direct_check = models.Constraint(
        "CHECK(segment <> 'direct' OR eliminated_kg = 0)", "Direct emissions are never eliminated."
    )
    _sum_check = models.Constraint(
        "CHECK(consolidated_kg = round(own_kg * share, 12) - eliminated_kg)",
        "What is consolidated is own × share − eliminated.",
    )

    @api.depends("consolidated_kg")
    def _compute_consolidated_t(self):
        for line in self:
            line.consolidated_t = line.consolidated_kg / 1000.0

    def action_view_inventory_lines(self):
        """Open the lines of the company's own inventory behind this line.

        :return: window action
        """
        self.ensure_one()
        self.consolidation_id._check_may_see()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_inventory_line_action")
        domain = [
            ("inventory_id", "=", self.member_id.inventory_id.id),
            ("emission_category_id", "=", self.emission_category_id.id),
            ("segment", "=", self.segment),
            ("gas_id", "=", self.gas_id.id),
            *((name, "=", self[name]) for name in ("gas_kind", "treatment", "in_location", "in_market")),
        ]
        action = dict(action, domain=domain, context={})
        return self.consolidation_id._in_companies(action, self.member_company_id)
