import json

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestTold(InventoryCommon):
    """What moves numbers, and what they rest on, is told: by the trail, by the worklist, in both languages."""

    def _entries(self, event):
        return self.env["carbon.trail.entry"].search([("event", "=", event), ("company_id", "=", self.company.id)])

    def _collected(self):
        self._declare(self.coal_rule, 100, self.ton)
        self.env.cr.precommit.clear()
        self._collect()

    # ------------------------------------------------------------------ trail
    def test_rules_and_other_basis_are_told_to_the_trail_once_there_is_a_ledger(self):
        self._rule("declared", self.diesel, name="Before")
        self.assertFalse(self._entries("basis.create"))
        self._collected()
        rule = self._rule(
            "declared",
            self.diesel,
            name="Diesel declared",
            product_id=self.env["product.product"].create({"name": "D"}).id,
        )
        made = self._entries("basis.create")
        self.assertEqual((made.res_model, made.res_id), ("carbon.activity.rule", rule.id))
        rule.write({"multiplier": 0.5, "multiplier_reason": "Half of it is sold", "note": "Meter plan"})
        changed = json.loads(self._entries("basis.change").payload)
        self.assertEqual((changed["before"], changed["after"]), ({"multiplier": 1.0}, {"multiplier": 0.5}))
        rule.write({"note": "Other words", "multiplier": 0.5})
        self.assertEqual(len(self._entries("basis.change")), 1)
        rule.unlink()
        self.assertEqual(
            json.loads(self._entries("basis.delete").payload)["before"]["source_id"], self.diesel.display_name
        )
        self.assertTrue(self.env["carbon.trail.entry"]._verify_stream(self.company)["ok"])

    def test_rule_that_says_no_emission_is_kept_once_there_is_a_ledger(self):
        product = self.env["product.product"].create({"name": "Timber"})
        none = self._rule(
            "declared", outcome="none", reason="Counted by the supplier", product_id=product.id, name="Timber"
        )
        spare = none.copy({"name": "Spare", "product_id": self.env["product.product"].create({"name": "S"}).id})
        spare.unlink()
        self._collected()
        with self.assertRaisesRegex(ValidationError, "Archive it"):
            none.unlink()
        none.active = False

    def test_trail_names_the_month_and_reads_in_words(self):
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        periods = self._close_year()
        entry = self._entries("period.close")[0]
        self.assertIn(entry.res_id, periods.ids)
        self.assertTrue(entry.res_name)
        self.assertEqual(
            (entry.event_label, entry.from_label, entry.to_label), ("Reporting period: closed", "Open", "Closed")
        )
        self.env["res.lang"]._activate_lang("zh_CN")
        modules = self.env["ir.module.module"].search([("name", "in", ("carbon_management", "carbon_accounting"))])
        modules._update_translations(["zh_CN"], overwrite=True)
        chinese = entry.with_context(lang="zh_CN")
        self.assertEqual(chinese.event_label, "核算期：已关闭")
        self.assertNotEqual(chinese.to_label, "Closed")

    # ------------------------------------------------------------------ late adjustments
    def test_changed_factor_of_a_closed_month_shows_the_versions_and_the_difference(self):
        # 100 t × (1,100 − 1,000) kg CO2 = 10 t
        main = self.env["carbon.system"].search([("company_id", "=", self.env.ref("base.main_company").id)])
        self.coal.factor_line_ids.unlink()
        factor = self._factor("LATE", self.ton, 1000)
        self.coal.factor_line_ids = [(0, 0, {"stream_id": self.stream.id, "factor_id": factor.id})]
        self._collected()
        self._close_year()
        self._version(factor, 1100, "2025-01-01")
        self._collect()
        issue = self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )
        self.assertEqual(issue.reason, "late")
        self.assertEqual(issue.quantity, 0, "the quantity did not change")
        self.assertEqual(issue.message, "TEST-LATE: 2015-01-01 → 2025-01-01, +10.000 t CO2e")
        others = self.env["carbon.system"].search([("company_id", "=", self.env.ref("base.main_company").id)])
        self.assertEqual(others, main, "collecting makes no system of another company")
        self.assertNotIn("next inventory", issue.advice)
        self._version(factor, 900, "2025-02-01")
        self._collect()
        self.assertEqual(issue.message, "TEST-LATE: 2015-01-01 → 2025-02-01, -10.000 t CO2e")

    # ------------------------------------------------------------------ worklist
    def test_amounts_of_several_currencies_are_converted_before_they_are_added(self):
        currency = self.env["res.currency"].create({"name": "XTA", "symbol": "x"})
        self.env["res.currency.rate"].create({"name": "2025-01-01", "rate": 4.0, "currency_id": currency.id})
        self.assertEqual(self.env["carbon.collection.issue"]._fields["amount"].type, "monetary")
        self.env.cr.execute(
            "INSERT INTO carbon_collection_issue (company_id, origin_model, origin_id, origin_part, reason, state, amount, currency_id) "
            "VALUES (%(c)s, 'res.partner', 1, '', 'unmapped', 'open', 100, %(own)s), "
            "(%(c)s, 'res.partner', 2, '', 'unmapped', 'open', 100, %(other)s)",
            {"c": self.company.id, "own": self.company.currency_id.id, "other": currency.id},
        )
        issues = self.env["carbon.collection.issue"].with_company(self.company)
        domain = [("company_id", "=", self.company.id), ("state", "=", "open")]
        ((total,),) = issues._read_group(domain, [], ["amount:sum_currency"])
        own_rate = self.company.currency_id.with_company(self.company).rate
        self.assertAlmostEqual(total, 100 / own_rate + 100 / 4.0, 6)

    def test_every_reason_reads_in_both_languages_in_the_workbook(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        reasons = self.env["carbon.collection.issue"]._fields["reason"].get_values(self.env)
        book = self.env["carbon.inventory.workbook"]
        for reason in reasons:
            word = book._word(reason, "carbon.collection.issue", "reason")
            self.assertNotEqual(word, reason)
            self.assertRegex(word, r"[A-Z]")
