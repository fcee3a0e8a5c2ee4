from odoo import api, models

#: Degree days of an ordinary January to December at the plant, one tenth of the heat season.
DEGREE_DAYS = (520, 470, 370, 190, 60, 10, 0, 0, 50, 220, 390, 500)

#: Sources whose emissions follow output and weather: kiln, boilers, electricity and steam.
ENERGY = ("S01", "S02", "S03", "S07", "S08")


class CarbonDemo(models.AbstractModel):
    """Performance of the demo company: variables, a baseline that waits for its inventory, parameters and their values."""

    _inherit = "carbon.demo"

    @api.model
    def _monitor(self):
        """Compare what was collected, once there is output to divide by."""
        result = super()._monitor()
        panels = self.env.ref("carbon_accounting.demo_source_panels")
        if panels in panels._used_by_ledger():
            self._perform(panels)
        return result

    @api.model
    def _perform(self, panels):
        """Draw up what is missing as the accountant, approve it as the manager, compute the values."""
        output = self._performance_variable(
            "Panels dried", "窑干板材", unit="m³", origin="ledger", source_id=panels.id, note="Manufacturing orders."
        )
        heating = self._performance_variable(
            "Heating degree days", "采暖度日数", unit="°C·d", note="Made up for the demo."
        )
        self._degree_days(heating)
        baseline = self._performance_baseline()
        benchmark = self._performance_benchmark(output)
        intensity = {
            "code": "CPP1",
            "name": "单位板材碳排放 Emissions per m³ of panels",
            "kind": "product",
            "denominator_id": output.id,
            "benchmark_ids": [(6, 0, benchmark.ids)],
        }
        energy = self.env["carbon.source"].search([("company_id", "=", self._company().id), ("code", "in", ENERGY)])
        model = {
            "code": "CPP2",
            "name": "按产量和气温归一化的能源排放 Emissions of energy normalised by output and weather",
            "kind": "model",
            "source_ids": [(6, 0, energy.ids)],
            "variable_line_ids": [(0, 0, {"variable_id": output.id}), (0, 0, {"variable_id": heating.id})],
        }
        for values in (intensity, model):
            self._performance_parameter({**values, "baseline_id": baseline.id}).action_update_values()

    @api.model
    def _drawn_up(self, model):
        """Return a model as the accountant writes to it."""
        return self.env[model].with_user(self.env.ref("base.user_demo")).with_company(self._company())

    @api.model
    def _performance_variable(self, name, chinese, **values):
        company = self._company()
        variable = self.env["carbon.relevant.variable"].search(
            [("company_id", "=", company.id), ("name", "=", name)], limit=1
        )
        if not variable:
            variable = self.env["carbon.relevant.variable"].create({"name": name, "company_id": company.id, **values})
        if "zh_CN" in dict(self.env["res.lang"].get_installed()):
            variable.with_context(lang="zh_CN").name = chinese
        return variable

    @api.model
    def _degree_days(self, variable):
        """Enter degree days: the second winter is milder."""
        first, known = self._months()[0], set(variable.value_ids.mapped("date"))
        self.env["carbon.relevant.variable.value"].create(
            [
                {
                    "variable_id": variable.id,
                    "date": month,
                    "value": DEGREE_DAYS[month.month - 1] * (100 - 6 * ((month.year - first.year) % 2)) / 100,
                }
                for month in self._months()
                if month not in known
            ]
        )

    @api.model
    def _performance_baseline(self):
        """Return the baseline of the first year: a draft until its inventory is approved."""
        inventory = self._inventory(0)
        baseline = self.env["carbon.baseline"].search([("company_id", "=", self._company().id)], limit=1)
        if not baseline:
            baseline = self._drawn_up("carbon.baseline").create(
                {
                    "code": "BL",
                    "name": f"碳基准 Baseline {inventory.date_from.year}",
                    "company_id": self._company().id,
                    "method": "typical_year",
                    "date_from": inventory.date_from,
                    "inventory_ids": [(6, 0, inventory.ids)],
                    "representative": "全年正常生产，无停产。 Ordinary production all year, no stoppage.",
                    "static_factor_ids": [
                        (0, 0, {"name": "Drying capacity", "unit": "m³", "reference_value": 120, "threshold": 10})
                    ],
                }
            )
            factor = baseline.static_factor_ids
            factor.reading_ids.create(
                {"factor_id": factor.id, "date": self._months()[14], "value": 138, "note": "第三座窑 Third kiln"}
            )
        if baseline.state == "draft":
            baseline.action_compute()
        return baseline

    @api.model
    def _performance_benchmark(self, output):
        """Return the company's own best: the month of the first year with the fewest emissions per m³."""
        own = [("company_id", "=", self._company().id), ("kind", "=", "own_best")]
        if benchmark := self.env["carbon.benchmark"].search(own, limit=1):
            return benchmark
        months = self._months()[:12]
        output._draw(months[0], months[-1].replace(day=31))
        made = output._values(months)
        probe = self.env["carbon.performance.parameter"].new({"company_id": self._company().id})
        emitted = probe._ledger_months(months)
        best, month = min((emitted[m].tonnes / made[output.id, m], m) for m in months if made.get((output.id, m)))
        benchmark = self._drawn_up("carbon.benchmark").create(
            {
                "name": "自身最好月份 Own best month",
                "company_id": self._company().id,
                "kind": "own_best",
                "applies_to": "sector",
                "sector": "人造板干燥 Drying of panels",
                "value": best,
                "unit": "t CO₂e/m³",
                "source_document": f"本公司台账 Own ledger, {month:%Y-%m}",
                "year_from": month.year,
            }
        )
        benchmark.action_confirm()
        return benchmark

    @api.model
    def _performance_parameter(self, values):
        company = self._company()
        parameters = self.env["carbon.performance.parameter"]
        found = parameters.search([("company_id", "=", company.id), ("code", "=", values["code"])], limit=1)
        if found:
            return found
        parameter = self._drawn_up("carbon.performance.parameter").create(
            {
                "company_id": company.id,
                "date_from": self._months()[0],
                "method": "每月由台账计算，每年评审。 Computed from the ledger every month, reviewed every year.",
                **values,
            }
        )
        if parameter.variable_line_ids:
            parameter.action_fit()
        # approved by the manager, in whose name the demo runs
        parameter.with_env(self.env).action_approve()
        return parameter.with_env(self.env)
