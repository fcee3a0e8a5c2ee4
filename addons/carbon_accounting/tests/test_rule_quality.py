from odoo.tests import Form, tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestRuleQuality(CarbonCommon):
    """Nothing is called measured that is known by its price or a person's word only (R-136)."""

    def test_declared_quantities_and_amounts_are_estimates_until_a_person_says_better(self):
        declared = self.env.ref("carbon_accounting.event_kind_declared")
        form = Form(self.env["carbon.activity.rule"])
        self.assertEqual(form.quality, "measured")
        form.event_kind_id = declared
        self.assertEqual(form.quality, "estimated")
        form.quality = "measured"
        form.name = "Meter of the landlord"
        form.source_id = self.coal
        self.assertEqual(form.save().quality, "measured")

    def test_rule_by_amount_is_an_estimate_and_one_by_quantity_measured(self):
        kind = self.env["carbon.event.kind"].create(
            {
                "code": "test.bill",
                "name": "Bill",
                "origin_model": "res.partner",
                "recognition": "billed",
                "has_amount": True,
            }
        )
        money = self.env["carbon.source"].create(
            {
                "name": "Freight",
                "company_id": self.company.id,
                "category_id": self.leaf.id,
                "currency_id": self.company.currency_id.id,
            }
        )
        values = {"name": "Bills", "company_id": self.company.id, "event_kind_id": kind.id}
        rules = self.env["carbon.activity.rule"]
        by_amount = rules.create({**values, "source_id": money.id, "quantity_basis": "amount"})
        by_weight = rules.create({**values, "source_id": self.coal.id, "partner_id": self.company.partner_id.id})
        self.assertEqual((by_amount.quality, by_weight.quality), ("estimated", "measured"))
        by_weight.quality = "default"
        by_weight.write({"source_id": money.id, "quantity_basis": "amount"})
        self.assertEqual(by_weight.quality, "default")
