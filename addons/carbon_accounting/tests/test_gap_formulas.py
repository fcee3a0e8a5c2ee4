import doctest
from datetime import date
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from odoo.addons.carbon_accounting.tools import gap_rules, periods


@tagged("post_install", "-at_install")
class TestGapFormulas(TransactionCase):
    """The formulas themselves, without a database (R-136)."""

    def test_doctests(self):
        for module in (periods, gap_rules):
            self.assertEqual(doctest.testmod(module).failed, 0, module.__name__)

    def test_values_are_rounded_once_half_away_from_zero(self):
        day = date(2025, 4, 1)
        series = {
            date(2025, 3, 1): Decimal("1"),
            date(2025, 2, 1): Decimal("1"),
            date(2025, 1, 1): Decimal("0.000000000001"),
        }
        self.assertEqual(str(gap_rules.mean(series, day, "month", 3)[0]), "0.666666666667")
        self.assertEqual(str(gap_rules.rounded(Decimal("0.0000000000005"))), "1E-12")
        big = {date(2025, 3, 1): Decimal("123456789012345678.123456789012")}
        self.assertEqual(str(gap_rules.mean(big, day, "month", 1)[0]), "123456789012345678.123456789012")

    def test_nothing_is_made_of_nothing(self):
        day, none = date(2025, 4, 1), (None, [])
        self.assertEqual(gap_rules.interpolate({}, day, "month"), none)
        self.assertEqual(gap_rules.interpolate({date(2025, 3, 1): Decimal(1)}, day, "month"), none)
        self.assertEqual(
            gap_rules.interpolate({date(2024, 3, 1): Decimal(1), date(2025, 5, 1): Decimal(1)}, day, "month"), none
        )
        self.assertEqual(gap_rules.extreme({}, day, "month"), none)
        self.assertEqual(
            gap_rules.proxy(
                {date(2025, 3, 1): Decimal(1)}, {date(2025, 3, 1): Decimal(0), day: Decimal(1)}, day, "month"
            ),
            none,
        )
