from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonFrameworkEdition(models.Model):
    """One edition of a framework, with the dates it is in force.

    An inventory names its edition; older editions stay selectable.
    """

    _name = "carbon.framework.edition"
    _description = "Framework Edition"
    _order = "framework_id, valid_from desc"
    _rec_names_search = ["code", "name"]

    framework_id = fields.Many2one("carbon.framework", required=True, index=True, ondelete="cascade")
    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date()
    category_ids = fields.One2many("carbon.framework.category", "edition_id")
    mapping_ids = fields.One2many("carbon.framework.mapping", "edition_id")
    note = fields.Text(translate=True)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another framework edition already has this code.")
    _dates_check = models.Constraint(
        "CHECK(valid_to IS NULL OR valid_to >= valid_from)",
        "A framework edition cannot end before it starts.",
    )

    @api.constrains("framework_id", "valid_from", "valid_to")
    def _check_overlap(self):
        for edition in self:
            other = self.search(
                [
                    ("framework_id", "=", edition.framework_id.id),
                    ("id", "!=", edition.id),
                    ("valid_from", "<=", edition.valid_to or "9999-12-31"),
                    "|",
                    ("valid_to", "=", False),
                    ("valid_to", ">=", edition.valid_from),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "%(edition)s overlaps %(other)s. Set the end of the older"
                        " edition to the day before the newer one starts.",
                        edition=edition.display_name,
                        other=other.display_name,
                    )
                )
