from odoo import api, fields, models
from odoo.exceptions import AccessError

SIGNIFICANCE = [("significant", "Significant"), ("not_significant", "Not significant")]
#: Who sees the flag. Who may change it is asked on writing.
_SEEN_BY = "carbon_management.group_carbon_reader,carbon_management.group_carbon_verifier,carbon_management.group_carbon_top_management"


class CarbonSignificanceMixin(models.AbstractModel):
    """A flag on products and categories: does buying this matter for carbon performance (R-111)?

    Invariant: by company; changed by carbon accountants and managers only, whatever other rights one has on products.
    """

    _name = "carbon.significance.mixin"
    _description = "Carbon Significance"

    carbon_significance = fields.Selection(
        SIGNIFICANCE,
        company_dependent=True,
        copy=False,
        prefetch=False,  # orders and pickings read products: not with one column more
        groups=_SEEN_BY,
        help="Whether purchases matter for carbon performance. Empty: as the category says, then by its share of emissions.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a flag of people without the right."""
        if any(vals.get("carbon_significance") for vals in vals_list):
            self._check_significance_right()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse a flag of people without the right."""
        if "carbon_significance" in vals:
            self._check_significance_right()
        return super().write(vals)

    def _check_significance_right(self):
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._("A carbon accountant or manager decides what is significant. Ask one to set it.")
            )

    def _carbon_set_significance(self, value):
        """Set the flag of records that the user may see, whoever may edit products.

        :param value: significant, not_significant or False
        :return: True
        """
        self.check_access("read")
        self._check_significance_right()
        # sudo: a carbon accountant decides this one field, without the right to edit products
        self.sudo().write({"carbon_significance": value})
        self.env["carbon.trail.entry"]._append(
            self.env.company,
            "significance.set",
            payload={
                "model": self._name,
                "value": value or None,
                "names": self.with_context(lang=None).mapped("display_name"),
            },
        )
        return True

    def action_carbon_significant(self):
        """Say that purchases of these matter.

        :return: True
        """
        return self._carbon_set_significance("significant")

    def action_carbon_not_significant(self):
        """Say that purchases of these do not matter.

        :return: True
        """
        return self._carbon_set_significance("not_significant")

    def action_carbon_significance_clear(self):
        """Leave it to the category, then to the share of emissions.

        :return: True
        """
        return self._carbon_set_significance(False)
