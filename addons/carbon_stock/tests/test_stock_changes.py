from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockChanges(CarbonStockCommon):
    """What is done can be changed: the ledger follows with counter rows (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diesel_rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)

    def setUp(self):
        super().setUp()
        self.receipt = self._receive(self.diesel_product, 20)
        self.receipt.date_done = "2025-03-10 08:00:00"
        self._commit()
        self.move = self.receipt.move_ids
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20)])

    def _steps(self):
        return [(seq, str(day), quantity) for _o, _p, seq, day, _s, quantity in self._ledger()]

    def test_edited_done_quantity_is_taken_back_and_counted_anew(self):
        self.move.quantity = 15
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20), (1, "2025-03-10", -20), (2, "2025-03-10", 15)])

    def test_edited_done_line_is_followed(self):
        self.move.move_line_ids.quantity = 21
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("21"))

    def test_line_added_to_a_done_move_is_followed(self):
        self.env["stock.move.line"].create(
            {
                "move_id": self.move.id,
                "picking_id": self.receipt.id,
                "product_id": self.diesel_product.id,
                "product_uom_id": self.kg.id,
                "quantity": 500,
            }
        )
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("20.5"))

    def test_product_added_to_a_done_transfer_is_a_new_row(self):
        self.env["stock.move.line"].create(
            {
                "picking_id": self.receipt.id,
                "product_id": self.diesel_product.id,
                "product_uom_id": self.ton.id,
                "quantity": 3,
                "location_id": self.suppliers.id,
                "location_dest_id": self.stock.id,
            }
        )
        self._commit()
        self.assertEqual(len(self.receipt.move_ids), 2)
        self.assertEqual(self._sum(self.diesel), Decimal("23"))

    def test_quantity_edited_to_zero_leaves_nothing(self):
        self.move.quantity = 0
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20), (1, "2025-03-10", -20)])
        self.assertEqual(self._kg(self.diesel), 0)
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_date_moved_into_another_year_gives_a_counter_row_in_the_old_one(self):
        self.receipt.date_done = "2024-11-05 08:00:00"
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20), (1, "2025-03-10", -20), (2, "2024-11-05", 20)])

    def test_date_moved_out_of_a_closed_month_is_a_late_adjustment(self):
        self._period("2025-03-01").action_close()
        self.receipt.date_done = "2024-11-05 08:00:00"
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20)])
        self.assertEqual(self._issues(), {(self.receipt.name, "late")})
        self.assertEqual(self._late(), ("2025-03-10", -20, "2025-03-10: -20 → 2024-11-05: +20"))

    def test_date_moved_between_closed_months_asks_for_both_to_be_opened(self):
        self.receipt.move_ids.date = "2025-05-10 08:00:00"
        self._commit()
        self.receipt.move_ids.date = "2025-03-10 08:00:00"
        self._commit()
        periods = self._period("2025-03-01") | self._period("2025-05-01")
        periods.action_close()
        self.receipt.move_ids.date = "2025-05-20 08:00:00"
        self._commit()
        inventory = self.env["carbon.inventory"].create(
            {
                "name": "2025",
                "company_id": self.company.id,
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
                "gwp_set_id": self.env["carbon.gwp.set"].search([("code", "=", "AR6")]).id,
            }
        )
        wizard = self.env["carbon.period.reopening.wizard"].create({"inventory_id": inventory.id, "reason": "Moved"})
        self.assertEqual(wizard.period_ids, periods)

    def test_date_moved_into_a_closed_month_shows_what_the_closed_month_lacks(self):
        self._declare(self._rule("declared", self.coal, name="Declared"), 1, self.ton, day="2024-11-20")
        self._collect()
        self._period("2024-11-01").action_close()
        self.receipt.date_done = "2024-11-05 08:00:00"
        self._commit()
        self.assertEqual(self._late(), ("2024-11-05", 20, "2025-03-10: -20 → 2024-11-05: +20"))

    def test_changed_quantity_in_a_closed_month_shows_the_difference(self):
        self._period("2025-03-01").action_close()
        self.move.quantity = 15
        self._commit()
        self.assertEqual(self._late(), ("2025-03-10", -5, False))

    def _late(self):
        """Return date, quantity and message of the late adjustment."""
        row = self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("reason", "=", "late"), ("state", "=", "open")]
        )
        return str(row.date), row.quantity, row.message

    def test_partner_changed_on_a_done_transfer_changes_the_rule_that_counts(self):
        refinery = self.env["res.partner"].create({"name": "Refinery"})
        own = self._source("Refinery diesel", self.ton, self.diesel_factor)
        self._rule("stock.receipt", own, product_id=self.diesel_product.id, partner_id=refinery.id)
        self.receipt.partner_id = refinery
        self._commit()
        self.assertEqual((self._sum(self.diesel), self._sum(own)), (0, Decimal("20")))

    def test_change_that_means_nothing_adds_nothing(self):
        self.move.write({"priority": "1", "origin": "PO1"})
        self.receipt.note = "Checked"
        self.receipt.partner_id = self.supplier
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20)])

    def test_several_changes_in_one_transaction_give_one_correction(self):
        self.move.quantity = 15
        self.move.quantity = 16
        self.receipt.date_done = "2025-04-01 08:00:00"
        self._commit()
        self.assertEqual(self._steps(), [(0, "2025-03-10", 20), (1, "2025-03-10", -20), (2, "2025-04-01", 16)])


@tagged("post_install", "-at_install")
class TestStockPlaces(CarbonStockCommon):
    """Rules on a location follow where the goods really lie: the lines of a move know it, its head does not (R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tank_a, cls.tank_b = cls.env["stock.location"].create(
            [{"name": f"Tank {name}", "location_id": cls.stock.id} for name in "AB"]
        )
        cls.boiler = cls._source("Boiler", cls.ton, cls.coal_factor)
        cls.use = cls.env["stock.location"].create(
            {"name": "Own use", "usage": "production", "company_id": cls.company.id}
        )
        cls._rule("stock.consumption", cls.coal, product_id=cls.coal_product.id, name="Anywhere")
        cls._rule(
            "stock.consumption", cls.boiler, product_id=cls.coal_product.id, location_id=cls.tank_a.id, name="Tank A"
        )

    def _put(self, location, quantity):
        self.env["stock.quant"]._update_available_quantity(self.coal_product, location, quantity)

    def _consume(self, quantity):
        """Take coal from the stock: the reservation finds the tanks."""
        picking = self._transfer(self.stock, self.use, [(self.coal_product, quantity, self.ton)], done=False)
        picking.action_assign()
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual((picking.state, picking.move_ids.location_id), ("done", self.stock))
        self._commit()
        return picking

    def test_goods_reserved_in_a_tank_follow_the_rule_of_the_tank(self):
        self._put(self.tank_a, 40)
        self._consume(30)
        self.assertEqual((self._sum(self.boiler), self._sum(self.coal)), (Decimal("30"), 0))

    def test_move_from_two_tanks_has_a_part_for_each(self):
        self._put(self.tank_a, 10)
        self._put(self.tank_b, 10)
        picking = self._consume(15)
        taken = {line.location_id: line.quantity for line in picking.move_line_ids}
        self.assertEqual((sum(taken.values()), set(taken)), (15, {self.tank_a, self.tank_b}))
        self.assertEqual(self._sum(self.boiler), Decimal(str(taken[self.tank_a])))
        self.assertEqual(self._sum(self.coal), Decimal(str(taken[self.tank_b])))
        parts = {row[1] for row in self._ledger()}
        self.assertEqual(parts, {f"{tank.id}>{self.use.id}" for tank in (self.tank_a, self.tank_b)})
        balance = self.env["carbon.stock.balance.report"].search([("product_id", "=", self.coal_product.id)])
        self.assertEqual([(row.consumed, row.counted, row.gap) for row in balance], [(15, 15, 0)])

    def test_line_moved_to_another_tank_later_is_followed(self):
        self._put(self.tank_a, 40)
        self._put(self.tank_b, 40)
        picking = self._consume(30)
        self.assertEqual(self._sum(self.boiler), Decimal("30"))
        picking.move_line_ids.location_id = self.tank_b
        self._commit()
        self.assertEqual((self._sum(self.boiler), self._sum(self.coal)), (0, Decimal("30")))

    def test_receipt_put_away_in_a_tank_follows_the_rule_of_the_tank(self):
        bought = self._source("Bought", self.ton, self.coal_factor)
        self._rule(
            "stock.receipt", bought, product_id=self.diesel_product.id, location_id=self.tank_b.id, name="Into tank B"
        )
        self.env["stock.putaway.rule"].create(
            {
                "product_id": self.diesel_product.id,
                "location_in_id": self.stock.id,
                "location_out_id": self.tank_b.id,
            }
        )
        receipt = self._receive(self.diesel_product, 7)
        self._commit()
        self.assertEqual(
            (receipt.move_ids.location_dest_id, receipt.move_line_ids.location_dest_id), (self.stock, self.tank_b)
        )
        self.assertEqual(self._sum(bought), Decimal("7"))
