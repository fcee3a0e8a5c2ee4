from odoo.exceptions import AccessError
from odoo.tests import tagged

from .monitoring_common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestMonitoringMatrix(MonitoringCommon):
    """What is monitored in one list, and what a standard asks for and nobody monitors (R-151)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standards = {
            code: cls.env["carbon.standard"].search([("code", "=", code)], limit=1) for code in ("001", "003", "004")
        }

    def _rows(self, *domain, user=None):
        matrix = self.env["carbon.monitoring.matrix"].with_user(user or self.reader)
        return matrix.with_context(allowed_company_ids=self.company.ids).search(list(domain))

    def _missing(self, code):
        return self._rows(("is_missing", "=", True), ("standard_id", "=", self.standards[code].id)).mapped(
            "characteristic"
        )

    def _parameter(self, kind="total", **values):
        parameter = (
            self.env["carbon.performance.parameter"]
            .with_user(self.accountant)
            .create(
                {
                    "code": f"C-{kind}",
                    "name": f"Parameter {kind}",
                    "kind": kind,
                    "company_id": self.company.id,
                    "date_from": "2025-01-01",
                    "method": "Every month",
                    **values,
                }
            )
        )
        parameter.with_user(self.manager).action_approve()
        return parameter

    def test_what_a_followed_standard_asks_for_and_nobody_monitors_is_flagged(self):
        self.assertFalse(self._rows(), "no standard is followed")
        self.system.standard_ids = [(6, 0, [self.standards["001"].id, self.standards["004"].id])]
        self.assertEqual(self._missing("001"), ["activity", "factor", "variable", "parameter", "intensity", "total"])
        self.assertEqual(self._missing("004"), ["activity", "factor"])
        self.assertEqual(self._missing("003"), [])
        self.assertEqual(set(self._rows().mapped("clause")), {"9.1.1", "9.2"})
        factor = {
            "name": "Heat value of gas",
            "kind": "factor",
            "factor_id": self.gas.factor_line_ids.factor_id.id,
            "responsible_id": self.owner.id,
            "gap_rule": "none",
        }
        self._plan([self._item(allowed_change=20, analyst_id=self.second.id), factor])
        self.assertEqual(self._missing("001"), ["variable", "parameter", "intensity", "total"])
        self.assertEqual(self._missing("004"), [])
        row = self._rows(("characteristic", "=", "activity"))
        self.assertEqual(
            (
                row.name,
                row.method,
                row.frequency,
                row.analysis_frequency,
                row.responsible_id,
                row.analyst_id,
                row.has_criterion,
            ),
            ("Item of Gas boiler", "document", "month", "month", self.owner, self.second, True),
        )
        self.assertEqual(row.action_open()["res_id"], row.item_id.id)

    def test_total_is_monitored_once_it_is_compared_with_something(self):
        self.system.standard_ids = [(6, 0, self.standards["001"].ids)]
        parameter = self._parameter()
        self.assertEqual(self._missing("001"), ["activity", "factor", "variable", "intensity", "total"])
        self.assertEqual(
            [(row.characteristic, row.has_criterion) for row in self._rows(("parameter_id", "=", parameter.id))],
            [("parameter", False), ("total", False)],
        )
        benchmark = (
            self.env["carbon.benchmark"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Best of the sector",
                    "company_id": self.company.id,
                    "sector": "Panels",
                    "value": 100,
                    "unit": parameter.unit,
                    "source_document": "Made up",
                    "year_from": 2024,
                }
            )
        )
        benchmark.action_confirm()
        self._parameter(code="C-second", benchmark_ids=[(6, 0, benchmark.ids)])
        self.env["carbon.relevant.variable"].create({"name": "Panels", "unit": "m³", "company_id": self.company.id})
        self.assertEqual(self._missing("001"), ["activity", "factor", "intensity"])

    def test_plan_that_is_not_in_force_monitors_nothing(self):
        self.system.standard_ids = [(6, 0, self.standards["004"].ids)]
        self._plan([self._item()], approve=False)
        self.assertEqual(self._missing("004"), ["activity", "factor"])

    def test_matrix_is_read_by_those_of_the_company_only_and_never_written(self):
        self.system.standard_ids = [(6, 0, self.standards["004"].ids)]
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("mx-stranger", "group_carbon_manager", other)
        matrix = self.env["carbon.monitoring.matrix"]
        self.assertFalse(matrix.with_user(stranger).with_context(allowed_company_ids=other.ids).search([]))
        with self.assertRaises(AccessError):
            matrix.with_user(self.manager).create({"name": "x"})
        nobody = self.env["res.users"].create(
            {"name": "n", "login": "mx-nobody", "group_ids": [(6, 0, self.env.ref("base.group_user").ids)]}
        )
        with self.assertRaises(AccessError):
            matrix.with_user(nobody).search([])
