import json

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .supplier_common import SupplierCommon

LOOKERS = ("reader", "verifier", "top")
#: Who writes what, besides managers.
BY_DATA_OWNERS = (
    "carbon.supplier.evidence",
    "carbon.supplier.evaluation",
    "carbon.supplier.evaluation.line",
    "carbon.change",
    "carbon.outsourced.process",
)
BY_ACCOUNTANTS = (
    "carbon.supplier.criteria",
    "carbon.supplier.criterion",
    "carbon.certificate.type",
    "carbon.purchase.spec",
    "carbon.purchase.spec.line",
    "carbon.restricted.item",
    "carbon.green.plan",
    "carbon.green.measure",
)
BY_NOBODY = ("carbon.supplier.notice",)
BUTTONS = (
    *("action_approve", "action_confirm", "action_request", "action_answered", "action_back_to_draft"),
    *("action_start_again", "action_accept", "action_reject", "action_close", "action_start", "action_done"),
    *("action_review_done", "action_review_changed"),
)


@tagged("post_install", "-at_install")
class TestSupplierAccess(SupplierCommon):
    """Who reads and writes what about suppliers, and companies that do not see each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._new_system(cls.company_b)
        cls.records, cls.others = cls._fill(cls.company_a), cls._fill(cls.company_b)

    @classmethod
    def _fill(cls, company):
        """Create one draft of each model in a company and return them by model."""
        env = cls.env(context={**cls.env.context, "allowed_company_ids": company.ids})
        own = {"company_id": company.id}
        certificate = env["carbon.certificate.type"].create({"name": "Own", **own})
        criteria = env["carbon.supplier.criteria"].create(
            {"name": "C", "code": "C", **own, "criterion_ids": [Command.create({"name": "Target?"})]}
        )
        criteria.action_approve()
        draft = criteria.copy()
        evaluation = env["carbon.supplier.evaluation"].create(
            {"partner_id": cls.supplier.id, "criteria_id": criteria.id, **own}
        )
        category = env["product.category"].create({"name": f"Of {company.name}"})
        scope = {"product_category_id": category.id, **own}
        spec = env["carbon.purchase.spec"].create(
            {"name": "S", **scope, "line_ids": [Command.create({"name": "x", "limit": 1})]}
        )
        plan = env["carbon.green.plan"].create({"name": "P", **own, "measure_ids": [Command.create({"name": "m"})]})
        records = [
            *(certificate, draft, draft.criterion_ids, evaluation, evaluation.line_ids, spec, spec.line_ids),
            *(plan, plan.measure_ids, env["carbon.restricted.item"].create({"obligation": "Law", **scope})),
            env["carbon.supplier.evidence"].create(
                {"partner_id": cls.supplier.id, "certificate_type_id": certificate.id, **own}
            ),
            env["carbon.outsourced.process"].create({"name": "O", "partner_id": cls.supplier.id, **own}),
            env["carbon.change"].create({"name": "Ch", **own}),
            env["carbon.supplier.notice"]._log(company, cls.supplier, "print"),
        ]
        return {record._name: record.with_env(cls.env) for record in records}

    def _refused(self, function, *args):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            function(*args)

    def _assert_cannot_write(self, name, record):
        own = self._as(record, name)
        for operation in ("write", "create", "unlink"):
            self.assertFalse(own.has_access(operation), f"{name} {operation} {record._name}")
        for function in (lambda: own.write({}), own.unlink, own.copy):
            self._refused(function)
        for button in BUTTONS:
            if hasattr(own, button):
                self._refused(getattr(own, button))

    def test_all_models_of_suppliers_are_looked_at_here(self):
        self.assertEqual(set(self.records), {*BY_DATA_OWNERS, *BY_ACCOUNTANTS, *BY_NOBODY})

    def test_those_who_look_read_everything_and_write_nothing(self):
        for name in LOOKERS:
            for model, record in self.records.items():
                with self.subTest(name=name, model=model):
                    self.assertTrue(self._as(record, name).read([]))
                    self._assert_cannot_write(name, record)

    def test_data_owners_evaluate_and_write_no_rules(self):
        for model in BY_DATA_OWNERS:
            self.assertTrue(self._as(self.records[model], "data_owner").has_access("write"), model)
        for model in (*BY_ACCOUNTANTS, *BY_NOBODY):
            with self.subTest(model=model):
                self.assertTrue(self._as(self.records[model], "data_owner").read([]))
                self._assert_cannot_write("data_owner", self.records[model])

    def test_accountants_write_rules_and_approve_none(self):
        for model in (*BY_DATA_OWNERS, *BY_ACCOUNTANTS):
            own = self._as(self.records[model], "accountant")
            self.assertTrue(own.has_access("write") and own.has_access("create"), model)
            if hasattr(own, "action_approve"):
                self._refused(own.action_approve)
        for name in ("accountant", "manager"):
            self._assert_cannot_write(name, self.records["carbon.supplier.notice"])

    def test_people_without_carbon_role_read_nothing(self):
        for name in ("plain", "technician"):
            for model, record in self.records.items():
                with self.subTest(name=name, model=model):
                    self._refused(self._as(record, name).read)
        own = self._as(self.supplier, "plain")
        self._refused(own.read, ["carbon_grade"])
        self._refused(own.action_view_carbon_evaluations)
        menus = self.env["ir.ui.menu"].with_user(self.users["plain"])._visible_menu_ids()
        self.assertNotIn(self.env.ref("carbon_management.carbon_menu_suppliers").id, menus)

    def test_a_company_sees_nothing_of_another(self):
        for model, record in self.records.items():
            foreign = self._as(record, self.manager_b)
            with self.subTest(model=model):
                self._refused(foreign.read)
                self._refused(foreign.write, {})
                found = foreign.search([])
                self.assertNotIn(record, found)
                self.assertIn(self.others[model], found)

    def test_a_grade_of_another_company_does_not_show_on_a_shared_supplier(self):
        self.records["carbon.supplier.evaluation"].action_approve()
        own, foreign = self._as(self.supplier, "manager"), self._as(self.supplier, self.manager_b)
        self.assertEqual((own.carbon_grade, own.carbon_evaluation_count), ("D", 1))
        self.assertEqual((foreign.carbon_grade, foreign.carbon_evaluation_count), (False, 1))

    def test_nothing_is_moved_to_another_company(self):
        for model in (*BY_DATA_OWNERS, *BY_ACCOUNTANTS):
            if model.rpartition(".")[2] in ("line", "criterion", "measure", "type"):
                continue
            own = self._as(self.records[model], "manager")
            self._refused(own.write, {"company_id": self.company_b.id})


@tagged("post_install", "-at_install")
class TestSupplierRpc(HttpCase):
    """Evaluations and evidence cannot be forged from outside (spec c-0.1)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Carbon RPC"})
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.env.user.company_ids |= cls.company
        new_test_user(
            cls.env,
            login="carbon_rpc",
            password="carbon_rpc_pw",
            groups="carbon_management.group_carbon_manager,base.group_system",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.criteria = cls.env["carbon.supplier.criteria"].create(
            {"name": "C", "code": "C", "criterion_ids": [Command.create({"name": "Target?", "must_have": True})]}
        )
        cls.criteria.action_approve()
        partner = cls.env["res.partner"].create({"name": "Supplier"})
        cls.evaluation, cls.done = cls.env["carbon.supplier.evaluation"].create(
            [{"partner_id": partner.id, "criteria_id": cls.criteria.id}] * 2
        )
        cls.done.action_approve()

    def _call(self, model, method, *args):
        self.authenticate("carbon_rpc", "carbon_rpc_pw")
        forged = {
            "carbon_gate": {"ids": [1]},
            "carbon_scoring": True,
            "carbon_act": ["_ACT", "carbon.supplier.notice"],
            "carbon_progress": True,
            "install_mode": True,
        }
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {"model": model, "method": method, "args": args, "kwargs": {"context": forged}},
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        self.env.invalidate_all()
        return response.json().get("error")

    def test_a_forged_context_changes_no_frozen_evaluation(self):
        model = "carbon.supplier.evaluation"
        for method, args in (
            ("write", [[self.done.id], {"grade": "A"}]),
            ("write", [[self.done.id], {"state": "draft"}]),
            ("web_save", [[self.done.id], {"conclusion": "x"}, {"id": {}}]),
            ("unlink", [[self.done.id]]),
            ("_transition", [[self.done.id], "draft", "x"]),
            ("_assess", [[self.done.id]]),
        ):
            error = self._call(model, method, *args)
            if (method, args[-1]) == ("write", {"grade": "A"}):
                self.assertFalse(error, "results are left out, not refused")
            else:
                self.assertTrue(error, method)
            self.assertEqual((self.done.grade, self.done.state, self.done.conclusion), ("D", "approved", False))
        line = [[self.done.line_ids.id], {"answer_yes_no": "yes"}]
        self.assertTrue(self._call("carbon.supplier.evaluation.line", "write", *line))
        self.assertTrue(
            self._call("carbon.supplier.criterion", "write", [self.criteria.criterion_ids.id], {"must_have": False})
        )

    def test_a_forged_context_types_no_result(self):
        self.assertFalse(
            self._call(
                "carbon.supplier.evaluation",
                "write",
                [self.evaluation.id],
                {"grade": "A", "score": 100, "unmet_must": 0},
            )
        )
        self._call(
            "carbon.supplier.evaluation.line", "write", [self.evaluation.line_ids.id], {"score": 100, "met": True}
        )
        self.assertEqual(
            (self.evaluation.grade, self.evaluation.score, self.evaluation.line_ids.met), ("D", 0.0, False)
        )

    def test_a_forged_context_hides_no_maker(self):
        self.assertFalse(
            self._call(
                "carbon.supplier.evaluation.line", "write", [self.evaluation.line_ids.id], {"answer_yes_no": "yes"}
            )
        )
        self.assertEqual(self.evaluation.prepared_by_id.login, "carbon_rpc")
        self.assertEqual(self.evaluation.grade, "A", "and it is scored all the same")

    def test_a_forged_context_writes_no_notice(self):
        notice = self.env["carbon.supplier.notice"]._log(self.company, self.evaluation.partner_id, "print")
        for method, args in (
            ("create", [{"company_id": self.company.id}]),
            ("write", [[notice.id], {"recipient": "x"}]),
            ("unlink", [[notice.id]]),
            ("_log", [1, 1, "mail"]),
        ):
            self.assertTrue(self._call("carbon.supplier.notice", method, *args), method)
