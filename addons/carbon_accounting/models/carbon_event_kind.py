from odoo import fields, models

RECOGNITION = [
    ("billed", "Billed"),
    ("received", "Received"),
    ("consumed", "Consumed"),
    ("metered", "Metered"),
    ("declared", "Declared"),
    ("produced", "Produced"),
    ("delivered", "Delivered or discarded"),
]


class CarbonEventKind(models.Model):
    """One kind of business event that activity rules can speak about (R-129, R-130).

    A kind is shipped by the addon whose query emits it. Its ``code`` is what the event relation carries
    and what rules store, so that a rule stays readable after the addon is gone.
    """

    _name = "carbon.event.kind"
    _description = "Carbon Event Kind"
    _order = "sequence, code"

    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    origin_model = fields.Char(
        required=True,
        readonly=True,
        help="Technical name of the record the event is read from.",
    )
    recognition = fields.Selection(
        RECOGNITION,
        required=True,
        help="The point of the material flow at which events of this kind count. For one material and "
        "source exactly one recognition point counts.",
    )
    expects_rule = fields.Boolean(
        help="Events of this kind without a rule are listed on the worklist of unmapped events."
    )
    is_write_off = fields.Boolean(
        string="Write-off",
        help="Takes material out of stock, or adds it, other than by use: scrap, differences of a count. Without a rule such "
        "events are listed on the worklist where a rule counts the material when it is consumed.",
    )
    has_service_period = fields.Boolean(help="Events carry a service period that can be split by month.")
    has_invoice_date = fields.Boolean(help="Events carry the date of an invoice, by which rules can count.")
    has_accounting_date = fields.Boolean(
        help="Events can carry an accounting date other than their own, by which rules can count."
    )
    has_amount = fields.Boolean(
        help="Events carry an amount of money that says what was bought, so that spend-based rules can use them. Not so of goods "
        "sent from vendor to customer, of goods of another owner and of what a subcontractor makes: their vendor bills say it."
    )
    note = fields.Text(translate=True)

    _code_uniq = models.UniqueIndex("(code)", "An event kind with this code exists already.")

    def _date_bases(self):
        """Return the date bases that events of this kind have, beside their own date (``movement``)."""
        self.ensure_one()
        flags = {"invoice": "has_invoice_date", "accounting": "has_accounting_date", "service": "has_service_period"}
        return [basis for basis, flag in flags.items() if self[flag]]
