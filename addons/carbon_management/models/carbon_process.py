from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonProcess(models.Model):
    """A process of the carbon management system: inputs, outputs, order, criteria.

    Kept light: indicators and documents are linked by the addons that own them.
    """

    _name = "carbon.process"
    _description = "Carbon Process"
    _inherit = [
        "carbon.company.mixin",
        "carbon.review.cycle.mixin",
        "carbon.uuid.mixin",
    ]
    _order = "sequence, code, name"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char()
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    pdca = fields.Selection(
        [("plan", "Plan"), ("do", "Do"), ("check", "Check"), ("act", "Act")],
        "PDCA",
        required=True,
        default="do",
        group_expand=True,
    )
    owner_role_id = fields.Many2one("carbon.role", check_company=True, tracking=True, ondelete="restrict")
    inputs = fields.Text()
    outputs = fields.Text("Expected Outputs")
    criteria = fields.Text("Criteria and Methods")
    predecessor_ids = fields.Many2many(
        "carbon.process",
        "carbon_process_sequence_rel",
        "successor_id",
        "predecessor_id",
        check_company=True,
        string="Comes After",
    )
    successor_ids = fields.Many2many(
        "carbon.process",
        "carbon_process_sequence_rel",
        "predecessor_id",
        "successor_id",
        check_company=True,
        string="Comes Before",
    )
    clause_ids = fields.Many2many("carbon.standard.clause", string="Clauses")
    responsibility_ids = fields.One2many("carbon.process.responsibility", "process_id", "Responsibilities")
    action_id = fields.Many2one(
        "ir.actions.act_window",
        "Where in Odoo",
        ondelete="set null",
        help="The screen where this process is worked on.",
    )

    _company_code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL",
        "This company already has a process with this code.",
    )

    @api.depends("code", "name")
    def _compute_display_name(self):
        """Show code and name, as process maps do."""
        for process in self:
            process.display_name = " ".join(filter(None, [process.code, process.name or ""]))

    @api.constrains("predecessor_ids", "successor_ids")
    def _check_predecessor_ids(self):
        """Loops over several processes are wanted (PDCA), loops of one are not."""
        for process in self:
            if process in process.predecessor_ids:
                raise ValidationError(
                    self.env._(
                        "%(name)s cannot come after itself. Remove it from its own predecessors.",
                        name=process.display_name,
                    )
                )

    def action_open_work(self):
        """Open the screen where this process is worked on.

        :return: window action
        """
        self.ensure_one()
        # sudo: which screen is configured is no secret; its own rights apply there
        return self.action_id.sudo()._get_action_dict()
