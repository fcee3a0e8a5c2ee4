import datetime

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .supplier_common import TODAY, SupplierCommon

DAY = datetime.date(2026, 3, 10)


@tagged("post_install", "-at_install")
@freeze_time(TODAY)
class TestSupplierCriteria(SupplierCommon):
    """Criteria in versions that do not contradict themselves (R-113)."""

    def _labels(self, criteria):
        return [item["label"] for item in criteria._approval_checks() if item["blocking"]]

    def _assert_refused(self, criteria, text):
        self.assertIn(text, " ".join(self._labels(criteria)))
        with self.assertRaises(UserError):
            criteria.action_approve()
        self.assertEqual(criteria.state, "draft")

    def test_criteria_need_something_with_a_weight(self):
        empty = self._new_criteria([], approve=False)
        self._assert_refused(empty, "There are no criteria")
        empty.criterion_ids = [Command.create({"name": "Target?", "weight": 0, "must_have": True})]
        self._assert_refused(empty, "add up to 0")
        empty.criterion_ids.weight = 0.5
        empty.action_approve()
        self.assertEqual(empty.state, "approved")

    def test_a_scale_without_length_or_against_its_direction_is_refused(self):
        for values, text in (
            ({"best_value": 5, "worst_value": 5}, "equal"),
            ({"best_value": 3000, "worst_value": 1000}, "Exchange"),
            ({"ceiling": 900}, "ceiling forbids"),
        ):
            with self.subTest(values=values):
                self._assert_refused(
                    self._new_criteria([self._footprint_line(**values)], approve=False, code="F"), text
                )
        for values, text in (
            ({"best_value": 20, "worst_value": 80}, "Exchange"),
            ({"best_value": 120, "worst_value": 20}, "between 0 and 100"),
        ):
            line = {"name": "Energy", "kind": "low_carbon_energy", **values}
            self._assert_refused(self._new_criteria([line], approve=False, code="E"), text)
        number = {"name": "Distance", "kind": "question", "answer_type": "number", "best_value": 1, "worst_value": 1}
        self._assert_refused(self._new_criteria([number], approve=False, code="N"), "equal")

    def test_shares_run_from_0_to_100_unless_told_otherwise(self):
        criteria = self._new_criteria([{"name": "Data", "kind": "data_quality"}], approve=False)
        self.assertEqual((criteria.criterion_ids.worst_value, criteria.criterion_ids.best_value), (0.0, 100.0))

    def test_criteria_that_contradict_each_other_are_refused(self):
        first = self._footprint_line()
        other = self._footprint_line(name="Other", uom_id=self.kg.id, best_value=1, worst_value=3, ceiling=2)
        self._assert_refused(self._new_criteria([first, other], approve=False), "same unit")
        self.assertFalse(
            self._labels(
                self._new_criteria([first, self._footprint_line(name="Paint", uom_id=self.litre.id)], False, code="P")
            )
        )
        twice = [self._certificate_line(), self._certificate_line(name="Again")]
        self._assert_refused(self._new_criteria(twice, False, code="T"), "same certificate")
        asked = [{"name": "Target?"}, {"name": " target? ", "good_answer": "no"}]
        self._assert_refused(self._new_criteria(asked, False, code="Q"), "asked twice")
        restricted = [{"name": "Free", "kind": "restricted"}, {"name": "Clean", "kind": "restricted"}]
        self._assert_refused(self._new_criteria(restricted, False, code="R"), "same thing")

    def test_two_sets_for_one_category_and_subject_on_one_day_are_refused(self):
        metal = self.env["product.category"].create({"name": "Metal"})
        self._new_criteria(product_category_ids=[Command.set(metal.ids)])
        other = self._new_criteria(approve=False, code="OTHER", product_category_ids=[Command.set(metal.ids)])
        self._assert_refused(other, "Metal")
        other.subject = "carbon_service"
        other.action_approve()
        general = self._new_criteria(code="GENERAL")
        self.assertEqual(general.state, "approved")
        self._assert_refused(self._new_criteria(approve=False, code="GENERAL2"), "every significant purchase")

    def test_sets_that_follow_each_other_do_not_compete(self):
        self._new_criteria(date_to="2026-06-30")
        later = self._new_criteria(code="LATER", date_from="2026-07-01")
        self.assertEqual(later.state, "approved")

    def test_a_new_version_ends_the_old_one_and_leaves_decisions_alone(self):
        first = self._new_criteria([{"name": "Target?", "kind": "question"}])
        evaluation = self._new_evaluation(first)
        evaluation.line_ids.answer_yes_no = "yes"
        evaluation.action_approve()
        draft = self.env["carbon.supplier.criteria"].browse(first.action_new_version()["res_id"])
        self.assertEqual((draft.version, draft.code, len(draft.criterion_ids)), (2, "STEEL", 1))
        draft.criterion_ids.good_answer = "no"
        draft.action_approve()
        self.assertEqual((first.state, str(first.date_to)), ("superseded", "2026-03-09"))
        self.assertEqual((evaluation.state, evaluation.score, evaluation.grade), ("approved", 100.0, "A"))
        self.assertEqual(evaluation.criteria_id, first)
        entry = self._trail(self.company_a, "supplier_criteria.approve")[-1:]
        self.assertIn('"good_answer":"no"', entry.payload)

    def test_approved_criteria_and_their_lines_are_frozen(self):
        criteria = self._new_criteria()
        for change in (
            lambda: criteria.write({"grade_a_min": 10}),
            lambda: criteria.write({"state": "draft"}),
            lambda: criteria.write({"product_category_ids": [Command.clear()]}),
            lambda: criteria.criterion_ids.write({"weight": 9}),
            lambda: criteria.criterion_ids.unlink(),
            lambda: criteria.write({"criterion_ids": [Command.create({"name": "More"})]}),
            lambda: criteria.unlink(),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    def test_approval_is_a_managers_and_another_persons_where_the_company_wants_it(self):
        criteria = self._as(self._new_criteria(approve=False), "accountant")
        criteria.name = "Prepared"
        with self.assertRaises(AccessError):
            criteria.action_approve()
        self.system.separate_supplier_approval = True
        manager = self._as(criteria, "manager")
        manager.note = "<p>Changed</p>"
        with self.assertRaisesRegex(AccessError, "another carbon manager"):
            manager.action_approve()
        criteria.note = "<p>Back</p>"
        manager.action_approve()
        self.assertEqual((criteria.state, criteria.approved_by_id), ("approved", self.users["manager"]))

    @mute_logger("odoo.sql_db")
    def test_limits_of_grades_fall(self):
        for values in ({"grade_a_min": 60}, {"grade_c_min": 75}, {"grade_a_min": 101}, {"evaluation_months": 0}):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._new_criteria(approve=False, code="G", **values)

    @mute_logger("odoo.sql_db")
    def test_numbers_that_are_none_are_refused(self):
        for values in ({"weight": -1}, {"best_value": float("nan")}, {"best_value": float("inf")}, {"ceiling": -5}):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self._new_criteria([self._footprint_line(**values)], approve=False, code="I")

    def test_codes_are_written_in_one_way(self):
        with self.assertRaisesRegex(ValidationError, "STEEL"):
            self._new_criteria(approve=False, code=" steel")

    def test_the_nearest_category_decides(self):
        categories = self.env["product.category"]
        metal = categories.create({"name": "Metal"})
        steel = categories.create({"name": "Steel", "parent_id": metal.id})
        paper = categories.create({"name": "Paper"})
        general = self._new_criteria(code="GENERAL")
        of_metal = self._new_criteria(code="METAL", product_category_ids=[Command.set(metal.ids)])
        model = self.env["carbon.supplier.criteria"]
        found = model._for_categories(metal | steel | paper, self.company_a, DAY)
        self.assertEqual(found, {metal: of_metal, steel: of_metal, paper: general})
        of_steel = self._new_criteria(code="RODS", product_category_ids=[Command.set(steel.ids)])
        self.assertEqual(model._for_categories(steel, self.company_a, DAY)[steel], of_steel)
        self.assertFalse(model._for_categories(steel, self.company_b, DAY)[steel])
        self.assertFalse(model._for_categories(steel, self.company_a, datetime.date(2025, 12, 31))[steel])
