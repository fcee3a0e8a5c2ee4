from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.factor_makers import NOBODY

#: What the approval itself writes, and what says nothing about the figures.
_NO_CONTENT = {"state", "approved_by_id", "approved_on", "confirmation_reason", "note", "company_id"}


class CarbonEmissionFactorVersion(models.Model):
    """Who entered a factor version: where the company wants a second person, they do not approve it (R-035, R-157).

    What a pack brings was entered by nobody here, until somebody changes it.
    """

    _inherit = "carbon.emission.factor.version"

    maker_ids = fields.Many2many(
        "res.users",
        "carbon_factor_version_maker_rel",
        string="Entered By",
        readonly=True,
        copy=False,
        help="Everybody who entered or changed what the version says. Empty: as a pack of this product brought it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Remember who entered them, whatever a caller says."""
        versions = super().create([{k: v for k, v in vals.items() if k != "maker_ids"} for vals in vals_list])
        versions._note_maker()
        return versions

    def write(self, vals):
        """Remember who changed what they say."""
        vals = {name: value for name, value in vals.items() if name != "maker_ids"}
        result = super().write(vals)
        if vals.keys() - _NO_CONTENT:
            self._note_maker()
        return result

    def _note_maker(self):
        """Add the current user to the makers."""
        if not self.ids or self.env.context.get("carbon_factor_by") is NOBODY:
            return
        self.env.cr.execute(
            SQL(
                "INSERT INTO carbon_factor_version_maker_rel (carbon_emission_factor_version_id, res_users_id) "
                "SELECT v, %s FROM unnest(%s::int[]) v ON CONFLICT DO NOTHING",
                self.env.uid,
                self.ids,
            )
        )
        self.invalidate_recordset(["maker_ids"])

    def _makers(self):
        """Everybody who entered or changed it, which a later change does not hide."""
        self.ensure_one()
        return self.with_context(active_test=False).maker_ids  # the system's own user is archived

    def _needs_second_person(self):
        """As the company says; of a shared factor, as any of the companies that use it says, and the current one."""
        self.ensure_one()
        # sudo: the sources and settings of every company whose figures the factor moves
        lines = self.env["carbon.source.factor"].sudo().search([("factor_id", "=", self.factor_id.id)])
        companies = self.company_id or lines.source_id.company_id | self.env.company
        # sudo: as above
        systems = self.env["carbon.system"].sudo().search([("company_id", "in", companies.ids)])
        return any(systems.mapped("separate_factor_approval"))

    def _check_second_person(self):
        """Refuse the approval of one's own factor, naming both ways on.

        :raises AccessError: naming the version and the next step
        """
        for version in self:
            # sudo: who entered it and what the company wants are asked for whoever approves
            if self.env.user in version.sudo()._makers() and version.sudo()._needs_second_person():
                raise AccessError(
                    self.env._(
                        "%(version)s was entered by %(person)s, who therefore cannot approve it. Ask another carbon accountant "
                        "to compare it with its source and to approve it. Whoever runs carbon accounting alone has a carbon "
                        "manager switch off 'Second Person for Factors' in the settings; the audit trail keeps that.",
                        version=version.display_name,
                        person=self.env.user.name,
                    )
                )
