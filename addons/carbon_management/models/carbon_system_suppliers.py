from odoo import api, fields, models

#: Shipped wording of the notice; a company writes its own.
NOTICE_ZH = "我们在采购对碳绩效有影响的产品和服务时，将碳绩效作为评价和选择供方的准则之一。欢迎提供贵方产品的碳足迹、认证和减排信息。"
NOTICE_EN = (
    "When we buy goods and services that matter for our carbon performance, carbon performance is one of the criteria by which "
    "we evaluate and choose suppliers. Please send us footprints, certificates and reductions of your products."
)


class CarbonSystem(models.Model):
    """How the company deals with suppliers: who approves, when it is told, what suppliers are told (R-113, R-114)."""

    _inherit = "carbon.system"

    separate_supplier_approval = fields.Boolean(
        "Second Person for Suppliers",
        tracking=True,
        help="Criteria, evaluations, evidence, specifications, plans and changes are approved by somebody who did not prepare them.",
    )
    evaluation_notice_days = fields.Integer(
        "Evaluations Due Before (Days)",
        default=60,
        aggregator=None,
        tracking=True,
        help="So long before an evaluation ends it is on the list of due ones.",
    )
    supplier_notice_zh = fields.Text("Notice to Suppliers (Chinese)", default=NOTICE_ZH, tracking=True)
    supplier_notice_en = fields.Text("Notice to Suppliers (English)", default=NOTICE_EN, tracking=True)

    _evaluation_days_check = models.Constraint(
        "CHECK(evaluation_notice_days BETWEEN 0 AND 3650)", "The days of notice lie between 0 and 3650."
    )

    @api.model
    def _recorded_fields(self):
        """Add what decides about suppliers, and what they are told."""
        names = {"separate_supplier_approval", "evaluation_notice_days", "supplier_notice_zh", "supplier_notice_en"}
        return super()._recorded_fields() | names

    def _supplier_notice(self):
        """Return the notice in both languages at once, empty where the company took its words away.

        :return: (text, codes of its languages)
        """
        self.ensure_one()
        texts = {"zh_CN": self.supplier_notice_zh, "en_US": self.supplier_notice_en}
        said = {code: text.strip() for code, text in texts.items() if (text or "").strip()}
        return "\n".join(said.values()), ",".join(said)
