from decimal import Decimal

from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockPartner(CarbonStockCommon):
    """The partner of a move is the company behind its transfer, as on bills (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.office = cls.env["res.partner"].create({"name": "Sales office", "parent_id": cls.supplier.id})
        cls.own = cls._source("Diesel of the trader", cls.ton, cls.diesel_factor)
        cls.any_rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)
        cls.own_rule = cls._rule("stock.receipt", cls.own, product_id=cls.diesel_product.id, partner_id=cls.supplier.id)

    def _partners(self):
        """Return [(partner, quantity)] of the ledger, oldest first."""
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="origin_id, seq")
        return [(row.partner_id, row.quantity) for row in data]

    def test_receipt_of_an_office_counts_for_its_company(self):
        self._receive(self.diesel_product, 20, partner_id=self.office.id)
        self._commit()
        self.assertEqual(self._partners(), [(self.supplier, 20)])
        self.assertEqual((self._sum(self.diesel), self._sum(self.own)), (0, Decimal("20")))
        self.assertAlmostEqual(self._kg(self.own), Decimal("61918.2"), 6)

    def test_move_without_partner_takes_that_of_its_transfer(self):
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False)
        receipt.move_ids.partner_id = False
        self._validate(receipt)
        self._commit()
        self.assertFalse(receipt.move_ids.partner_id)
        self.assertEqual(self._partners(), [(self.supplier, 20)])
        self.assertEqual((self._sum(self.diesel), self._sum(self.own)), (0, Decimal("20")))

    def test_transfer_without_partner_takes_that_of_its_move(self):
        receipt = self._transfer(
            self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False, partner_id=False
        )
        receipt.move_ids.partner_id = self.office
        self._validate(receipt)
        self._commit()
        self.assertEqual(self._partners(), [(self.supplier, 20)])

    def test_return_takes_back_from_the_same_partner(self):
        receipt = self._receive(self.diesel_product, 20, partner_id=self.office.id)
        self._return(receipt, 2)
        self._commit()
        self.assertEqual(self._partners(), [(self.supplier, 20), (self.supplier, -2)])
        self.assertEqual((self._sum(self.diesel), self._sum(self.own)), (0, Decimal("18")))

    def test_partner_of_a_done_transfer_that_changes_is_followed(self):
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False)
        receipt.move_ids.partner_id = False
        self._validate(receipt)
        self._commit()
        refinery = self.env["res.partner"].create({"name": "Refinery"})
        receipt.partner_id = refinery
        self._commit()
        self.assertEqual(self._partners(), [(self.supplier, 20), (self.supplier, -20), (refinery, 20)])
        self.assertEqual((self._sum(self.diesel), self._sum(self.own)), (Decimal("20"), 0))
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_company_given_to_an_office_later_is_followed_by_the_next_collection(self):
        office = self.env["res.partner"].create({"name": "Free office"})
        self._receive(self.diesel_product, 20, partner_id=office.id)
        self._commit()
        self.assertEqual((self._partners(), self._sum(self.own)), ([(office, 20)], 0))
        office.parent_id = self.supplier
        self._collect()
        self.assertEqual((self._sum(self.diesel), self._sum(self.own)), (0, Decimal("20")))

    def test_change_of_partner_that_moves_no_number_leaves_a_closed_month_as_it_was(self):
        receipt = self._receive(self.diesel_product, 20, partner_id=self.office.id)
        receipt.date_done = "2025-03-10 08:00:00"
        self.own_rule.active = False
        self._commit()
        self._period("2025-03-01").action_close()
        before = self._partners()
        receipt.partner_id = self.env["res.partner"].create({"name": "Refinery"})
        self._commit()
        self.assertEqual(self._partners(), before)
        self.assertFalse(self._issues())

    def test_returned_dropship_takes_back_from_the_vendor_whatever_the_transfer_names(self):
        self._rule("stock.dropship", self.own, product_id=self.diesel_product.id, partner_id=self.supplier.id)
        customer = self.env["res.partner"].create({"name": "Customer"})
        shipped = self._transfer(self.suppliers, self.customers, [(self.diesel_product, 40, self.ton)])
        returned = self._return(shipped, 15, done=False)
        returned.partner_id = customer  # as Odoo's dropshipping does
        returned.move_ids.partner_id = customer
        self._validate(returned)
        self._commit()
        self.assertEqual(self._partners(), [(self.supplier, 40), (self.supplier, -15)])
        self.assertFalse(self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)]))
        # another vendor on the dropship: its returns follow
        trader = self.env["res.partner"].create({"name": "Trader"})
        shipped.partner_id = trader
        self._commit()
        self.assertEqual(self._sum(self.own), 0)
        waiting = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual(waiting.partner_id, trader)
        self.assertEqual(sorted(waiting.mapped("quantity")), [-15, 40])
