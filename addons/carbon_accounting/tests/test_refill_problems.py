from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .refill_common import RefillCommon


@tagged("post_install", "-at_install")
class TestRefillProblems(RefillCommon):
    """What no source takes is never silently nothing: it waits with its next step (R-131, R-125)."""

    def _waits(self, refill, problem, *words):
        refill = self._seen(refill)
        self.assertEqual((refill.state, refill.problem), ("waiting", problem))
        for word in words:
            self.assertIn(word, refill.next_step)
        self.assertFalse(self._declarations("draft", "posted"))

    def _settled(self, refill):
        refill.with_user(self.accountant).action_try_again()
        self.assertEqual(self._seen(refill).state, "declared")

    def test_device_without_source_waits_and_a_source_can_be_proposed(self):
        device = self._device("Chiller 9", effective_date="2025-02-01", model="30RB")
        refill = self._job(("added", 5), device=device)
        self._waits(refill, "source", "Refill without source", "Chiller 9")
        action = refill.with_user(self.accountant).action_propose_source()
        wizard = (
            self.env["carbon.device.source.wizard"]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({})
        )
        before = self.env["carbon.source"].search_count([])
        self.assertEqual(
            (wizard.name, wizard.factor_id, wizard.category_id), ("Chiller 9 (R-410A)", self.r410a, self.fugitive_leaf)
        )
        self.assertEqual(self.env["carbon.source"].search_count([]), before, "nothing before it is confirmed")
        source = self.env["carbon.source"].browse(wizard.action_create()["res_id"])
        self.assertEqual(
            (source.equipment_id, source.specification, str(source.commissioning_date)), (device, "30RB", "2025-02-01")
        )
        refill = self._seen(refill)
        self.assertEqual((refill.state, refill.source_id, refill.declaration_id.quantity), ("declared", source, 5))
        with self.assertRaisesRegex(UserError, "already"):
            wizard.action_create()

    def test_source_of_the_emission_unit_is_taken_where_it_holds_the_substance(self):
        plant = self.env["carbon.emission.unit"].create(
            {"name": "Plant", "company_id": self.company.id, "level": "site"}
        )
        device = self._device("Chiller 9")
        unit = plant.create(
            {
                "name": "Cooling",
                "company_id": self.company.id,
                "parent_id": plant.id,
                "equipment_ids": [(6, 0, device.ids)],
            }
        )
        self._source("Fuel of the plant", self.ton, self.diesel_factor, emission_unit_id=unit.id)
        source = self._source(
            "Chillers", self.kg, self.r410a, self.fugitive, self.fugitive_leaf, emission_unit_id=plant.id
        )
        self._rule("declared", source)
        self.assertEqual(device.carbon_source_id, source)
        self.assertEqual(self._job(("added", 5), device=device).source_id, source)

    def test_several_sources_are_not_guessed_from(self):
        self._source("Twin", self.kg, self.r410a, self.fugitive, self.fugitive_leaf, equipment_id=self.chiller.id)
        self._waits(self._job(("added", 5)), "sources", "Twin")
        self.assertFalse(self.chiller.carbon_source_id)

    def test_source_of_another_gas_does_not_take_it(self):
        self.chillers.factor_line_ids.factor_id = self._blend("R-32", {self.r32: 1})
        refill = self._job(("added", 5))
        self._waits(refill, "substance_other", "R-410A", "something else")
        self.chillers.factor_line_ids.factor_id = self.r410a
        self._settled(refill)

    def test_same_gases_by_another_factor_are_the_same_substance(self):
        self.chiller.carbon_substance_id = self._blend("R-410A bis", {self.r32: 0.5, self.r125: 0.5})
        self.assertEqual(self._job(("added", 5)).state, "declared")

    def test_without_rule_or_with_two_it_waits(self):
        self.refill_rule.active = False
        refill = self._job(("added", 5))
        self._waits(refill, "rule", "no rule for declared quantities")
        self.refill_rule.active = True
        twin = self._rule("declared", self.chillers, name="Twin")
        refill.action_try_again()
        self._waits(refill, "rules", "several rules")
        twin.active = False
        self._settled(refill)

    def test_request_without_device_and_device_without_substance_wait(self):
        request = self._request(device=self.env["maintenance.equipment"])
        refill = self._refill(request, 5)
        self._done(request)
        self._waits(refill, "device", "no equipment")
        request.sudo().equipment_id = self.chiller
        self.assertEqual(self._seen(refill).state, "declared", "it follows the request")
        bare = self._device("Bare", charge=0)
        bare.carbon_substance_id = False
        refill = self._job(("added", 5), device=bare)
        self.assertEqual((refill.state, refill.problem), ("waiting", "substance"))

    def test_device_taken_out_of_service_without_nominal_charge_waits(self):
        self.chiller.carbon_charge_kg = 0
        refill = self._job(("disposed", 17), is_retired=True)
        self._waits(refill, "charge", "nominal charge")
        self.chiller.carbon_charge_kg = 20
        self._settled(refill)
        self.assertEqual(self._declarations().quantity, 3)

    def test_bottles_that_count_when_bought_do_not_count_again(self):
        self.refill_rule.active = False  # the product refuses a source with both
        bottle = self.env["product.product"].create({"name": "Bottle", "uom_id": self.kg.id})
        kind = self.env["carbon.event.kind"].create(
            {"code": "test.consumed", "name": "Consumed", "origin_model": "res.partner", "recognition": "consumed"}
        )
        self.env["carbon.activity.rule"].create(
            {
                "name": "Bottles used", "company_id": self.company.id, "event_kind_id": kind.id, "product_id": bottle.id,
                "source_id": self.chillers.id, "quality": "measured",
            }
        )  # fmt: skip
        refill = self._job(("added", 5))
        self._waits(refill, "double", "Bottles used", "Counted Elsewhere")
        wizard = self.env["carbon.refill.elsewhere.wizard"].with_user(self.accountant)
        wizard.create({"refill_id": refill.id, "reason": "Drawn from stock"}).action_confirm()
        refill = self._seen(refill)
        self.assertEqual((refill.state, refill.elsewhere_reason, refill.lost_kg), ("recorded", "Drawn from stock", 5))

    def test_only_accountants_say_that_it_counts_elsewhere(self):
        self.refill_rule.active = False
        refill = self._job(("added", 5))
        with self.assertRaisesRegex(Exception, "accountants"):
            refill.with_user(self.technician).action_counted_elsewhere()

    def test_request_is_done_whatever_goes_wrong(self):
        request = self._request()
        refill = self._refill(request, 5)
        broken = patch.object(type(self.env["carbon.refill"]), "_rule", side_effect=ValueError("boom"))
        with broken, mute_logger("odoo.addons.carbon_accounting.models.carbon_refill_settle"):
            self._done(request)
        self.assertTrue(request.stage_id.done)
        self._waits(refill, "failed", "boom")
        self._settled(refill)

    def test_collision_with_another_transaction_is_tried_again_by_odoo(self):
        request = self._request()
        self._refill(request, 5)
        collision = patch.object(type(self.env["carbon.refill"]), "_rule", side_effect=SerializationFailure())
        with collision, self.assertRaises(SerializationFailure):
            self._done(request)

    def test_refills_that_wait_are_on_the_checklist_of_the_close(self):
        self._job(("added", 5))
        lines = {
            line["code"]: line
            for line in self.env["carbon.period.checklist"]._checklist_lines(self._period("2025-06-01"))
        }
        # 5 kg of half HFC-32 and half HFC-125, with the GWP set of the company
        self.assertEqual((lines["refill"]["count"], lines["refill"]["unknown"]), (1, 0))
        self.assertGreater(lines["refill"]["t"], 5)
        self._declarations().action_post()
        lines = {
            line["code"]: line
            for line in self.env["carbon.period.checklist"]._checklist_lines(self._period("2025-06-01"))
        }
        self.assertEqual(lines["refill"]["count"], 0)

    # ------------------------------------------------------------------ methods
    def _by_method(self, code):
        """Let the source work by a method, as the dialog of methods makes it."""
        self.refill_rule.active = False
        method = self.env.ref(f"carbon_accounting.calculation_method_{code}")
        result = method.result_ids
        factor = (
            self.r410a
            if result.measure == "substance"
            else self.env["carbon.emission.factor"]._get_gas_mass(result.gas_id, result.kind)
        )
        self.chillers.factor_line_ids.factor_id = factor
        self.chiller.carbon_substance_id = factor
        return self._rule(
            "declared", self.chillers, method_id=method.id, method_result=result.code, date_basis="service"
        )

    def test_mass_balance_gets_its_inputs_and_gives_what_was_lost(self):
        for code in ("refrigerant_balance", "sf6_balance", "gas_release"):
            with self.subTest(code), self.env.cr.savepoint() as savepoint:
                self._by_method(code)
                first = self._job(("recovered", 8), day="2025-05-10")
                self.assertEqual(first.state, "recorded")
                self._job(("added", 10), ("disposed", 1), day="2025-06-10")
                declaration = self._declarations()
                self.assertEqual(declaration.method_id.code, code)
                declaration.action_post()
                self.assertEqual(declaration.result_ids.quantity, 1, "10 added, 8 and 1 taken out")
                self._commit()
                self.assertEqual(self._sum(self.chillers), 1)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_method_of_leak_rates_is_not_mixed_with_single_refills(self):
        self._by_method("refrigerant_devices")
        self._waits(self._job(("added", 5)), "method", "Refrigerant by device")

    # ------------------------------------------------------------------ fuel
    def test_fuel_burnt_in_a_test_run_goes_to_the_source_of_the_generator(self):
        generator = self._device("Generator", substance=self.diesel_factor, charge=0)
        self.diesel.equipment_id = generator
        self._rule("declared", self.diesel)
        refill = self._job(("fuel", 0.5), device=generator, uom_id=self.ton.id)
        self.assertEqual(
            (refill.state, refill.source_id, refill.declaration_id.quantity), ("declared", self.diesel, 0.5)
        )
        refill.declaration_id.action_post()
        self._commit()
        self.assertEqual(float(self._sum(self.diesel)), 0.5)
