import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .consolidation_common import ConsolidationCommon

ROWS = ("line", "elimination", "report")


@tagged("post_install", "-at_install")
class TestConsolidationAccess(ConsolidationCommon, HttpCase):
    """Who sees figures of the group, who writes them, and the workbook (R-123, R-124)."""

    def _model(self, name, user, companies=None):
        companies = companies or user.company_ids
        return (
            self.env[f"carbon.consolidation{name and '.' + name}"]
            .with_user(user)
            .with_context(allowed_company_ids=companies.ids)
        )

    def test_people_of_the_parent_alone_see_no_figure_of_the_others(self):
        group = self._consolidated()
        for role in ("group_carbon_accountant", "group_carbon_reader"):
            user = self._group_user(f"con-{role}", role, self.works)
            own = self._model("", user).browse(group.id)
            self.assertEqual(own.name, "Group 2025")
            self.assertFalse(own.may_see)
            self.assertIn("Mill, Press", own.hidden_reason)
            self.assertEqual((own.total_t, own.eliminated_t, own.check_result or []), (0.0, 0.0, []))
            self.assertEqual(set(own.member_ids.mapped("consolidated_t")), {0.0})
            self.assertEqual(set(own.member_ids.mapped("problem")), {False})
            for name in ROWS:
                model = self._model(name, user)
                rows = model.search([("consolidation_id", "=", group.id)])
                if name == "elimination":
                    self.assertFalse(rows)
                else:
                    self.assertEqual(rows.mapped("member_company_id"), self.works, name)
            for step in (
                "action_compute",
                "action_view_lines",
                "action_export_xlsx",
                "action_new_version",
                "action_verify",
            ):
                with self.subTest(step), self.assertRaises(UserError), self.env.cr.savepoint():
                    getattr(own, step)()
            with self.assertRaises(AccessError):
                self.env["carbon.consolidation.workbook"].with_user(user)._write_workbook(own, io.BytesIO())

    def test_a_group_user_sees_it_whatever_companies_are_ticked(self):
        group = self._consolidated()
        own = self._model("", self.accountant, self.works).browse(group.id)
        self.assertEqual((own.may_see, round(own.total_t, 3)), (True, 132.0))
        own.action_compute()
        self.assertEqual(round(own.total_t, 3), 132.0)
        self.assertEqual(len(self._model("report", self.accountant, self.works).search([])), len(group.line_ids))

    def test_records_of_companies_that_are_not_ticked_are_opened_with_these(self):
        group = self._consolidated()
        own = self._model("", self.accountant, self.works).browse(group.id)
        flow = own.elimination_ids.filtered(lambda row: row.seller_company_id == self.mill)
        steps = {
            "member": own.member_ids.filtered(lambda m: m.member_company_id == self.press).action_open_inventory(),
            "rows": flow.action_view_emissions(),
            "keep": flow.action_keep(),
            "decisions": own.action_view_decisions(),
        }
        for name, action in steps.items():
            self.assertEqual(action.get("tag"), "carbon_accounting.open_in_companies", name)
            self.assertIn(self.press.id, action["params"]["company_ids"], name)
        both = self._model("", self.accountant, self.group).browse(group.id)
        self.assertEqual(both.action_view_decisions()["type"], "ir.actions.act_window")

    def test_words_of_lists_are_chinese_too(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"].search([("name", "=like", "carbon_%")])._update_translations(
            ["zh_CN"], overwrite=True
        )
        chinese = self.env(context={"lang": "zh_CN"})
        for model, name, value, word in (
            ("carbon.consolidation", "intended_use", "internal", "内部管理"),
            ("carbon.consolidation.member", "relation", "subsidiary", "子公司"),
            ("carbon.consolidation", "state", "superseded", "已替代"),
        ):
            shown = dict(chinese[model].fields_get([name], ["selection"])[name]["selection"])
            self.assertEqual(shown[value], word, name)

    def test_people_of_another_company_see_nothing(self):
        group = self._consolidated()
        self.env["carbon.consolidation.decision"].with_user(self.accountant).create(
            {
                "consolidation_id": group.id,
                "buyer_company_id": self.mill.id,
                "seller_company_id": self.works.id,
                "source_id": self.rules[self.mill, "steam"].source_id.id,
                "reason": "Passed on.",
            }
        )
        stranger = self._group_user("con-mill", "group_carbon_manager", self.mill)
        for name in ("", "member", "decision", *ROWS):
            self.assertFalse(self._model(name, stranger).search([]), name)
        with self.assertRaises(AccessError):
            self._model("", stranger).browse(group.id).read(["name"])

    def test_readers_change_nothing(self):
        group = self._consolidated()
        reader = self._group_user("con-reader", "group_carbon_reader")
        own = self._model("", reader).browse(group.id)
        self.assertEqual(round(own.total_t, 3), 132.0)
        for step in (
            "action_compute",
            "action_check",
            "action_draft",
            "action_approve",
            "action_new_version",
            "unlink",
        ):
            with self.subTest(step), self.assertRaises(UserError), self.env.cr.savepoint():
                getattr(own, step)()
        with self.assertRaises(AccessError):
            own.write({"name": "x"})
        with self.assertRaises(AccessError):
            self._model("decision", reader).create({"consolidation_id": group.id})

    def test_nobody_types_rows_or_results_in(self):
        group = self._consolidated()
        manager = self._model("", self.manager).browse(group.id)
        for values in ({"computed_on": "2025-01-01"}, {"state": "approved"}, {"content_sha256": "x"}, {"version": 7}):
            with self.subTest(values), self.assertRaises(UserError), self.env.cr.savepoint():
                manager.with_context(carbon_consolidation_act=True).write(values)
        for name in ("member_ids", "line_ids", "elimination_ids"):
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                manager.write({name: [(5, 0, 0)]})
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                group.sudo()[name].write({"company_id": self.mill.id})
        other = self._model("", self.manager).create(
            {
                "name": "Typed",
                "company_id": self.works.id,
                "date_from": "2024-01-01",
                "date_to": "2024-12-31",
                "boundary_id": group.boundary_id.id,
                "computed_on": "2025-01-01",
                "version": 9,
            }
        )
        self.assertEqual((other.computed_on, other.version, other.state), (False, 1, "draft"))

    def test_rpc_is_refused_what_the_screens_refuse(self):
        group = self._consolidated()
        self.env.flush_all()
        self.authenticate("con-accountant", "con-accountant")

        def call(method, *args):
            return self.make_jsonrpc_request(
                f"/web/dataset/call_kw/carbon.consolidation/{method}",
                {"model": "carbon.consolidation", "method": method, "args": args, "kwargs": {}},
            )

        for method, args in {
            "write": ([group.id], {"state": "approved"}),
            "_transition": ([group.id], "approved", "consolidation.approve"),
            "_clear_rows": ([group.id],),
            "action_approve": ([group.id],),
        }.items():
            with self.subTest(method), self.assertRaises(Exception), mute_logger("odoo.http"):  # noqa: B017
                call(method, *args)
        group.invalidate_recordset()
        self.assertEqual((group.state, len(group.line_ids) > 0), ("draft", True))

    # ------------------------------------------------------------------
    # The workbook
    # ------------------------------------------------------------------
    def _book(self, group, user=None):
        file = io.BytesIO()
        env = self.env if user is None else self.env(user=user)
        env["carbon.consolidation.workbook"]._write_workbook(group.with_env(env), file)
        return file

    def test_workbook_holds_totals_as_formulas_over_its_own_lines(self):
        group = self._consolidated("equity_share")
        file = self._book(group, self.accountant)
        values, formulas = load_workbook(file, data_only=True), load_workbook(file)
        self.assertEqual(
            values.sheetnames,
            ["汇总 Summary", "公司 Companies", "合并明细 Lines", "内部抵消 Eliminations", "决定 Decisions"],
        )
        rows = {row[0]: row[1:4] for row in values["汇总 Summary"].iter_rows(values_only=True) if row[0]}
        total = rows["排放总量（含外购能源） Total with purchased energy"]
        self.assertEqual([round(value, 3) for value in total], [116.08] * 3)
        self.assertEqual(round(rows["Press"][0], 3), 4.08)
        self.assertEqual(rows["合并方法 Consolidation approach"][0], "股权比例 Equity share")
        cells = [row[1].value for row in formulas["汇总 Summary"].iter_rows() if row[0].value == "Press"]
        self.assertIn("SUMIFS(", cells[0])
        lines = list(formulas["合并明细 Lines"].iter_rows(min_row=3))
        self.assertTrue(all(str(row[9].value).startswith("=") for row in lines))
        shown = list(values["合并明细 Lines"].iter_rows(min_row=3, values_only=True))
        again = sum(row[6] * row[7] - row[8] for row in shown)
        self.assertEqual((round(again, 6), round(sum(row[9] for row in shown), 6)), (116_080.0, 116_080.0))
        flows = list(values["内部抵消 Eliminations"].iter_rows(min_row=3, values_only=True))
        self.assertEqual(
            {row[:2]: round(row[12], 6) for row in flows}, {("Mill", "Works"): 6_000.0, ("Press", "Mill"): 720.0}
        )

    def test_workbook_of_an_incomplete_group_says_so(self):
        self._boundary()
        self._fill()
        self._inventories(self.works + self.press)
        group = self._consolidation()
        group.action_compute()
        values = load_workbook(self._book(group), data_only=True)
        rows = {row[0]: row[1] for row in values["汇总 Summary"].iter_rows(values_only=True) if row[0]}
        self.assertEqual(rows["未完整 Incomplete"], "Mill")

    def test_workbook_is_downloaded_by_those_who_may_see_it(self):
        group = self._consolidated()
        self._group_user("con-parent", "group_carbon_accountant", self.works)
        self.env.flush_all()
        url = f"/carbon/consolidation/{group.id}/workbook"
        self.authenticate("con-accountant", "con-accountant")
        answer = self.url_open(url)
        self.assertEqual((answer.status_code, answer.content[:2]), (200, b"PK"))
        self.assertIn("Group_2025.xlsx", answer.headers["Content-Disposition"])
        self.authenticate("con-parent", "con-parent")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
