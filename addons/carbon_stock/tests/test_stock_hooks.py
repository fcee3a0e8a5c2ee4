from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockHooks(CarbonStockCommon):
    """Collecting costs next to nothing and never stands in the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diesel_rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)
        cls.products = [cls.diesel_product] + [cls._product(f"Item {n}", cls.ton) for n in range(49)]

    def _validate_and_count(self, lines):
        """Return the statements from *Validate* to the commit of a receipt."""
        receipt = self._transfer(
            self.suppliers, self.stock, [(product, 2, self.ton) for product in self.products[:lines]], done=False
        )
        self._commit()
        with self._statements() as sent:
            self._validate(receipt)
            self.env.flush_all()
            self.env.cr.precommit.run()
        return sent

    def test_collecting_adds_at_most_four_statements_whatever_the_number_of_lines(self):
        for lines in (1, 50):
            with self.subTest(lines=lines):
                self.system.collect_live = True
                self._validate_and_count(1)  # warm
                # Odoo itself writes a time once more where a second ends meanwhile: the least of three
                live = min((self._validate_and_count(lines) for _receipt in range(3)), key=len)
                self.system.collect_live = False
                self._validate_and_count(1)  # warm
                quiet = min((self._validate_and_count(lines) for _receipt in range(3)), key=len)
                extra = list((Counter(live) - Counter(quiet)).elements())
                self.assertLessEqual(len(live) - len(quiet), 4, [sql[:200] for sql in extra])
                self.assertTrue([sql for sql in live if "carbon" in sql])

    def test_companies_that_do_not_collect_send_no_carbon_statement(self):
        self.system.collect_live = False
        self._validate_and_count(5)  # warm
        sent = self._validate_and_count(5)
        self.assertFalse([sql for sql in sent if "carbon" in sql])

    def test_failure_of_carbon_leaves_the_receipt_done_and_a_row_to_retry(self):
        engine = type(self.env["carbon.engine"])
        with (
            mute_logger("odoo.addons.carbon_accounting.models.carbon_engine"),
            patch.object(engine, "_collect_ids", side_effect=ValueError("broken")),
        ):
            receipt = self._receive(self.diesel_product, 20)
            self._commit()
        self.assertEqual(receipt.state, "done")
        self.assertEqual({reason for _label, reason in self._issues()}, {"failed"})
        self._collect()
        self.assertFalse(self._issues())
        self.assertEqual(self._sum(self.diesel), 20)

    def test_write_that_means_nothing_queues_nothing(self):
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        before = self._ledger()
        receipt.move_ids.write({"origin": "unchanged"})
        self.assertNotIn("carbon.engine.queue", self.env.cr.precommit.data)
        self._commit()
        self.assertEqual(self._ledger(), before)
