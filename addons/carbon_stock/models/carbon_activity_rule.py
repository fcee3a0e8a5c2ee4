from odoo import api, fields, models


class CarbonActivityRule(models.Model):
    """Rules can name a location: its own stock and that of its sublocations."""

    _inherit = "carbon.activity.rule"

    location_id = fields.Many2one(
        "stock.location",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        check_company=True,
        help="Location inside the company where goods arrive or from where they leave. Its sublocations are included.",
    )

    @api.model
    def _archive_kinds(self, prefix):
        """Archive the rules of event kinds whose bridge is being uninstalled.

        :param prefix: how the codes of the kinds begin
        """
        rules = self.sudo()  # sudo: rules of all companies
        rules.search([("event_kind", "=like", f"{prefix}%")]).active = False
