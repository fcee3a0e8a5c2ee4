from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockValueUnknown(CarbonStockCommon):
    """Goods that moved without a value are never silently nothing, where a rule counts money (R-129, R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._places()
        cls.is_valued = "value" in cls.env["stock.move"]._fields  # of stock_account
        cls.spend = cls._spend_source("Bought goods")

    def setUp(self):
        super().setUp()
        if not self.is_valued:
            self.skipTest("goods have no value without stock_account")

    @classmethod
    def _spend_source(cls, name, **values):
        return cls.env["carbon.source"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "currency_id": cls.company.currency_id.id,
                **values,
            }
        )

    def _by_amount(self, kind):
        return self._rule(kind, self.spend, product_id=self.coal_product.id, quantity_basis="amount")

    def _issue(self):
        return self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open"), ("reason", "=", "value")]
        )

    def _dry_run(self, rule):
        return self.env["carbon.rule.dry.run.wizard"].create({"rule_id": rule.id})

    def _set_quietly(self, rule):
        """Make a rule count money as rules could before their kind had no amount."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE carbon_activity_rule SET quantity_basis = 'amount', source_id = %s WHERE id = %s",
            (self.spend.id, rule.id),
        )
        self.env.invalidate_all()
        self.env["carbon.engine"]._forget_known()

    def test_use_of_a_product_without_cost_waits_until_it_is_valued(self):
        rule = self._by_amount("stock.consumption")
        move = self._use(12000).move_ids
        self._commit()
        self.assertEqual((move.quantity, move.value, self._quantities()), (12000, 0, []))
        issue = self._issue()
        self.assertEqual(
            (issue.label, issue.product_id, issue.source_id, issue.quantity, issue.uom_id),
            (move.reference, self.coal_product, self.spend, 12000, self.kg),
        )
        self.assertIn("cost of Coal", issue.advice)
        wizard = self._dry_run(rule)
        self.assertEqual((wizard.event_count, wizard.problem_count, wizard.quantity), (1, 1, 0))
        self.assertIn("No value known", wizard.sample)
        move.value = 1200
        self._commit()
        self.assertEqual((self._sum(self.spend), self._issue().ids), (1200, []))
        self.assertEqual(self._dry_run(rule).problem_count, 0)

    def test_remark_of_the_dry_run_is_in_the_language_of_the_reader(self):
        rule = self._by_amount("stock.consumption")
        self._use(12000)
        self._commit()
        self.env["res.lang"]._activate_lang("zh_CN")
        sample = self._dry_run(rule).with_context(lang="zh_CN").sample
        self.assertIn("金额未知", sample)
        self.assertNotIn("<td>value</td>", sample)

    def test_collecting_history_says_the_same(self):
        self.system.collect_live = False
        self._by_amount("stock.consumption")
        move = self._use(12000).move_ids
        self.assertEqual((self._collect().row_new, self._issues()), (0, {(move.reference, "value")}))
        self.assertEqual((self._collect().row_new, self._issues()), (0, {(move.reference, "value")}))

    def test_scrap_before_the_first_receipt_waits(self):
        self._by_amount("stock.scrap")
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.coal_product.id,
                "scrap_qty": 3,
                "product_uom_id": self.ton.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.do_scrap()
        self._commit()
        self.assertEqual((self._quantities(), self._issue().quantity, self._issue().kind), ([], 3, "stock.scrap"))

    def test_receipt_without_price_and_its_return_wait_together_and_count_together(self):
        self._by_amount("stock.receipt")
        receipt = self._receive(self.coal_product, 10)
        returned = self._return(receipt, 4)
        returned.move_ids.value = 2000  # what a stock of another price is worth is not what was paid
        self._commit()
        self.assertEqual((receipt.move_ids.value, self._quantities()), (0, []))
        self.assertEqual(len(self._issue()), 2)
        receipt.move_ids.value = 1000  # the bill came
        self._commit()
        self.assertEqual((self._sum(self.spend), self._issue().ids), (600, []))

    def test_return_of_dropshipped_goods_waits(self):
        self._by_amount("stock.delivery")
        self._rule(
            "stock.dropship", None, product_id=self.coal_product.id, outcome="none", reason="Counted by the bill"
        )
        shipped = self._transfer(self.suppliers, self.customers, [(self.coal_product, 5, self.ton)])
        returned = self._return(shipped, 2, done=False)
        returned.location_dest_id = self.stock
        returned.move_ids.location_dest_id = self.stock
        self._validate(returned)
        self._commit()
        self.assertEqual((self._quantities(), self._issues()), ([], {(returned.move_ids.reference, "value")}))

    def test_use_of_goods_of_another_owner_has_no_known_value(self):
        self._by_amount("stock.consumption")
        self.coal_product.standard_price = 100
        owner = self.env["res.partner"].create({"name": "Owner of the coal"})
        self._receive(self.coal_product, 50, owner_id=owner.id)
        used = self._transfer(self.stock, self.own_use, [(self.coal_product, 8, self.ton)], owner_id=owner.id)
        self._commit()
        self.assertEqual((self._quantities(), self._issues()), ([], {(used.move_ids.reference, "value")}))

    def test_missing_exchange_rate_of_a_valued_move_is_still_a_missing_rate(self):
        crown = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "ISK")])
        crown.active = True
        crown.rate_ids.unlink()
        source = self._spend_source("Bought in crowns", currency_id=crown.id)
        rule = self._rule("stock.consumption", source, product_id=self.coal_product.id, quantity_basis="amount")
        self.coal_product.standard_price = 100
        move = self._use(1000).move_ids
        self._commit()
        self.assertEqual((move.value, self._issues()), (100, {(move.reference, "currency")}))
        self.assertIn("No exchange rate", self._dry_run(rule).sample)

    def test_rule_by_amount_is_refused_where_the_amount_does_not_say_what_was_bought(self):
        for kind in ("stock.dropship", "stock.consigned"):
            with self.subTest(kind), self.assertRaisesRegex(ValidationError, "rule on the vendor bill by amount"):
                self._by_amount(kind)

    def test_form_of_a_rule_offers_no_amount_for_dropshipped_goods(self):
        rule = self._by_amount("stock.receipt")
        self.assertEqual(rule.quantity_bases, "quantity,amount")
        dropship = self.env["carbon.event.kind"].search([("code", "=", "stock.dropship")])
        draft = self.env["carbon.activity.rule"].new({"event_kind_id": dropship.id, "quantity_basis": "amount"})
        draft._onchange_date_basis()
        self.assertEqual((draft.quantity_basis, draft.quantity_bases), ("quantity", "quantity"))

    def test_rule_by_amount_of_before_counts_no_dropship(self):
        rule = self._rule("stock.dropship", self.coal, product_id=self.coal_product.id)
        self._set_quietly(rule)
        shipped = self._transfer(self.suppliers, self.customers, [(self.coal_product, 5, self.ton)]).move_ids
        shipped.value = 700
        self._commit()
        self.assertEqual((self._quantities(), self._issues()), ([], {(shipped.reference, "value")}))
        self.assertIn("does not say what was bought", self._issue().advice)
        self._collect()
        self.assertEqual((self._quantities(), self._issues()), ([], {(shipped.reference, "value")}))
