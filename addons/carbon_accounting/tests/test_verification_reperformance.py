from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .verification_common import VerificationCommon


@tagged("post_install", "-at_install")
class TestVerificationReperformance(VerificationCommon):
    """Rows calculated again from their documents by the reference kernel (R-140)."""

    def _failed(self, sample, declaration, *messages):
        """The row of a declaration fails and says these."""
        row = self._row_of(sample, declaration)
        self.assertEqual(row.result, "fail", row.reason)
        for message in messages:
            self.assertIn(message, row.reason)
        return row

    def _set(self, record, statement, *params):
        """Change a document by SQL, as somebody who may edit it could."""
        self.env.flush_all()
        self.env.cr.execute(SQL(statement, *params, record.id))
        self.assertEqual(self.env.cr.rowcount, 1)
        self.env.invalidate_all()

    def test_untouched_rows_pass_with_equal_numbers(self):
        inventory = self._sealed()
        sample = self._performed(inventory)
        self.assertEqual(
            (sample.state, sample.row_count, sample.pass_count, sample.is_running), ("performed", 3, 3, False)
        )
        row = self._row_of(sample, self.coal_march)
        for column, value in (
            ("ledger_quantity", "100"),
            ("kernel_quantity", "100"),
            ("ledger_kg", "186853.3333333333"),
            ("kernel_kg", "186853.3333333333"),
            ("book_kg", "186853.3333333333"),
            ("difference_kg", "0"),
        ):
            self.assertEqual(self._exact(row, column), Decimal(value), column)
        self.assertFalse(row.reason)
        self.assertIn("186853.3333333333", row.gas_table)
        self.assertEqual((sample.known_t, sample.projected_t, sample.conclusion), (0, 0, "below"))

    def test_row_tampered_with_by_sql_fails_and_names_both_numbers(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        self._tamper("UPDATE carbon_activity_data SET quantity = 90 WHERE id = %s", row.id)
        sample = self._performed(inventory)
        found = self._failed(sample, self.coal_march, "Quantity: the ledger has 90, re-performed 100.")
        self.assertEqual(self._exact(found, "ledger_quantity"), 90)
        self.assertEqual(self._exact(found, "kernel_quantity"), 100)
        self.assertEqual(self._exact(found, "difference_kg"), 0)  # its emission was left as it was
        self.assertEqual((sample.pass_count, sample.fail_count), (2, 1))

    def test_emission_tampered_with_fails_with_both_kg(self):
        inventory = self._sealed()
        line = self._activity(self.coal_march).emission_ids
        self._tamper("UPDATE carbon_emission_line SET quantity = 60 WHERE id = %s", line.id)
        sample = self._performed(inventory)
        row = self._failed(
            sample,
            self.coal_march,
            "Quantity of result combustion: the ledger has 60, re-performed 100.",
            "the ledger has 112111.99999999998, re-performed 186853.3333333333.",
        )
        self.assertEqual(self._exact(row, "difference_kg"), Decimal("74741.33333333332"))
        self.assertAlmostEqual(sample.known_t, 74.74133333333332)

    def test_row_changed_after_the_draw_is_told(self):
        inventory = self._sealed()
        sample = self._sample(inventory)
        line = self._activity(self.coal_march).emission_ids
        self._tamper("UPDATE carbon_emission_line SET quantity = 60 WHERE id = %s", line.id)
        sample.action_perform()
        self._failed(
            sample,
            self.coal_march,
            "kg CO₂e when the sample was drawn: the ledger has 112111.99999999998, re-performed 186853.3333333333.",
        )

    def test_factor_version_and_gas_line_tampered_with_fail(self):
        inventory = self._sealed()
        version = self.coal_factor.version_ids
        self._tamper("UPDATE carbon_emission_factor_gas SET kg_per_unit = 1800 WHERE version_id = %s", version.id)
        sample = self._performed(inventory)
        self._failed(
            sample,
            self.coal_march,
            "kg per unit of combustion CO2: the ledger has 1868.533333333333, re-performed 1800.",
            "kg CO₂e in the total: the ledger has 186853.3333333333, re-performed 180000.",
        )

    def test_gwp_that_changed_fails(self):
        inventory = self._sealed()
        value = self.ar6.value_ids.filtered(lambda row: row.gas_id == self.gas_co2)
        self._tamper("UPDATE carbon_gwp_value SET value = 2 WHERE id = %s", value.id)
        sample = self._performed(inventory)
        self._failed(sample, self.coal_march, "GWP of combustion CO2: the ledger has 1, re-performed 2.")

    def test_document_edited_after_collection_fails(self):
        inventory = self._sealed()
        self._set(self.coal_march, "UPDATE carbon_declaration SET quantity = 120 WHERE id = %s")
        sample = self._performed(inventory)
        row = self._failed(sample, self.coal_march, "Quantity: the ledger has 100, re-performed 120.")
        self.assertEqual(self._exact(row, "difference_kg"), Decimal("37370.66666666666"))
        self.assertEqual(sample.conclusion, "above")

    def test_date_unit_and_product_of_an_edited_document_are_told(self):
        inventory = self._sealed()
        product = self.env["product.product"].create({"name": "Other"})
        self._set(
            self.coal_march,
            "UPDATE carbon_declaration SET date = '2025-03-11', uom_id = %s, product_id = %s WHERE id = %s",
            self.kg.id,
            product.id,
        )
        sample = self._performed(inventory)
        self._failed(
            sample,
            self.coal_march,
            "Date: the ledger has 2025-03-10, re-performed 2025-03-11.",
            "Quantity: the ledger has 100, re-performed 0.1.",
            f"Product (number): the ledger has –, re-performed {product.id}.",
        )

    def test_document_that_is_gone_cannot_be_reperformed(self):
        inventory = self._sealed()
        with self._triggers_off():
            self.env.cr.execute("DELETE FROM carbon_declaration WHERE id = %s", [self.coal_march.id])
        sample = self._performed(inventory)
        row = self._row_of(sample, self.coal_march)
        self.assertEqual((row.result, row.reason), ("cannot", "The document is no longer in the system."))
        self.assertEqual(self._exact(row, "ledger_kg"), Decimal("186853.3333333333"))
        self.assertIsNone(self._exact(row, "kernel_kg"))
        self.assertAlmostEqual(sample.unsupported_t, 186.8533333333333, places=9)
        self.assertEqual((sample.cannot_count, sample.projected_t, sample.conclusion), (1, 0, "above"))

    def test_document_that_was_cancelled_fails(self):
        inventory = self._sealed()
        self._set(self.coal_march, "UPDATE carbon_declaration SET state = 'cancelled' WHERE id = %s")
        sample = self._performed(inventory)
        self._failed(sample, self.coal_march, "does not say this any more", "The ledger has 100.")
        self.assertAlmostEqual(sample.known_t, -186.8533333333333, places=9)

    def test_kind_of_document_whose_addon_is_gone_cannot_be_reperformed(self):
        inventory = self._sealed()
        row = self._activity(self.coal_march)
        self._tamper("UPDATE carbon_activity_data SET origin_model = 'x.vanished' WHERE id = %s", row.id)
        sample = self._performed(inventory)
        found = sample.row_ids.filtered(lambda r: r.activity_key == row.id)
        self.assertEqual(found.result, "cannot")
        self.assertIn("documents of kind x.vanished is not installed", found.reason)

    def test_row_that_left_the_ledger_after_the_draw_fails(self):
        inventory = self._sealed()
        sample = self._sample(inventory)
        row = self._activity(self.coal_march)
        with self._triggers_off():
            self.env.cr.execute("DELETE FROM carbon_activity_data WHERE id = %s", [row.id])
        sample.action_perform()
        found = sample.row_ids.filtered(lambda r: r.activity_key == row.id)
        self.assertEqual((found.result, found.reason), ("fail", "The row is no longer in the ledger."))
        with self.assertRaisesRegex(UserError, "no longer in the ledger"):
            found.action_open_origin()

    def test_version_approved_after_the_inventory_does_not_fail_it(self):
        inventory = self._sealed()
        self._tamper(
            "UPDATE carbon_inventory SET computed_on = computed_on - interval '1 hour' WHERE id = %s", inventory.id
        )
        self._tamper(
            "UPDATE carbon_emission_factor_version SET approved_on = approved_on - interval '2 hours' WHERE id > %s", 0
        )
        later = self._version(self.coal_factor, "1", "2025-02-01")
        self.assertTrue(later.approved_on > inventory.computed_on)
        self.assertEqual(self._performed(inventory).pass_count, 3)

    def test_other_version_fails_with_both_numbers(self):
        inventory = self._sealed()
        old = self.coal_factor.version_ids
        new = self._version(self.coal_factor, "1", "2025-02-01")
        self._tamper(
            "UPDATE carbon_emission_factor_version SET approved_on = approved_on - interval '2 hours' WHERE id = %s",
            new.id,
        )
        sample = self._performed(inventory)
        self._failed(
            sample,
            self.coal_march,
            f"Factor version (number) of combustion: the ledger has {old.id}, re-performed {new.id}.",
            "re-performed 100.",
        )

    def test_converted_split_and_calculated_rows_pass(self):
        """Service periods by month, two steps of conversion, two results of electricity, money in another currency, a method."""
        self._set_up_variety()
        inventory = self._computed(electricity_basis="market")
        inventory.maker_note = "Checked."
        inventory.issue_note = inventory.issue_count and "Small."
        inventory.action_check()
        sample = self._performed(inventory, 60, materiality=1)
        told = {row.label: row.reason for row in sample.row_ids if row.result != "pass"}
        self.assertEqual(told, {})
        labels = sample.row_ids.mapped("label")
        self.assertEqual(set(labels), {"OIL", "RENT", "POWER", "FREIGHT"})
        self.assertEqual(labels.count("RENT"), 3)
        self.assertEqual(sample.untold_t, 0)
        power = sample.row_ids.filtered(lambda row: row.label == "POWER")
        self.assertEqual({gas["stream"] for gas in power.detail["gases"]}, {"location", "market"})
        self.assertAlmostEqual(power.kernel_kg, 1000 * 0.4)

    def _set_up_variety(self):
        oil = self.env["product.product"].create({"name": "Oil", "uom_id": self.litre.id})
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": oil.id,
                "from_uom_id": self.litre.id,
                "factor": 0.8437,
                "to_uom_id": self.kg.id,
                "source_document": "t",
            }
        )
        self._declare(self.diesel_rule, 12345.678, self.litre, "2025-05-05", name="OIL", product_id=oil.id)
        rent, rent_rule = self._emitter("Rent", self.kwh, "0.123456789", "RENT")
        rent_rule.date_basis = "service"
        self._declare(
            rent_rule, 1000, self.kwh, "2025-03-31", name="RENT", date_from="2025-01-15", date_to="2025-03-14"
        )
        power, power_rule = self._emitter(
            "Power", self.kwh, "0.5", "LOC", stream=self.location, leaf=self.electricity_leaf
        )
        self._add_stream(power, "MARK", "0.4", self.market)
        self._declare(power_rule, 1000, self.kwh, "2025-06-05", name="POWER")
        self._declare_freight()

    def _declare_freight(self):
        cny, eur = self.env.ref("base.CNY"), self.env.ref("base.EUR")
        eur.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": eur.id, "company_id": self.company.id, "name": "2025-01-01", "rate": 0.1277}
        )
        factor = self.env["carbon.emission.factor"].create(
            {
                "code": "TEST-SPEND",
                "name": "Spend",
                "currency_id": cny.id,
                "price_year": 2025,
                "price_basis": "purchaser",
            }
        )
        self._version(factor, "0.0731", "2015-01-01")
        freight = self._source("Freight", self.ton, None)
        freight.write({"uom_id": False, "currency_id": cny.id})
        freight.factor_line_ids = [(0, 0, {"stream_id": self.stream.id, "factor_id": factor.id})]
        rule = self._rule("declared", freight, name="Freight declared", quantity_basis="amount")
        self._declare(rule, 0, None, "2025-07-05", name="FREIGHT", amount=3333.33, currency_id=eur.id)

    def test_thousand_rows_are_reperformed_and_nothing_is_written_into_the_ledger(self):
        for number in range(1000):
            self._declare(
                self.coal_rule, 1 + number / 1000, self.ton, f"2025-{1 + number % 12:02}-10", name=f"D{number}"
            )
        inventory = self._computed()
        inventory.maker_note = "Checked."
        inventory.action_check()
        before = self._ledger_state()
        sample = self._sample(inventory, 1000, materiality=100)
        with self.assertQueryCount(60 * 6):
            sample.action_perform()
        self.assertEqual((sample.row_count, sample.pass_count, sample.state), (1000, 1000, "performed"))
        self.assertEqual(self._ledger_state(), before)

    def _ledger_state(self):
        tables = ("carbon_activity_data", "carbon_emission_line", "carbon_inventory_line", "carbon_collection_issue")
        return [
            self.env.execute_query(
                SQL("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t.id)) FROM %s t", SQL.identifier(table))
            )
            for table in tables
        ]

    def test_large_samples_go_on_in_the_background(self):
        inventory = self._sealed()
        sample = self._sample(inventory)
        sample.sudo()._act().write({"is_running": True})
        samples = self.env["carbon.verification.sample"].sudo()
        while samples._process_next():
            pass
        self.assertEqual((sample.state, sample.pass_count, sample.is_running), ("performed", 3, False))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "verification_sample.perform")], limit=1)
        self.assertEqual(entry.actor_uid, self.verifier.id)

    def test_projection_is_error_by_size_times_interval(self):
        """Nine rows of 10 t coal, three drawn: the interval is 30 t of coal; one that should be 12 t has a tainting of 20 %."""
        rows = [self._declare(self.coal_rule, 10, self.ton, "2025-03-10", name=f"D{n}") for n in range(9)]
        inventory = self._computed()
        inventory.maker_note = "Checked."
        inventory.action_check()
        sample = self._sample(inventory, 3, materiality=100)
        drawn = sample.row_ids.mapped("origin_id")
        wrong = next(declaration for declaration in rows if declaration.id == drawn[0])
        self._set(wrong, "UPDATE carbon_declaration SET quantity = 12 WHERE id = %s")
        sample.action_perform()
        t = 1.868533333333333
        self.assertAlmostEqual(sample.known_t, 2 * t, places=6)
        self.assertAlmostEqual(sample.projected_t, 0.2 * 30 * t, places=6)
        self.assertAlmostEqual(sample.projected_gross_t, 0.2 * 30 * t, places=6)
        self.assertEqual((sample.unsupported_t, sample.conclusion), (0, "below"))
        missing = next(declaration for declaration in rows if declaration.id == drawn[1])
        with self._triggers_off():
            self.env.cr.execute("DELETE FROM carbon_declaration WHERE id = %s", [missing.id])
        again = self.env["carbon.verification.sample"].browse(sample.action_repeat()["res_id"]).with_user(self.verifier)
        again.action_draw()
        again.action_perform()
        self.assertAlmostEqual(again.unsupported_t, 30 * t, places=6)
        self.assertAlmostEqual(again.projected_t, 0.2 * 30 * t, places=6)
