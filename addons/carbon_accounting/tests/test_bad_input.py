from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestBadInput(CarbonCommon):
    """What is wrong is refused where it is typed, or listed with the next step; nothing is guessed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_rule = cls._rule("declared", cls.coal, name="Coal declared")

    def _advice(self):
        return self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)]).advice

    def test_declaration_without_unit_is_refused_naming_it(self):
        with self.assertRaisesRegex(ValidationError, "Heap.*needs a unit"):
            self._declare(self.coal_rule, 5, name="Heap")

    def test_unknown_unit_is_listed_with_both_units_and_the_next_step(self):
        self._declare(self.coal_rule, 5, self.kwh, name="Odd")
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {("Odd", "unit")})
        self.assertIn(self.kwh.name, self._advice())
        self.assertIn("Coal boiler", self._advice())
        self.assertIn("unit conversion", self._advice())

    def test_product_without_weight_is_listed_naming_it(self):
        product = self.env["product.product"].create({"name": "Weightless bag"})
        self._declare(
            self.coal_rule,
            40,
            self.env.ref("uom.product_uom_unit"),
            product_id=product.id,
            name="Bags",
        )
        self._commit()
        self.assertFalse(self._ledger())
        self.assertEqual(self._issues(), {("Bags", "unit")})
        self.assertIn("Weightless bag", self._advice())
        product.weight = 25
        self._collect()
        self.assertEqual(self._sum(self.coal), Decimal(1))
        self.assertFalse(self._issues())

    def test_conversion_of_zero_is_refused(self):
        with self._refused_by_database():
            self.env["carbon.unit.conversion"].create(
                {
                    "product_id": self.env["product.product"].create({"name": "P"}).id,
                    "from_uom_id": self.litre.id,
                    "to_uom_id": self.kg.id,
                    "factor": 0,
                    "source_document": "data sheet",
                }
            )

    def _kind(self):
        kind = {"code": "test.event", "name": "Test event", "origin_model": "x", "recognition": "received"}
        return self.env["carbon.event.kind"].create(kind)

    def test_tie_of_rules_is_refused_naming_both(self):
        self._kind()
        self._rule("test.event", self.diesel, name="First", date_to="2025-06-30")
        later = self._rule("test.event", self.diesel, name="Second", date_from="2025-07-01")
        with self.assertRaisesRegex(ValidationError, "Third.*ties with rule"):
            self._rule("test.event", self.diesel, name="Third")
        with self.assertRaisesRegex(ValidationError, "Second.*ties with rule First"):
            later.date_from = "2025-06-30"

    def test_archived_tie_is_refused_when_it_comes_back(self):
        self._kind()
        first = self._rule("test.event", self.diesel, name="First")
        first.active = False
        self._rule("test.event", self.diesel, name="Second")
        with self.assertRaisesRegex(ValidationError, "First.*ties with rule Second"):
            first.active = True

    def test_date_outside_every_period_creates_the_one_month_it_needs(self):
        self._declare(self.coal_rule, 1, self.ton, "2017-05-05")
        self._declare(self.coal_rule, 1, self.ton, "1998-02-01")
        self._commit()
        periods = self.env["carbon.reporting.period"].search([("company_id", "=", self.company.id)])
        self.assertEqual(set(periods.mapped("date_from")), {date(2017, 5, 1), date(1998, 2, 1)})
        self.assertEqual(set(periods.mapped("state")), {"open"})
        self.assertEqual(self._sum(self.coal), Decimal(2))

    def test_mistyped_century_creates_no_centuries_of_months(self):
        wrong = self._declare(self.coal_rule, 1, self.ton, "2025-06-05", name="Wrong")
        old = self._declare(self.coal_rule, 1, self.ton, "2025-06-05", name="Old")
        self._declare(self.coal_rule, 1, self.ton, "2025-05-05")
        self.env.flush_all()
        self.env.cr.execute("UPDATE carbon_declaration SET date = '9025-05-05' WHERE id = %s", [wrong.id])
        self.env.cr.execute("UPDATE carbon_declaration SET date = '0205-03-01' WHERE id = %s", [old.id])
        self.env.cr.precommit.clear()  # history
        self._collect()
        months = self.env["carbon.reporting.period"].search_count([("company_id", "=", self.company.id)])
        self.assertEqual(months, 1)
        self.assertEqual(self._sum(self.coal), Decimal(1))
        self.assertEqual(self._issues(), {("Wrong", "date"), ("Old", "date")})

    def test_date_outside_the_accounts_is_refused_where_it_is_typed(self):
        for day in ("0205-03-01", "1989-12-31", "2099-03-01"):
            with self.assertRaisesRegex(ValidationError, f"{day} is outside the accounts.*Correct the year"):
                self._declare(self.coal_rule, 1, self.ton, day)

    def test_service_period_of_centuries_is_refused_and_never_split(self):
        rule = self._rule("declared", self.diesel, name="Service", date_basis="service")
        with self.assertRaisesRegex(ValidationError, "Long.*longer than 36 months"):
            self._declare(rule, 1, self.ton, name="Long", date_from="2022-01-01", date_to="2025-02-28")
        with self.assertRaisesRegex(ValidationError, "outside the accounts"):
            self._declare(rule, 1, self.ton, name="Long", date_from="0225-01-01", date_to="2025-02-28")
        row = self._declare(rule, 36, self.ton, name="Long", date_from="2022-03-01", date_to="2025-02-28")
        self._commit()
        self.assertEqual(len(self._ledger()), 36)
        self.env.cr.execute("UPDATE carbon_declaration SET date_from = '0225-01-01' WHERE id = %s", [row.id])
        self._collect()
        self.assertEqual(self._sum(self.diesel), 0)
        self.assertEqual(self._issues(), {("Long", "period")})

    def test_negative_declaration_is_refused(self):
        for values in ({"quantity": -500000}, {"quantity": 1, "amount": -5}):
            with self.assertRaisesRegex(ValidationError, "is negative.*cancel that declaration"):
                self._declare(self.coal_rule, values.pop("quantity"), self.ton, **values)

    def test_unit_that_no_longer_fits_the_factor_is_listed_and_never_multiplied(self):
        unit = self.env["uom.uom"].create({"name": "sack", "relative_factor": 25, "relative_uom_id": self.kg.id})
        source = self._source("Sacks", unit, self.coal_factor)
        rule = self._rule("declared", source, name="Sacks")
        self._declare(rule, 40, unit, name="Good")
        self._commit()
        self.assertEqual(round(self._kg(source), 3), Decimal("1868.533"))
        unit.write({"relative_uom_id": self.litre.id})
        self._declare(rule, 40, unit, name="Bad")
        self._commit()
        self.assertIn(("Bad", "factor"), self._issues())
        self.assertEqual(round(self._kg(source), 3), Decimal("1868.533"))
        issue = self.env["carbon.collection.issue"].search([("label", "=", "Bad")])
        self.assertIn("cannot be converted", issue.advice)
        self._collect()
        self.assertEqual(self._kg(source), 0, "what was multiplied with the former unit is taken back")

    def test_history_of_a_product_archived_later_still_counts(self):
        product = self.env["product.product"].create({"name": "Old coal", "uom_id": self.ton.id})
        rule = self._rule("declared", self.diesel, product_id=product.id, name="Old coal")
        self._declare(rule, 3, self.ton, product_id=product.id)
        self.env.cr.precommit.clear()  # history
        product.active = False
        self._collect()
        self.assertEqual(self._sum(self.diesel), Decimal(3))
        self.assertFalse(self._issues())

    def test_event_belongs_to_its_company_whichever_is_ticked(self):
        other = self.env["res.company"].create({"name": "B"})
        declaration = self._declare(self.coal_rule, 1, self.ton)
        self.env.cr.precommit.clear()
        declaration.with_company(other).with_context(allowed_company_ids=[other.id, self.company.id]).action_cancel()
        declaration.with_context(allowed_company_ids=[other.id, self.company.id]).action_draft()
        declaration.with_context(allowed_company_ids=[other.id, self.company.id]).action_post()
        self._commit()
        self.assertEqual(len(self._ledger()), 1)
        self.assertFalse(self._ledger(company=other))

    def test_company_of_a_used_source_is_fixed(self):
        other = self.env["res.company"].create({"name": "B"})
        self._declare(self.coal_rule, 1, self.ton)
        self._commit()
        with self.assertRaisesRegex(UserError, "Coal boiler has activity data"):
            self.coal.company_id = other
        with self.assertRaises(UserError):
            self.coal_rule.company_id = other
