from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .overview_common import OverviewCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestSignificance(OverviewCommon):
    """Products matter by flag, else by their share of the emissions of twelve months (R-111)."""

    def _row(self):
        return self.env["carbon.product.significance"].search(
            [("company_id", "=", self.company.id), ("product_id", "=", self.product.id)]
        )

    def _refresh(self):
        self._fill()
        self.env["carbon.product.significance"]._refresh(self.company)

    def test_share_is_of_all_emissions_of_twelve_months(self):
        self._refresh()
        row = self._row()
        # 15 t of coal with the product; all: 23 t of coal since June 2024, 6 t of electricity, 6 t of steel; not the sink
        mine, everything = 15 * 1.868533333333, 23 * 1.868533333333 + 6.0 + 6.0
        self.assertAlmostEqual(row.co2e_t, mine, 6)
        self.assertAlmostEqual(row.share, 100 * mine / everything, 6)
        self.assertEqual((row.rank, str(row.date_from), str(row.date_to)), (1, "2024-06-01", "2025-05-31"))

    def test_product_matters_from_the_share_that_the_company_sets(self):
        other = self.env["product.product"].create({"name": "Paper clips", "type": "consu"})
        self._refresh()
        both = self.product | other
        self.assertEqual(both._carbon_significant(self.company), {self.product: True, other: False})
        self.assertTrue(self._row().is_significant)
        self.system.significant_share = 99
        self.assertEqual(both._carbon_significant(self.company), {self.product: False, other: False})
        self.system.significant_share = 0
        self.assertEqual(both._carbon_significant(self.company), {self.product: False, other: False}, "by mark only")

    def test_flag_comes_before_the_share(self):
        self._refresh()
        self.product.product_tmpl_id.with_company(self.company).carbon_significance = "not_significant"
        self.assertEqual(self.product._carbon_significant(self.company), {self.product: False})

    def test_refresh_twice_gives_the_same_rows(self):
        self._refresh()
        before = self._row().read(["co2e_t", "share", "rank"])[0]
        self.env["carbon.product.significance"]._refresh(self.company)
        after = self._row().read(["co2e_t", "share", "rank"])[0]
        self.assertEqual({**before, "id": 0}, {**after, "id": 0})

    def test_rows_are_written_by_the_refresh_only(self):
        self._refresh()
        row = self._row()
        with self.assertRaises(UserError):
            row.write({"share": 0})
        with self.assertRaises(UserError):
            row.unlink()
        accountant = self._user("share-accountant", "group_carbon_accountant")
        with self.assertRaises(UserError):
            row.with_user(accountant).write({"share": 0})
        self.assertFalse(row.with_user(accountant).has_access("write"))
        with self.assertRaises(AccessError):
            row.with_user(self._user("share-reader", "group_carbon_reader")).action_refresh()

    def test_other_companies_see_no_shares(self):
        self._refresh()
        stranger = self._user(
            "share-stranger", "group_carbon_manager", company=self.env["res.company"].create({"name": "Else"})
        )
        found = self.env["carbon.product.significance"].with_user(stranger)
        found = found.with_context(allowed_company_ids=stranger.company_ids.ids)
        self.assertFalse(found.search([("product_id", "=", self.product.id)]))
