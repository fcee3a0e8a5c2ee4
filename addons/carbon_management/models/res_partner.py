from odoo import api, fields, models

#: Groups that see carbon data of suppliers.
CARBON_GROUPS = ",".join(f"carbon_management.group_carbon_{role}" for role in ("reader", "verifier", "top_management"))


class ResPartner(models.Model):
    """Evaluations and evidence of a supplier, for people with a carbon role."""

    _inherit = "res.partner"

    carbon_evaluation_count = fields.Integer(
        "Carbon Evaluations", compute="_compute_carbon_supplier", groups=CARBON_GROUPS
    )
    carbon_evidence_count = fields.Integer("Carbon Evidence", compute="_compute_carbon_supplier", groups=CARBON_GROUPS)
    carbon_grade = fields.Char(
        compute="_compute_carbon_supplier",
        groups=CARBON_GROUPS,
        help="Of the live evaluations of your company, the worst first.",
    )

    @api.depends_context("company")
    @api.depends("commercial_partner_id")
    def _compute_carbon_supplier(self):
        """Count what there is of the company that trades, whoever of its people is shown."""
        owners = self.commercial_partner_id
        counts = {
            model: dict(self.env[model]._read_group([("partner_id", "in", owners.ids)], ["partner_id"], ["__count"]))
            for model in ("carbon.supplier.evaluation", "carbon.supplier.evidence")
        }
        live = self.env["carbon.supplier.evaluation"]._live(owners, self.env.company)
        for partner in self:
            owner = partner.commercial_partner_id
            partner.carbon_evaluation_count = counts["carbon.supplier.evaluation"].get(owner, 0)
            partner.carbon_evidence_count = counts["carbon.supplier.evidence"].get(owner, 0)
            grades = sorted(
                filter(None, live.get(owner, self.env["carbon.supplier.evaluation"]).mapped("grade")), reverse=True
            )
            partner.carbon_grade = " · ".join(grades) or False

    @api.model
    def _carbon_supplier_id(self, partner_id):
        """Return the id of the company that trades, for any of its contacts."""
        # sudo: only the link from a contact to its company is read
        return self.browse(partner_id).sudo().commercial_partner_id.id

    def _carbon_supplier_action(self, xmlid):
        self.ensure_one()
        self.env["carbon.supplier.evaluation"].check_access("read")
        owner = self.commercial_partner_id
        action = self.env["ir.actions.act_window"]._for_xml_id(f"carbon_management.{xmlid}")
        return dict(action, domain=[("partner_id", "=", owner.id)], context={"default_partner_id": owner.id})

    def action_view_carbon_evaluations(self):
        """Open the evaluations of this supplier, the history included.

        :return: window action
        """
        return self._carbon_supplier_action("carbon_supplier_evaluation_action")

    def action_view_carbon_evidence(self):
        """Open the evidence of this supplier.

        :return: window action
        """
        return self._carbon_supplier_action("carbon_supplier_evidence_action")
