from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestEngine(CarbonCommon):
    """The road from an event to an emission, with declared quantities as events."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_rule = cls._rule("declared", cls.coal, name="Coal declared")
        cls.diesel_rule = cls._rule("declared", cls.diesel, name="Diesel declared")

    def test_hundred_tonnes_of_coal_give_186_853_tonnes_of_co2(self):  # R-132 S2
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("100"))
        self.assertEqual(round(self._kg(self.coal) / 1000, 3), Decimal("186.853"))

    def test_kilograms_are_converted_to_the_canonical_tonne_exactly(self):
        self._declare(self.coal_rule, 3, self.kg)
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("0.003"))

    def test_collecting_twice_changes_nothing(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(self.diesel_rule, 20, self.ton)
        self._commit()
        before = self._ledger()
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        self.assertEqual(self._ledger(), before)

    def test_history_and_live_collection_give_the_same_ledger(self):
        for month in range(1, 7):
            self._declare(self.coal_rule, 10 * month, self.ton, f"2025-0{month}-15")
        self.env.cr.precommit.clear()  # as if the addons had not been there
        self.assertFalse(self._ledger())
        run = self._collect(chunk=2)
        self.assertEqual(run.row_new, 6)
        self.assertEqual(
            len(run.job_ids.filtered(lambda job: job.origin_model == "carbon.declaration")),
            3,
        )
        self.assertEqual(self._sum(self.coal), Decimal("210"))

    def test_cancelled_origin_makes_a_counter_row(self):  # R-129 S2
        declaration = self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        declaration.action_cancel()
        self._commit()
        self.assertEqual(
            [(seq, quantity) for _o, _p, seq, _d, _s, quantity in self._ledger()],
            [(0, Decimal("100")), (1, Decimal("-100"))],
        )
        self.assertEqual(self._kg(self.coal), 0)
        counter = self.env["carbon.activity.data"].search([("seq", "=", 1), ("company_id", "=", self.company.id)])
        self.assertEqual(counter.reverses_id.seq, 0)

    def test_changed_origin_makes_a_counter_row_and_a_new_row(self):
        declaration = self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        declaration.action_cancel()
        declaration.action_draft()
        declaration.quantity = 80
        declaration.action_post()
        self._commit()
        self.assertEqual([row[2] for row in self._ledger()], [0, 1, 2])
        self.assertEqual(self._sum(self.coal), Decimal("80"))

    def test_set_up_period_is_rewritten_without_counter_rows(self):
        self._begin_in_set_up()
        declaration = self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertEqual(self._period("2025-03-01").state, "setup")
        self.coal_rule.source_id = self.diesel
        self._collect()
        rows = self._ledger()
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0][4], self.diesel.id)
        self.assertEqual(declaration.id, rows[0][0])

    def test_changed_rule_in_an_open_period_keeps_the_old_row(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.coal_rule.source_id = self.diesel
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (1, 1))
        self.assertEqual(self._sum(self.coal), 0)
        self.assertEqual(self._sum(self.diesel), Decimal("100"))

    def test_closed_period_sends_the_whole_correction_to_late_adjustments(self):
        declaration = self._declare(self.coal_rule, 100, self.ton, name="March coal")
        self._commit()
        self._period("2025-03-01").action_close()
        declaration.action_cancel()
        self._commit()
        self.assertEqual(len(self._ledger()), 1)
        self.assertEqual(self._issues(), {("March coal", "late")})
        self._period("2025-03-01").action_reopen()
        self._collect()
        self.assertEqual(self._sum(self.coal), 0)
        self.assertFalse(self._issues())

    def test_late_document_keeps_its_quantity_when_the_factor_of_its_closed_month_changes_too(self):
        declaration = self._declare(self.coal_rule, 100, self.ton, name="March coal")
        self._declare(self.coal_rule, 50, self.ton, name="More coal")
        self._commit()
        self._period("2025-03-01").action_close()
        declaration.action_cancel()
        self._commit()
        self._version(self.coal_factor, 2000, "2025-03-01")
        self._collect()
        issues = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)], order="label")
        self.assertEqual(issues.mapped("label"), ["March coal", "More coal"])
        self.assertEqual((issues[0].quantity, issues[0].message), (-100, False))
        # (2,000 - 1,868.533) kg × 50 = 6.573 t
        self.assertIn("+6.573 t CO2e", issues[1].message)
        self.assertFalse(issues[1].quantity)

    def test_new_event_in_a_closed_period_is_late_and_collected_after_reopening(self):
        self._period("2025-03-01").action_close()
        self._declare(self.coal_rule, 100, self.ton, name="Late")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {("Late", "late")})
        self._period("2025-03-01").action_reopen()
        self._collect()
        self.assertEqual(self._sum(self.coal), Decimal("100"))

    def test_database_refuses_sql_changes_in_open_and_closed_periods(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        for statement in (
            "UPDATE carbon_activity_data SET quantity = 1",
            "DELETE FROM carbon_activity_data",
            "UPDATE carbon_emission_line SET quantity = 1",
            "DELETE FROM carbon_emission_line",
            "TRUNCATE carbon_activity_data",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement)
        self._period("2025-03-01").action_close()
        with self._refused_by_database() as caught:
            self.env.cr.execute(
                "INSERT INTO carbon_emission_line (activity_id, company_id, date, source_id, category_id, stream, version_id, "
                "quantity, seq) SELECT activity_id, company_id, date, source_id, category_id, stream, version_id, 1, 9 "
                "FROM carbon_emission_line"
            )
        self.assertIn("2025-03", str(caught.exception))
        self.assertEqual(self._sum(self.coal), Decimal("100"))

    def test_orm_cannot_write_the_ledger_even_as_superuser(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        row = self.env["carbon.activity.data"].sudo().search([("company_id", "=", self.company.id)])
        for act in (
            lambda: row.write({"quantity": 1}),
            row.unlink,
            lambda: row.copy(),
            lambda: row.emission_ids.write({"quantity": 2}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_missing_density_is_on_the_worklist_and_never_guessed(self):
        product = self.env["product.product"].create({"name": "Diesel", "uom_id": self.litre.id})
        self._declare(self.diesel_rule, 1000, self.litre, product_id=product.id, name="Tank")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {("Tank", "unit")})
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": product.id,
                "from_uom_id": self.litre.id,
                "factor": 0.84,
                "to_uom_id": self.kg.id,
                "source_document": "data sheet",
            }
        )
        self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)]).action_retry()
        self.assertEqual(self._sum(self.diesel), Decimal("0.84"))
        self.assertFalse(self._issues())

    def test_conversion_works_in_both_directions_and_category_comes_after_product(self):
        category = self.env["product.category"].create({"name": "Fuel"})
        product = self.env["product.product"].create(
            {"name": "Diesel", "uom_id": self.litre.id, "categ_id": category.id}
        )
        conversion = {
            "from_uom_id": self.kg.id,
            "to_uom_id": self.litre.id,
            "source_document": "data sheet",
        }
        self.env["carbon.unit.conversion"].create({**conversion, "category_id": category.id, "factor": 1.25})
        self._declare(self.diesel_rule, 1000, self.litre, product_id=product.id)
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("0.8"))
        self.env["carbon.unit.conversion"].create({**conversion, "product_id": product.id, "factor": 2})
        self._collect()
        self.assertEqual(self._sum(self.diesel), Decimal("0.5"))

    def test_product_weight_converts_pieces_to_tonnes(self):
        product = self.env["product.product"].create({"name": "Bag", "weight": 25})
        self._declare(
            self.coal_rule,
            40,
            self.env.ref("uom.product_uom_unit"),
            product_id=product.id,
        )
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("1"))

    def test_service_period_is_split_by_days_and_adds_up(self):
        self.coal_rule.date_basis = "service"
        self._declare(self.coal_rule, 100, self.ton, date_from="2025-01-20", date_to="2025-03-05")
        self._commit()
        rows = self._ledger()
        self.assertEqual([row[1] for row in rows], ["2025-01", "2025-02", "2025-03"])
        self.assertEqual(
            [row[3] for row in rows],
            [date(2025, 1, 20), date(2025, 2, 1), date(2025, 3, 1)],
        )
        self.assertEqual(sum(row[5] for row in rows), Decimal("100"))
        self.assertEqual(rows[0][5], Decimal("26.666666666667"))  # 12 of 45 days
