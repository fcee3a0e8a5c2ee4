from dateutil.relativedelta import relativedelta

from odoo import api, models

#: Months of the second year: nobody wrote the log in September, and the power failed for days in July.
MISSING, POWER_CUT = 9, 7
#: Gap rule and its uncertainty, by number of the source. Limits keep to what the source can use in a month.
ITEMS = {
    "S01": ("proxy", 15),
    "S02": ("last_year", 15),
    "S03": ("proxy", 15),
    "S04": ("mean", 15),
    "S07": ("last_year", 10),
    "S08": ("last_year", 15),
    "S12": ("interpolate", 20),
    "P01": ("none", 0),
}


class CarbonDemo(models.AbstractModel):
    """The monitoring plan of the demo company, with a month that nobody wrote down and one that stands out."""

    _inherit = "carbon.demo"

    @api.model
    def _generator_flows(self):
        """Declare the diesel of the emergency generator: about 60 kg a month."""
        declarations = self.env["carbon.declaration"]
        names = set(declarations.search([("name", "=like", "发电机记录 Generator log %")]).mapped("name"))
        rule, second = self.env.ref("carbon_accounting.demo_rule_generator"), self._months()[12]
        new = []
        for month in self._months():
            is_second = month.year == second.year
            if f"发电机记录 Generator log {month:%Y-%m}" in names or (is_second and month.month == MISSING):
                continue
            new.append(
                {
                    "name": f"发电机记录 Generator log {month:%Y-%m}",
                    "company_id": self._company().id,
                    "rule_id": rule.id,
                    "date": month + relativedelta(day=28),
                    "quantity": 300 if is_second and month.month == POWER_CUT else self._quantity("work", 60, month),
                    "uom_id": self.env.ref("uom.product_uom_kgm").id,
                }
            )
        declarations.create(new).action_post()

    @api.model
    def _monitor(self):
        """Approve a plan from the second year on for the sources that have data, and look for gaps and anomalies."""
        company, plans = self._company(), self.env["carbon.monitoring.plan"]
        if not plans.search_count([("company_id", "=", company.id)]):
            # written by the accountant, approved by the manager
            plan = plans.with_user(self.env.ref("base.user_demo")).create(
                {
                    "name": "人造板厂监测计划 Monitoring plan of the wood panel plant",
                    "company_id": company.id,
                    "date_from": self._months()[12],
                    "item_ids": [(0, 0, values) for values in self._monitoring_items()],
                }
            )
            plan.with_env(self.env).action_approve()
        self.env["carbon.data.gap"]._find(company)
        self.env["carbon.data.anomaly"]._find(company)

    @api.model
    def _monitoring_items(self):
        sources = self.env["carbon.source"].search(
            [("company_id", "=", self._company().id), ("code", "in", list(ITEMS))]
        )
        panels = self.env.ref("carbon_accounting.demo_source_panels")
        used = sources._used_by_ledger()
        for source in used:
            rule, uncertainty = ITEMS[source.code]
            if rule == "proxy" and panels not in used:
                rule = "mean"
            metered = source.material in ("natural_gas", "electricity", "heat")
            yield {
                "name": " ".join(dict.fromkeys((source.with_context(lang="zh_CN").name, source.name))),
                "kind": "output" if source.kind == "output" else "activity",
                "source_id": source.id,
                "method": "meter" if metered else "document",
                "responsible_id": self.env.ref("base.user_demo").id,
                "record_form": "抄表记录和账单 Meter log and bill" if metered else "库存台账 Stock ledger",
                "storage": "能源管理部门，十年 Energy office, ten years",
                "allowed_change": 60 if source.code != "S12" else 0,
                "change_basis": "year",
                "expected_max": 0.2 if source.code == "S12" else 0,
                "gap_rule": rule,
                "proxy_source_id": panels.id if rule == "proxy" else False,
                "gap_uncertainty": uncertainty,
            }
