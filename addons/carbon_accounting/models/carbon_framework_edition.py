from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


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

    def _check_unused(self, leaves=None):
        """Refuse a change of what checked or approved inventories are reported with.

        :param leaves: emission categories; only inventories that have them count
        :raises UserError: naming the inventory and the next step
        """
        domain = Domain("edition_ids", "in", self.ids)
        if leaves is not None:
            domain &= Domain("line_ids.emission_category_id", "in", leaves.ids)
        if used := self.env["carbon.inventory"]._fixed_name(domain):
            raise UserError(
                self.env._(
                    "%(inventory)s is reported with %(edition)s, whose categories and mapping are therefore fixed. "
                    "Press 'New Edition' on it and change the new one.",
                    inventory=used,
                    edition=", ".join(self.mapped("name")),
                )
            )

    def write(self, vals):
        """An edition in use stays with its framework."""
        if "framework_id" in vals:
            self.filtered(lambda e: e.framework_id.id != vals["framework_id"])._check_unused()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def action_new_edition(self):
        """Open the edition that follows: a copy with all categories and mappings, unless there is one already.

        An edition without end ends with the current year.

        :return: window action of the following edition
        """
        self.ensure_one()
        self.check_access("write")
        following = [("framework_id", "=", self.framework_id.id), ("valid_from", ">", self.valid_from)]
        new = self.search(following, order="valid_from", limit=1) or self._copy_following()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": new.id,
            "view_mode": "form",
        }

    def _copy_following(self):
        """Return a copy that begins where this edition ends, with its categories as a tree and its mappings."""
        if not self.valid_to:
            self.valid_to = max(self.valid_from, fields.Date.context_today(self)) + relativedelta(month=12, day=31)
        begin = fields.Date.add(self.valid_to, days=1)
        new = self.copy(
            {
                "code": f"{self.code}-{begin.year}",
                "name": self.env._("%(edition)s (from %(year)s)", edition=self.name, year=begin.year),
                "valid_from": begin,
                "valid_to": False,
            }
        )
        new._copy_content(self)
        return new

    def _copy_content(self, origin):
        twins = {}
        for category in origin.category_ids.sorted("parent_path"):  # parents first
            parent = twins.get(category.parent_id)
            twins[category] = category.copy({"edition_id": self.id, "parent_id": parent and parent.id})
        for mapping in origin.mapping_ids:
            category = twins[mapping.framework_category_id]
            mapping.copy({"edition_id": self.id, "framework_category_id": category.id})

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
