from odoo import api, fields, models

from .carbon_supplier_evaluation import GRADES


class CarbonOutsourcedProcess(models.Model):
    """A process that another company runs for us, and how it is controlled (R-107).

    Its evaluation is that of the supplier with the subject *outsourced process*; the next control is the next review.
    """

    _name = "carbon.outsourced.process"
    _description = "Outsourced Process"
    _inherit = ["carbon.company.mixin", "carbon.review.cycle.mixin", "carbon.uuid.mixin"]
    _order = "name, id"
    _rec_names_search = ["name", "partner_id"]
    _check_company_auto = True
    _mail_post_access = "read"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    partner_id = fields.Many2one(
        "res.partner", "Run By", required=True, index=True, ondelete="restrict", tracking=True, check_company=True
    )
    process_id = fields.Many2one(
        "carbon.process",
        "Our Process",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        help="The process of the management system that it belongs to.",
    )
    site_id = fields.Many2one(
        "carbon.site",
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
        domain="[('company_id', '=', company_id)]",
    )
    control_type = fields.Selection(
        [("contract", "Contract"), ("data", "Data"), ("inspection", "Inspection")],
        "Controlled By",
        required=True,
        default="contract",
        tracking=True,
        help="Terms in the contract, data that are delivered, or inspections on site.",
    )
    control = fields.Text(
        "Control in Detail", tracking=True, help="Terms, indicators, limits; what happens if they are not kept."
    )
    data_duty = fields.Text(tracking=True, help="Which carbon data it delivers, how often and by when.")
    evaluation_id = fields.Many2one("carbon.supplier.evaluation", compute="_compute_evaluation")
    evaluation_state = fields.Selection(
        [("none", "Not Evaluated"), ("valid", "Valid"), ("due", "Due"), ("expired", "Expired")],
        "Evaluation Status",
        compute="_compute_evaluation",
    )
    grade = fields.Selection(GRADES, compute="_compute_evaluation")
    valid_until = fields.Date("Evaluation Until", compute="_compute_evaluation")
    clause_ids = fields.Many2many("carbon.standard.clause", string="Clauses")

    @api.depends("partner_id", "company_id")
    def _compute_evaluation(self):
        """Look up the live evaluation of the company that runs it: one query for each company."""
        evaluations = self.env["carbon.supplier.evaluation"]
        for company, processes in self.grouped("company_id").items():
            live = evaluations._live(processes.partner_id, company, "outsourced_process") if company else {}
            for process in processes:
                evaluation = live.get(process.partner_id, evaluations)[:1]
                process.evaluation_id = evaluation
                process.grade = evaluation.grade
                process.valid_until = evaluation.valid_until
                process.evaluation_state = evaluation._status()

    def action_evaluate(self):
        """Open the evaluation in force, or a new one for the company that runs the process.

        :return: window action
        """
        self.ensure_one()
        action = {
            "type": "ir.actions.act_window",
            "res_model": "carbon.supplier.evaluation",
            "view_mode": "form",
            "res_id": self.evaluation_id.id,
        }
        if not self.evaluation_id:
            criteria = self.env["carbon.supplier.criteria"]._at(
                self.company_id, fields.Date.context_today(self), "outsourced_process"
            )
            action["context"] = {
                "default_company_id": self.company_id.id,
                "default_partner_id": self.partner_id.id,
                "default_criteria_id": criteria.filtered(lambda c: c.state == "approved")[:1].id,
            }
        return action
