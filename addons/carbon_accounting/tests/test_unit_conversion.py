from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from ..tools import reference as ref
from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestUnitConversion(CarbonCommon):
    """Materials get from one kind of unit to another in one step or in two, and never by a guess."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.piece = cls.env.ref("uom.product_uom_unit")
        cls.gj = cls.env.ref("carbon_accounting.uom_gj")
        cls.heat = cls._source("Burner", cls.gj, cls._factor("HEAT", cls.gj, "56.1"))
        cls.heat_rule = cls._rule("declared", cls.heat, name="Heat declared")
        cls.category = cls.env["product.category"].create({"name": "Gases"})
        cls.deeper = cls.env["product.category"].create({"name": "Liquid gases", "parent_id": cls.category.id})
        cls.cylinder = cls.env["product.product"].create(
            {"name": "Cylinder", "weight": 15, "categ_id": cls.deeper.id, "uom_id": cls.piece.id}
        )
        cls.oil = cls.env["product.product"].create({"name": "Oil", "uom_id": cls.litre.id})

    @classmethod
    def _convert(cls, material, from_uom, factor, to_uom, company=None):
        owner = "category_id" if material._name == "product.category" else "product_id"
        return cls.env["carbon.unit.conversion"].create(
            {
                owner: material.id,
                "from_uom_id": from_uom.id,
                "factor": factor,
                "to_uom_id": to_uom.id,
                "company_id": company and company.id,
                "source_document": "data sheet",
            }
        )

    def _heat_of(self, product, quantity, uom, name="Heat"):
        """Declare a quantity and return what the ledger says in GJ, or the reasons of the worklist."""
        declaration = self._declare(self.heat_rule, quantity, uom, product_id=product.id, name=name)
        self._commit()
        rows = [row for row in self._ledger() if row[0] == declaration.id]
        return rows[0][5] if rows else {reason for label, reason in self._issues() if label == name}

    def test_pieces_become_energy_by_weight_and_calorific_value(self):
        self.assertEqual(self._heat_of(self.cylinder, 40, self.piece, "No value"), {"unit"})
        self._convert(self.cylinder, self.kg, 0.0502, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 40, self.piece), Decimal("30.12"))
        self._collect()
        self.assertEqual(self._sum(self.heat), Decimal("60.24"), "what waited is taken in")

    def test_litres_become_energy_by_density_and_calorific_value_of_the_category(self):
        self.oil.categ_id = self.deeper
        self._convert(self.oil, self.litre, 0.8437, self.kg)
        self._convert(self.category, self.ton, 42.652, self.gj)
        # 1000 x 0.8437 kg x 42.652 GJ/t / 1000
        self.assertEqual(self._heat_of(self.oil, 1000, self.litre), Decimal("35.9854924"))
        self.assertEqual(self._heat_of(self.oil, 1, self.env.ref("uom.product_uom_cubic_meter")), Decimal("35.9854924"))

    def test_chain_runs_backwards_too_and_rounds_once(self):
        self._convert(self.oil, self.kg, 1.2, self.litre)
        self._convert(self.oil, self.gj, 23, self.kg)
        # 1 l / 1.2 l/kg / 23 kg/GJ
        self.assertEqual(self._heat_of(self.oil, 1, self.litre), Decimal("0.036231884058"))

    def test_direct_conversion_beats_the_chain(self):
        self._convert(self.cylinder, self.kg, 0.05, self.gj)
        self._convert(self.category, self.piece, 0.7, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), Decimal("7"))

    def test_each_step_takes_the_product_before_the_category(self):
        self._convert(self.category, self.kg, 0.05, self.gj)
        self._convert(self.category, self.piece, 14, self.kg)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "A"), Decimal("7"), "category before weight")
        self._convert(self.deeper, self.kg, 0.06, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "B"), Decimal("8.4"), "deepest category")
        self._convert(self.cylinder, self.piece, 13, self.kg)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "C"), Decimal("7.8"), "own row")

    def test_company_comes_before_shared_and_other_companies_do_not_count(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self._convert(self.cylinder, self.kg, 0.09, self.gj, other)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "A"), {"unit"})
        self._convert(self.cylinder, self.kg, 0.05, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "B"), Decimal("7.5"))
        self._convert(self.cylinder, self.kg, 0.04, self.gj, self.company)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece, "C"), Decimal("6"))

    def test_two_chains_that_differ_are_listed_and_not_guessed(self):
        self._convert(self.cylinder, self.piece, 15, self.kg)
        self._convert(self.cylinder, self.piece, 30, self.litre)
        self._convert(self.cylinder, self.kg, 0.05, self.gj)
        wrong = self._convert(self.cylinder, self.litre, 0.024, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), {"ambiguous"})
        self.assertFalse(self._ledger())
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        for word in ("Cylinder", "GJ", self.piece.name, "several ways"):
            self.assertIn(word, issue.advice)
        wrong.factor = 0.025
        issue.action_retry()
        self.assertEqual(self._sum(self.heat), Decimal("7.5"), "both ways agree")
        wrong.write({"active": False, "archive_reason": "Another sheet"})
        self._convert(self.cylinder, self.litre, 0.026, self.gj)
        self._convert(self.cylinder, self.piece, 0.8, self.gj)
        self._collect()
        self.assertEqual(self._sum(self.heat), Decimal("8"), "a direct conversion settles it")

    def test_chain_of_the_product_beats_a_chain_over_its_category(self):
        self._convert(self.cylinder, self.piece, 15, self.kg)
        self._convert(self.cylinder, self.kg, 0.05, self.gj)
        self._convert(self.cylinder, self.piece, 30, self.litre)
        self._convert(self.category, self.litre, 0.9, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), Decimal("7.5"))

    def test_weight_and_volume_that_lead_to_different_heat_are_listed(self):
        self.cylinder.volume = 0.03
        self._convert(self.category, self.kg, 0.05, self.gj)
        self._convert(self.category, self.litre, 0.024, self.gj)
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), {"ambiguous"})

    def test_conversions_that_contradict_each_other_are_refused_naming_both(self):
        cubic = self.env.ref("uom.product_uom_cubic_meter")
        known = self._convert(self.oil, self.litre, 0.036, self.gj)
        self._convert(self.oil, cubic, 36, self.gj)
        message = r"Oil: 1 m³ = 37 GJ contradicts .*Oil: 1 L = 0.036 GJ"
        with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
            known.search([("product_id", "=", self.oil.id), ("from_uom_id", "=", cubic.id)]).factor = 37
        with self.assertRaisesRegex(ValidationError, "contradicts"), self.env.cr.savepoint():
            self._convert(self.oil, self.gj, 27, self.litre)
        other = self._convert(self.deeper, self.litre, 0.04, self.gj)
        other.active = False
        self._convert(self.deeper, cubic, 41, self.gj)
        with self.assertRaisesRegex(ValidationError, "contradicts"), self.env.cr.savepoint():
            other.active = True

    def test_direct_conversions_that_contradict_each_other_later_are_listed(self):
        drum = self.env["uom.uom"].create({"name": "Drum", "relative_factor": 200, "relative_uom_id": self.litre.id})
        self._convert(self.oil, self.litre, 0.036, self.gj)
        self._convert(self.oil, drum, 7.2, self.gj)
        drum.relative_factor = 208
        self.assertEqual(self._heat_of(self.oil, 10, self.litre), {"ambiguous"})

    def test_chain_takes_one_intermediate_kind_and_no_more(self):
        self._convert(self.cylinder, self.piece, 30, self.litre)
        self._convert(self.cylinder, self.env.ref("carbon_accounting.uom_nm3"), 0.04, self.gj)
        self._convert(self.cylinder, self.litre, 0.25, self.env.ref("carbon_accounting.uom_nm3"))
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), {"unit"})

    def test_archived_conversion_is_no_step(self):
        self._convert(self.cylinder, self.kg, 0.05, self.gj).active = False
        self.assertEqual(self._heat_of(self.cylinder, 10, self.piece), {"unit"})

    def test_dry_run_and_estimate_take_the_same_two_steps(self):
        self._convert(self.cylinder, self.kg, 0.0502, self.gj)
        self._declare(self.heat_rule, 40, self.piece, product_id=self.cylinder.id)
        result = self.env["carbon.engine"]._dry_run(self.heat_rule)
        self.assertAlmostEqual(result["quantity"], 30.12, 9)
        event = {
            "origin_id": 1,
            "kind": "declared",
            "company_id": self.company.id,
            "date": "2025-03-10",
            "product_id": self.cylinder.id,
            "rule_id": self.heat_rule.id,
            "quantity": 40,
            "uom_id": self.piece.id,
        }
        tonnes = self.env["carbon.engine"]._estimate([event])[1]["declared"]
        self.assertAlmostEqual(tonnes, 30.12 * 56.1 / 1000, 9)


@tagged("post_install", "-at_install")
class TestUnitRatio(CarbonCommon):
    """The SQL function against the reference, on properties of materials that hypothesis makes up."""

    UNITS = ("kgm", "ton", "litre", "cubic_meter", "kwh", "unit", "dozen")
    FACTORS = ("0.5", "2", "4", "0.8437", "25.4")
    DAYS = (date(2024, 2, 29), date(2025, 1, 1), date(2026, 11, 1))
    ROW = st.tuples(
        st.sampled_from((0, 0, 1, 2)),  # of the product, of its category, of the one above
        st.sampled_from(UNITS),
        st.sampled_from(FACTORS),
        st.sampled_from(UNITS),
        st.booleans(),  # shared
        st.sampled_from((None, None, *DAYS)),  # first day
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.uoms = {name: cls.env.ref(f"uom.product_uom_{name}") for name in cls.UNITS}
        above = cls.env["product.category"].create({"name": "Above"})
        own = cls.env["product.category"].create({"name": "Own", "parent_id": above.id})
        cls.product = cls.env["product.product"].create({"name": "P", "categ_id": own.id})
        cls.owners = (cls.product, own, above)
        cls.env.flush_all()
        rows = cls.env.execute_query(
            SQL(
                "SELECT id, split_part(parent_path, '/', 1), factor::text FROM uom_uom WHERE id = ANY(%s)",
                [uom.id for uom in cls.uoms.values()],
            )
        )
        sizes = {uom_id: ref.Unit(root, Decimal(size)) for uom_id, root, size in rows}
        cls.units = {name: sizes[uom.id] for name, uom in cls.uoms.items()}

    def _material(self, rows, weight, volume):
        """Write the properties and return them for the reference."""
        self.product.write({"weight": float(weight), "volume": float(volume)})
        depths, vals_list, conversions = (None, 2, 1), [], []
        for owner, start, factor, end, shared, begins in rows:
            vals_list.append(
                {
                    "product_id": None if owner else self.owners[owner].id,
                    "category_id": self.owners[owner].id if owner else None,
                    "from_uom_id": self.uoms[start].id,
                    "factor": factor,
                    "to_uom_id": self.uoms[end].id,
                    "company_id": None if shared else self.company.id,
                    "date_from": begins,
                }
            )
            units = self.units[start], Decimal(factor), self.units[end]
            conversions.append(ref.Conversion(*units, depths[owner], shared, begins))
        # by SQL: contradictions, which are refused where typed, are a part of what is compared
        if vals_list:
            self.env.cr.execute_values(
                "INSERT INTO carbon_unit_conversion (product_id, category_id, from_uom_id, factor, to_uom_id, company_id, "
                "date_from, property_kind, source_document, active) VALUES %s",
                vals_list,
                template="(%(product_id)s, %(category_id)s, %(from_uom_id)s, %(factor)s, %(to_uom_id)s, %(company_id)s, "
                "%(date_from)s, 'other', 't', TRUE)",
            )
        self.env.flush_all()
        return ref.Material(
            unit=self.units["unit"],
            weight=Decimal(weight),
            weight_unit=self.units["kgm"],
            volume=Decimal(volume),
            volume_unit=self.units["cubic_meter"],
            conversions=tuple(conversions),
        )

    def _expected(self, start, end, material, day):
        try:
            return ref.unit_ratio(self.units[start], self.units[end], material, day)
        except ref.AmbiguousUnits:
            return "ambiguous"

    def _found(self, start, end, day):
        rows = self.env.execute_query(
            SQL(
                "SELECT ratio_num::text, ratio_den::text FROM carbon_unit_ratio(%s, %s, %s, %s, %s, 'infinity', %s, %s)",
                self.product.id,
                self.company.id,
                self.uoms[start].id,
                self.uoms[end].id,
                day,
                *self.env["carbon.engine"]._product_measure_uoms(),
            )
        )
        if not rows:
            return None
        num, den = rows[0]
        return "ambiguous" if num is None else (Decimal(num), Decimal(den))

    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(ROW, max_size=7, unique_by=lambda row: (row[0], row[1], row[3], row[4], row[5])),
        st.sampled_from(("0", "25.4")),
        st.sampled_from(("0", "0.03")),
        st.sampled_from((*DAYS, date(2024, 2, 28), date(2026, 10, 31))),
    )
    def _agree(self, rows, weight, volume, day):
        rows = [row for row in rows if self.units[row[1]].root != self.units[row[3]].root]
        savepoint = self.env.cr.savepoint()
        try:
            material = self._material(rows, weight, volume)
            for start in ("kgm", "litre", "kwh", "dozen"):
                for end in ("ton", "cubic_meter", "kwh", "unit"):
                    if self.units[start].root != self.units[end].root:
                        self._compare(start, end, material, day)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _compare(self, start, end, material, day):
        expected, found = self._expected(start, end, material, day), self._found(start, end, day)
        if isinstance(expected, tuple) and isinstance(found, tuple):
            expected, found = expected[0] * found[1], found[0] * expected[1]
        self.assertEqual(found, expected, (start, end, day, material))

    def test_function_and_reference_agree_on_every_property(self):
        self._agree()
