import doctest

from odoo.tests import BaseCase, tagged

from odoo.addons.carbon_accounting.tools import matching


@tagged("post_install", "-at_install")
class TestMatching(BaseCase):
    """Product names against keywords of factors, in English and Chinese."""

    LIBRARY = {
        "diesel": "柴油 diesel",
        "anthracite": "无烟煤 anthracite",
        "bituminous": "烟煤 bituminous",
        "gas": "天然气 natural gas",
        "grid": "电力 电 electricity power",
        "butane": "Gaseous fuels Butane",
        "r410a": "R-410A R410A",
    }

    def _best(self, name):
        points = {key: matching.score(name, matching.tokens(words)) for key, words in self.LIBRARY.items()}
        best = max(points, key=points.get)
        return best if points[best] else None

    def test_doctests(self):
        self.assertEqual(doctest.testmod(matching).failed, 0)

    def test_names_find_their_factor(self):
        for name, expected in (
            ("0# Diesel", "diesel"), ("0#柴油", "diesel"), ("Anthracite, washed", "anthracite"), ("无烟煤 25-50", "anthracite"),
            ("烟煤", "bituminous"), ("Natural gas (pipeline)", "gas"), ("管道天然气", "gas"), ("外购电", "grid"),
            ("Electricity works 1", "grid"), ("Butane cylinder", "butane"), ("R410A refill", "r410a"),
        ):  # fmt: skip
            self.assertEqual(self._best(name), expected, name)

    def test_names_that_only_look_alike_find_nothing(self):
        for name in ("电机 3 kW", "Gasket set", "Corrugated box", "Steel sheet", "电缆", ""):
            self.assertIsNone(self._best(name), name)
