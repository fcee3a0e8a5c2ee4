from odoo import api, fields, models

_T = ("own_t", "shared_t", "eliminated_t", "consolidated_t")


class CarbonConsolidationMember(models.Model):
    """A company or unit of the group: by which part it counts, and the inventory it brings.

    ``share`` is what the boundary gives. ``counted_part`` is the part in which the company's emissions really are in the
    consolidated total: its share, or 0 while it has no usable inventory. Sales of a company are eliminated by that part.
    """

    _name = "carbon.consolidation.member"
    _description = "Company of a Consolidated Inventory"
    _inherit = ["carbon.consolidation.row.mixin"]
    _order = "consolidation_id, sequence, id"
    _rec_name = "entity_name"

    sequence = fields.Integer()
    entity_name = fields.Char(string="Company", required=True)
    member_company_id = fields.Many2one(
        "res.company", string="Company in Odoo", index="btree_not_null", ondelete="restrict"
    )
    relation = fields.Selection(
        selection=lambda self: self.env["carbon.boundary.company"]._fields["relation"]._description_selection(self.env),
        required=True,
    )
    share = fields.Float(digits=0, required=True, aggregator=None)
    counted_part = fields.Float(
        digits=0,
        required=True,
        aggregator=None,
        help="Part in which its emissions are in the consolidated total: the share, or 0 while there is no usable inventory.",
    )
    inventory_id = fields.Many2one("carbon.inventory", index="btree_not_null", ondelete="restrict")
    inventory_computed_on = fields.Datetime()
    inventory_state = fields.Selection(related="inventory_id.state", string="State of the Inventory")
    problem = fields.Char(
        compute="_compute_problem", help="What stands between this company and a complete, approved group."
    )
    own_t = fields.Float("Own (t CO₂e)", compute="_compute_tonnes", digits=0, aggregator=None)
    shared_t = fields.Float("By Share (t CO₂e)", compute="_compute_tonnes", digits=0, aggregator=None)
    eliminated_t = fields.Float("Eliminated (t CO₂e)", compute="_compute_tonnes", digits=0, aggregator=None)
    consolidated_t = fields.Float("Consolidated (t CO₂e)", compute="_compute_tonnes", digits=0, aggregator=None)

    _company_uniq = models.UniqueIndex(
        "(consolidation_id, member_company_id) WHERE member_company_id IS NOT NULL",
        "A company stands in a consolidated inventory once.",
    )

    @api.depends("consolidation_id.computed_on", "inventory_id", "inventory_id.state")
    @api.depends_context("uid")
    def _compute_problem(self):
        for consolidation, members in self.grouped("consolidation_id").items():
            problems = consolidation._member_problems() if consolidation._may_see() else {}
            for member in members:
                texts = [text for _code, text in problems.get(member.id, [])]
                member.problem = " ".join(texts) or False

    @api.depends("consolidation_id.computed_on", "consolidation_id.electricity_basis")
    @api.depends_context("uid")
    def _compute_tonnes(self):
        """Read the headline of all members with one query; a user who may not enter all companies sees no number."""
        groups = {}
        for consolidation in self.consolidation_id:
            if consolidation._may_see():
                groups.update(consolidation._by_member())
        for member in self:
            member.update(dict(zip(_T, groups.get(member.id, (0.0,) * 4), strict=True)))

    def action_open_inventory(self):
        """Open the inventory of the company.

        :return: window action
        """
        self.ensure_one()
        self.consolidation_id._check_may_see()
        action = {
            "type": "ir.actions.act_window",
            "res_model": "carbon.inventory",
            "res_id": self.inventory_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
        return self.consolidation_id._in_companies(action, self.member_company_id)

    def _ledger_bound(self):
        """Return the highest ledger row that the company's inventory summed."""
        # sudo: a number without meaning of its own, asked for after the check of access
        return self.sudo().inventory_id.ledger_max_id
