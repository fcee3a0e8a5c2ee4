import io

from openpyxl import load_workbook

from odoo import Command
from odoo.tests import tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestNothingFound(CarbonPurchaseCommon):
    """Bills without order of a material that counts when received (R-129, R-130, R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kinds_and_books()

    def setUp(self):
        super().setUp()
        self._need("account.move.line", "stock.move")
        self.rule = self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)

    def _bill(self, day, quantity=12, **values):
        """Post a vendor bill that no order asked for."""
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.coal_product.id,
                            "quantity": quantity,
                            "price_unit": 500,
                            "tax_ids": False,
                        }
                    )
                ],
                **values,
            }
        )
        bill.action_post()
        return bill

    def _receipt(self, day, quantity=12, company=None):
        """Receive through a transfer, with its buttons."""
        company = company or self.company
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        places = {
            "location_id": self.env.ref("stock.stock_location_suppliers").id,
            "location_dest_id": warehouse.lot_stock_id.id,
        }
        line = {
            "product_id": self.coal_product.id,
            "product_uom_qty": quantity,
            "product_uom": self.ton.id,
            **places,
        }
        picking = (
            self.env["stock.picking"]
            .with_context(allowed_company_ids=company.ids)
            .create(
                {
                    "picking_type_id": warehouse.in_type_id.id,
                    "partner_id": self.supplier.id,
                    "move_ids": [Command.create(line)],
                    **places,
                }
            )
        )
        picking.action_confirm()
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.button_validate()
        picking.date_done = f"{day} 04:00:00"
        return picking

    def _status(self, bill, domain=()):
        self._commit()
        rows = self.env["carbon.superseded.report"].search([("kind_id.code", "=", "account.bill"), *domain])
        row = rows.filtered(lambda r: r.origin_id in bill.line_ids.ids)
        self.assertEqual(len(row), 1)
        self.assertEqual((row.rule_id, row.counted_recognition, row.quantity), (self.rule, "received", 12.0))
        return row.status

    def test_bill_without_any_receipt_is_listed_as_nothing_found(self):
        bill = self._bill("2025-05-20")
        self.assertEqual(self._status(bill), "unsupported")
        self.assertFalse(self._issues())
        self.assertFalse(self._ledger())

    def test_bill_with_a_receipt_of_its_year_is_superseded(self):
        bill = self._bill("2025-05-20")
        self._receipt("2025-11-02")
        self.assertEqual(self._status(bill), "superseded")
        self.assertEqual(self._sum(self.coal), 12)

    def test_receipt_of_the_month_before_the_year_is_enough(self):
        bill = self._bill("2025-01-20")
        self._receipt("2024-12-02")
        self.assertEqual(self._status(bill), "superseded")

    def test_receipt_of_the_month_after_the_year_is_enough(self):
        bill = self._bill("2025-12-20")
        self._receipt("2026-01-30")
        self.assertEqual(self._status(bill), "superseded")

    def test_receipt_of_another_year_is_not_enough(self):
        bill = self._bill("2025-05-20")
        self._receipt("2024-11-30")
        self._receipt("2026-02-01")
        self.assertEqual(self._status(bill), "unsupported")

    def test_receipt_that_was_taken_back_is_not_enough(self):
        bill = self._bill("2025-05-20")
        receipt = self._receipt("2025-05-02")
        self.assertEqual(self._status(bill), "superseded")
        receipt.move_ids.quantity = 0
        self.assertEqual(self._status(bill), "unsupported")

    def test_receipt_of_another_company_is_not_enough(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self.env.user.company_ids += other
        self.env["carbon.system"]._get(other).write({"tz": "Asia/Shanghai", "collect_live": True, "phase": "live"})
        coal = self._source("Other coal", self.ton, self.coal_factor, company_id=other.id)
        self._rule("stock.receipt", coal, product_id=self.coal_product.id, company_id=other.id)
        bill = self._bill("2025-05-20")
        self._receipt("2025-05-02", company=other)
        self._commit()
        self.assertEqual(self._sum(coal), 12)
        self.assertEqual(self._status(bill), "unsupported")
        both = self.env["carbon.superseded.report"].with_context(allowed_company_ids=[self.company.id, other.id])
        rows = both.search([("product_id", "=", self.coal_product.id)])
        self.assertEqual(
            {(row.company_id, row.status) for row in rows}, {(self.company, "unsupported"), (other, "counted")}
        )

    def test_question_about_days_or_rows_gives_the_same_as_all_history(self):
        bills = [self._bill(day) for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")]
        self._receipt("2025-06-30")
        self._commit()
        report = self.env["carbon.superseded.report"]
        year = [("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")]
        rows = report.search(year)
        self.assertEqual(rows, report.search([]).filtered_domain(year))
        self.assertEqual(sorted(rows.mapped("status")), ["counted", "superseded", "superseded"])
        everything = {row.origin_id: row.status for row in report.search([("kind_id.code", "=", "account.bill")])}
        expected = ["unsupported", "superseded", "superseded", "unsupported"]
        self.assertEqual([everything[bill.invoice_line_ids.id] for bill in bills], expected)
        report.invalidate_model()
        again = report.browse(rows.ids)
        self.assertEqual(sorted(again.mapped("status")), ["counted", "superseded", "superseded"])
        groups = report._read_group(year, ["status", "date:month"], ["quantity:sum"])
        self.assertEqual(
            [(status, str(month), quantity) for status, month, quantity in groups],
            [
                ("counted", "2025-06-01", 12.0),
                ("superseded", "2025-01-01", 12.0),
                ("superseded", "2025-12-01", 12.0),
            ],
        )

    def test_workbook_of_an_inventory_lists_it(self):
        bill = self._bill("2025-05-20")
        self._commit()
        inventory = self.env["carbon.inventory"].create(
            {
                "name": "2025",
                "company_id": self.company.id,
                "date_from": "2025-01-01",
                "date_to": "2025-12-31",
                "gwp_set_id": self.gwp.id,
            }
        )
        inventory.action_compute()
        for status in ("Counted elsewhere, nothing found", "Superseded"):
            stream = io.BytesIO()
            self.env["carbon.inventory.workbook"]._write(inventory, stream)
            sheet = load_workbook(stream, data_only=True)["被替代 Superseded"]
            [row] = [row for row in sheet.iter_rows(values_only=True) if row[1] == bill.name]
            self.assertEqual((row[5], row[8]), (12, self.rule.name))
            self.assertIn(status, row[7])
            self._receipt("2025-05-02")
            self._commit()

    def test_receipt_at_night_belongs_to_its_local_day(self):
        receipt = self._receipt("2025-06-30")
        receipt.date_done = "2024-12-31 20:00:00"  # 04:00 on 1 January in Shanghai
        self._commit()
        year = [("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")]
        rows = self.env["carbon.superseded.report"].search(year)
        self.assertEqual([(str(row.date), row.status, row.quantity) for row in rows], [("2025-01-01", "counted", 12.0)])
