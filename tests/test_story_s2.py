"""Story S2: activity data from transactions, with every bridge in one database."""

from decimal import Decimal

from odoo.exceptions import ValidationError

from odoo.addons.carbon_account.tests.common import CarbonAccountCommon
from odoo.addons.carbon_mrp.tests.common import CarbonMrpCommon


class TestStoryS2(CarbonMrpCommon, CarbonAccountCommon):
    """Rules for diesel (received), coal (consumed) and electricity (billed)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.power_product = cls.env["product.product"].create(
            {"name": "Grid power", "type": "service", "uom_id": cls.kwh.id}
        )
        cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)
        cls._rule("account.bill", cls.power, product_id=cls.power_product.id)

    def _run_the_business(self):
        """20 t diesel received, 2 t returned; an order consumes 100 t coal; a bill for 50,000 kWh."""
        receipt = self._receive(self.diesel_product, 20)
        self._return(receipt, 2)
        self._make(self.bom)
        bill = self._bill(self._bill_line(self.power_product, 50000, 0.7))
        self._commit()
        return bill

    def test_the_story_as_written(self):  # S2 R-127 R-128 R-129 R-130 R-132
        bill = self._run_the_business()
        self.assertEqual(self._sum(self.diesel), Decimal(18))
        self.assertEqual(self._sum(self.coal), Decimal(100))
        self.assertEqual(self._sum(self.power), Decimal(50000))
        # 100 t × 20 GJ/t × 0.026 tC/GJ × 0.98 × 44/12
        self.assertEqual(round(self._kg(self.coal) / 1000, 3), Decimal("186.853"))
        for _run in range(2):
            run = self._collect()
            self.assertEqual((run.row_new, run.row_reversed, run.row_emission), (0, 0, 0))
        bill.button_draft()
        bill.button_cancel()
        self._commit()
        self.assertEqual(self._sum(self.power), 0)
        rows = self.env["carbon.activity.data"].search([("source_id", "=", self.power.id)], order="seq")
        self.assertEqual(rows.mapped("quantity"), [50000.0, -50000.0])
        self.assertEqual(rows[1].reverses_id, rows[0])

    def test_every_row_leads_to_its_document(self):  # R-129 R-130
        self._run_the_business()
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        models = {row.action_open_origin()["res_model"] for row in rows}
        self.assertEqual(models, {"stock.picking", "mrp.production", "account.move"})

    def test_billed_diesel_that_was_received_counts_once(self):
        fees = self._source("Fees", self.kwh, self.power_factor)
        self._rule("account.bill", fees, account_id=self.expense.id, name="By account")
        self._receive(self.diesel_product, 20)
        self._bill(self._bill_line(self.diesel_product, 20, 900))
        self._commit()
        self.assertEqual(self._sum(self.diesel), Decimal(20))
        self.assertEqual(self._sum(fees), 0)
        self.assertFalse(self._issues())

    def test_rule_of_the_same_recognition_point_hides_nothing(self):
        """Coal has a rule for plain consumption only: what an order burns is on the worklist."""
        self.coal_rule.active = False
        self._rule("stock.consumption", self.coal, product_id=self.coal_product.id)
        self._make(self.bom)
        self._commit()
        self.assertEqual({reason for _label, reason in self._issues()}, {"unmapped"})

    def test_rule_of_one_supplier_hides_nothing_of_others(self):
        consultant = self.env["res.partner"].create({"name": "Consultant"})
        self.env["carbon.activity.rule"].search([("source_id", "=", self.diesel.id)]).active = False
        self._rule("account.bill", self.power, category_id=self.diesel_product.categ_id.id, partner_id=consultant.id)
        self._receive(self.diesel_product, 20)
        self._commit()
        self.assertEqual({reason for _label, reason in self._issues()}, {"unmapped"})

    def test_coal_of_one_category_cannot_count_when_received_and_when_consumed(self):
        bought = self._source("Coal bought", self.ton, self.coal_factor)
        with self.assertRaisesRegex(ValidationError, "twice"):
            self._rule("stock.receipt", bought, product_id=self.coal_product.id)

    def test_discount_line_takes_off_no_energy(self):
        self._bill(self._bill_line(self.power_product, 1000, 0.7), self._bill_line(self.power_product, 1, -50))
        self._commit()
        self.assertEqual(self._sum(self.power), Decimal(1000))
