from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Values of a journal item that decide its event.
EVENT_FIELDS = {
    *("account_id", "product_id", "partner_id", "quantity", "product_uom_id"),
    *("price_unit", "discount", "tax_ids", "debit", "credit", "balance"),
    *("amount_currency", "currency_id", "display_type", "is_downpayment"),
    *("purchase_line_id", "carbon_service_from", "carbon_service_to", "carbon_is_return"),
}


class AccountMoveLine(models.Model):
    """Journal items know the period they bill and tell the engine when they change."""

    _inherit = "account.move.line"

    carbon_service_from = fields.Date(
        string="Service from",
        copy=False,
        tracking=True,
        help="First day of the period that the line bills, for instance of the meter "
        "reading. Carbon accounting splits it by month where its rule says so.",
    )
    carbon_service_to = fields.Date(
        string="Service to",
        copy=False,
        tracking=True,
        help="Last day of the period that the line bills.",
    )
    carbon_is_return = fields.Selection(
        [("return", "Goods: the quantity counts"), ("price", "Price correction only: no quantity")],
        string="Carbon: Goods or Price",
        copy=False,
        tracking=True,
        help="Whether a refund, or a line with a negative quantity, takes back what was delivered, or money only; whether a bill "
        "asks for more goods, or for more money for goods whose quantity was counted already. Needed where prices and quantities "
        "of the documents do not tell.",
    )
    # the newest bills of a vendor and product, for what is taken back
    _carbon_billed_idx = models.Index(
        "((partner_id::bigint * 4294967296 + product_id), date, id) "
        "WHERE parent_state = 'posted' AND display_type = 'product' AND product_id IS NOT NULL"
    )

    @api.constrains("carbon_service_from", "carbon_service_to")
    def _check_carbon_service_period(self):
        for line in self:
            begin, end = line.carbon_service_from, line.carbon_service_to
            if begin and end and end < begin:
                raise ValidationError(
                    self.env._(
                        "The service period of line %(line)s of %(document)s ends on "
                        "%(end)s, before it begins on %(begin)s. Correct one of the "
                        "two dates.",
                        line=line.name or line.product_id.display_name,
                        document=line.move_id.display_name,
                        begin=begin,
                        end=end,
                    )
                )
            if problem := self.env["carbon.engine"]._service_problem(begin, end):
                raise ValidationError(
                    self.env._(
                        "Line %(line)s of %(document)s: %(problem)s",
                        line=line.name or line.product_id.display_name,
                        document=line.move_id.display_name,
                        problem=problem,
                    )
                )

    def _copy_data_extend_business_fields(self, values):
        """Refunds take back the months of their bill, and nothing of a price correction; duplicates have no period."""
        result = super()._copy_data_extend_business_fields(values)
        values["carbon_service_from"] = self.carbon_service_from
        values["carbon_service_to"] = self.carbon_service_to
        values["carbon_is_return"] = self.carbon_is_return
        return result

    def _carbon_queue(self, flag):
        """Queue lines of documents that can have events and carry the flag."""
        if moves := self.move_id._carbon_relevant().filtered(flag):
            lines = self.filtered(lambda line: line.move_id in moves)
            self.env["carbon.engine"]._queue("account.move.line", lines.ids, moves.company_id.ids)

    @api.model_create_multi
    def create(self, vals_list):
        """Queue lines that are added to a posted document."""
        lines = super().create(vals_list)
        lines._carbon_queue(lambda move: move.state == "posted")
        return lines

    def write(self, vals):
        """Queue posted lines whose event may have changed."""
        result = super().write(vals)
        if EVENT_FIELDS & vals.keys():
            self._carbon_queue(lambda move: move.state == "posted")
        return result

    def unlink(self):
        """Queue lines that were posted once: what they counted is taken back."""
        self._carbon_queue(lambda move: move.posted_before)
        return super().unlink()
