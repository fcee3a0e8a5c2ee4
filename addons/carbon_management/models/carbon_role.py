from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonRole(models.Model):
    """A role in the carbon management system: duties, authorities, competence.

    May carry a security group that its holders get while they hold it. Invariant:
    only roles of the carbon addons can be given this way.
    """

    _name = "carbon.role"
    _description = "Carbon Role"
    _inherit = ["mail.thread"]
    _order = "sequence, name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char()
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, ondelete="restrict", help="Empty: for all companies.")
    kind = fields.Selection(
        [
            ("top", "Top management"),
            ("representative", "Management representative"),
            ("team", "Carbon management team"),
            ("owner", "Data or process owner"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    duties = fields.Html(translate=True)
    authorities = fields.Html(translate=True)
    required_competence = fields.Text(translate=True)
    group_id = fields.Many2one(
        "res.groups",
        "Access Role",
        ondelete="set null",
        tracking=True,
        help="Given to the people assigned to this role, and taken back at the end.",
    )
    assignment_ids = fields.One2many("carbon.role.assignment", "role_id", "Assignments")
    responsibility_ids = fields.One2many("carbon.process.responsibility", "role_id", "Responsibilities")
    holder_ids = fields.Many2many("res.partner", compute="_compute_holder_ids", string="Held By")

    @api.depends("assignment_ids.is_current", "assignment_ids.holder_id")
    def _compute_holder_ids(self):
        for role in self:
            current = role.assignment_ids.filtered("is_current")
            role.holder_ids = current.holder_id

    @api.constrains("group_id")
    def _check_group_id(self):
        """A manager of carbon data must not hand out rights over anything else."""
        allowed = self._assignable_groups()
        for role in self.filtered("group_id"):
            if role.group_id not in allowed:
                raise ValidationError(
                    self.env._(
                        "%(role)s cannot carry the access role %(group)s. Only access "
                        "roles of carbon management can be given by a role.",
                        role=role.name,
                        group=role.group_id.sudo().full_name,  # sudo: for the message
                    )
                )

    def write(self, vals):
        """Move the access of the present holders when the access role changes."""
        if "group_id" not in vals:
            return super().write(vals)
        self.assignment_ids._revoke_access()
        result = super().write(vals)
        self.assignment_ids._apply_access()
        return result

    @api.model
    def _assignable_groups(self):
        """Return the groups a role may carry: those of the carbon privileges."""
        # sudo: groups are not readable to a carbon manager; they are only compared
        data = self.env["ir.model.data"].sudo()
        privileges = data.search([("model", "=", "res.groups.privilege"), ("module", "=like", "carbon\\_%")])
        groups = self.env["res.groups"].sudo()  # sudo: as above
        found = groups.search([("privilege_id", "in", privileges.mapped("res_id"))])
        return found.filtered(lambda group: not self._reaches_administration(group))

    @api.model
    def _reaches_administration(self, group):
        """Tell whether a group was made to imply rights over the whole system."""
        administration = self.env.ref("base.group_erp_manager")
        return administration in group.all_implied_ids
