import json
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .test_unit_conversion_dates import ConversionCommon


@tagged("post_install", "-at_install")
class TestUnitConversionHistory(ConversionCommon):
    """No value that the ledger may have used is overwritten, and every step is in the audit trail."""

    def _collected(self):
        """Enter a density, use it and collect."""
        value = self._density(0.84)
        declaration = self._use("2026-10-05")
        self._commit()
        self._collect()
        return value, declaration

    def _entries(self, value, event=None):
        entries = self.env["carbon.trail.entry"].search(
            [("res_model", "=", value._name), ("res_id", "=", value.id)], order="seq"
        )
        return entries if event is None else entries.filtered(lambda e: e.event == f"unit_conversion.{event}")

    def _new_value(self, value, day, factor):
        action = self.env.ref("carbon_accounting.carbon_unit_conversion_wizard_action")
        wizard = Form(self.env[action.res_model].with_context(default_conversion_id=value.id))
        wizard.date_from, wizard.factor, wizard.source_document = day, factor, "Sheet 2"
        return wizard.save()

    def test_value_that_was_collected_with_cannot_change_or_go(self):
        value, _declaration = self._collected()
        self.assertTrue(value.is_fixed)
        other = self.env["product.product"].create({"name": "Other"})
        for vals in (
            {"factor": 0.85},
            {"from_uom_id": self.env.ref("uom.product_uom_cubic_meter").id},
            {"to_uom_id": self.ton.id},
            {"product_id": other.id},
            {"product_id": False, "category_id": self.fuels.id},
            {"date_from": "2026-01-01"},
            {"company_id": self.company.id},
        ):
            with self.subTest(vals), self.assertRaisesRegex(UserError, "Gasoil: 1 L = 0.84 kg.*New Value from…"):
                value.write(vals)
        with self.assertRaisesRegex(UserError, "stays as it is"):
            value.unlink()
        value.write({"factor": 0.84, "source_document": "Sheet of 2025", "basis": "15 °C"})
        self.assertEqual(value.source_document, "Sheet of 2025")

    def test_unused_value_can_be_corrected_and_deleted(self):
        value = self._density(0.48)
        self.assertFalse(value.is_fixed)
        value.factor = 0.84
        value.unlink()
        self.assertFalse(value.exists())

    def test_in_set_up_trying_costs_nothing(self):
        self._begin_in_set_up()
        value, declaration = self._collected()
        self.assertFalse(value.is_fixed)
        value.factor = 0.8
        self._collect()
        self.assertEqual(self._rows_of(declaration), [("", 1, "2026-10-05", Decimal("0.8"))])
        self.assertEqual(len(self._entries(value)), 2, "but it is recorded")

    def test_shared_value_stays_once_any_company_has_used_it(self):
        value, _declaration = self._collected()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["carbon.system"]._get(other)
        own = self._density(0.7, company_id=other.id)
        self.assertEqual((value | own)._fixed(), value)

    def test_used_product_is_not_deleted_with_its_values(self):
        value, _declaration = self._collected()
        with self._refused_by_database():
            self.product.unlink()
        self.assertTrue(value.exists())

    def test_new_value_is_made_with_its_day_and_ends_the_one_before(self):
        value, _declaration = self._collected()
        wizard = self._new_value(value, "2026-11-01", 0.8)
        self.assertEqual(wizard.closed_count, 0)
        created = value.browse(wizard.action_create()["res_id"])
        self.assertEqual(str(value.date_to), "2026-10-31")
        self.assertEqual((created.factor, str(created.date_from), created.date_to), (0.8, "2026-11-01", False))
        self.assertEqual(created._chain(), value._chain())
        self.assertEqual((created.source_document, created.property_kind), ("Sheet 2", "density"))
        self.assertEqual((created.value_count, value.value_count), (2, 2))
        self.assertEqual(value.search(created.action_view_values()["domain"]), created | value)
        with self.assertRaisesRegex(UserError, "is there already"):
            self._new_value(value, "2026-11-01", 0.7).action_create()

    def test_question_counts_the_closed_months_that_wait(self):
        value, _declaration = self._collected()
        self._period("2026-10-05").action_close()
        self.assertEqual(self._new_value(value, "2026-10-20", 0.8).closed_count, 1)
        self.assertEqual(self._new_value(value, "2026-11-01", 0.8).closed_count, 0)

    def test_used_value_is_archived_with_a_reason_only(self):
        value, declaration = self._collected()
        with self.assertRaisesRegex(UserError, "write the reason"):
            value.active = False
        action = value.action_archive()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).create({"reason": "Typed for petrol"})
        wizard.action_archive()
        self.assertFalse(value.active)
        self.assertEqual(value.archive_reason, "Typed for petrol")
        self.assertTrue(value.archived_on)
        self._density(0.83)
        self._collect()
        self.assertEqual(sum(row[3] for row in self._rows_of(declaration)), Decimal("0.83"))
        self.assertEqual(self._entries(value, "archive").reason, "Typed for petrol")
        with self.assertRaisesRegex(UserError, "is there already"):
            value.active = True

    def test_unused_value_is_archived_without_a_question(self):
        value = self._density(0.84)
        value.action_archive()
        self.assertFalse(value.active)
        value.action_unarchive()
        self.assertEqual((value.active, value.archived_on, value.archive_reason), (True, False, False))

    def test_every_step_is_in_the_trail_with_before_and_after(self):
        value = self._density(0.84, "2026-01-01")
        value.write({"factor": 0.8, "source_document": "Other sheet"})
        value.write({"factor": 0.8})
        value.write({"active": False, "archive_reason": "Wrong"})
        value.action_unarchive()
        events = [entry.event.removeprefix("unit_conversion.") for entry in self._entries(value)]
        self.assertEqual(events, ["create", "change", "archive", "restore"])
        first = json.loads(self._entries(value)[0].payload)["after"]
        self.assertEqual((first["product_id"], first["from_uom_id"], first["to_uom_id"]), ("Gasoil", "L", "kg"))
        self.assertEqual((first["factor"], first["date_from"]), ("0.84", "2026-01-01"))
        self.assertEqual(
            json.loads(self._entries(value, "change").payload),
            {
                "before": {"factor": "0.84", "source_document": "Data sheet"},
                "after": {"factor": "0.8", "source_document": "Other sheet"},
            },
        )
        self.assertEqual(self._entries(value, "archive").reason, "Wrong")
        ident = value.id
        value.unlink()
        gone = self.env["carbon.trail.entry"].search([("event", "=", "unit_conversion.delete"), ("res_id", "=", ident)])
        self.assertEqual(json.loads(gone.payload)["before"]["factor"], "0.8")

    def test_changes_are_in_the_chatter(self):
        value = self._density(0.84).with_context(tracking_disable=False)
        self._commit()
        value.factor = 0.8
        self._commit()
        self.assertIn("factor", value.message_ids.tracking_value_ids.field_id.mapped("name"))

    def test_many_values_are_imported_with_one_entry_each(self):
        others = self.env["product.product"].create([{"name": f"Fuel {n}"} for n in range(50)])
        names = ["product_id/.id", "from_uom_id/.id", "factor", "to_uom_id/.id", "date_from", "source_document"]
        rows = [
            [str(product.id), str(self.litre.id), "0.8", str(self.kg.id), day, "List"]
            for product in others
            for day in ("", "2026-11-01")
        ]
        values = self.env["carbon.unit.conversion"]
        before = self.env["carbon.trail.entry"].search_count([("event", "=", "unit_conversion.create")])
        result = values.load(names, rows)
        self.assertEqual((len(result["ids"]), result["messages"]), (100, []))
        self.assertEqual(
            self.env["carbon.trail.entry"].search_count([("event", "=", "unit_conversion.create")]), before + 100
        )
        result = values.load(names, rows[:1])
        self.assertFalse(result["ids"])
        self.assertIn("Fuel 0: 1 L = 0.8 kg is there already", result["messages"][0]["message"])

    # ------------------------------------------------------------------ what the ledger says
    def _told(self, declaration):
        rows = self.env["carbon.activity.data"].search([("origin_id", "=", declaration.id)], order="seq")
        return rows.mapped("converted_with")

    def test_rows_say_what_they_were_converted_with(self):
        value, declaration = self._collected()
        later = self._density(0.8, "2026-11-01")
        after = self._use("2026-11-05")
        plain = self._declare(self.rule, 2, self.ton, "2026-11-05")
        self._commit()
        self.assertEqual(self._told(declaration), ["Gasoil: 1 L = 0.84 kg (Data sheet)"])
        self.assertEqual(self._told(after), ["Gasoil: 1 L = 0.8 kg from 2026-11-01 (Data sheet)"])
        self.assertEqual(self._told(plain), [False])
        rows = self.env["carbon.activity.data"].search([("origin_id", "in", (declaration | after).ids)])
        self.assertEqual(rows.conversion_ids, value | later)

    def test_rows_say_both_steps_and_the_product_form(self):
        piece, gj = self.env.ref("uom.product_uom_unit"), self.env.ref("carbon_accounting.uom_gj")
        heat = self._source("Burner", gj, self._factor("HEAT", gj, "56.1"))
        rule = self._rule("declared", heat, name="Heat")
        can = self.env["product.product"].create({"name": "Can", "uom_id": piece.id, "weight": 20})
        self._density(0.05, "2026-01-01", can, from_uom_id=self.kg.id, to_uom_id=gj.id)
        declaration = self._declare(rule, 10, piece, "2026-10-05", product_id=can.id)
        self._commit()
        self.assertEqual(
            self._told(declaration), ["weight in the product form; Can: 1 kg = 0.05 GJ from 2026-01-01 (Data sheet)"]
        )

    def test_rows_of_closed_months_say_the_value_known_when_they_were_collected(self):
        value, declaration = self._collected()
        self._period("2026-10-05").action_close()
        value.write({"active": False, "archive_reason": "Wrong sheet"})
        later = self._density(0.8)
        self.env.flush_all()
        for row, column in ((value, "archived_on"), (later, "create_date")):  # a day after the collection
            self.env.cr.execute(
                self._sql(
                    "UPDATE carbon_unit_conversion SET %s = now() + interval '1 day' WHERE id = %s",
                    self._sql(column),
                    row.id,
                )
            )
        self._collect()
        self.assertEqual(self._told(declaration), ["Gasoil: 1 L = 0.84 kg (Data sheet)"])
        self.assertEqual(self._late().mapped("origin_id"), declaration.ids)
        row = self.env["carbon.activity.data"].search([("origin_id", "=", declaration.id)])
        self.assertEqual(row.conversion_ids, value)

    # ------------------------------------------------------------------ access
    def test_readers_see_values_and_rows_and_change_nothing(self):
        value, declaration = self._collected()
        reader = self._user("conversion_reader", "group_carbon_reader")
        self.assertEqual(value.with_user(reader).value_count, 1)
        row = self.env["carbon.activity.data"].with_user(reader).search([("origin_id", "=", declaration.id)])
        self.assertIn("0.84", row.converted_with)
        self.assertIn("converted_with", Form(row)._view["fields"])
        wizard = {"conversion_id": value.id, "date_from": "2026-11-01", "factor": 1, "source_document": "x"}
        for model, vals in (
            ("carbon.unit.conversion.wizard", wizard),
            ("carbon.unit.conversion.archive.wizard", {"conversion_ids": value.ids, "reason": "x"}),
        ):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(reader).create(vals)

    def test_accountant_continues_own_values_and_not_shared_ones(self):
        shared, _declaration = self._collected()
        own = self._density(0.84, company_id=self.company.id)
        self.env["carbon.system"]._get(self.env["res.company"].create({"name": "Elsewhere"}))
        accountant = self._user("conversion_accountant", "group_carbon_accountant")
        wizards = self.env["carbon.unit.conversion.wizard"].with_user(accountant)
        values = {"date_from": "2026-11-01", "factor": 0.8, "source_document": "x"}
        created = wizards.create({**values, "conversion_id": own.id}).action_create()["res_id"]
        self.assertEqual(own.browse(created).company_id, self.company)
        with self.assertRaisesRegex(AccessError, "shared by all companies"):
            wizards.create({**values, "conversion_id": shared.id}).action_create()

    def test_people_of_another_company_do_not_see_the_values(self):
        own = self._density(0.84, company_id=self.company.id)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "conversion_stranger",
            groups="base.group_user,carbon_management.group_carbon_accountant",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        theirs = own.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", own.id)]))
        with self.assertRaises(AccessError):
            theirs.read(["factor"])
