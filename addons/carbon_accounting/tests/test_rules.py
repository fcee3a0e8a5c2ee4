from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestRules(CarbonCommon):
    """What rules refuse when they are saved."""

    def test_rule_without_reason_for_no_emission_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "write the reason"):
            self._rule("declared", outcome="none")

    def test_rule_without_source_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "needs the source"):
            self._rule("declared")

    def test_rule_of_an_archived_product_is_refused(self):
        product = self.env["product.product"].create({"name": "Old fuel", "active": False})
        with self.assertRaisesRegex(ValidationError, "Old fuel.*archived"):
            self._rule("declared", self.coal, product_id=product.id)

    def test_source_that_a_rule_feeds_is_not_archived(self):
        rule = self._rule("declared", self.diesel, name="Diesel declared")
        with self.assertRaisesRegex(ValidationError, "Diesel declared.*still feeds"), self.env.cr.savepoint():
            self.diesel.active = False
        rule.active = False
        self.diesel.active = False
        self.assertFalse(self.diesel.active)

    def test_rule_of_a_contact_is_refused_and_names_its_company(self):
        company = self.env["res.partner"].create({"name": "Fuel trader", "is_company": True})
        contact = self.env["res.partner"].create({"name": "Ann", "parent_id": company.id})
        with self.assertRaisesRegex(ValidationError, "Ann.*Choose Fuel trader"):
            self._rule("declared", self.coal, partner_id=contact.id)
        self.assertTrue(self._rule("declared", self.coal, partner_id=company.id))

    def test_rule_of_another_companys_source_is_refused(self):
        other = self.env["res.company"].create({"name": "B"})
        with self.assertRaises(UserError):
            self._rule("declared", self.coal, company_id=other.id)

    def test_zero_multiplier_is_refused(self):
        with self._refused_by_database():
            self._rule("declared", self.coal, multiplier=0)

    def test_share_without_a_reason_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "Boiler share counts 0.3 of each event.*Why this multiplier"):
            self._rule("declared", self.coal, name="Boiler share", multiplier=0.3)
        rule = self._rule("declared", self.coal, multiplier=0.3, multiplier_reason="Seven tenths feed the workshop")
        with self.assertRaisesRegex(ValidationError, "Why this multiplier"):
            rule.multiplier_reason = "  "
        rule.write({"multiplier": 1, "multiplier_reason": False})
        with self.assertRaisesRegex(ValidationError, "counts 1.25 of each event"):
            rule.multiplier = 1.25

    def test_no_emission_needs_no_reason_for_its_multiplier(self):
        rule = self._rule("declared", outcome="none", reason="Reported by the supplier", multiplier=0.5)
        self.assertFalse(rule.multiplier_reason)

    def test_spend_rule_needs_a_source_in_money(self):
        with self.assertRaisesRegex(ValidationError, "amount of money"):
            self._rule("declared", self.coal, quantity_basis="amount")

    def test_planned_source_takes_no_rule(self):
        self.coal.planned = True
        with self.assertRaisesRegex(ValidationError, "planned"):
            self._rule("declared", self.coal)

    def test_period_must_begin_on_the_first_of_a_month_and_be_unique(self):
        period = self.env["carbon.reporting.period"]
        with self._refused_by_database():
            period.create({"company_id": self.company.id, "date_from": "2025-01-02"})
        period.create({"company_id": self.company.id, "date_from": "2025-01-01"})
        with self._refused_by_database():
            period.create({"company_id": self.company.id, "date_from": "2025-01-01"})

    def test_closed_period_cannot_return_to_set_up_by_sql(self):
        period = self._period("2025-01-01")
        period.action_close()
        with self._refused_by_database():
            self.env.cr.execute(
                "UPDATE carbon_reporting_period SET state = 'setup' WHERE id = %s",
                [period.id],
            )
        with self._refused_by_database():
            self.env.cr.execute("DELETE FROM carbon_reporting_period WHERE id = %s", [period.id])

    def test_state_of_a_period_cannot_be_written(self):
        period = self._period("2025-01-01")
        for env in (period, period.sudo(), period.with_context(carbon_period_act=True)):
            with self.assertRaises(UserError):
                env.write({"state": "closed"})

    def test_closing_leaves_an_entry_in_the_trail(self):
        self._period("2025-01-01").action_close()
        entry = self.env["carbon.trail.entry"].search([("event", "=", "period.close")], limit=1, order="id desc")
        self.assertEqual((entry.from_state, entry.to_state), ("open", "closed"))
