from odoo import api, models, tools


class CarbonEngine(models.AbstractModel):
    """What the engine knows of journal items."""

    _inherit = "carbon.engine"

    @api.model
    def _origin_action(self, record):
        """Open the bill or the entry of a journal item."""
        if record._name == "account.move.line":
            record = record.move_id
        return super()._origin_action(record)

    @api.model
    @tools.ormcache()
    def _entry_companies(self):
        """Return the companies that have, or had, a rule on journal entries.

        The entries of all other companies skip the hook.
        """
        # sudo: rules of every company
        rules = self.env["carbon.activity.rule"].sudo().with_context(active_test=False)
        return tuple(rules.search([("event_kind", "=", "account.entry")]).company_id.ids)
