from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import Form, tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestScreens(CarbonCommon):
    """What the screens of the engine compute and where their buttons lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Coal nuts", "type": "consu"})
        cls.partner = cls.env["res.partner"].create({"name": "Pit 4"})
        cls.rule = cls._rule("declared", cls.coal, name="Coal declared")

    def test_sentence_says_what_the_rule_does(self):
        #
        sentence = self.rule.sentence
        self.assertIn("Declared quantity", sentence)
        self.assertIn("Coal boiler", sentence)
        self.assertIn("movement date", sentence)
        self.assertNotIn("share", sentence)
        self.rule.write(
            {
                "multiplier": 0.3,
                "multiplier_reason": "Meter plan 4.",
                "date_from": "2025-01-01",
                "product_id": self.product.id,
            }
        )
        self.assertIn("Only the share <b>0.3</b> of it counts: <b>Meter plan 4</b>.", self.rule.sentence)
        self.assertIn("Valid from <b>2025-01-01</b>", self.rule.sentence)
        self.assertIn("Product <b>Coal nuts</b>", self.rule.sentence)

    def test_sentence_follows_the_form_before_it_is_saved(self):
        form = Form(self.env["carbon.activity.rule"])
        form.name = "Boxes"
        form.event_kind_id = self.rule.event_kind_id
        form.outcome = "none"
        form.reason = "Reported <by> the supplier"
        self.assertIn("carries no emission", form.sentence)
        self.assertIn("Reported &lt;by&gt; the supplier", form.sentence)

    @contextmanager
    def _queries(self):
        """Collect the text of the queries that run meanwhile."""
        asked, execute = [], Cursor.execute

        def note(cr, query, *args, **kwargs):
            asked.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        with patch.object(Cursor, "execute", note):
            yield asked

    def test_smart_buttons_lead_to_the_activity_data_and_do_not_count_the_ledger(self):
        self._declare(self.rule, 5, self.ton, product_id=self.product.id, partner_id=self.partner.id)
        self._declare(self.rule, 6, self.ton, product_id=self.product.id)
        self._commit()
        reader = self._user("reader_buttons", "group_carbon_reader")
        for record, count in ((self.product, 2), (self.product.product_tmpl_id, 2), (self.partner, 1)):
            mine = record.with_user(reader)
            with self.subTest(record._name), self._queries() as asked:
                Form(mine)
                self.assertIn("action_view_carbon_activity_data", mine.get_view(view_type="form")["arch"])
            self.assertTrue(asked)
            self.assertFalse([query for query in asked if "carbon_activity_data" in query])
            action = mine.action_view_carbon_activity_data()
            self.assertEqual(reader.env["carbon.activity.data"].with_user(reader).search_count(action["domain"]), count)

    def test_source_form_does_not_count_the_ledger(self):
        with self._queries() as asked:
            Form(self.coal.with_user(self._user("reader_source", "group_carbon_reader")))
        self.assertTrue(asked)
        self.assertFalse([query for query in asked if "carbon_activity_data" in query])

    def test_ledger_is_asked_for_a_product_as_it_is_written(self):
        self._declare(self.rule, 5, self.ton, product_id=self.product.id)
        self._commit()
        data = self.env["carbon.activity.data"]
        domain = [("product_id", "=", self.product.id)]
        self.assertIn('"carbon_activity_data"."product_id" IN', data._search(domain).select().code)
        self.assertEqual(data.search(domain).quantity, 5)
        self.env.cr.execute("UPDATE carbon_declaration SET product_id = NULL WHERE product_id = %s", [self.product.id])
        self.product.unlink()
        self.assertFalse(data.search(domain), "a product that is gone is not found, the column keeps it")
        self.assertEqual(data.search([("company_id", "=", self.company.id), ("product_id", "=", False)]).quantity, 5)

    def test_smart_button_of_another_company_shows_nothing(self):
        self._declare(self.rule, 5, self.ton, product_id=self.product.id)
        self._commit()
        other = self.env["res.company"].create({"name": "Other works"})
        reader = self._user("reader_other", "group_carbon_reader", other)
        mine = self.product.with_user(reader).with_context(allowed_company_ids=other.ids)
        action = mine.action_view_carbon_activity_data()
        self.assertEqual(mine.env["carbon.activity.data"].search_count(action["domain"]), 0)

    def test_people_without_carbon_group_have_no_carbon_button(self):
        clerk = self._user("clerk", "group_carbon_meter_technician")
        arch = self.product.product_tmpl_id.with_user(clerk).get_view(view_type="form")["arch"]
        self.assertNotIn("action_view_carbon_activity_data", arch)

    def test_period_counts_its_rows_and_what_waits(self):
        #
        self._declare(self.rule, 5, self.ton, day="2025-03-10")
        self._declare(self.rule, 5, self.kwh, day="2025-03-11")
        self._commit()
        period = self._period("2025-03-10")
        self.assertEqual((period.activity_count, period.issue_count), (1, 1))
        self.assertEqual(self.env["carbon.activity.data"].search_count(period.action_view_activity_data()["domain"]), 1)
        self.assertEqual(self.env["carbon.collection.issue"].search_count(period.action_view_issues()["domain"]), 1)

    def test_activity_row_opens_its_document_and_its_emissions(self):
        declaration = self._declare(self.rule, 5, self.ton)
        self._commit()
        row = self.env["carbon.activity.data"].search([("origin_id", "=", declaration.id)])
        action = row.action_open_origin()
        self.assertEqual((action["res_model"], action["res_id"]), ("carbon.declaration", declaration.id))
        self.assertEqual(row.kind_id.code, "declared")
        emissions = self.env["carbon.emission.line"].search(row.action_view_emissions()["domain"])
        self.assertEqual(emissions.stream_id.code, "combustion")
        self.assertEqual(emissions.action_open_origin()["res_id"], declaration.id)
        self.assertEqual(
            self.env["carbon.activity.data"].search(declaration.action_view_activity_data()["domain"]), row
        )

    def test_collecting_the_worklist_of_a_rule_clears_what_can_be_counted(self):
        self._declare(self.rule, 1000, self.litre, name="In litres", product_id=self.product.id)
        self._commit()
        self.assertEqual(self._issues(), {("In litres", "unit")})
        self.assertEqual(self.rule.issue_count, 1)
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": self.product.id,
                "from_uom_id": self.litre.id,
                "factor": 0.84,
                "to_uom_id": self.kg.id,
                "source_document": "data sheet",
            }
        )
        self.assertEqual(self.rule.action_save_and_collect()["type"], "ir.actions.act_window_close")
        self.env.invalidate_all()
        self.assertEqual(self._issues(), set())
        self.assertAlmostEqual(float(self._sum(self.coal)), 0.84)

    def test_quantities_of_different_units_have_no_sum(self):
        power = self._source("Purchased electricity", self.kwh, self._factor("POWER", self.kwh, "0.5"))
        bought = self._rule("declared", power, name="Power declared")
        self._declare(self.rule, 100, self.ton)
        self._declare(self.rule, 20, self.ton)
        self._declare(bought, 7, self.kwh)
        self._commit()
        data = self.env["carbon.activity.data"]
        domain = [("company_id", "=", self.company.id)]
        sums = dict(data._read_group(domain, ["source_id"], ["quantity:sum"]))
        self.assertEqual(sums[self.coal], 120)
        self.assertEqual({source for source, quantity in sums.items() if quantity}, {self.coal, power})
        self.assertEqual(data._read_group(domain, [], ["quantity:sum", "__count"]), [(False, 3)])
        shown = data.formatted_read_group(domain, ["company_id"], ["quantity:sum"])
        self.assertIs(shown[0]["quantity:sum"], False)
