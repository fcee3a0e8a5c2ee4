from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.carbon_product_footprint_use import _BOUGHT


class CarbonFootprintUseWizard(models.TransientModel):
    """Makes factor, source and rule of a supplier's footprint (R-113).

    Everything is filled from the rule that counts the product now and can be changed. The rule is archived until the factor
    version is approved.
    """

    _name = "carbon.footprint.use.wizard"
    _description = "Use a Footprint in Accounting"

    footprint_id = fields.Many2one("carbon.product.footprint", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="footprint_id.company_id")
    rule_id = fields.Many2one("carbon.activity.rule", "Counts Now By", readonly=True)
    event_kind_id = fields.Many2one(
        "carbon.event.kind", "Counts When", required=True, domain=[("recognition", "in", _BOUGHT)]
    )
    name = fields.Char("Name of the Source", required=True)
    category_id = fields.Many2one("carbon.emission.category", required=True)
    stream_id = fields.Many2one("carbon.emission.stream", required=True)
    site_id = fields.Many2one("carbon.site", domain="[('company_id', '=', company_id)]")
    date_from = fields.Date("From", required=True)
    date_to = fields.Date("Until")

    @api.model
    def default_get(self, fields_list):
        """Fill in what the rule that counts the product now says."""
        values = super().default_get(fields_list)
        footprint = self.env["carbon.product.footprint"].browse(values.get("footprint_id")).exists()
        if not footprint:
            return values
        rule = footprint._generic_rule()
        category = rule.source_id.category_id or self.env.ref("carbon_accounting.emission_category_purchased_goods")
        spend = self.env.ref("carbon_accounting.emission_stream_spend")
        stream = (rule.source_id.factor_line_ids.stream_id - spend)[:1]
        return values | {
            "rule_id": rule.id,
            "event_kind_id": rule.event_kind_id.id or self._usual_kind().id,
            "name": footprint.name,
            "category_id": category.id,
            "stream_id": (stream or self.env.ref("carbon_accounting.emission_stream_upstream")).id,
            "site_id": rule.source_id.site_id.id,
            "date_from": footprint.date_from,
            "date_to": footprint.date_to,
        }

    @api.model
    def _usual_kind(self):
        return self.env["carbon.event.kind"].search(
            [("recognition", "in", _BOUGHT), ("expects_rule", "=", True)], limit=1
        )

    def action_create(self):
        """Make factor with draft version, source, and one archived rule for each variant; open the version.

        :raises UserError: where the footprint is used already
        """
        self.ensure_one()
        footprint = self.footprint_id
        footprint._check_accountant()
        if footprint.factor_id:
            raise UserError(self.env._("%(footprint)s has a factor already.", footprint=footprint.display_name))
        factor = footprint._make_factor(self.category_id, self.stream_id)
        source = self.env["carbon.source"].create(
            {
                "name": self.name,
                "company_id": self.company_id.id,
                "category_id": self.category_id.id,
                "uom_id": footprint.uom_id.id,
                "site_id": self.site_id.id,
                "source_description": footprint._source_text(),
                "factor_line_ids": [(0, 0, {"stream_id": self.stream_id.id, "factor_id": factor.id})],
            }
        )
        products = footprint.product_id or footprint.product_tmpl_id.product_variant_ids
        self.env["carbon.activity.rule"].create([self._rule_values(source, product) for product in products])
        footprint.invalidate_recordset(["use_state", "factor_version_id"])
        return footprint._open(footprint.factor_version_id)

    def _rule_values(self, source, product):
        return {
            "name": f"{product.display_name} · {self.footprint_id.partner_id.name}",
            "company_id": self.company_id.id,
            "event_kind_id": self.event_kind_id.id,
            "product_id": product.id,
            "partner_id": self.footprint_id.partner_id.id,
            "source_id": source.id,
            "date_basis": self.rule_id.date_basis or "movement",
            "date_from": self.date_from,
            "date_to": self.date_to,
            "active": False,
        }
