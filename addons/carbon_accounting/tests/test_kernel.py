import doctest
import random
from decimal import Decimal

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from odoo.addons.carbon_accounting.tools import kernel


@tagged("post_install", "-at_install")
class TestKernel(TransactionCase):
    """The reference arithmetic, by itself and against PostgreSQL."""

    def test_the_doctests_of_the_kernel_hold(self):
        result = doctest.testmod(kernel)
        self.assertGreater(result.attempted, 8)
        self.assertEqual(result.failed, 0)

    def test_floats_are_refused(self):
        with self.assertRaises(TypeError):
            kernel.round12(0.1)

    def test_story_coal_gives_186_853_tonnes(self):
        # S2: 100 t × 20 GJ/t × 0.026 tC/GJ × 0.98 × 44/12
        kg = kernel.parameter_kg_per_unit("20", "0.026", "0.98")
        self.assertEqual(str(kg), "1868.533333333333")
        masses = kernel.gas_masses("100", [("CO2", "fossil", kg)])
        tonnes = kernel.co2e(masses, {"CO2": 1})["total"] / 1000
        self.assertEqual(round(tonnes, 3), Decimal("186.853"))

    def test_rounding_is_that_of_postgresql(self):
        numbers = ["0.0000000000005", "-0.0000000000005", "1.2345678901235", "7"]
        generator = random.Random(19)
        for _index in range(200):
            digits = generator.randrange(10**28)
            numbers.append(str(Decimal(digits).scaleb(-generator.randrange(28))))
        for number in numbers:
            [[expected]] = self.env.execute_query(SQL("SELECT round(%s::numeric, 12)::text", number))
            self.assertEqual(kernel.round12(number), Decimal(expected), number)

    def test_conversion_is_that_of_postgresql_with_a_wide_dividend(self):
        generator = random.Random(20)
        for _index in range(200):
            quantity = f"{generator.randrange(10**12)}.{generator.randrange(10**6)}"
            num = f"{generator.randrange(1, 10**6)}.{generator.randrange(10**12)}"
            den = f"{generator.randrange(1, 10**6)}.{generator.randrange(10**12)}"
            [[expected]] = self.env.execute_query(
                SQL(
                    "SELECT round(%s::numeric * %s::numeric * 1.000000000000000000000000 / %s::numeric, 12)::text",
                    quantity,
                    num,
                    den,
                )
            )
            self.assertEqual(kernel.convert(quantity, num, den), Decimal(expected), quantity)

    def test_biogenic_methane_counts_and_biogenic_carbon_dioxide_does_not(self):
        masses = kernel.gas_masses(
            "1000",
            [
                ("CO2", "biogenic", "1.5"),
                ("CH4_NONFOSSIL", "biogenic", "0.01"),
                ("CO2", "removal", "0.2"),
                ("CO2", "recovered", "0.1"),
            ],
        )
        result = kernel.co2e(masses, {"CO2": 1, "CH4_NONFOSSIL": "27.0"})
        self.assertEqual(result["total"], Decimal(270))
        self.assertEqual(result["biogenic_co2"], Decimal(1500))
        self.assertEqual(result["removal"], Decimal(200))
        self.assertEqual(result["recovered"], Decimal(100))

    def test_a_gas_without_value_in_the_set_is_refused(self):
        with self.assertRaises(KeyError):
            kernel.co2e({("CO2E_AR5", "fossil"): 1}, {"CO2": 1})
