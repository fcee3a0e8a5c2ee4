from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .refill_common import RefillCommon


@tagged("post_install", "-at_install")
class TestEmissionDevices(RefillCommon):
    """Leak rates, balance of substances, units and new facilities (R-104, R-126, R-131, R-137)."""

    def _leak(self, device, year=2025):
        self.env.flush_all()
        self.env["carbon.leak.report"].invalidate_model()
        return self.env["carbon.leak.report"].search([("equipment_id", "=", device.id), ("year", "=", year)])

    def _balance(self, year, substance=None):
        self.env.flush_all()
        report = self.env["carbon.substance.balance.report"]
        report.invalidate_model()
        row = report.search(
            [
                ("company_id", "=", self.company.id),
                ("substance_id", "=", (substance or self.r410a).id),
                ("year", "=", year),
            ]
        )
        names = "opening_devices opening_bottles delivered bought added initial recovered disposed lost closing_devices closing_bottles"
        found = {name: round(row[f"{name}_kg"], 6) for name in [*names.split(), "unrecorded"]}
        into = found["delivered"] + found["initial"] + found["added"]
        out = found["recovered"] + found["disposed"] + found["lost"]
        self.assertAlmostEqual(found["opening_devices"] + into - out, found["closing_devices"], 6, "devices")
        drawn = found["added"] + found["initial"] - found["recovered"]
        self.assertAlmostEqual(
            found["opening_bottles"] + found["bought"] - drawn, found["closing_bottles"], 6, "bottles"
        )
        return found

    # ------------------------------------------------------------------ leak rate
    def test_leak_rate_is_what_leaked_by_nominal_charge(self):
        self.chiller.carbon_leak_limit = 20
        self._job(("added", 3))
        row = self._leak(self.chiller)
        self.assertEqual((row.rate, row.added_kg, row.is_above), (15, 3, False))
        self._job(("recovered", 4), ("added", 6))
        row = self._leak(self.chiller)
        self.assertEqual((row.rate, row.leaked_kg, row.recovered_kg, row.job_count, row.is_above), (25, 5, 4, 2, True))

    def test_open_requests_and_replaced_lines_are_in_no_rate(self):
        self._refill(self._request(), 5)
        self.assertFalse(self._leak(self.chiller))
        refill = self._job(("added", 15))
        self.env["carbon.refill.correction.wizard"].with_context(default_refill_id=refill.id).create(
            {"quantity": 1.5, "reason": "Point forgotten"}
        ).action_correct()
        self.assertEqual((self._leak(self.chiller).added_kg, self._leak(self.chiller).rate), (1.5, 7.5))

    def test_rate_of_a_group_is_no_mean_of_rates(self):
        small = self._device("Split unit", charge=5)
        self._job(("added", 4))  # 20 % of 20 kg
        self._job(("added", 5), device=small)  # 100 % of 5 kg; it waits, and leaked all the same
        domain = [("equipment_id", "in", (self.chiller | small).ids)]
        self.assertEqual(self.env["carbon.leak.report"]._read_group(domain, [], ["rate:avg"]), [(36.0,)])

    def test_device_without_nominal_charge_has_no_rate(self):
        self.chiller.carbon_charge_kg = 0
        self._job(("added", 4))
        row = self._leak(self.chiller)
        self.assertEqual((row.rate, row.charge_kg, row.leaked_kg), (0, 0, 4))
        self.assertIn(row, self.env["carbon.leak.report"].search([("charge_kg", "=", False)]))

    def test_what_is_lost_at_the_end_is_no_leak(self):
        self._job(("disposed", 17), is_retired=True)
        row = self._leak(self.chiller)
        self.assertEqual((row.leaked_kg, row.retired_kg, row.rate), (0, 3, 0))

    # ------------------------------------------------------------------ balance
    def test_balance_closes_in_devices_and_bottles(self):
        self._device("Chiller 2", charge=10, effective_date="2025-02-01")
        self._job(("recovered", 8), day="2024-11-10")
        self._job(("added", 10), day="2025-06-10")
        last, now = self._balance(2024), self._balance(2025)
        self.assertEqual(
            {
                name: last[name]
                for name in ("opening_devices", "recovered", "lost", "closing_devices", "closing_bottles")
            },
            {"opening_devices": 20, "recovered": 8, "lost": 0, "closing_devices": 12, "closing_bottles": 8},
        )
        self.assertEqual(
            {
                name: now[name]
                for name in (
                    "opening_devices",
                    "opening_bottles",
                    "delivered",
                    "bought",
                    "added",
                    "lost",
                    "closing_devices",
                )
            },
            {
                "opening_devices": 12,
                "opening_bottles": 8,
                "delivered": 10,
                "bought": 2,
                "added": 10,
                "lost": 2,
                "closing_devices": 30,
            },
        )
        self.assertEqual(self._balance(2020)["delivered"], 20)

    def test_device_charged_on_site_and_scrapped(self):
        device = self._device("Chiller 3", charge=10, effective_date="2024-03-01")
        self._job(("initial", 10), device=device, day="2024-03-02")
        self.assertEqual(
            (self._balance(2024)["initial"], self._balance(2024)["delivered"], self._balance(2024)["bought"]),
            (10, 0, 10),
        )
        device.scrap_date = "2025-04-01"
        self.assertEqual(self._balance(2025)["unrecorded"], 10, "scrapped, and nobody says where its charge went")
        self._job(("disposed", 9), device=device, day="2025-04-01", is_retired=True)
        now = self._balance(2025)
        self.assertEqual((now["unrecorded"], now["disposed"], now["lost"], now["closing_devices"]), (0, 9, 1, 20))

    # ------------------------------------------------------------------ units
    def test_unit_counts_devices_and_sources_of_its_parts(self):
        unit = self.env["carbon.emission.unit"]
        site = unit.create({"name": "Works", "company_id": self.company.id, "level": "site"})
        cooling = unit.create(
            {
                "name": "Cooling",
                "company_id": self.company.id,
                "parent_id": site.id,
                "equipment_ids": [Command.set(self.chiller.ids)],
            }
        )
        self.chillers.emission_unit_id = cooling
        self.assertEqual((site.child_count, site.device_count, site.source_count), (1, 1, 1))
        devices = self.env["maintenance.equipment"].search(site.action_view_devices()["domain"])
        self.assertEqual(devices, self.chiller)
        self.assertEqual(self.chiller.carbon_unit_ids, cooling)

    def test_shares_of_units_without_meter_are_never_more_than_the_whole(self):
        unit = self.env["carbon.emission.unit"]
        site = unit.create({"name": "Works", "company_id": self.company.id, "level": "site"})
        part = {"company_id": self.company.id, "parent_id": site.id, "metered": False, "allocation_key": "By area"}
        one = unit.create({**part, "name": "Hall 1", "allocation_share": 60})
        unit.create({**part, "name": "Hall 2", "allocation_share": 40})
        with self.assertRaisesRegex(ValidationError, "101 percent together"), self.env.cr.savepoint():
            unit.create({**part, "name": "Hall 3", "allocation_share": 1})
        with self.assertRaisesRegex(ValidationError, "meter of its own"), self.env.cr.savepoint():
            one.metered = True
        with self.assertRaisesRegex(ValidationError, "no unit above"), self.env.cr.savepoint():
            one.parent_id = False
        one.active = False
        three = unit.create({**part, "name": "Hall 3", "allocation_share": 60})
        with self.assertRaisesRegex(ValidationError, "from 0 to 100"), self.env.cr.savepoint():
            three.allocation_share = -1

    def test_device_fields_refuse_what_cannot_be(self):
        with self.assertRaisesRegex(ValidationError, "Emission Device"):
            self.chiller.is_emission_device = False
        plain = self.env["maintenance.equipment"].create({"name": "Desk", "company_id": self.company.id})
        with self.assertRaisesRegex(UserError, "which substance"):
            plain.action_carbon_propose_source()

    def test_devices_without_source_are_found(self):
        other = self._device("Chiller 2")
        found = self.env["maintenance.equipment"].search(
            [("is_emission_device", "=", True), ("carbon_source_id", "=", False)]
        )
        self.assertIn(other, found)
        self.assertNotIn(self.chiller, found)
        self.assertEqual(
            self.env["maintenance.equipment"].search([("carbon_source_id", "=", self.chillers.id)]), self.chiller
        )

    # ------------------------------------------------------------------ new facilities
    def test_new_chiller_is_a_new_facility_without_item_until_one_is_made(self):  # R-137, S10
        new = self._device("Chiller 7", effective_date="2025-05-01")
        report = self.env["carbon.new.facility.report"]
        row = report.search([("equipment_id", "=", new.id)])
        self.assertEqual(
            (row.kind, row.has_item, row.is_linked, str(row.date_start)), ("equipment", False, False, "2025-05-01")
        )
        wizard = self.env["carbon.device.source.wizard"].with_context(default_equipment_id=new.id).create({})
        source = self.env["carbon.source"].browse(wizard.action_create()["res_id"])
        report.invalidate_model()
        self.assertEqual(report.search([("source_id", "=", source.id)]).has_item, False)
        plan = self.env["carbon.monitoring.plan"].create(
            {
                "name": "Plan", "company_id": self.company.id, "date_from": "2025-01-01",
                "item_ids": [Command.create({
                    "name": "Refills", "kind": "activity", "source_id": source.id, "responsible_id": self.accountant.id,
                    "gap_rule": "none", "gap_uncertainty": 0,
                })],
            }
        )  # fmt: skip
        plan.with_user(self.approver).action_approve()
        report.invalidate_model()
        self.assertTrue(report.search([("equipment_id", "=", new.id), ("kind", "=", "equipment")]).has_item)
        self.assertTrue(report.search([("source_id", "=", source.id), ("kind", "=", "source")]).has_item)

    def test_new_facilities_have_a_subtotal_of_their_own(self):
        new = self._device("Chiller 7", effective_date="2025-05-01")
        wizard = self.env["carbon.device.source.wizard"].with_context(default_equipment_id=new.id).create({})
        wizard.action_create()
        self._job(("added", 2), device=new)
        self._job(("added", 5))
        self._declarations().action_post()
        inventory = self._computed(gwp=self.ar6)
        per_kg = (0.5 * 771 + 0.5 * 3740) / 1000
        self.assertEqual(round(inventory.total_t, 6), round(7 * per_kg, 6))
        self.assertEqual((round(inventory.new_facility_t, 6), inventory.new_facility_count), (round(2 * per_kg, 6), 1))
        rows = self.env["carbon.inventory.report"].search(inventory.action_view_new_facilities()["domain"])
        self.assertEqual(round(sum(rows.mapped("total_t")), 6), round(inventory.new_facility_t, 6))
        self.assertFalse(self._inventory(2024).new_facility_t)

    # ------------------------------------------------------------------ access
    def test_maintenance_staff_enter_refills_and_see_no_carbon(self):
        for user in (self.technician, self.plain):
            with self.subTest(user.login):
                request = self._request(user=user)
                refill = self._refill(request, 2, photo=False, note="Valve tightened")
                refill.write({"quantity": 2.5})
                self._done(request)
                self.env.invalidate_all()
                refill = refill.with_user(user)
                self.assertEqual(
                    (refill.state, refill.substance_name, refill.display_name),
                    ("declared", "R-410A", "Chiller 1 · Added (refill) · 2.5 kg"),
                )
                self.assertTrue(request.carbon_takes_refills)
                self.assertEqual(request.carbon_device_note, "R-410A, nominal charge 20 kg")
                for name in ("declaration_id", "source_id", "problem", "next_step", "substance_id"):
                    with self.assertRaises(AccessError):
                        refill.read([name])
                for model in (
                    "carbon.declaration",
                    "carbon.inventory",
                    "carbon.activity.data",
                    "carbon.emission.factor",
                    "carbon.leak.report",
                ):
                    with self.assertRaises(AccessError):
                        self.env[model].with_user(user).search_read([], ["id"], limit=1)
                refill.get_view(view_type="form")
                view = request.get_view(view_type="form")
                self.assertIn("carbon_refill_ids", view["arch"])
                new = (
                    self.env["carbon.refill.correction.wizard"]
                    .with_user(user)
                    .with_context(default_refill_id=refill.id)
                )
                new.create({"quantity": 2, "reason": "Read again"}).action_correct()
        self.assertEqual(
            self._declarations().message_partner_ids & (self.technician | self.plain).partner_id,
            self.env["res.partner"],
        )

    def test_requests_of_others_are_closed_to_staff(self):
        refill = self._refill(self._request(), 5)
        mine = refill.with_user(self.plain)
        self.assertNotIn(refill.id, self.env["carbon.refill"].with_user(self.plain).search([]).ids)
        for change in (
            lambda: mine.read(["quantity"]),
            lambda: mine.write({"quantity": 1}),
            mine.unlink,
            mine.action_correct,
        ):
            with self.assertRaises(AccessError):
                change()
        with self.assertRaises(AccessError):
            self.env["carbon.refill"].with_user(self.plain).create({"request_id": refill.request_id.id, "quantity": 1})
        self._done(refill.request_id.with_user(self.technician))
        with self.assertRaises(AccessError):
            self.env["carbon.refill.correction.wizard"].with_user(self.plain).create(
                {"refill_id": refill.id, "quantity": 1, "date": "2025-06-20", "reason": "x"}
            ).action_correct()

    def test_readers_read_and_accountants_correct(self):
        refill = self._job(("added", 5))
        seen = refill.with_user(self.reader)
        self.assertEqual(
            (seen.declaration_id.quantity, seen.request_id.name, seen.equipment_id.name),
            (5, "Cools too little", "Chiller 1"),
        )
        for change in (seen.action_correct, seen.action_try_again, seen.unlink):
            with self.assertRaises(AccessError):
                change()
        for name in ("carbon.leak.report", "carbon.substance.balance.report"):
            self.assertTrue(self.env[name].with_user(self.reader).search([("company_id", "=", self.company.id)]))
        self.chiller.with_user(self.accountant).carbon_leak_limit = 5
        self.assertTrue(refill.with_user(self.accountant).action_correct())

    def test_other_companies_see_nothing(self):
        refill = self._job(("added", 5))
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("refill-stranger", "group_carbon_manager", other)
        refill = refill.with_context(allowed_company_ids=other.ids)
        for name in ("carbon.refill", "carbon.leak.report", "carbon.substance.balance.report"):
            self.assertFalse(refill.env[name].with_user(stranger).search([("company_id", "=", self.company.id)]), name)
        with self.assertRaises(AccessError):
            refill.with_user(stranger).read(["quantity"])
        with self.assertRaises(AccessError):
            refill.browse().with_user(stranger).create({"request_id": refill.request_id.id, "quantity": 1})

    def test_equipment_managers_choose_the_substance_by_its_name(self):
        manager = self._staff("refill-equipment", "maintenance.group_equipment_manager")
        names = self.env["carbon.emission.factor"].with_user(manager).name_search("R-410A")
        self.assertIn(self.r410a.id, [row[0] for row in names])
        self.chiller.with_user(manager).write({"carbon_substance_id": self.r410a.id, "carbon_charge_kg": 21})
        with self.assertRaises(AccessError):
            self.env["carbon.emission.factor.version"].with_user(manager).search_read([], ["id"], limit=1)
        self.chiller.with_user(manager).get_view(view_type="form")
        self.chiller.with_user(manager).read(["carbon_substance_id", "carbon_substance_name"])
