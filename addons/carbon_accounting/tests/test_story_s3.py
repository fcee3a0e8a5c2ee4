import io
import math
from datetime import date

from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from .inventory_common import InventoryCommon
from .monitoring_common import READINGS, MonitoringCommon


@tagged("post_install", "-at_install")
class TestStoryS3(MonitoringCommon, InventoryCommon):
    """Story S3, year-end inventory and report, by the public buttons as the persons that the story names.

    2024 is the base year: 100 t (2 % activity, 3 % factor) and 50 t (5 %), 50 panels. 2025 has gas readings of eleven months at 2 t CO2
    per t, 1,320 panels. An accountant enters, another one checks, the manager approves, the verifier verifies.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.gwp_set_id = cls.ar6
        cls.verifier = cls._user("s3-verifier", "group_carbon_verifier")
        cls.panels.uom_id = cls.env.ref("uom.product_uom_unit")
        cls.lines = {}
        for name, activity, factor in (("A", 2, 3), ("B", 5, 0)):
            of = cls._factor(f"S3-{name}", cls.ton, "1000") if not factor else cls._uncertain_factor("S3-A", factor)
            source = cls._source(f"Furnace {name}", cls.ton, of)
            cls.lines[name] = cls._rule("declared", source, name=f"Furnace {name}", uncertainty=activity)

    @classmethod
    def _uncertain_factor(cls, code, percent):
        factor = cls.env["carbon.emission.factor"].create({"code": code, "name": code, "uom_id": cls.ton.id})
        cls.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                "uncertainty": percent,
                "gas_line_ids": [(0, 0, {"gas_id": cls.gas_co2.id, "kg_per_unit": 1000})],
            }
        ).action_approve()
        return factor

    def _enter(self, rule, quantity, day, uom=None):
        """Declare and post as the accountant."""
        declaration = (
            self.env["carbon.declaration"]
            .with_user(self.accountant)
            .create(
                {
                    "name": f"{rule.name} {day}",
                    "company_id": self.company.id,
                    "rule_id": rule.id,
                    "quantity": quantity,
                    "uom_id": (uom or self.ton).id,
                    "date": day,
                }
            )
        )
        declaration.action_post()
        self._commit()
        return declaration

    def _check_data(self):
        """Approve what waits, as the checker."""
        self.env.invalidate_all()
        groups = (
            self.env["carbon.data.approval.report"]
            .with_user(self.second)
            .search([("status", "=", "pending"), ("company_id", "=", self.company.id)])
        )
        groups.action_approve()
        self.env.invalidate_all()

    def _closed(self, year):
        """Close the months of a year as the accountant."""
        periods = self.env["carbon.reporting.period"]._ensure(self.company, date(year, 1, 1), date(year, 12, 31))
        for period in periods.with_user(self.accountant):
            period.action_close()
        self.assertEqual(set(periods.mapped("state")), {"closed"})

    def _year(self, year):
        """Make, compute and assess an inventory as the accountant."""
        self._collect()
        inventory = (
            self.env["carbon.inventory"]
            .with_user(self.accountant)
            .create(
                {
                    "name": f"Inventory {year}",
                    "company_id": self.company.id,
                    "date_from": f"{year}-01-01",
                    "date_to": f"{year}-12-31",
                    "gwp_set_id": self.ar6.id,
                    "edition_ids": [
                        (
                            6,
                            0,
                            self.env["carbon.framework.edition"]
                            .search([("framework_id.code", "=", "ISO14064-1")], limit=1)
                            .ids,
                        )
                    ],
                }
            )
        )
        inventory.action_compute()
        inventory.action_assess_uncertainty()
        return inventory

    def _sealed(self, inventory):
        """Hand on as the accountant, who may not approve, and approve as the manager."""
        inventory.maker_note = "Compared with bills and readings; nothing missing."
        inventory.issue_note = inventory.issue_count and "Below the materiality."
        inventory.action_check()
        with self.assertRaises(UserError), self.env.cr.savepoint():
            inventory.action_approve()
        inventory.with_user(self.manager).action_approve()
        self.env.invalidate_all()
        self.assertEqual(inventory.state, "approved")

    def _base_year(self):
        self._enter(self.lines["A"], 100, "2024-06-10")
        self._enter(self.lines["B"], 50, "2024-07-10")
        self._enter(self.panel_rule, 50, "2024-07-31", self.panels.uom_id)
        self._check_data()
        inventory = self._year(2024)
        # sqrt(100² × (2² + 3²) + 50² × 5²) ÷ 150 = 2.925 %
        self.assertEqual((round(inventory.total_t, 6), round(inventory.uncertainty_percent, 1)), (150.0, 2.9))
        self.assertAlmostEqual(inventory.uncertainty_percent, math.sqrt(100**2 * 13 + 50**2 * 25) / 150, 9)
        self._closed(2024)
        self._sealed(inventory)
        inventory.with_user(self.manager).action_set_base_year()
        return inventory

    def _fill_the_gap(self):
        """The engineer proposes by the rule of the plan with a reason, the checker approves, the value counts."""
        gap = self._gaps()
        self.assertEqual([str(row.date_from) for row in gap], ["2025-03-01"])
        march = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", "2025-03-01")]
        )
        with self.assertRaisesRegex(UserError, "Expected data not there"), self.env.cr.savepoint():
            march.with_user(self.accountant).action_close()
        action = gap.with_user(self.owner).action_propose()
        dialog = self.env[action["res_model"]].with_user(self.owner).with_context(**action["context"])
        dialog.create({"text": "The meter stood still"}).action_confirm()
        # between 120 t of February and 140 t of April
        self.assertEqual((gap.state, gap.quantity, gap.uncertainty), ("proposed", 130, 20))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            gap.with_user(self.owner).action_approve()
        gap.with_user(self.second).action_approve()
        self._commit()
        self.assertEqual((gap.state, gap.declaration_id.state), ("filled", "posted"))
        self.assertEqual(self._rows(self.gas)[-1], ("2025-03-01", 130, "estimated", 20))

    def test_the_story_as_written(self):  # S3 R-051 R-053 R-057 R-125 R-135 R-136 R-138 R-139 R-140 R-141 R-157
        self.system.with_user(self.manager)._switch_on_data_approval("approve", "Year end")
        base = self._base_year()
        self._plan([self._item()], "2025-01-01")
        for month, tonnes in READINGS.items():
            self._enter(self.gas_rule, tonnes, f"2025-{month:02d}-15")
        self._enter(self.panel_rule, 1320, "2025-12-20", self.panels.uom_id)
        self.assertEqual(round(self._year(2025).total_t, 6), 0, "nothing counts before somebody else approved it")
        self._check_data()
        self._fill_the_gap()
        self._check_data()
        inventory = self._year(2025)
        # (1,850 t read + 130 t estimated) × 2
        self.assertEqual(round(inventory.total_t, 6), 3960.0)
        anomalies = self.env["carbon.data.anomaly"]._find(self.company, inventory.date_from, inventory.date_to)
        self._explain(anomalies)
        self._closed(2025)
        self._intensity(inventory, base)
        self._sealed(inventory)
        self._later_factor_changes_nothing(inventory)
        self._reports(inventory)
        self._verified(inventory)

    def _explain(self, _found):
        """Answer what stands out, as the accountant."""
        for anomaly in self.env["carbon.data.anomaly"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        ):
            action = anomaly.with_user(self.accountant).action_explain()
            dialog = self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
            dialog.create({"text": "Production grew month by month"}).action_confirm()

    def _intensity(self, inventory, base):
        """3,960 t ÷ 1,320 panels = 3, as in the base year (150 t ÷ 50); the advanced value is 2.5."""
        row = inventory.intensity_ids
        self.assertEqual((row.source_id, row.quantity, round(row.intensity, 9)), (self.panels, 1320, 3.0))
        self.assertEqual(round(base.intensity_ids.intensity, 9), 3.0)
        self.assertEqual((round(row.base_year_intensity, 9), round(row.base_year_change, 9)), (3.0, 0.0))
        mark = self.env["carbon.benchmark"].with_user(self.accountant).create(
            {
                "name": "Panels", "company_id": self.company.id, "sector": "Panels", "value": 2.5,
                "unit": f"t CO₂e/{row.unit}", "source_document": "Made up for the test", "year_from": 2024,
            }
        )  # fmt: skip
        mark.action_confirm()
        row.with_user(self.accountant).benchmark_id = mark
        self.assertEqual((row.advanced, row.verdict), (2.5, "above"))

    def _later_factor_changes_nothing(self, inventory):
        before = (inventory.total_t, inventory.seal_id.root_hash, self._ledger())
        with freeze_time("2026-02-02 08:00:00"):  # a day after the inventory was computed
            self._version(self.gas.factor_line_ids.factor_id, "2500", "2025-06-01")
        self._collect()
        self.env.invalidate_all()
        self.assertEqual((inventory.total_t, inventory.seal_id.root_hash, self._ledger()), before)
        self.assertEqual({reason for _label, reason in self._issues()}, {"late"})
        action = inventory.with_user(self.verifier).action_verify_seal()
        run = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(run.state, "ok", run.message)

    def _reports(self, inventory):
        """Tables A.1 to A.3 in both languages in the workbook, the report in each."""
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"].with_user(self.verifier)._write(
            inventory.with_user(self.verifier), stream
        )
        book = load_workbook(stream, data_only=True)
        tables = [name for name in book.sheetnames if name.startswith("表A")]
        self.assertEqual(len(tables), 3)
        title = book[tables[0]].cell(1, 1).value
        self.assertIn("碳排放源清单", title)
        for lang in ("en_US", "zh_CN"):
            self.env["res.lang"]._activate_lang(lang)
            for framework in ("ISO14064-1", "GBT32150"):
                page = (
                    self.env["carbon.inventory.document"]
                    .with_user(self.verifier)
                    ._html(inventory.with_user(self.verifier), framework, lang)
                )
                self.assertIn("3,960.000", page)
                self.assertIn("The meter stood still", page)

    def _verified(self, inventory):
        """The verifier draws a sample, performs it again from the documents, and records the statement."""
        action = inventory.with_user(self.verifier).action_draw_sample()
        samples = self.env[action["res_model"]].with_user(self.verifier).with_context(**action["context"])
        sample = samples.create({"size": 5, "seed": "2025"})
        sample.action_draw()
        sample.action_perform()
        self.assertEqual(set(sample.row_ids.mapped("result")), {"pass"})
        action = inventory.with_user(self.verifier).action_record_verification()
        dialog = self.env[action["res_model"]].with_user(self.verifier).with_context(**action["context"])
        body = self.env["res.partner"].create({"name": "Verification body"})
        dialog.create(
            {"verification_partner_id": body.id, "verification_criteria": "ISO 14064-3", "verification_number": "V-1"}
        ).action_record()
        self.assertEqual(inventory.state, "verified")
        events = self.env["carbon.trail.entry"].search([("company_id", "=", self.company.id)]).mapped("event")
        for event in (
            "gap.propose",
            "gap.approve",
            "gap.fill",
            "inventory.check",
            "inventory.approve",
            "inventory.verify",
        ):
            self.assertIn(event, events)


@tagged("post_install", "-at_install")
class TestStoryS3Tour(InventoryCommon, HttpCase):
    """The main path of S3 in a browser: the manager approves, the seal is verified, the report is printed."""

    def test_manager_approves_verifies_the_seal_and_prints(self):  # S3 R-139 R-140
        new_test_user(
            self.env, login="s3_manager", password="s3_manager",
            groups="base.group_user,carbon_management.group_carbon_manager",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self._declare(self.coal_rule, 100, self.ton)
        inventory = self._computed(name="Year end")
        self._close_year()
        inventory.maker_note = "Compared with bills; nothing missing."
        inventory.action_check()
        action = self.env.ref("carbon_accounting.carbon_inventory_action")
        self.start_tour(f"/odoo/action-{action.id}/{inventory.id}", "carbon_year_end_tour", login="s3_manager")
        self.env.invalidate_all()
        self.assertEqual((inventory.state, bool(inventory.seal_id)), ("approved", True))
        runs = self.env["carbon.inventory.seal.run"].search(
            [("inventory_id", "=", inventory.id), ("kind", "=", "verify")]
        )
        self.assertEqual(runs.mapped("state"), ["ok"])
