from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonFrameworkMapping(models.Model):
    """Where a leaf of the neutral chart is reported in a framework edition.

    One row per edition and leaf; changing it changes reports, never the ledger.
    """

    _name = "carbon.framework.mapping"
    _description = "Framework Mapping"
    _order = "edition_id, emission_category_id"
    _rec_name = "framework_category_id"

    edition_id = fields.Many2one("carbon.framework.edition", required=True, index=True, ondelete="cascade")
    emission_category_id = fields.Many2one("carbon.emission.category", required=True, index=True, ondelete="cascade")
    framework_category_id = fields.Many2one(
        "carbon.framework.category",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('edition_id', '=', edition_id)]",
    )
    note = fields.Char(translate=True)

    _edition_id_emission_category_id_uniq = models.Constraint(
        "UNIQUE(edition_id, emission_category_id)",
        "This category is already mapped in this framework edition.",
    )

    def write(self, vals):
        """Tell the trail: a changed mapping moves emissions in every report."""
        before = {mapping.id: mapping.framework_category_id.code for mapping in self if "framework_category_id" in vals}
        result = super().write(vals)
        for mapping in self.filtered(
            lambda m: before.get(m.id, m.framework_category_id.code) != m.framework_category_id.code
        ):
            self.env["carbon.trail.entry"]._append(
                self.env.company,
                "framework_mapping.change",
                record=mapping,
                payload={
                    "edition": mapping.edition_id.code,
                    "leaf": mapping.emission_category_id.code,
                    "before": before[mapping.id],
                    "after": mapping.framework_category_id.code,
                },
            )
        return result

    @api.constrains("edition_id", "framework_category_id")
    def _check_edition(self):
        for mapping in self:
            category = mapping.framework_category_id
            if category.edition_id != mapping.edition_id:
                raise ValidationError(
                    self.env._(
                        "%(category)s belongs to %(other)s. Choose a category of %(edition)s.",
                        category=category.display_name,
                        other=category.edition_id.display_name,
                        edition=mapping.edition_id.display_name,
                    )
                )
