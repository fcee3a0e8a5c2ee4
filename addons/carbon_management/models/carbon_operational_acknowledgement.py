from odoo import fields, models


class CarbonOperationalAcknowledgement(models.Model):
    """Somebody was told an operational criterion, and acknowledged it or not yet (R-103). Nobody writes it: steps do."""

    _name = "carbon.operational.acknowledgement"
    _description = "Acknowledgement of a Criterion"
    _order = "criterion_id, id"
    _rec_name = "user_id"

    criterion_id = fields.Many2one("carbon.operational.criterion", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="criterion_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", "Person", required=True, index=True, ondelete="restrict")
    notified_on = fields.Datetime("Told On", required=True, default=fields.Datetime.now)
    acknowledged_on = fields.Datetime()

    _user_uniq = models.UniqueIndex("(criterion_id, user_id)", "This person was told already.")
