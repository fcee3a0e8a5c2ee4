from odoo import api, models, tools


class CarbonEngine(models.AbstractModel):
    """What the engine knows of journal items."""

    _inherit = "carbon.engine"

    @api.model
    def _origin_document(self, record):
        """Return the bill or the entry of a journal item."""
        return super()._origin_document(record.move_id if record._name == "account.move.line" else record)

    @api.model
    def _origin_facts(self, record):
        """Say what a journal item says, as the bill shows it: without tax, in the currency of the bill."""
        facts = super()._origin_facts(record)
        if record._name != "account.move.line":
            return facts
        entry = record.move_id.move_type == "entry"
        currency = record.company_currency_id if entry else record.currency_id
        return facts | {
            "date": record.move_id.invoice_date or record.date,
            "unit": record.product_uom_id.name,
            "amount": record.balance if entry else record.price_subtotal,
            "currency": currency.display_name,
        }

    @api.model
    @tools.ormcache("self._basis_stamp()")
    def _entry_companies(self):
        """Return the companies that have, or had, a rule on journal entries.

        The entries of all other companies skip the hook.
        """
        # sudo: rules of every company
        rules = self.env["carbon.activity.rule"].sudo().with_context(active_test=False)
        return tuple(rules.search([("event_kind", "=", "account.entry")]).company_id.ids)
