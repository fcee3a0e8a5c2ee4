from odoo.tests import BaseCase, tagged

from odoo.addons.carbon_accounting.tools.measures import same_unit
from odoo.addons.carbon_accounting.tools.regression import Collinear, TooFew, fit


@tagged("post_install", "-at_install")
class TestRegression(BaseCase):
    """Least squares against sums done by hand (R-051)."""

    def test_one_variable_as_by_hand(self):
        # x̄ = 2.5, ȳ = 3.75, Sxy = 3.5, Sxx = 5, Syy = 4.75: b = 0.7, a = 2, R² = 3.5² / (5 × 4.75) = 0.5157…, SSE = 2.3
        found = fit([[1], [2], [3], [4]], [2, 4, 5, 4], ["x"])
        self.assertAlmostEqual(found.coefficients[0], 0.7, 12)
        self.assertAlmostEqual(found.intercept, 2.0, 12)
        self.assertAlmostEqual(found.r_squared, 12.25 / 23.75, 12)
        self.assertAlmostEqual(found.standard_error, (2.3 / 2) ** 0.5, 12)
        self.assertEqual(found.count, 4)
        self.assertAlmostEqual(found.predict([10]), 9.0, 12)

    def test_two_variables_as_by_hand(self):
        # orthogonal: x1 = ±1, x2 = ±1; sums of x1·y = 4, of x2·y = 8, mean 10: y = 10 + 1·x1 + 2·x2, residuals ±1
        rows, targets = [[-1, -1], [-1, 1], [1, -1], [1, 1]], [8, 10, 8, 14]
        found = fit(rows, targets, ["x1", "x2"])
        self.assertAlmostEqual(found.intercept, 10.0, 12)
        self.assertAlmostEqual(found.coefficients[0], 1.0, 12)
        self.assertAlmostEqual(found.coefficients[1], 2.0, 12)
        # SST = 4 + 0 + 4 + 16 = 24, SSE = 4 × 1² = 4
        self.assertAlmostEqual(found.r_squared, 1 - 4 / 24, 12)

    def test_variables_of_very_different_size_are_fitted_exactly(self):
        rows = [[1e9 + 1e6 * i, 1e-6 * (i * i % 11)] for i in range(24)]
        targets = [5 + 3e-8 * a + 2e5 * b for a, b in rows]
        found = fit(rows, targets, ["output", "dust"])
        self.assertAlmostEqual(found.coefficients[0] / 3e-8, 1, 8)
        self.assertAlmostEqual(found.coefficients[1] / 2e5, 1, 8)
        self.assertAlmostEqual(found.r_squared, 1.0, 9)

    def test_collinear_variables_are_named_and_others_are_not(self):
        rows = [[i, i * i % 7, 2 * i + 5] for i in range(12)]
        with self.assertRaises(Collinear) as caught:
            fit(rows, list(range(12)), ["output", "weather", "shifts"])
        self.assertEqual((caught.exception.names, caught.exception.constant), (["output", "shifts"], False))

    def test_a_variable_that_never_changes_is_named(self):
        with self.assertRaises(Collinear) as caught:
            fit([[i, 0.1] for i in range(6)], [1, 5, 2, 3, 4, 7], ["output", "area"])
        self.assertEqual((caught.exception.names, caught.exception.constant), (["area"], True))

    def test_too_few_observations_are_refused(self):
        with self.assertRaises(TooFew) as caught:
            fit([[1, 2], [2, 1], [3, 5]], [1, 2, 3], ["a", "b"])
        self.assertEqual((caught.exception.found, caught.exception.needed), (3, 4))

    def test_constant_emissions_have_no_r_squared(self):
        self.assertIsNone(fit([[1], [2], [3], [4]], [7, 7, 7, 7], ["x"]).r_squared)

    def test_units_are_compared_whatever_their_subscripts(self):
        self.assertTrue(same_unit("t CO₂e/m³", "tCO2e / m3"))
        self.assertFalse(same_unit("t CO₂e/m³", "kg CO₂e/m³"))
