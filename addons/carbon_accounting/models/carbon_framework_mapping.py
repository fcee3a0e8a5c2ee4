from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What decides where an emission is reported; the note does not.
MAPPED = {"edition_id", "emission_category_id", "framework_category_id"}


class CarbonFrameworkMapping(models.Model):
    """Where a leaf of the neutral chart is reported in a framework edition.

    One row per edition and leaf; changing it changes reports, never the ledger. Invariant: what a checked or approved
    inventory is reported with does not change; another mapping is another edition.
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

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to map a leaf that a fixed inventory reports as not mapped."""
        mappings = super().create(vals_list)
        for edition, own in mappings.grouped("edition_id").items():
            edition._check_unused(own.emission_category_id)
        return mappings

    def write(self, vals):
        """Tell the trail: a changed mapping moves emissions in every report.

        :raises UserError: if a checked or approved inventory is reported with it
        """
        moved = self.filtered(lambda m: any(m[name].id != vals[name] for name in MAPPED & vals.keys()))
        moved.edition_id._check_unused()
        before = {mapping.id: mapping.framework_category_id.code for mapping in self if "framework_category_id" in vals}
        result = super().write(vals)
        moved.edition_id._check_unused()
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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.edition_id._check_unused()

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
