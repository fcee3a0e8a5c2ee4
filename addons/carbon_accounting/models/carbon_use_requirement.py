from odoo import fields, models

from .carbon_inventory import USES


class CarbonUseRequirement(models.Model):
    """What an intended use asks of an inventory: how material an error is, and how complete the data must be (R-134).

    Without a record for a use nothing is asked beyond what every inventory needs.
    """

    _name = "carbon.use.requirement"
    _description = "Requirements of an Intended Use"
    _order = "company_id, intended_use"
    _rec_name = "intended_use"

    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    intended_use = fields.Selection(USES, required=True)
    materiality = fields.Float("Materiality (%)", digits=0, required=True, default=5.0, aggregator=None)
    needs_empty_worklist = fields.Boolean(
        "Worklist Must Be Empty", help="Records that wait on the worklist cannot be accepted with a reason."
    )
    needs_plan = fields.Boolean("Monitoring Plan in Force", help="On the last day of the inventory.")
    needs_boundary = fields.Boolean("Approved Boundary", help="The inventory names an approved accounting boundary.")
    least_coverage = fields.Float(
        "Least Coverage of the Uncertainty (%)",
        digits=0,
        aggregator=None,
        help="Part of the emissions whose uncertainty is known. 0: not asked for.",
    )
    basis = fields.Char("Rests on", help="Rule, contract or request that asks for it.")

    _use_uniq = models.UniqueIndex("(company_id, intended_use)", "This use has its requirements already. Change those.")
    _materiality_check = models.Constraint(
        "CHECK(materiality > 0 AND materiality <= 100 AND least_coverage BETWEEN 0 AND 100)",
        "The materiality is a percentage above 0 and up to 100, the coverage one between 0 and 100.",
    )
