from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CarbonStockCommon

COLUMNS = ("opening", "received", "consumed", "scrapped", "adjusted", "delivered", "closing", "counted", "gap")


@tagged("post_install", "-at_install")
class TestStockBalance(CarbonStockCommon):
    """Opening, what came, what went, closing, and what of it counts (R-130, R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._places()
        cls.report = cls.env["carbon.stock.balance.report"]

    def _dated(self, picking, day):
        picking.date_done = f"{day} 04:00:00"

    def _move(self):
        """March: 100 t received, 5 t sent back, 40 t used. April: 2 t lost, 3 t scrapped, 10 t sold, 1.5 t used."""
        receipt = self._receive(self.coal_product, 100)
        returned = self._return(receipt, 5)
        self._dated(receipt, "2025-03-03")
        self._dated(returned, "2025-03-04")
        self._dated(self._use(40000), "2025-03-31")
        self._count(53, "2025-04-10 04:00:00")
        self._scrap(3)
        self.env["stock.move"].search(
            [("scrap_id", "!=", False)], order="id desc", limit=1
        ).date = "2025-04-11 04:00:00"
        sold = self._transfer(self.stock, self.customers, [(self.coal_product, 10, self.ton)])
        self._dated(sold, "2025-04-12")
        self._dated(self._use(1500), "2025-04-30")
        self._commit()

    def _rows(self, domain=()):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.report.search([("product_id", "=", self.coal_product.id), *domain], order="date")
        return {str(row.date): tuple(round(row[name], 3) for name in COLUMNS) for row in rows}

    def test_balance_of_a_material_that_counts_when_consumed(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._move()
        self.assertEqual(
            self._rows(),
            {
                "2025-03-01": (0, 95, 40, 0, 0, 0, 55, 40, 0),
                "2025-04-01": (55, 0, 1.5, 3, 2, 10, 38.5, 1.5, 15),
            },
        )
        quants = self.env["stock.quant"].search(
            [("product_id", "=", self.coal_product.id), ("location_id", "=", self.stock.id)]
        )
        self.assertAlmostEqual(sum(quants.mapped("quantity")), 38.5, 6)

    def test_rules_close_the_gap(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._move()
        self._rule("stock.adjustment", self.coal, product_id=self.coal_product.id)
        self._rule("stock.scrap", product_id=self.coal_product.id, outcome="none", reason="Landfilled")
        self._collect()
        self.assertEqual(self._rows()["2025-04-01"], (55, 0, 1.5, 3, 2, 10, 38.5, 3.5, 10))
        self._rule("stock.delivery", category_id=self.category.id, outcome="none", reason="Sold on, burnt by others")
        self.assertEqual(self._rows()["2025-04-01"], (55, 0, 1.5, 3, 2, 10, 38.5, 3.5, 0))

    def test_consumption_that_waits_on_the_worklist_is_a_gap(self):
        heat = self._source("Heat", self.env.ref("carbon_accounting.uom_gj"), None)
        self._rule("stock.consumption", heat, product_id=self.coal_product.id)
        self._move()
        self.assertEqual(self._rows()["2025-03-01"], (0, 95, 40, 0, 0, 0, 55, 0, 40))

    def test_material_that_counts_when_received_has_no_gap(self):
        self._rule("stock.receipt", self.coal, category_id=self.category.id)
        self._move()
        self.assertEqual(
            self._rows(),
            {
                "2025-03-01": (0, 95, 40, 0, 0, 0, 55, 95, 0),
                "2025-04-01": (55, 0, 1.5, 3, 2, 10, 38.5, 0, 0),
            },
        )

    def _unused(self, domain=()):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.report.search([("product_id", "=", self.coal_product.id), *domain], order="date")
        return {str(row.date): (round(row.counted, 3), round(row.unused, 3)) for row in rows}

    def test_material_counted_as_burnt_when_received_shows_what_was_not_used(self):
        self._rule("stock.receipt", self.coal, category_id=self.category.id)
        self._move()
        # March: 95 counted, 40 used. April: 1.5 used, 3 scrapped, 2 lost; the 10 sold are not burnt here
        self.assertEqual(self._unused(), {"2025-03-01": (95, 55), "2025-04-01": (0, -6.5)})
        self.assertEqual(self._unused([("date", ">=", "2025-04-01")]), {"2025-04-01": (0, -6.5)})
        mine = [("product_id", "=", self.coal_product.id)]
        self.assertEqual(len(self.report.search([*mine, ("unused", ">", 0.005)])), 1)
        total = self.report._read_group(mine, [], ["unused:sum"])[0][0]
        closing = self._rows()["2025-04-01"][COLUMNS.index("closing")]
        self.assertEqual((total, closing + 10), (48.5, 48.5), "what lies in stock and what was sold")

    def test_material_that_counts_when_consumed_or_whose_upstream_is_bought_has_nothing_counted_and_not_used(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        leaf = self.env["carbon.emission.category"].create({"code": "test_upstream", "name": "Upstream"})
        self._rule(
            "stock.receipt", self._source("Mining", self.ton, self.coal_factor, leaf=leaf), category_id=self.category.id
        )
        self._move()
        self.assertEqual([unused for _counted, unused in self._unused().values()], [0, 0])

    def test_goods_of_which_no_stock_is_kept_have_nothing_counted_and_not_used(self):
        self.coal_product.is_storable = False
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        self._receive(self.coal_product, 100)
        self._commit()
        self.assertEqual(list(self._unused().values()), [(100, 0)])

    def test_use_counts_against_the_receipt_while_its_rule_is_valid_only(self):
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id, date_to="2025-03-31")
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id, date_from="2025-04-01")
        self._move()
        self.assertEqual(self._unused(), {"2025-03-01": (95, 55), "2025-04-01": (1.5, 0)})

    def test_gap_begins_with_the_rule(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id, date_from="2025-04-11")
        self._move()
        rows = self._rows()
        self.assertEqual((rows["2025-03-01"][-2:], rows["2025-04-01"][-2:]), ((0, 0), (1.5, 13)))

    def test_dropship_touches_no_stock(self):
        self._rule("stock.dropship", self.coal, product_id=self.coal_product.id)
        self._transfer(self.suppliers, self.customers, [(self.coal_product, 7, self.ton)])
        self._commit()
        self.assertFalse(self._rows())

    def test_product_without_rule_is_not_listed(self):
        self._rule("stock.consumption", self.diesel, product_id=self.diesel_product.id)
        self._move()
        self.assertFalse(self._rows())

    def test_question_about_months_gives_the_same_stock_as_all_history(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._move()
        rows = self._rows()
        april = [("date", ">=", "2025-04-01"), ("date", "<=", "2025-04-15")]
        self.assertEqual(self._rows(april), {"2025-04-01": rows["2025-04-01"]})
        self.assertEqual(self._rows([("date", "<", "2025-04-01")]), {"2025-03-01": rows["2025-03-01"]})
        self.assertEqual(list(self._rows([("gap", ">", 0.005)])), ["2025-04-01"])
        row = self.report.search([("product_id", "=", self.coal_product.id)], limit=1)
        self.env.invalidate_all()
        self.assertEqual(self.report.browse(row.id).closing, 38.5)
        window = self.report._of_numbers(row.ids)
        self.assertEqual((*map(str, window[:2]), window[2]), ("2025-04-01", "2025-04-01", self.coal_product.ids))
        groups = self.report._read_group(
            [("company_id", "=", self.company.id)], ["product_id"], ["consumed:sum", "gap:sum"]
        )
        self.assertEqual(groups, [(self.coal_product, 41.5, 15)])

    def test_reader_sees_the_balance_of_the_own_company_only(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._move()
        reader = self._user("reader", "group_carbon_reader")
        mine = [("product_id", "=", self.coal_product.id)]
        self.assertEqual(len(self.report.with_user(reader).search(mine)), 2)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "group_carbon_reader", other)
        strange = self.env(user=stranger, context={"allowed_company_ids": other.ids})[self.report._name]
        self.assertFalse(strange.search(mine))
        keeper = new_test_user(self.env, login="keeper", groups="stock.group_stock_user")
        with self.assertRaises(AccessError):
            self.report.with_user(keeper).search(mine)
        with self.assertRaises(AccessError):
            self.report.with_user(reader).create({})
