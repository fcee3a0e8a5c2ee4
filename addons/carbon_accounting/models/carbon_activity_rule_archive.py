from odoo import api, models


class CarbonActivityRule(models.Model):
    """Rules outlive the bridge that heard their events: rows of the ledger name them for ever (invariant 10)."""

    _inherit = "carbon.activity.rule"

    @api.model
    def _archive_kinds(self, prefix):
        """Archive the rules of event kinds whose bridge is being uninstalled, and keep them.

        Their external IDs go: by these the module loader would find and delete them.

        :param prefix: how the codes of the kinds begin
        """
        # sudo: rules of all companies
        rules = self.sudo().with_context(active_test=False).search([("event_kind", "=like", f"{prefix}%")])
        rules.filtered("active").active = False
        # sudo: see above
        names = self.env["ir.model.data"].sudo()
        names.search([("model", "=", self._name), ("res_id", "in", rules.ids)]).unlink()
