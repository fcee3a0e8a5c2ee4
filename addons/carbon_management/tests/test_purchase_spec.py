import datetime

from psycopg2.errors import CheckViolation

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
