from pathlib import Path

from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from .monitoring_common import MonitoringCommon

XLS = Path(__file__).parents[1] / "static" / "xls"


@tagged("post_install", "-at_install")
class TestMonitoringPlan(MonitoringCommon):
    """Plans are approved by another person, frozen, and say which data are expected (R-057, R-143, R-151)."""

    # ------------------------------------------------------------------ approval
    def test_plan_is_approved_by_another_person_and_frozen(self):
        plan = self._plan([self._item()], approve=False)
        with self.assertRaisesRegex(AccessError, "carbon manager"):
            plan.with_user(self.accountant).action_approve()
        own = self._plan([self._item()], "2023-01-01", approve=False)
        own.with_user(self.manager).item_ids.note = "changed"
        with self.assertRaisesRegex(AccessError, "was prepared by"):
            own.with_user(self.manager).action_approve()
        plan.with_user(self.manager).action_approve()
        self.assertEqual((plan.state, plan.approved_by_id), ("approved", self.manager))
        item = plan.item_ids
        for step in (
            lambda: plan.with_user(self.manager).write({"name": "x"}),
            lambda: plan.with_user(self.manager).write({"state": "draft"}),
            lambda: item.with_user(self.manager).write({"gap_uncertainty": 1}),
            lambda: item.with_user(self.manager).unlink(),
            lambda: item.sudo().write({"gap_rule": "none"}),
            lambda: plan.with_user(self.manager).unlink(),
            lambda: self.env["carbon.monitoring.item"].create({"plan_id": plan.id, "name": "x"}),
        ):
            with self.assertRaises(UserError):
                step()
        entry = self.env["carbon.trail.entry"].search(
            [("event", "=", "monitoring_plan.approve")], order="id desc", limit=1
        )
        self.assertIn('"gap_rule":"interpolate"', entry.payload.replace(" ", ""))

    def test_new_version_stands_beside_the_old_one(self):
        plan = self._plan([self._item()])
        draft = self.env["carbon.monitoring.plan"].browse(
            plan.with_user(self.accountant).action_new_version()["res_id"]
        )
        self.assertEqual((draft.version, draft.state, len(draft.item_ids)), (2, "draft", 1))
        draft.item_ids.with_user(self.accountant).gap_uncertainty = 35
        draft.with_user(self.accountant).date_from = "2025-07-01"
        draft.with_user(self.manager).action_approve()
        self.assertEqual((plan.state, str(plan.date_to)), ("superseded", "2025-06-30"))
        plans = self.env["carbon.monitoring.plan"]
        self.assertEqual((plans._at(self.company, "2025-06-30"), plans._at(self.company, "2025-07-01")), (plan, draft))
        gaps = {str(gap.date_from): gap.item_id.gap_uncertainty for gap in self._gaps()}
        self.assertEqual(
            (gaps["2025-06-01"], gaps["2025-07-01"]), (20, 35), "each month has the rule of its own version"
        )
        self.assertEqual(len(gaps), 24)

    def test_incomplete_items_stop_the_approval_and_say_why(self):
        items = [
            {"name": "Nothing"},
            {"name": "NCV", "kind": "factor", "gap_rule": "mean", "responsible_id": self.owner.id},
            self._item("proxy", gap_uncertainty=0),
        ]
        plan = self._plan(items, approve=False)
        with self.assertRaises(UserError) as caught:
            plan.with_user(self.manager).action_approve()
        for words in (
            "Nothing: choose the emission source",
            "Nothing: nobody is responsible",
            "NCV: choose the factor",
            "NCV: parameters of factors have no gap rule",
            "choose the output by which gaps are filled",
            "enter the uncertainty",
        ):
            self.assertIn(words, caught.exception.args[0])
        labels = [check["label"] for check in plan.check_result if not check["blocking"]]
        self.assertTrue([label for label in labels if "Coal boiler has no item" in label])

    def test_sources_are_added_at_once(self):
        plan = self._plan([], approve=False)
        plan.with_user(self.accountant).action_add_sources()
        self.assertEqual(plan.item_ids.source_id, self.gas + self.panels + self.coal + self.diesel)
        kinds = {item.source_id: item.kind for item in plan.item_ids}
        self.assertEqual((kinds[self.gas], kinds[self.panels]), ("activity", "output"))
        with self.assertRaisesRegex(UserError, "Every source"):
            plan.action_add_sources()

    def test_wrong_kinds_and_units_are_refused(self):
        plan = self._plan([], approve=False)
        items = self.env["carbon.monitoring.item"]
        for values in (
            self._item(source=self.panels, kind="activity"),
            self._item(uom_id=self.kwh.id),
            self._item("proxy", proxy_source_id=self.coal.id),
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                items.create({**values, "plan_id": plan.id})
        items.create({**self._item(), "plan_id": plan.id})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            items.create({**self._item(), "plan_id": plan.id})

    def test_form_fills_unit_and_site_from_the_source(self):
        form = Form(self.env["carbon.monitoring.item"].with_context(default_plan_id=self._plan([], approve=False).id))
        form.name = "Gas"
        form.source_id = self.gas
        self.assertEqual(form.uom_id, self.ton)

    # ------------------------------------------------------------------ templates
    def test_templates_are_offered_and_import_as_drafts(self):
        for template in self.env["carbon.monitoring.plan"].with_user(self.accountant).get_import_templates():
            path = XLS / template["template"].rpartition("/")[2]
            rows = [["" if cell is None else str(cell) for cell in row] for row in load_workbook(path).active.values]
            result = self.env["carbon.monitoring.plan"].with_user(self.accountant).load(rows[0], rows[1:])
            self.assertFalse(result["messages"], path.name)
            plan = self.env["carbon.monitoring.plan"].browse(result["ids"])
            self.assertEqual((len(plan), plan.state), (1, "draft"))
            self.assertEqual(len(plan.item_ids), len(rows) - 1)
            self.assertTrue(all(item.record_form and item.storage for item in plan.item_ids))

    # ------------------------------------------------------------------ expected data
    def test_expected_data_are_derived_with_their_status(self):
        self._plan([self._item()], "2025-01-01")
        self._read({month: month for month in range(1, 12)})
        self.assertEqual(set(self._expected(source_id=self.gas).values()), {"found", "missing"})
        with freeze_time("2026-01-05"):
            self.assertEqual(self._expected()["2025-12-01"], "awaited")
        with freeze_time("2025-12-31"):
            self.assertEqual(self._expected()["2025-12-01"], "running")
        row = self.env["carbon.monitoring.report"].search([("date_from", "=", "2025-05-01")])
        self.assertEqual((row.quantity, row.row_count, row.uom_id, str(row.date_due)), (5, 1, self.ton, "2025-06-10"))
        self.assertEqual(self.env["carbon.monitoring.report"].browse(row.id).quantity, 5, "read by its number")

    def test_cancelled_data_are_no_data(self):
        self._plan([self._item()], "2025-01-01")
        made = self._read({1: 10, 2: 20})
        made[1].action_cancel()
        self._commit()
        status = self._expected()
        self.assertEqual((status["2025-01-01"], status["2025-02-01"]), ("missing", "found"))

    def test_days_quarters_years_and_batches(self):
        daily = self._item(frequency="day")
        quarterly = self._item(source=self.coal, frequency="quarter")
        yearly = self._item(source=self.diesel, frequency="year")
        batch = self._item("none", source=self.panels, frequency="batch")
        self._plan([daily, quarterly, yearly, batch], "2025-01-01")
        self._read({2: 5})
        self._read({11: 7}, rule=self.panel_rule)
        days = self._expected(source_id=self.gas)
        self.assertEqual((len(days), sum(status == "found" for status in days.values())), (365, 1))
        self.assertEqual(
            list(self._expected(source_id=self.coal)), ["2025-10-01", "2025-07-01", "2025-04-01", "2025-01-01"]
        )
        self.assertEqual(self._expected(source_id=self.diesel), {"2025-01-01": "missing"})
        self.assertEqual(
            self._expected(source_id=self.panels), {"2025-11-01": "found"}, "batches are expected by no date"
        )

    def test_source_is_expected_while_it_is_in_use_and_new_in_its_first_year(self):
        self.gas.write({"active_from": "2025-03-10", "active_to": "2025-09-30"})
        self._plan([self._item()], "2025-01-01")
        months = sorted(self._expected())
        self.assertEqual((months[0], months[-1]), ("2025-03-01", "2025-09-01"))
        rows = self.env["carbon.monitoring.report"].search([("is_new", "=", True)])
        self.assertEqual(len(rows), 7)

    def test_data_collected_after_the_due_day_are_late(self):
        with freeze_time("2024-12-01"):
            self._plan([self._item()], "2025-01-01")
        self._read({1: 10})
        self.assertEqual(self._expected()["2025-01-01"], "late")

    def test_factor_parameter_is_found_when_a_version_is_approved(self):
        factor = self.gas.factor_line_ids.factor_id
        item = {
            "name": "NCV",
            "kind": "factor",
            "factor_id": factor.id,
            "frequency": "year",
            "responsible_id": self.owner.id,
        }
        self._plan([item], "2025-01-01")
        self.assertEqual(self._expected(factor_id=factor), {"2025-01-01": "missing"})
        gap = self._gaps()
        with self.assertRaisesRegex(UserError, "no rule for gaps"):
            self._proposed(gap)
        self._version(factor, 2100, "2025-06-01")
        self.assertEqual(self._expected(factor_id=factor), {"2025-01-01": "found"})
        self.assertFalse(self._gaps())

    def test_range_is_judged_in_the_unit_of_the_item(self):
        self._plan([self._item(uom_id=self.kg.id, expected_min=5000, expected_max=15000)], "2025-01-01")
        self._read({1: 10, 2: 20, 3: 4})
        rows = self.env["carbon.monitoring.report"].search([("out_of_range", "=", True)])
        self.assertEqual(sorted(str(row.date_from) for row in rows), ["2025-02-01", "2025-03-01"])

    # ------------------------------------------------------------------ new facilities
    def test_new_facilities_without_item_are_listed(self):
        report = self.env["carbon.new.facility.report"]
        category = self.env["maintenance.equipment.category"].create({"name": "Chillers"})
        values = {"company_id": self.company.id, "category_id": category.id}
        equipment = self.env["maintenance.equipment"]
        old = equipment.create({**values, "name": "Chiller 1", "effective_date": "2020-01-01"})
        new = equipment.create({**values, "name": "Chiller 2", "effective_date": "2025-05-01"})
        equipment.create({"name": "Laptop", "company_id": self.company.id, "effective_date": "2025-05-01"})
        unit = self.env["carbon.emission.unit"].create(
            {
                "name": "Cooling",
                "company_id": self.company.id,
                "date_start": "2025-04-01",
                "equipment_ids": [(6, 0, old.ids)],
            }
        )
        self.diesel.active_from = "2025-02-01"
        in_2025 = [("date_start", ">=", "2025-01-01"), ("date_start", "<=", "2025-12-31"), ("has_item", "=", False)]
        found = {(row.kind, row.name, row.is_linked) for row in report.search(in_2025)}
        self.assertEqual(
            found, {("equipment", "Chiller 2", False), ("unit", "Cooling", True), ("source", "Diesel engine", True)}
        )
        self.assertEqual(
            report.search([("equipment_id", "=", new.id)]).action_open()["res_model"], "maintenance.equipment"
        )
        self.gas.write({"emission_unit_id": unit.id, "equipment_id": new.id})
        self._plan([self._item(), self._item(source=self.diesel)], "2025-01-01")
        report.invalidate_model()
        self.assertFalse(report.search(in_2025))

    # ------------------------------------------------------------------ access
    def test_readers_read_and_accountants_write(self):
        plan = self._plan([self._item()], approve=False)
        for user in (self.reader, self.owner):
            self.assertEqual(plan.with_user(user).item_count, 1)
            with self.assertRaises(AccessError):
                plan.with_user(user).write({"name": "x"})
            with self.assertRaises(AccessError):
                plan.item_ids.with_user(user).write({"name": "x"})
            with self.assertRaises(AccessError):
                plan.with_user(user).create({"name": "x"})
        for group in ("reader", "verifier", "top_management", "data_owner", "accountant", "manager"):
            user = self._user(f"plan-{group}", f"group_carbon_{group}")
            for model in ("plan", "item", "report"):
                records = self.env[f"carbon.monitoring.{model}"].with_user(user)
                records.search_read([], limit=1)
                records.get_view(view_type="list")
            for model in ("carbon.data.gap", "carbon.data.anomaly", "carbon.new.facility.report"):
                self.env[model].with_user(user).search_read([], limit=1)
