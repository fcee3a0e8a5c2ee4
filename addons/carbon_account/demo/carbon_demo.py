from dateutil.relativedelta import relativedelta

from odoo import Command, api, models

#: External identifier without its addon: translatable fields in Chinese.
CHINESE = {
    "demo_rule_electricity": {"name": "电费账单"},
    "demo_rule_gas": {"name": "天然气账单"},
    "demo_rule_steam": {"name": "蒸汽账单（分摊到两个月）"},
    "demo_rule_freight": {"name": "入厂货运（按金额）"},
    "demo_rule_repair": {"name": "维修服务（按金额）"},
    "demo_rule_furniture": {"name": "家具及部件（按金额）"},
}


class CarbonDemo(models.AbstractModel):
    """Vendor bills of energy and services, posted with Odoo's own button."""

    _inherit = "carbon.demo"

    @api.model
    def _chinese(self):
        """Add the names of this addon."""
        return super()._chinese() | {f"carbon_account.{name}": values for name, values in CHINESE.items()}

    @api.model
    def _account_flows(self):
        """Make the bills of the history; a second call does nothing."""
        moves = self.env["account.move"].with_company(self._company())
        if moves.search_count([("ref", "=like", "DEMO/%")], limit=1):
            return
        if not self.env["account.journal"].search_count(
            [("type", "=", "purchase"), ("company_id", "=", self._company().id)],
            limit=1,
        ):
            return  # no chart of accounts yet: there is nothing to post to
        vals_list = []
        for month in self._months():
            vals_list += self._bills_of_month(month)
        moves.create(sorted(vals_list, key=lambda vals: vals["invoice_date"])).action_post()

    @api.model
    def _bills_of_month(self, month):
        """Return the bills of a month, dated on the first day of the next one."""
        power = self._quantity("power", 180_000, month)
        bills = [
            self._bill(month, "electricity", power, 0.092),
            self._bill(month, "gas", self._quantity("heat", 24_000, month), 0.52),
        ]
        if month.month % 2 == 0:  # steam is read and billed every second month
            winter = self._quantity("heat", 160, month) + self._quantity("heat", 160, month - relativedelta(months=1))
            bills.append(self._bill(month, "steam", winter, 31.0, months=2))
        if month.month % 3 == 0:
            bills.append(self._bill(month, "freight", 30, 650.0, months=3))
        if month.month == 9:
            # the overhaul is done by a Chinese company and billed in its currency
            bills.append(
                self._bill(
                    month,
                    "repair",
                    1,
                    86_400.0,
                    currency_id=self.env.ref("base.CNY").id,
                )
            )
        if month.month % 2 == 0 and month >= self._months()[12]:
            # begun in the second year: nobody has written a rule for it yet, it waits on the worklist
            bills.append(self._bill(month, "waste", 4, 180.0, months=2))
        if month == self._months()[7]:
            # the meter was read wrongly: part of the bill of August is given back
            bills.append(self._bill(month, "electricity", 6_000, 0.092, move_type="in_refund"))
        return bills

    @api.model
    def _bill(self, month, name, quantity, price, months=1, **values):
        """Return a vendor bill of one product for the months that end with this one."""
        product = self.env.ref(f"carbon_accounting.demo_product_{name}")
        services = name in ("repair", "freight", "waste")
        partner = self.env.ref(f"carbon_accounting.demo_partner_{'services' if services else 'energy'}")
        day = month + relativedelta(months=1)
        return {
            "move_type": "in_invoice",
            "partner_id": partner.id,
            "company_id": self._company().id,
            "invoice_date": day,
            "date": day,
            "ref": f"DEMO/{name}/{month:%Y-%m}",
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "quantity": quantity,
                        "product_uom_id": product.uom_id.id,
                        "price_unit": price,
                        "tax_ids": [Command.clear()],
                        "carbon_service_from": month - relativedelta(months=months - 1),
                        "carbon_service_to": day - relativedelta(days=1),
                    }
                )
            ],
            **values,
        }
