from decimal import Decimal

from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import CarbonCommon


class ConversionCommon(CarbonCommon):
    """Diesel that is declared in litres and counted in tonnes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("declared", cls.diesel, name="Diesel declared")
        cls.fuels = cls.env["product.category"].create({"name": "Fuels"})
        cls.product = cls.env["product.product"].create(
            {"name": "Gasoil", "uom_id": cls.litre.id, "categ_id": cls.fuels.id}
        )

    @classmethod
    def _density(cls, factor, day=None, material=None, **values):
        material = material or cls.product
        owner = "category_id" if material._name == "product.category" else "product_id"
        return cls.env["carbon.unit.conversion"].create(
            {
                owner: material.id,
                "from_uom_id": cls.litre.id,
                "factor": factor,
                "to_uom_id": cls.kg.id,
                "date_from": day,
                "source_document": "Data sheet",
                **values,
            }
        )

    def _use(self, day, litres=1000, rule=None, **values):
        return self._declare(rule or self.rule, litres, self.litre, day, product_id=self.product.id, **values)

    def _rows_of(self, declaration):
        """Return [(part, seq, day, quantity)] of a declaration, oldest first."""
        return [(part, seq, str(day), q) for oid, part, seq, day, _s, q in self._ledger() if oid == declaration.id]

    def _late(self):
        domain = (
            Domain("company_id", "=", self.company.id) & Domain("state", "=", "open") & Domain("reason", "=", "late")
        )
        return self.env["carbon.collection.issue"].search(domain)


@tagged("post_install", "-at_install")
class TestUnitConversionDates(ConversionCommon):
    """A value is valid from its first day until the next one begins; what lies before never moves (R-132)."""

    def test_new_density_counts_from_its_day_and_moves_nothing_before_it(self):
        self._density(0.84)
        days = ("2024-02-01", "2025-10-31", "2025-11-01", "2025-12-24")
        used = [self._use(day) for day in days]
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("3.36"))
        self._density(0.8, "2025-11-01")
        self._collect()
        for declaration, day in zip(used[:2], days[:2], strict=True):
            self.assertEqual(self._rows_of(declaration), [("", 0, day, Decimal("0.84"))])
        for declaration, day in zip(used[2:], days[2:], strict=True):
            found = [(seq, q) for _part, seq, _day, q in self._rows_of(declaration)]
            self.assertEqual(found, [(0, Decimal("0.84")), (1, Decimal("-0.84")), (2, Decimal("0.8"))], day)
        self.assertFalse(self._issues())
        self._collect()
        self.assertEqual(len(self._ledger()), 8, "again changes nothing")

    def test_one_receipt_takes_the_value_of_its_day(self):
        self._density(0.84)
        self._density(0.8, "2025-11-01")
        self._density(0.79, "2025-12-01")
        expected = {"2025-10-31": "0.84", "2025-11-01": "0.8", "2025-11-30": "0.8", "2025-12-01": "0.79"}
        used = {day: self._use(day) for day in expected}
        self._commit()
        for day, tonnes in expected.items():
            self.assertEqual(self._rows_of(used[day]), [("", 0, day, Decimal(tonnes))])
        self._collect()
        self.assertEqual(len(self._ledger()), 4, "history agrees with what was collected live")

    def test_closed_months_before_the_day_have_nothing_late(self):
        self._density(0.84)
        before, after = self._use("2025-09-15"), self._use("2025-11-15")
        self._commit()
        self._period("2025-09-01").action_close()
        self._density(0.8, "2025-11-01")
        self._collect()
        self.assertFalse(self._late())
        self.assertEqual([row[3] for row in self._rows_of(before)], [Decimal("0.84")])
        self.assertEqual(sum(row[3] for row in self._rows_of(after)), Decimal("0.8"))

    def test_day_in_a_closed_month_makes_late_adjustments_from_that_day_only(self):
        self._density(0.84)
        for day in ("2025-09-14", "2025-09-15", "2025-10-15"):
            self._use(day, name=day)
        self._commit()
        self._period("2025-09-01").action_close()
        self._density(0.8, "2025-09-15")
        self._collect()
        self.assertEqual(self._late().mapped("label"), ["2025-09-15"])
        self.assertAlmostEqual(self._late().quantity, -0.04, 12)
        self.assertEqual(self._sum(self.diesel), Decimal("0.84") * 2 + Decimal("0.8"))

    def test_value_begins_on_the_day_that_the_rule_counts_by(self):
        split = self._rule("declared", self.diesel, name="By period", date_basis="service")
        self._density(0.84)
        self._density(0.8, "2025-11-01")
        # sixteen days of October, fifteen of November, declared in December
        used = self._use("2025-12-05", 3100, split, date_from="2025-10-16", date_to="2025-11-15")
        whole = self._use("2025-12-05", 1000, split, date_from="2025-10-01", date_to="2025-10-31")
        self._commit()
        expected = [("2025-10", 0, "2025-10-16", Decimal("1.344")), ("2025-11", 0, "2025-11-01", Decimal("1.2"))]
        self.assertEqual(self._rows_of(used), expected)
        self.assertEqual(self._rows_of(whole), [("2025-10", 0, "2025-10-01", Decimal("0.84"))])
        self._collect()
        self.assertEqual(self._rows_of(used), expected, "history gives the same")

    def test_new_value_leaves_the_closed_month_of_a_split_period_alone(self):
        split = self._rule("declared", self.diesel, name="By period", date_basis="service")
        self._density(0.84)
        used = self._use("2025-12-05", 3100, split, date_from="2025-10-16", date_to="2025-11-15")
        self._commit()
        self._period("2025-10-01").action_close()
        self._density(0.8, "2025-11-01")
        self._collect()
        self.assertFalse(self._late())
        rows = self._rows_of(used)
        self.assertEqual([row for row in rows if row[0] == "2025-10"], [("2025-10", 0, "2025-10-16", Decimal("1.344"))])
        self.assertEqual(sum(row[3] for row in rows if row[0] == "2025-11"), Decimal("1.2"))

    def test_weight_of_the_product_form_counts_before_the_first_day(self):
        piece = self.env.ref("uom.product_uom_unit")
        can = self.env["product.product"].create({"name": "Can", "uom_id": piece.id, "weight": 20})
        self._density(21, "2025-11-01", can, from_uom_id=piece.id)
        for day, tonnes in (("2025-10-31", "0.2"), ("2025-11-01", "0.21")):
            declaration = self._declare(self.rule, 10, piece, day, product_id=can.id)
            self._commit()
            self.assertEqual(self._rows_of(declaration), [("", 0, day, Decimal(tonnes))])

    def test_without_a_value_on_its_day_a_record_waits_on_the_worklist(self):
        self._density(0.8, "2025-11-01")
        self._use("2025-10-31", name="Too early")
        self._use("2025-11-01", name="In time")
        self._commit()
        self.assertEqual(self._issues(), {("Too early", "unit")})
        self.assertEqual(self._sum(self.diesel), Decimal("0.8"))

    def test_product_company_and_category_keep_their_order_on_each_day(self):
        self._density(0.9, "2025-11-01", self.fuels)
        self._density(0.85)
        self._density(0.83, "2025-12-01", company_id=self.company.id)
        for day, tonnes in (("2025-10-31", "0.85"), ("2025-11-05", "0.85"), ("2025-12-05", "0.83")):
            declaration = self._use(day)
            self._commit()
            self.assertEqual(self._rows_of(declaration)[0][3], Decimal(tonnes), day)

    def test_values_of_other_companies_do_not_end_ones_own(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self._density(0.84)
        self._density(0.7, "2025-11-01", company_id=other.id)
        declaration = self._use("2025-11-05")
        self._commit()
        self.assertEqual(self._rows_of(declaration)[0][3], Decimal("0.84"))

    def test_dry_run_and_estimate_take_the_value_of_the_day(self):
        self._density(0.84)
        self._density(0.8, "2025-11-01")
        split = self._rule("declared", self.diesel, name="By period", date_basis="service")
        self._use("2025-12-05", 3100, split, date_from="2025-10-16", date_to="2025-11-15")
        self.assertAlmostEqual(self.env["carbon.engine"]._dry_run(split)["quantity"], 2.544, 9)
        for day, tonnes in (("2025-10-31", 0.84), ("2025-11-01", 0.8)):
            event = {
                "origin_id": 1,
                "kind": "declared",
                "company_id": self.company.id,
                "date": day,
                "quantity": 1000,
                "product_id": self.product.id,
                "rule_id": self.rule.id,
                "uom_id": self.litre.id,
            }
            estimate = self.env["carbon.engine"]._estimate([event])[1]["declared"]
            self.assertAlmostEqual(estimate, tonnes * 3.09591, 9)

    def test_values_with_days_cost_no_further_statement(self):
        self._density(0.84)
        self._density(0.8, "2025-11-01")
        self._use("2025-11-05")
        self._commit()
        for number in range(12):
            self._use("2025-10-05", name=f"W{number}")
        self.env.flush_all()
        with self.assertQueryCount(3):  # frame, statement, frame
            self.env.cr.precommit.run()
        self.assertEqual(self._sum(self.diesel), Decimal("0.8") + 12 * Decimal("0.84"))

    def test_key_of_a_company_without_days_stays_as_it_was(self):
        self._density(0.84)
        self._rule("declared", self.diesel, name="By period", date_basis="service")
        engine = self.env["carbon.engine"]
        breakpoints = engine._breakpoints(self.company.ids)
        self.assertEqual(engine._read_profile(self.company.ids)["dated"], [])
        value = self._density(0.8, "2025-11-01", company_id=self.company.id)
        self.assertEqual(engine._read_profile(self.company.ids)["dated"], ["service"])
        self.assertEqual(engine._breakpoints(self.company.ids), sorted([*breakpoints, value.date_from]))
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertNotIn(value.date_from, engine._breakpoints(other.ids))

    # ------------------------------------------------------------------ what is refused
    def test_same_first_day_twice_is_refused_naming_the_value_and_the_next_step(self):
        self._density(0.84)
        with self.assertRaisesRegex(ValidationError, r"Gasoil: 1 L = 0.84 kg is there already.*New Value from…"):
            self._density(0.85)
        later = self._density(0.8, "2025-11-01")
        with self.assertRaisesRegex(
            ValidationError, r"Gasoil: 1 L = 0.8 kg from 2025-11-01 is there.*another first day"
        ):
            self._density(0.79, "2025-11-01")
        with self.assertRaisesRegex(ValidationError, "is there already"):
            later.date_from = False
        with self.assertRaisesRegex(ValidationError, "two values from L to kg with the same first day 2027-01-01"):
            later.create([later.copy_data({"date_from": "2027-01-01", "factor": factor})[0] for factor in (1, 2)])
        self._density(0.9, "2025-11-01", company_id=self.company.id)

    def test_values_that_disagree_while_both_are_valid_are_refused(self):
        cubic, ton = self.env.ref("uom.product_uom_cubic_meter"), self.ton
        self._density(0.84)
        later = {"from_uom_id": cubic.id, "to_uom_id": ton.id}
        message = r"1 m³ = 0.8 Ton from 2025-11-01 contradicts .*0.84 kg.*New Value from…"
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            self._density(0.8, "2025-11-01", **later)
        self._density(0.8, "2025-11-01")
        ended = self._density(0.79, "2027-01-01")
        with self.assertRaisesRegex(ValidationError, "contradicts"), self.env.cr.savepoint():
            self._density(0.8, "2025-11-01", **later)
        ended.active = False
        self._density(0.8, "2025-11-01", **later)
        with self.assertRaisesRegex(ValidationError, "contradicts"), self.env.cr.savepoint():
            ended.active = True

    def test_archiving_is_refused_where_the_value_before_would_disagree(self):
        self._density(0.84)
        later = self._density(0.8, "2025-11-01")
        self._density(
            0.8, "2025-11-01", from_uom_id=self.env.ref("uom.product_uom_cubic_meter").id, to_uom_id=self.ton.id
        )
        with self.assertRaisesRegex(ValidationError, "0.84 kg contradicts|contradicts .*0.84 kg"):
            later.active = False

    def test_mistyped_year_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "outside the accounts"):
            self._density(0.8, "0202-11-01")
