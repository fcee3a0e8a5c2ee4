from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStock(CarbonStockCommon):
    """Receipts become activity data, exactly once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diesel_rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)

    def test_twenty_tonnes_received_and_two_returned_are_eighteen(self):  # R-129 S2
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        self._return(receipt, 2)
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 20), ("stock.receipt", -2)])
        self.assertEqual(self._sum(self.diesel), Decimal("18"))
        before = self._ledger()
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        self.assertEqual(self._ledger(), before)

    def test_history_gives_the_same_rows_as_live_collection(self):
        receipt = self._receive(self.diesel_product, 20)
        self._return(receipt, 2)
        self.env.flush_all()
        self.env.cr.precommit.clear()  # as if the addons had not been there
        self.assertFalse(self._ledger())
        run = self._collect(chunk=1)
        self.assertEqual(run.row_new, 2)
        self.assertEqual(self._sum(self.diesel), Decimal("18"))

    def test_partial_receipt_and_its_backorder_add_up(self):
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False)
        self._validate(receipt, [12])
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("12"))
        self._validate(receipt.backorder_ids)
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 12), ("stock.receipt", 8)])

    def test_partial_receipt_without_backorder_counts_what_came(self):
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False)
        self._validate(receipt, [12], backorder=False)
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 12)])

    def test_receipt_in_three_steps_counts_once(self):
        self.warehouse.reception_steps = "three_steps"
        receipt = self._receive(self.diesel_product, 20, dest=self.warehouse.wh_input_stock_loc_id)
        moves = receipt.move_ids
        while moves := moves.move_dest_ids:
            self._validate(moves.picking_id)
        self.assertEqual(
            self.env["stock.quant"]._get_available_quantity(self.diesel_product, self.warehouse.lot_stock_id), 20
        )
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 20)])
        self.assertFalse(self._issues())

    def test_transfer_within_the_company_is_no_event(self):
        transit = self.env["stock.location"].create(
            {"name": "Between sites", "usage": "transit", "company_id": self.company.id}
        )
        self._receive(self.diesel_product, 20)
        self._transfer(self.stock, transit, [(self.diesel_product, 5, self.ton)])
        self._transfer(transit, self.stock, [(self.diesel_product, 5, self.ton)])
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 20)])
        self.assertFalse(self._issues())

    def test_lines_in_other_units_are_added_exactly_where_the_move_is_rounded(self):
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 1, self.ton)], done=False)
        move = receipt.move_ids
        move.move_line_ids.unlink()
        for _number in range(3):
            self.env["stock.move.line"].create(
                {
                    "move_id": move.id,
                    "picking_id": receipt.id,
                    "product_id": self.diesel_product.id,
                    "product_uom_id": self.kg.id,
                    "quantity": 333,
                    "picked": True,
                }
            )
        receipt.with_context(skip_backorder=True, picking_ids_not_to_backorder=receipt.ids).button_validate()
        self.assertEqual(receipt.state, "done")
        self.assertNotEqual(move.quantity, 0.999)  # Odoo rounds to its two decimals
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("0.999"))

    def test_receipt_in_kilograms_of_a_source_in_tonnes(self):
        self._receive(self.diesel_product, 1234.5, self.kg)
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal("1.2345"))

    def test_receipt_without_a_rule_is_on_the_worklist_and_a_delivery_is_not(self):
        receipt = self._receive(self.coal_product, 20)
        self._transfer(self.stock, self.customers, [(self.coal_product, 5, self.ton)])
        self._commit()
        self.assertEqual(self._issues(), {(receipt.name, "unmapped")})
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual((issue.kind, issue.quantity, issue.origin_id), ("stock.receipt", 20, receipt.move_ids.id))

    def test_receipt_stays_on_the_worklist_where_only_its_delivery_counts(self):
        sold = self._source("Use of sold fuel", self.ton, self.diesel_factor)
        self._rule("stock.delivery", sold, product_id=self.coal_product.id)
        receipt = self._receive(self.coal_product, 20)
        self._commit()
        self.assertEqual(self._issues(), {(receipt.name, "unmapped")})

    def test_new_year_is_that_of_the_company_not_of_utc(self):
        for moment, expected in (
            ("2024-12-31 23:30:00", "2025-01-01"),  # 07:30 in Shanghai
            ("2024-12-31 15:59:59", "2024-12-31"),
            ("2024-12-31 16:00:00", "2025-01-01"),
        ):
            with self.subTest(moment):
                receipt = self._receive(self.diesel_product, 1)
                receipt.date_done = moment
                self._commit()
                row = self.env["carbon.activity.data"].search([("origin_id", "=", receipt.move_ids.id)])
                self.assertEqual((row.kind, str(row.date)), ("stock.receipt", expected))

    def test_row_is_labelled_with_the_transfer_and_names_supplier_and_product(self):
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            (row.label, row.partner_id, row.product_id, row.origin_quantity, row.origin_uom_id),
            (receipt.name, self.supplier, self.diesel_product, 20, self.ton),
        )

    def test_receipts_of_another_company_belong_to_that_company(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self.env.user.company_ids += other
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        receive = {"picking_type": warehouse.in_type_id, "dest": warehouse.lot_stock_id}
        self.env["carbon.system"]._get(other)
        first = self._receive(self.diesel_product, 7, **receive)
        self._commit()
        self.assertEqual(first.move_ids.company_id, other)
        self.assertFalse(self._ledger() + self._ledger(other))  # the other company does not collect
        self.env["carbon.system"]._get(other).collect_live = True
        self._receive(self.diesel_product, 8, **receive)
        self._receive(self.diesel_product, 20)
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 20)])
        self.assertFalse(self._ledger(other))  # no rule there: its worklist says so
        issues = self.env["carbon.collection.issue"].sudo().search([("company_id", "=", other.id)])
        self.assertEqual([(issue.reason, issue.quantity) for issue in issues], [("unmapped", 8)])
