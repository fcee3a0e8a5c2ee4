from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonActivityRule(models.Model):
    """Rules by which filled gaps count: estimated, with the uncertainty that the monitoring plan fixed (R-136).

    They are made when the first gap is filled and take nothing but declarations of gaps, which name them.
    """

    _inherit = "carbon.activity.rule"

    is_gap_rule = fields.Boolean("Fills Gaps", readonly=True, copy=False)

    @api.model
    def _for_gap(self, source, uncertainty):
        """Return the rule that counts filled gaps of a source, made if it is missing.

        :param source: ``carbon.source``
        :param uncertainty: half width of the 95 % interval in percent
        """
        domain = [("company_id", "=", source.company_id.id), ("source_id", "=", source.id), ("is_gap_rule", "=", True)]
        if rule := self.search(domain).filtered(lambda r: r.uncertainty == uncertainty)[:1]:
            return rule
        return self.with_context(carbon_gap_act=_ACT).create(
            {
                "name": self.env._(
                    "Filled gaps of %(emitter)s (± %(percent)s %%)",
                    emitter=source.display_name,
                    percent=f"{uncertainty:g}",
                ),
                "company_id": source.company_id.id,
                "event_kind_id": self.env.ref("carbon_accounting.event_kind_declared").id,
                "source_id": source.id,
                "quantity_basis": "amount" if source.currency_id else "quantity",
                "date_basis": "service",
                "quality": "estimated",
                "uncertainty": uncertainty,
                "is_gap_rule": True,
            }
        )

    def _basis_companies(self):
        """A rule for gaps that no declaration names yet moves no number: making it asks for no collection."""
        new = self.filtered("is_gap_rule")
        if new:
            # sudo: declarations of any company, to know whether the rule is in use
            used = self.env["carbon.declaration"].sudo()._read_group([("rule_id", "in", new.ids)], ["rule_id"])
            new -= self.browse(rule.id for (rule,) in used)
        return super(CarbonActivityRule, self - new)._basis_companies()

    def _counts_twice_with(self, other):
        """A gap is filled only where nothing was found; what arrives later is shown as a conflict of the gap."""
        return not (self.is_gap_rule or other.is_gap_rule) and super()._counts_twice_with(other)

    @api.model_create_multi
    def create(self, vals_list):
        """Only the filling of a gap makes such a rule, whatever the defaults of a context say."""
        if self.env.context.get("carbon_gap_act") is not _ACT:
            vals_list = [{**vals, "is_gap_rule": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """What a rule for gaps means is fixed: the monitoring plan decides it."""
        fixed = (self._basis_fields() | {"is_gap_rule", "method_id", "main_rule_id"}) - {"active"}
        if fixed & vals.keys():
            gap_rules = self.filtered("is_gap_rule")
            if gap_rules or vals.get("is_gap_rule"):
                raise UserError(
                    self.env._(
                        "Rule %(rule)s counts filled gaps as the monitoring plan says. Change the item of the plan, in a new version.",
                        rule=(gap_rules or self)[:1].name,
                    )
                )
        return super().write(vals)


_ACT = object()  # identity of the permission: an RPC context is JSON and cannot carry it
