import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.carbon_management.tools import canonical, evidence, file_kind, supplier_score

GOLDEN = "$1$077d31ceb0ef76c7a1490673bcb8254ddefdea387f6d74569eb45a1d888fb4f7"


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests_of_the_tools_hold(self):
        for module in (canonical, evidence, file_kind, supplier_score):
            result = doctest.testmod(module)
            self.assertEqual((result.failed, result.attempted > 0), (0, True))

    def test_canonical_json_does_not_depend_on_the_order_of_keys(self):
        first = canonical.canonical_json({"b": [1, 2], "a": {"y": 1, "x": None}})
        second = canonical.canonical_json({"a": {"x": None, "y": 1}, "b": [1, 2]})
        self.assertEqual(first, second)
        self.assertEqual(first, '{"a":{"x":null,"y":1},"b":[1,2]}')

    def test_canonical_json_writes_dates_and_decimals_as_text(self):
        value = {"d": date(2026, 1, 2), "q": Decimal("1E-7")}
        self.assertEqual(canonical.canonical_json(value), '{"d":"2026-01-02","q":"0.0000001"}')

    def test_canonical_json_refuses_nan(self):
        with self.assertRaises(ValueError):
            canonical.canonical_json({"x": float("nan")})

    def test_fields_cannot_run_into_each_other(self):
        one = canonical.trail_hash(1, {"event": "ab", "reason": "c"})
        two = canonical.trail_hash(1, {"event": "a", "reason": "bc"})
        self.assertNotEqual(one, two)

    def test_the_first_hash_formula_never_changes(self):
        # a golden value: entries written by released versions stay verifiable
        row = {"seq": 1, "event": "boundary.approve", "prev_hash": canonical.GENESIS}
        self.assertEqual(canonical.trail_hash(1, row), GOLDEN)

    def test_a_stale_evidence_is_told_from_a_fresh_one(self):
        state = evidence.coverage_state
        newest, limit = date(2026, 1, 1), date(2025, 12, 1)
        self.assertEqual(state(True, True, True, 1, newest, limit), "covered")
        self.assertEqual(state(True, True, True, 1, limit, newest), "stale")
        self.assertEqual(state(True, True, True, 1, None, limit), "covered")
        self.assertEqual(state(True, True, True, 0, None, limit), "missing")
        self.assertEqual(state(True, True, False, 0, None, limit), "no_query")
        self.assertEqual(state(True, False, True, 9, newest, limit), "not_required")
        self.assertEqual(state(False, True, True, 9, newest, limit), "not_applicable")
