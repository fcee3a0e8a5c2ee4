from odoo import api, models


class ResCurrencyRate(models.Model):
    """A rate that changes after money was counted by it moves numbers."""

    _inherit = "res.currency.rate"

    @api.model_create_multi
    def create(self, vals_list):
        """Say that ledgers wait for a collection: an older rate was used on these days."""
        rates = super().create(vals_list)
        self.env["carbon.engine"]._raise_for_rates(rates)
        return rates

    def write(self, vals):
        """Say that ledgers wait for a collection, for the days before and after the change."""
        engine = self.env["carbon.engine"]
        changed = {"name", "rate", "inverse_company_rate", "company_rate", "currency_id", "company_id"} & vals.keys()
        if changed:
            engine._raise_for_rates(self)
        result = super().write(vals)
        if changed:
            engine._raise_for_rates(self)
        return result

    def unlink(self):
        """Say that ledgers wait for a collection: an older rate is the one of these days."""
        self.env["carbon.engine"]._raise_for_rates(self)
        return super().unlink()
