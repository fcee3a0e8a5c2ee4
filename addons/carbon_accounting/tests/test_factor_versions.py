from datetime import date
from decimal import Decimal

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .factor_common import FactorCommon


@tagged("post_install", "-at_install")
class TestFactorVersions(FactorCommon):
    """Dated versions: what is computed, what is refused, what never changes."""

    # parameters
    def test_coal_parameters_give_1_868533333333_tonnes_per_tonne(self):
        version = self._version(self._factor(), **self._parameters())
        self.assertEqual(self._exact(version), [("CO2", "fossil", Decimal("1868.533333333333"))])
        self.assertEqual(version.ncv_unit, "GJ/Ton")

    def test_parameters_are_exact_where_a_float_is_not(self):
        # 389.31 GJ per 10⁴ Nm³ × 0.0153 × 0.99 × 44/12 × 1000: 17 digits
        unit = self.env.ref("carbon_accounting.uom_nm3_10k")
        factor = self._factor(uom_id=unit.id)
        values = self._parameters(389.31, 0.0153, 0.97, ncv_uom_id=unit.id)
        version = self._version(factor, **values)
        exact = Decimal("389.31") * Decimal("0.0153") * Decimal("0.97") * 44000 / 12
        self.assertEqual(self._exact(version)[0][2], round(exact, 12))

    def test_other_gases_stay_beside_the_computed_line(self):
        methane = self.env.ref("carbon_accounting.gas_ch4_fossil")
        lines = [
            (0, 0, {"gas_id": methane.id, "kg_per_unit": 0.02}),
            (0, 0, {"gas_id": self.co2.id, "kg_per_unit": 5}),
        ]
        version = self._version(self._factor(), **self._parameters(), gas_line_ids=lines)
        self.assertEqual(
            {(gas, kg) for gas, _kind, kg in self._exact(version)},
            {("CO2", Decimal("1868.533333333333")), ("CH4_FOSSIL", Decimal("0.02"))},
        )

    def test_form_shows_what_parameters_will_give(self):
        form = Form(self.env["carbon.emission.factor.version"])
        form.factor_id = self._factor()
        form.date_from = "2024-01-01"
        form.method = "parameter"
        self.assertEqual(form.ncv_uom_id, self.ton)
        form.ncv, form.carbon_content, form.oxidation_rate = 20, 0.026, 0.98
        self.assertAlmostEqual(form.kg_co2_per_unit, 1868.533333333333, 9)
        self.assertEqual(form.co2e_preview, "1868.5333")

    # what is refused where it is typed
    def test_oxidation_typed_as_percent_is_refused_with_the_share(self):
        with self.assertRaisesRegex(ValidationError, "OXI.*write 0.98"):
            self._version(
                self._factor("OXI"),
                approve=False,
                **self._parameters(oxidation_rate=98),
            )

    def test_calorific_value_per_another_unit_is_refused(self):
        kilogram = self.env.ref("uom.product_uom_kgm")
        with self.assertRaisesRegex(ValidationError, "per kg.*per Ton"):
            self._version(
                self._factor(),
                approve=False,
                **self._parameters(ncv_uom_id=kilogram.id),
            )

    def test_gross_basis_with_a_net_calorific_value_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "net calorific value"):
            self._version(
                self._factor(),
                approve=False,
                **self._parameters(heating_value_basis="hhv"),
            )

    def test_zero_and_negative_masses_are_refused_naming_the_factor(self):
        for kg in (0, -1, 4e-13):
            with self.subTest(kg=kg), self.assertRaisesRegex(ValidationError, "NEG"):
                self._version(self._factor(f"NEG{kg}"), kg=kg, approve=False)

    def test_zero_parameters_cannot_be_approved(self):
        version = self._version(self._factor("ZERO"), approve=False, **self._parameters(ncv=0))
        with self.assertRaisesRegex(UserError, "ZERO"):
            version.action_approve()

    def test_a_version_without_gases_cannot_be_approved(self):
        version = self._version(self._factor("NONE"), approve=False)
        with self.assertRaisesRegex(UserError, "NONE.*no gas lines"):
            version.action_approve()

    def test_unverified_numbers_need_a_reason_which_the_trail_keeps(self):
        version = self._version(
            self._factor("RECALL"),
            kg=1,
            approve=False,
            provenance="recalled_unverified",
        )
        with self.assertRaisesRegex(UserError, "RECALL.*unverified"):
            version.action_approve()
        version.confirmation_reason = "Compared with the print, page 12"
        version.action_approve()
        entry = self.env["carbon.trail.entry"].search([], order="id desc", limit=1)
        self.assertEqual(entry.reason, "Compared with the print, page 12")
        self.assertEqual(entry.event, "factor_version.approve")

    @mute_logger("odoo.sql_db")
    def test_two_versions_cannot_start_on_one_day_in_one_place(self):
        factor = self._factor()
        self._version(factor, kg=1)
        with self.assertRaises(IntegrityError):
            self._version(factor, kg=2, approve=False)

    def test_a_factor_is_per_unit_or_per_currency(self):
        dollar = {"currency_id": self.env.ref("base.USD").id}
        priced = {**dollar, "price_year": 2022, "price_basis": "purchaser"}
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._factor("BOTH", **priced)
        with self.assertRaisesRegex(ValidationError, "price year"):
            self._factor("SPEND", uom_id=False, **dollar)

    # validity
    def test_a_version_ends_where_the_next_approved_one_starts(self):
        factor = self._factor()
        region = self.env.ref("carbon_management.region_cn")
        first = self._version(factor, "2021-01-01", kg=1)
        second = self._version(factor, "2023-01-01", kg=2)
        elsewhere = self._version(factor, "2022-01-01", kg=3, region_id=region.id)
        draft = self._version(factor, "2022-06-01", kg=4, approve=False)
        self.assertEqual(first.date_to, date(2022, 12, 31))
        self.assertFalse(second.date_to)
        self.assertFalse(elsewhere.date_to)
        draft.action_approve()
        first.invalidate_recordset(["date_to"])
        self.assertEqual(first.date_to, date(2022, 5, 31))

    def test_the_nearest_place_with_a_version_in_force_wins(self):
        factor = self._factor()
        regions = {
            code: self.env.ref(f"carbon_management.region_{code}") for code in ("cn", "cn_grid_east", "cn_sh", "gb")
        }
        anywhere = self._version(factor, "2020-01-01", kg=1)
        country = self._version(factor, "2022-01-01", kg=2, region_id=regions["cn"].id)
        grid = self._version(factor, "2023-01-01", kg=3, region_id=regions["cn_grid_east"].id)
        shanghai = regions["cn_sh"]
        self.assertEqual(factor._get_version(date(2023, 5, 1), shanghai), grid)
        self.assertEqual(factor._get_version(date(2022, 5, 1), shanghai), country)
        self.assertEqual(factor._get_version(date(2021, 5, 1), shanghai), anywhere)
        self.assertEqual(factor._get_version(date(2023, 5, 1), regions["gb"]), anywhere)
        self.assertFalse(factor._get_version(date(2019, 5, 1), shanghai))

    # approved versions never change
    def test_approved_values_are_frozen_for_everybody(self):
        version = self._version(self._factor("FROZEN"), kg=1)
        line = version.gas_line_ids
        other = self._version(self._factor("OPEN"), approve=False)
        accountant = self.users["accountant"]
        another = {"gas_id": self.co2.id, "kind": "biogenic", "kg_per_unit": 1}
        changes = (
            lambda v, _l: v.write({"date_from": "2020-01-01"}),
            lambda v, _l: v.write({"state": "draft"}),
            lambda v, _l: v.write({"note": "later"}),
            lambda v, _l: v.write({"gas_line_ids": [(5,)]}),
            lambda v, _l: v.unlink(),
            lambda _v, gas: gas.write({"kg_per_unit": 2}),
            lambda _v, gas: gas.write({"version_id": other.id}),
            lambda _v, gas: gas.unlink(),
            lambda _v, gas: gas._write_exact({gas.id: Decimal(2)}),
            lambda v, gas: gas.create({**another, "version_id": v.id}),
        )
        forged = {"carbon_gate": True, "install_mode": True}
        for env in (self.env, version.sudo().env, version.with_user(accountant).env):
            for index, change in enumerate(changes):
                target = version.with_env(env).with_context(**forged)
                gas = line.with_env(env).with_context(**forged)
                case = self.subTest(index=index, user=env.uid)
                with case, self.assertRaises(UserError):
                    change(target, gas)
        self.assertEqual(self._exact(version), [("CO2", "fossil", Decimal(1))])

    def test_a_version_cannot_be_created_approved(self):
        with self.assertRaises(UserError):
            self._version(self._factor(), kg=1, approve=False, state="approved")

    def test_what_approved_numbers_are_per_is_frozen(self):
        factor = self._factor("PER")
        self._version(factor, kg=1)
        for values in (
            {"uom_id": self.env.ref("uom.product_uom_kgm").id},
            {"code": "OTHER"},
            {"company_id": self.env.company.id},
        ):
            with self.assertRaisesRegex(UserError, "PER.*approved versions"):
                factor.write(values)
        factor.write({"name": "Better name", "uom_id": self.ton.id})
        with self.assertRaisesRegex(UserError, "Archive"):
            factor.unlink()
        factor.action_archive()

    def test_a_copied_factor_starts_without_versions(self):
        factor = self._factor("ORIGINAL")
        self._version(factor, kg=1)
        copy = factor.copy()
        self.assertEqual((copy.code, copy.version_count), ("ORIGINAL-COPY", 0))

    def test_lines_are_rounded_half_away_from_zero_at_approval(self):
        version = self._version(self._factor(), kg=1, approve=False)
        version.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE carbon_emission_factor_gas SET kg_per_unit = 0.1234567890125 WHERE version_id = %s",
                version.id,
            )
        )
        version.invalidate_recordset()
        version.gas_line_ids.invalidate_recordset()
        version.action_approve()
        self.assertEqual(self._exact(version)[0][2], Decimal("0.123456789013"))

    def test_approval_is_told_to_the_trail_with_its_numbers(self):
        version = self._version(self._factor("TOLD"), **self._parameters())
        entry = self.env["carbon.trail.entry"].search([], order="id desc", limit=1)
        self.assertEqual(entry.res_id, version.id)
        self.assertIn("1868.533333333333", str(entry.payload))
        self.assertEqual(version.approved_by_id, self.env.user)

    # the dialog
    def test_the_dialog_copies_a_version_to_a_new_date(self):
        old = self._version(self._factor(), **self._parameters(), source_document="Report 2023")
        wizard = self.env["carbon.factor.version.wizard"].create({"version_id": old.id, "date_from": "2025-01-01"})
        action = wizard.action_create()
        new = self.env[action["res_model"]].browse(action["res_id"])
        self.assertRecordValues(
            new,
            [
                {
                    "state": "draft",
                    "factor_id": old.factor_id.id,
                    "ncv": 20,
                    "source_document": "Report 2023",
                    "date_from": date(2025, 1, 1),
                }
            ],
        )
        self.assertEqual(self._exact(new), self._exact(old))
        new.ncv = 21
        new.action_approve()
        self.assertEqual(self._exact(new)[0][2], Decimal("1961.96"))
        self.assertEqual(self._exact(old)[0][2], Decimal("1868.533333333333"))
        self.assertEqual(old.date_to, date(2024, 12, 31))
        with self.assertRaisesRegex(UserError, "starts on that day"):
            wizard.action_create()
