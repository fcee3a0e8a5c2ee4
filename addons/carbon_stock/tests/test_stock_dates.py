from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockDates(CarbonStockCommon):
    """A rule counts by a date that its events have (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "accounting_date" not in cls.env["stock.quant"]._fields:
            raise cls.skipTest(cls, "Odoo values no stock")
        cls._places()
        cls.basis = {"product_id": cls.coal_product.id, "date_basis": "accounting"}

    def _count_for(self, quantity, accounting_date=False, date="2025-09-02 04:00:00"):
        quant = self.env["stock.quant"].search(
            [("product_id", "=", self.coal_product.id), ("location_id", "=", self.stock.id)]
        )
        quant = quant.with_context(inventory_mode=True)
        quant.inventory_quantity = quantity
        quant.accounting_date = accounting_date
        quant.action_apply_inventory(date)
        return self.env["stock.move"].search([("is_inventory", "=", True)], order="id desc", limit=1)

    def _dates(self):
        self._commit()
        data = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="id")
        return [(row.date, round(row.quantity, 6)) for row in data]

    def test_count_counts_on_its_accounting_date(self):
        self._rule("stock.adjustment", self.coal, **self.basis)
        self._receive(self.coal_product, 100)
        self._count_for(97, "2025-08-31")
        self._count_for(95)
        self.assertEqual(self._dates(), [(date(2025, 8, 31), 3), (date(2025, 9, 2), 2)])
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_count_counts_on_its_movement_date_where_the_rule_says_so(self):
        self._rule("stock.adjustment", self.coal, product_id=self.coal_product.id)
        self._receive(self.coal_product, 100)
        self._count_for(97, "2025-08-31")
        self.assertEqual(self._dates(), [(date(2025, 9, 2), 3)])

    def test_entry_tells_the_accounting_date_of_a_count_of_before_the_addon(self):
        self._rule("stock.adjustment", self.coal, **self.basis)
        self._receive(self.coal_product, 100)
        move = self._count_for(97)
        journal = self.env["account.journal"].create(
            {"name": "Stock", "code": "CSTK", "type": "general", "company_id": self.company.id}
        )
        entry = self.env["account.move"].create({"journal_id": journal.id, "date": "2025-07-31"})
        move.account_move_id = entry
        self.assertEqual(self._dates()[-1], (date(2025, 7, 31), 3))

    def test_balance_finds_a_count_with_an_earlier_accounting_date(self):
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._rule("stock.adjustment", self.coal, **self.basis)
        picking = self._receive(self.coal_product, 100)
        picking.date_done = "2025-08-01 04:00:00"
        self._count_for(97, "2025-08-31")
        self._commit()
        report = self.env["carbon.stock.balance.report"]
        september = [("product_id", "=", self.coal_product.id), ("date", ">=", "2025-09-01")]
        row = report.search(september)
        self.assertEqual((row.adjusted, row.counted, row.gap), (3, 3, 0))

    def test_date_that_events_do_not_have_is_refused_with_the_next_step(self):
        for kind, basis in (
            ("receipt", "accounting"),
            ("receipt", "invoice"),
            ("adjustment", "invoice"),
            ("scrap", "accounting"),
        ):
            with self.subTest(kind), self.assertRaisesRegex(ValidationError, "Coal rule.*Choose the movement date"):
                self._rule(
                    f"stock.{kind}", self.coal, name="Coal rule", product_id=self.coal_product.id, date_basis=basis
                )

    def test_form_offers_the_dates_of_the_kind(self):
        kinds = {kind.code: kind for kind in self.env["carbon.event.kind"].search([])}
        rule = self.env["carbon.activity.rule"].new({"event_kind_id": kinds["stock.receipt"].id})
        self.assertEqual(rule.date_bases, "movement")
        rule.event_kind_id = kinds["stock.adjustment"]
        self.assertEqual(rule.date_bases, "movement,accounting")
        form = Form(self._rule("stock.adjustment", self.coal, **self.basis))
        form.event_kind_id = kinds["stock.receipt"]
        self.assertEqual(form.date_basis, "movement")
