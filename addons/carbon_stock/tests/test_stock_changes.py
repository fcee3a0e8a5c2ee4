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
