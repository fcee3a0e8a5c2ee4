import datetime
import hashlib

from psycopg2.errors import CheckViolation, RaiseException

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .supplier_common import TODAY, SupplierCommon

DAY = datetime.date(2026, 3, 10)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestPurchaseSpec(SupplierCommon):
    """Specifications, restricted items and significance of products (R-111, R-112)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        categories = cls.env["product.category"]
        cls.devices = categories.create({"name": "Devices"})
        cls.boilers = categories.create({"name": "Boilers", "parent_id": cls.devices.id})
        cls.boiler, cls.motor, cls.clip = cls.env["product.product"].create(
            [
                {"name": "Boiler", "categ_id": cls.boilers.id},
                {"name": "Motor", "categ_id": cls.devices.id},
                {"name": "Paper clip", "categ_id": categories.create({"name": "Office"}).id},
            ]
        )

    @classmethod
    def _new_spec(cls, *lines, approve=True, **values):
        spec = cls.env["carbon.purchase.spec"].create(
            {
                "name": "Boilers",
                "company_id": cls.company_a.id,
                "date_from": "2026-01-01",
                "line_ids": [Command.create(line) for line in lines],
                **values,
            }
        )
        if approve:
            spec.action_approve()
        return spec

    def _lookup(self, products, day=DAY, company=None):
        return self.env["carbon.purchase.spec"]._for_products(products, company or self.company_a, day)

    EFFICIENCY = {"name": "Efficiency", "operator": "ge", "limit": 92, "unit": "%", "benchmark": 95}

    def test_a_requirement_is_read_as_a_specification_says_it(self):
        # S5
        line = self._new_spec(self.EFFICIENCY, product_tmpl_id=self.boiler.product_tmpl_id.id).line_ids
        self.assertEqual(line.requirement, "Efficiency ≥ 92 % (advanced: 95 %)")
        line = self._new_spec(
            {"name": "NOx", "operator": "le", "limit": 30}, approve=False, product_category_id=self.boilers.id
        )
        self.assertEqual(line.line_ids.requirement, "NOx ≤ 30")

    def test_the_product_stands_before_the_nearest_category(self):
        of_devices = self._new_spec({"name": "Class", "limit": 3}, product_category_id=self.devices.id)
        nothing = self.env["carbon.purchase.spec.line"]
        found = self._lookup(self.boiler | self.clip)
        self.assertEqual(found, {self.boiler: of_devices.line_ids, self.clip: nothing})
        of_boilers = self._new_spec({"name": "Class", "limit": 4}, product_category_id=self.boilers.id)
        found = self._lookup(self.boiler | self.motor)
        self.assertEqual((found[self.boiler], found[self.motor]), (of_boilers.line_ids, of_devices.line_ids))
        own = self._new_spec(self.EFFICIENCY, product_tmpl_id=self.boiler.product_tmpl_id.id)
        self.assertEqual(self._lookup(self.boiler)[self.boiler], own.line_ids)
        self.assertFalse(self._lookup(self.boiler, company=self.company_b)[self.boiler])
        self.assertFalse(self._lookup(self.boiler, day=datetime.date(2025, 12, 31))[self.boiler])

    def test_a_past_day_has_the_version_of_that_day(self):
        first = self._new_spec(self.EFFICIENCY, product_category_id=self.boilers.id)
        second = self.env["carbon.purchase.spec"].browse(first.action_new_version()["res_id"])
        self.assertEqual(second.version, 2)
        second.line_ids.limit = 94
        second.action_approve()
        self.assertEqual(self._lookup(self.boiler)[self.boiler].limit, 94)
        self.assertEqual(self._lookup(self.boiler, day=datetime.date(2026, 3, 9))[self.boiler].limit, 92)
        with self.assertRaises(UserError):
            first.line_ids.limit = 1

    def test_versions_of_products_and_categories_are_counted_apart(self):
        for values in ({"product_category_id": self.boilers.id}, {"product_tmpl_id": self.boiler.product_tmpl_id.id}):
            self.assertEqual(self._new_spec(self.EFFICIENCY, approve=False, **values).version, 1)
        self.assertEqual(self._new_spec(approve=False, product_category_id=self.boilers.id).version, 2)

    def test_a_specification_that_contradicts_itself_is_refused(self):
        for lines, text in (
            ([], "no requirements"),
            ([{**self.EFFICIENCY, "benchmark": 90}], "does not fulfil"),
            ([self.EFFICIENCY, {"name": "efficiency", "operator": "le", "limit": 90, "unit": "%"}], "contradict"),
            ([self.EFFICIENCY, self.EFFICIENCY], "contradict or repeat"),
        ):
            spec = self._new_spec(*lines, approve=False, product_category_id=self.boilers.id)
            with self.assertRaisesRegex(UserError, text):
                spec.action_approve()
        span = [self.EFFICIENCY, {"name": "Efficiency", "operator": "le", "limit": 99, "unit": "%"}]
        self.assertEqual(self._new_spec(*span, product_category_id=self.devices.id).state, "approved")

    @mute_logger("odoo.sql_db")
    def test_it_is_about_a_product_or_a_category(self):
        for values in ({}, {"product_category_id": self.boilers.id, "product_tmpl_id": self.boiler.product_tmpl_id.id}):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._new_spec(approve=False, **values)

    def test_limits_are_compared_exactly(self):
        line = self._new_spec({"name": "x", "limit": 0.3}, approve=False, product_category_id=self.boilers.id).line_ids
        for operator, met in (("ge", (False, True, True)), ("le", (True, True, False)), ("eq", (False, True, False))):
            line.operator = operator
            self.assertEqual(tuple(line._is_met(value) for value in (0.29, 0.3, 0.31)), met)

    def _new_item(self, **values):
        return self.env["carbon.restricted.item"].create(
            {"company_id": self.company_a.id, "obligation": "Phased out", "date_from": "2026-01-01", **values}
        )

    def test_a_restriction_of_a_category_holds_for_what_is_below_it(self):
        item = self._new_item(product_category_id=self.devices.id)
        own = self._new_item(product_tmpl_id=self.boiler.product_tmpl_id.id, date_to="2026-06-30")
        model = self.env["carbon.restricted.item"]
        products = self.boiler | self.motor | self.clip
        found = model._for_products(products, self.company_a, DAY)
        self.assertEqual(found, {self.boiler: item | own, self.motor: item, self.clip: model})
        later = model._for_products(products, self.company_a, datetime.date(2026, 7, 1))
        self.assertEqual(later[self.boiler], item)
        item.active = False
        self.assertFalse(model._for_products(self.motor, self.company_a, DAY)[self.motor])
        self.assertFalse(model._for_products(self.motor, self.company_b, DAY)[self.motor])

    def test_each_change_of_a_restriction_is_in_the_trail_and_none_is_deleted(self):
        item = self._new_item(product_category_id=self.devices.id)
        item.obligation = "Phased out by law"
        item.date_to = "2026-12-31"
        item.date_to = "2026-12-31"
        entries = self._trail(self.company_a).filtered(lambda entry: entry.event.startswith("restricted_item"))
        self.assertEqual(
            entries.mapped("event"), ["restricted_item.add", "restricted_item.change", "restricted_item.change"]
        )
        self.assertIn('"obligation":"Phased out by law"', entries[1].payload)
        with self.assertRaises(UserError):
            item.unlink()
        self.assertEqual(item.search([("is_in_force", "=", True), ("company_id", "=", self.company_a.id)]), item)

    def test_lookups_take_as_many_queries_for_many_products_as_for_one(self):
        products = self.env["product.product"].create(
            [{"name": f"P{number}", "categ_id": self.boilers.id} for number in range(60)]
        )
        self._new_spec(self.EFFICIENCY, product_category_id=self.devices.id)
        self._new_item(product_category_id=self.devices.id)
        self.boilers.with_company(self.company_a).carbon_significance = "significant"

        def look(some):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.assertTrue(all(self._lookup(some).values()))
            self.assertTrue(all(self.env["carbon.restricted.item"]._for_products(some, self.company_a, DAY).values()))
            self.assertTrue(all(some._carbon_significant(self.company_a).values()))
            return self.cr.sql_log_count - start

        look(products)
        self.assertEqual(look(products[:2]), look(products))

    def test_what_nobody_flagged_is_not_significant(self):
        products = self.boiler | self.motor | self.clip
        self.assertEqual(products._carbon_significant(self.company_a), dict.fromkeys(products, False))

    def test_the_product_decides_then_the_nearest_category(self):
        own = self.env(context={**self.env.context, "allowed_company_ids": self.company_a.ids})
        self.devices.with_env(own).action_carbon_significant()
        products = self.boiler | self.motor | self.clip
        self.assertEqual(list(products._carbon_significant(self.company_a).values()), [True, True, False])
        self.boilers.with_env(own).action_carbon_not_significant()
        self.assertEqual(list(products._carbon_significant(self.company_a).values()), [False, True, False])
        self.boiler.product_tmpl_id.with_env(own).action_carbon_significant()
        self.assertEqual(list(products._carbon_significant(self.company_a).values()), [True, True, False])
        self.assertEqual(list(products._carbon_significant(self.company_b).values()), [False, False, False])
        self.boiler.product_tmpl_id.with_env(own).action_carbon_significance_clear()
        self.assertFalse(self.boiler._carbon_significant(self.company_a)[self.boiler])

    def test_carbon_accountants_decide_what_is_significant_and_product_managers_do_not(self):
        accountant = self._as(self.boiler.product_tmpl_id, "accountant")
        with self.assertRaises(AccessError):
            accountant.name = "x"
        accountant.action_carbon_significant()
        self.assertIn("significance.set", self._trail(self.company_a).mapped("event"))
        groups = "carbon_management.group_carbon_reader,product.group_product_manager"
        for name in ("base.group_user,product.group_product_manager", groups):
            user = new_test_user(
                self.env,
                f"p{len(name)}",
                groups=name,
                company_id=self.company_a.id,
                company_ids=[Command.set(self.company_a.ids)],
            )
            own = self._as(self.boiler.product_tmpl_id, user)
            own.name = "Boiler 2"
            with self.assertRaises(AccessError):
                own.write({"carbon_significance": False})
            with self.assertRaises(AccessError):
                own.action_carbon_not_significant()
            self.assertEqual(own.copy().name, "Boiler 2 (copy)")
            self.assertTrue(self._as(self.boiler, user)._carbon_significant(self.company_a)[self.boiler])


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSupplierRegisters(SupplierCommon):
    """Notices, outsourced processes, changes and green plans (R-106, R-107, R-110, R-114)."""

    def _notice(self, **values):
        return self.env["carbon.supplier.notice"]._log(self.company_a, self.contact, "mail", record=self.site, **values)

    def test_a_notice_keeps_whom_when_how_and_the_words_in_both_languages(self):
        self.system.write({"supplier_notice_zh": "碳绩效是准则。", "supplier_notice_en": "Carbon performance counts."})
        notice = self._notice(recipient="sales@example.com")
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": self.supplier.id,
                    "partner_name": "Steel Works",
                    "recipient": "sales@example.com",
                    "channel": "mail",
                    "res_model": "carbon.site",
                    "res_id": self.site.id,
                    "languages": "zh_CN,en_US",
                    "notice": "碳绩效是准则。\nCarbon performance counts.",
                    "sha256": hashlib.sha256("碳绩效是准则。\nCarbon performance counts.".encode()).hexdigest(),
                }
            ],
        )
        self.assertEqual(self.env["carbon.supplier.notice"]._last_for(self.site), {self.site.id: notice})

    def test_whoever_sends_a_document_notes_it(self):
        notices = self._as(self.env["carbon.supplier.notice"], "plain")
        notice = notices._log(self.company_a, self.supplier, "print")
        self.assertEqual((notice.sudo().user_id, notice.sudo().company_id), (self.users["plain"], self.company_a))
        with self.assertRaises(AccessError):
            notice.read()

    def test_a_company_without_words_tells_nothing(self):
        self.system.write({"supplier_notice_zh": " ", "supplier_notice_en": False})
        self.assertFalse(self._notice())

    def test_a_notice_is_neither_written_nor_changed_nor_deleted(self):
        notice = self._notice()
        forged = notice.with_context(carbon_act=True, install_mode=True).sudo()
        for change in (
            lambda: forged.write({"recipient": "x"}),
            forged.unlink,
            forged.copy,
            lambda: forged.create({"company_id": self.company_a.id}),
            lambda: self._as(notice, "manager").write({"recipient": "x"}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    @mute_logger("odoo.sql_db")
    def test_the_database_refuses_too_and_lets_merged_partners_follow(self):
        notice = self._notice()
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_supplier_notice SET recipient = 'x'",
            "DELETE FROM carbon_supplier_notice",
            "TRUNCATE carbon_supplier_notice",
        ):
            with self.assertRaises(RaiseException), self.cr.savepoint():
                self.cr.execute(statement)
        twin = self.env["res.partner"].create({"name": "Steel Works Ltd", "is_company": True})
        self.env["base.partner.merge.automatic.wizard"]._merge((self.supplier | twin).ids, twin)
        notice.invalidate_recordset()
        self.assertEqual((notice.partner_id, notice.partner_name), (twin, "Steel Works"))

    def test_merged_suppliers_keep_all_their_evaluations(self):
        criteria = self._new_criteria()
        twin = self.env["res.partner"].create({"name": "Steel Works Ltd", "is_company": True})
        first, second = self._new_evaluation(criteria), self._new_evaluation(criteria, partner_id=twin.id)
        (first | second).action_approve()
        self.env["base.partner.merge.automatic.wizard"]._merge((self.supplier | twin).ids, twin)
        self.env.invalidate_all()
        self.assertEqual((first | second).partner_id, twin)
        self.assertEqual(self.env["carbon.supplier.evaluation"]._live(twin, self.company_a)[twin][0], second)
        draft = self.env["carbon.supplier.evaluation"].browse(second.action_start_again()["res_id"])
        draft.action_approve()
        self.assertEqual((first | second).mapped("state"), ["superseded", "superseded"])

    def _new_process(self, **values):
        return self.env["carbon.outsourced.process"].create(
            {"name": "Galvanising", "partner_id": self.supplier.id, "company_id": self.company_a.id, **values}
        )

    def test_an_outsourced_process_shows_the_evaluation_of_who_runs_it(self):
        process = self._new_process(review_interval_months=6)
        self.assertEqual(
            (process.evaluation_state, process.grade, str(process.review_next_date)), ("none", False, "2026-09-10")
        )
        self._new_evaluation(self._new_criteria(code="S")).action_approve()
        criteria = self._new_criteria(code="OUT", subject="outsourced_process")
        self.assertEqual(process.action_evaluate()["context"]["default_criteria_id"], criteria.id)
        evaluation = self._new_evaluation(criteria)
        evaluation.line_ids.answer_yes_no = "yes"
        evaluation.action_approve()
        self.env.invalidate_all()
        self.assertEqual((process.evaluation_id, process.grade, process.evaluation_state), (evaluation, "A", "valid"))
        self.assertEqual(process.action_evaluate()["res_id"], evaluation.id)
        for day, state in (("2027-01-08", "valid"), ("2027-01-09", "due"), ("2027-03-11", "expired")):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(process.evaluation_state, state, day)
        process.action_review_done()
        self.assertEqual(str(process.review_next_date), "2026-09-10")
        self.assertIn("review.done", self._trail(self.company_a).mapped("event"))

    def _new_change(self, **values):
        return self.env["carbon.change"].create(
            {"name": "Gas", "company_id": self.company_a.id, "date": TODAY, **values}
        )

    def test_a_planned_change_is_approved_before_and_closed_after(self):
        change = self._new_change(description="Paint line on gas")
        with self.assertRaisesRegex(UserError, "Review the consequences"):
            change.action_approve()
        change.consequences = "Diesel ends"
        change.action_approve()
        self.assertEqual((change.state, change.decided_by_id), ("approved", self.env.user))
        with self.assertRaises(UserError):
            change.consequences = "None"
        with self.assertRaisesRegex(UserError, "what came of it"):
            change.action_close()
        change.outcome = "As expected"
        change.action_close()
        with self.assertRaises(UserError):
            change.outcome = "Else"
        events = [event for event in self._trail(self.company_a).mapped("event") if event.startswith("change.")]
        self.assertEqual(events, ["change.approved", "change.close"])

    def test_an_unplanned_change_needs_mitigation_and_cannot_be_rejected(self):
        change = self._new_change(kind="unplanned", description="Leak", consequences="12 kg lost")
        with self.assertRaisesRegex(UserError, "not planned"):
            change.action_approve()
        with self.assertRaisesRegex(UserError, "has happened"):
            change.action_reject()
        change.mitigation = "Valve changed"
        change.action_approve()
        planned = self._new_change(description="x", consequences="y")
        planned.action_reject()
        self.assertEqual((change.state, planned.state), ("approved", "rejected"))

    def test_changes_are_decided_by_a_manager_and_another_person_where_the_company_wants_it(self):
        change = self._as(self._new_change(description="x", consequences="y"), "data_owner")
        change.description = "Better"
        with self.assertRaises(AccessError):
            change.action_approve()
        self.system.separate_supplier_approval = True
        own = self._as(change, "manager")
        own.consequences = "None"
        with self.assertRaises(AccessError):
            own.action_approve()
        change.consequences = "None, because nothing moves"
        own.action_approve()

    def _new_plan(self, approve=True, **values):
        plan = self.env["carbon.green.plan"].create(
            {
                "name": "Works 1",
                "company_id": self.company_a.id,
                "site_id": self.site.id,
                "year": 2026,
                "date_from": "2026-01-01",
                "measure_ids": [
                    Command.create(
                        {"name": "Roof", "topic": "green_energy", "capacity": 500, "unit": "kW", "saving_t": 310.5}
                    ),
                    Command.create({"name": "Doors", "topic": "low_carbon_buildings"}),
                    Command.create({"name": "Trucks", "topic": "transport_logistics", "saving_t": 0}),
                ],
                **values,
            }
        )
        if approve:
            plan.action_approve()
        return plan

    def test_a_green_plan_adds_up_what_is_known_and_tells_what_is_not(self):
        plan = self._new_plan(approve=False)
        self.assertEqual((plan.saving_t, plan.done_t, plan.unknown_count), (310.5, 0.0, 1))
        self.assertEqual(plan.green_energy_ids.mapped("name"), ["Roof"])
        labels = [item["label"] for item in plan.check_result]
        self.assertEqual(len([label for label in labels if "topic" in label]), 2)
        with self.assertRaisesRegex(UserError, "no measures"):
            self._new_plan(measure_ids=[], year=2027)

    def test_measures_are_frozen_but_move_on(self):
        plan = self._new_plan()
        roof = plan.green_energy_ids
        for change in (
            lambda: roof.write({"saving_t": 1}),
            lambda: roof.write({"progress": "done", "name": "x"}),
            roof.unlink,
            lambda: plan.write({"green_energy_ids": [Command.create({"name": "More"})]}),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()
        with self.assertRaises(UserError), self.cr.savepoint():
            roof.write({"progress": "done"})  # its buttons move it
        roof.action_start()
        roof.action_done()
        self.assertEqual((roof.progress, str(roof.done_on), plan.done_t), ("done", TODAY, 310.5))
        with self.assertRaises(UserError):
            roof.action_done()
        self.assertIn("green_measure.done", self._trail(self.company_a).mapped("event"))

    def test_versions_are_counted_by_site_and_year(self):
        first = self._new_plan()
        second = self.env["carbon.green.plan"].browse(first.action_new_version()["res_id"])
        self.assertEqual((second.version, len(second.measure_ids)), (2, 3))
        self.assertEqual(self._new_plan(site_id=False).version, 1)
        self.assertEqual(self._new_plan(year=2027).version, 1)
        second.action_approve()
        self.assertEqual(first.state, "superseded")
