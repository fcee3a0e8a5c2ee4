from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonBoundaryCompany(models.Model):
    """A company or unit inside an organisational boundary, with its share.

    Frozen with its boundary. Either a company of this database or any other entity.
    """

    _name = "carbon.boundary.company"
    _description = "Company Inside a Carbon Boundary"
    _inherit = ["carbon.gate.line.mixin"]
    _order = "boundary_id, sequence, id"
    _rec_name = "entity_name"

    _gate_parent_field = "boundary_id"

    boundary_id = fields.Many2one("carbon.boundary", required=True, index=True, ondelete="cascade")
    boundary_company_id = fields.Many2one(related="boundary_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", "Company in Odoo", ondelete="restrict", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Other Entity", ondelete="restrict")
    entity_name = fields.Char(
        compute="_compute_entity_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    relation = fields.Selection(
        [
            ("own", "Own company"),
            ("subsidiary", "Subsidiary"),
            ("joint", "Joint venture"),
            ("associate", "Associate"),
            ("franchise", "Franchise"),
            ("leased", "Leased"),
        ],
        required=True,
        default="subsidiary",
    )
    share = fields.Float(digits=0, default=1.0, required=True, aggregator=None)
    held_by_id = fields.Many2one(
        "res.company",
        "Held Through",
        ondelete="restrict",
        help="Empty where the boundary's own company holds it. The share is that of the holder: shares on the way are multiplied.",
    )
    is_included = fields.Boolean("Inside", default=True)
    note = fields.Char("Note or Reason")

    _share_check = models.Constraint(
        "CHECK(share > 0 AND share <= 1)",
        "The share of a company lies above 0 and goes up to 1 (100 %).",
    )
    _company_uniq = models.UniqueIndex(
        "(boundary_id, company_id) WHERE company_id IS NOT NULL",
        "This company is listed in the boundary already.",
    )
    _excluded_reason_check = models.Constraint(
        "CHECK(is_included OR (note IS NOT NULL AND btrim(note) <> ''))",
        "A company that is left outside needs a reason in its note.",
    )

    @api.depends("company_id", "partner_id")
    def _compute_entity_name(self):
        """Keep the name as text: what was approved stays readable after renaming."""
        for line in self:
            name = line.company_id.name or line.partner_id.name
            line.entity_name = name or line.entity_name

    def _listed_companies(self):
        """Return the companies of the boundary: its own and those that lines name."""
        return self.boundary_id.company_id | self.boundary_id.company_line_ids.company_id

    @api.constrains("held_by_id", "company_id")
    def _check_held_by_id(self):
        """Refuse a company that is held through itself.

        :raises ValidationError: naming the company
        """
        for line in self.filtered("held_by_id"):
            holders = {other.company_id: other.held_by_id for other in line.boundary_id.company_line_ids}
            company, seen = line.company_id, self.env["res.company"]
            while company and company not in seen:
                seen |= company
                company = holders.get(company)
            if company:
                raise ValidationError(
                    self.env._(
                        "%(company)s would be held through itself. Correct 'Held Through' of the companies.",
                        company=line.entity_name,
                    )
                )
