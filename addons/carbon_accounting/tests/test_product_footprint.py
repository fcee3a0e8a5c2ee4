import base64
import copy
import json

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools import pact

#: A footprint of the format, 3.x, with figures of our own: 2.4 kg of a bag of 12 kg, uptake 1.2 kg.
BAG = {
    "id": "0b1f0c0e-6a6b-4c39-8f0e-1f6d6a9e7a11",
    "specVersion": "3.0.0",
    "created": "2026-02-01T00:00:00Z",
    "status": "Active",
    "validityPeriodStart": "2026-01-01T00:00:00Z",
    "validityPeriodEnd": "2027-12-31T00:00:00Z",
    "companyName": "North Mill",
    "companyIds": ["urn:pact:company:customcode:vat-id:CN-MILL-7"],
    "productDescription": "Flour in bags",
    "productIds": ["urn:gtin:4006381333931"],
    "productNameCompany": "Flour 550",
    "pcf": {
        "declaredUnitOfMeasurement": "kilogram",
        "declaredUnitAmount": "12",
        "productMassPerDeclaredUnit": "12",
        "referencePeriodStart": "2025-01-01T00:00:00Z",
        "referencePeriodEnd": "2026-01-01T00:00:00Z",
        "geographyCountry": "CN",
        "pcfExcludingBiogenicUptake": "2.4",
        "pcfIncludingBiogenicUptake": "1.2",
        "biogenicCO2Uptake": "-1.2",
        "fossilGhgEmissions": "2.4",
        "fossilCarbonContent": "0",
        "ipccCharacterizationFactors": ["AR6"],
        "crossSectoralStandards": ["ISO14067"],
        "exemptedEmissionsPercent": "1.5",
        "primaryDataShare": "56.12",
        "verification": {"providerName": "Assure Ltd"},
    },
}
#: The same in 2.x, where percentages are numbers.
OLD = {
    **{name: BAG[name] for name in BAG if name != "pcf"},
    "specVersion": "2.2.0",
    "version": 3,
    "pcf": {
        "declaredUnit": "kilogram",
        "unitaryProductAmount": "12",
        "pCfExcludingBiogenic": "2.4",
        "fossilGhgEmissions": "2.4",
        "fossilCarbonContent": "0",
        "biogenicCarbonContent": "0.1",
        "characterizationFactors": "AR6",
        "crossSectoralStandardsUsed": ["ISO Standard 14067"],
        "referencePeriodStart": "2025-01-01T00:00:00Z",
        "referencePeriodEnd": "2026-01-01T00:00:00Z",
        "geographicScope": {"geographyCountry": "CN"},
        "exemptedEmissionsPercent": 1.5,
        "primaryDataShare": 56.12,
        "assurance": {"assurance": True, "providerName": "Assure Ltd"},
    },
}


def _file(*footprints):
    return json.dumps({"data": list(footprints)}).encode()


def _changed(path, value):
    """Return a copy of the footprint with one value changed; ``...`` takes it away."""
    result = copy.deepcopy(BAG)
    place = result["pcf"] if path.startswith("pcf.") else result
    name = path.removeprefix("pcf.")
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return result


class FootprintCommon(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env["res.company"].create({"name": "Bakery"})
        cls.env["carbon.system"]._get(cls.company).separate_factor_approval = True
        group = "carbon_management.group_carbon_"
        cls.users = {
            role: new_test_user(
                cls.env,
                f"pcf_{role}",
                groups=f"{group}{role}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for role in ("reader", "data_owner", "accountant", "manager")
        }
        cls.mill = cls.env["res.partner"].create({"name": "North Mill", "is_company": True, "vat": False})
        cls.kg = cls.env.ref("uom.product_uom_kgm")
        cls.flour = cls.env["product.product"].create(
            {"name": "Flour", "type": "consu", "uom_id": cls.kg.id, "barcode": "4006381333931"}
        )
        cls.footprints = cls.env["carbon.product.footprint"].with_company(cls.company)

    def _footprint(self, user="data_owner", attach=True, **values):
        footprint = self.footprints.with_user(self.users[user]).create(
            {
                "partner_id": self.mill.id,
                "product_tmpl_id": self.flour.product_tmpl_id.id,
                "kg_per_unit": 0.5,
                "uom_id": self.kg.id,
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar6").id,
                "date_from": "2026-01-01",
                "period_from": "2025-01-01",
                "period_to": "2025-12-31",
                **values,
            }
        )
        if attach:
            self.env["ir.attachment"].with_user(self.users[user]).create(
                {"name": "statement.pdf", "raw": b"%PDF-1.4", "res_model": footprint._name, "res_id": footprint.id}
            )
        return footprint

    def _accepted(self, **values):
        footprint = self._footprint(**values)
        footprint.with_user(self.users["accountant"]).action_approve()
        return footprint


@tagged("post_install", "-at_install")
class TestProductFootprint(FootprintCommon):
    """What suppliers state of their products is accepted with evidence, by a second person, and then kept (R-113)."""

    def test_footprint_without_evidence_is_not_accepted(self):
        footprint = self._footprint(attach=False)
        with self.assertRaisesRegex(UserError, "Attach the statement"):
            footprint.with_user(self.users["accountant"]).action_approve()
        self.assertEqual(footprint.state, "draft")

    def test_who_entered_it_does_not_accept_it(self):
        footprint = self._footprint(user="accountant")
        with self.assertRaises(AccessError):
            footprint.action_approve()
        footprint.with_user(self.users["manager"]).action_approve()
        self.assertEqual(footprint.state, "approved")

    def test_data_owner_enters_but_does_not_accept(self):
        footprint = self._footprint()
        with self.assertRaisesRegex(AccessError, "carbon accountant"):
            footprint.action_approve()

    def test_accepted_figures_and_files_are_kept(self):
        footprint = self._accepted()
        with self.assertRaises(UserError):
            footprint.write({"kg_per_unit": 0.1})
        files = self.env["ir.attachment"].search([("res_model", "=", footprint._name), ("res_id", "=", footprint.id)])
        with self.assertRaises(UserError):
            files.write({"raw": b"other"})
        self.assertEqual(footprint.kg_per_unit, 0.5)

    def test_newer_footprint_supersedes_the_older_one(self):
        old = self._accepted()
        new = self._accepted(date_from="2026-07-01", kg_per_unit=0.4)
        self.assertEqual((old.state, str(old.date_to)), ("superseded", "2026-06-30"))
        pair = (self.mill, self.flour)
        day = new.date_from
        self.assertEqual(self.footprints._for_pairs(self.company, [pair], day), {pair: new})

    def test_footprint_of_the_variant_comes_before_that_of_the_product(self):
        general = self._accepted()
        own = self._accepted(product_id=self.flour.id, kg_per_unit=0.3)
        pair = (self.mill, self.flour)
        self.assertEqual(self.footprints._for_pairs(self.company, [pair], general.date_from), {pair: own})

    def test_declared_unit_that_does_not_convert_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "nothing says how many"):
            self._footprint(uom_id=self.env.ref("uom.product_uom_square_meter").id)

    def test_declared_unit_with_a_conversion_of_the_material_is_taken(self):
        litre = self.env.ref("uom.product_uom_litre")
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": self.flour.id,
                "company_id": self.company.id,
                "from_uom_id": litre.id,
                "factor": 0.6,
                "to_uom_id": self.kg.id,
                "source_document": "Data sheet",
            }
        )
        self.assertEqual(self._footprint(uom_id=litre.id).uom_id, litre)

    def test_contact_of_the_supplier_is_refused(self):
        contact = self.env["res.partner"].create({"name": "Li", "parent_id": self.mill.id})
        with self.assertRaisesRegex(ValidationError, "contact of North Mill"):
            self._footprint(partner_id=contact.id)

    def test_zero_and_data_of_days_to_come_are_not_accepted(self):
        footprint = self._footprint(kg_per_unit=0, period_to="2199-12-31")
        with self.assertRaises(UserError) as refused:
            footprint.with_user(self.users["accountant"]).action_approve()
        self.assertIn("The figure is 0", str(refused.exception))
        self.assertIn("days to come", str(refused.exception))

    def test_readers_only_read_and_other_companies_see_nothing(self):
        footprint = self._footprint()
        with self.assertRaises(AccessError):
            footprint.with_user(self.users["reader"]).write({"kg_per_unit": 1})
        self.assertEqual(footprint.with_user(self.users["reader"]).kg_per_unit, 0.5)
        stranger = new_test_user(self.env, "pcf_other", groups="carbon_management.group_carbon_manager")
        found = self.footprints.with_user(stranger).with_context(allowed_company_ids=stranger.company_ids.ids)
        self.assertFalse(found.search([("id", "=", footprint.id)]))
        with self.assertRaises(AccessError):
            found.browse(footprint.id).read(["kg_per_unit"])


@tagged("post_install", "-at_install")
class TestFootprintInAccounting(FootprintCommon):
    """A footprint becomes a factor of the supplier, approved as any other one; until then nothing changes."""

    def _wizard(self, footprint):
        kind = self.env["carbon.event.kind"].search([("recognition", "=", "received")], limit=1) or self.env[
            "carbon.event.kind"
        ].create({"code": "test.receipt", "name": "Receipt", "origin_model": "test", "recognition": "received"})
        accountant = self.users["accountant"]
        return (
            self.env["carbon.footprint.use.wizard"]
            .with_user(accountant)
            .with_company(self.company)
            .with_context(default_footprint_id=footprint.id)
            .create({"event_kind_id": kind.id})
        )

    def test_only_an_accepted_footprint_is_used(self):
        with self.assertRaisesRegex(UserError, "not accepted"):
            self._footprint().with_user(self.users["accountant"]).action_use()

    def test_factor_source_and_rule_are_made_and_wait_for_approval(self):
        footprint = self._accepted(uncertainty=7.0)
        self._wizard(footprint).action_create()
        version = footprint.factor_version_id
        self.assertEqual(
            (version.state, version.provenance, version.uncertainty, version.data_year),
            ("draft", "supplier", 7.0, 2025),
        )
        line = version.gas_line_ids
        self.assertEqual((line.gas_id.code, line.kg_per_unit), ("CO2E_AR6", 0.5))
        rule = footprint._use_rules()
        self.assertEqual((rule.product_id, rule.partner_id, rule.active), (self.flour, self.mill, False))
        self.assertEqual(footprint.use_state, "factor")
        with self.assertRaisesRegex(UserError, "not approved"):
            footprint.with_user(self.users["accountant"]).action_start_counting()
        version.with_user(self.users["manager"]).action_approve()
        footprint.invalidate_recordset()
        self.assertEqual(footprint.use_state, "ready")
        footprint.with_user(self.users["accountant"]).action_start_counting()
        footprint.invalidate_recordset()
        self.assertEqual((footprint.use_state, rule.active), ("counts", True))

    def test_newer_footprint_adds_a_version_to_the_same_factor(self):
        first = self._accepted()
        self._wizard(first).action_create()
        second = self._accepted(date_from="2026-07-01", kg_per_unit=0.4)
        second.with_user(self.users["accountant"]).action_use()
        self.assertEqual(second.factor_id, first.factor_id)
        self.assertEqual(first.factor_id.version_ids.mapped("gas_line_ids.kg_per_unit"), [0.5, 0.4])
        self.assertEqual(len(second._use_rules()), 1)

    def test_data_owner_makes_no_factor(self):
        footprint = self._accepted()
        with self.assertRaises(AccessError):
            footprint.with_user(self.users["data_owner"]).action_use()


@tagged("post_install", "-at_install")
class TestPactImport(FootprintCommon):
    """PACT files: read exactly, refused with the field that is wrong, all or nothing."""

    def _wizard(self, content, **values):
        wizard = (
            self.env["carbon.pact.import.wizard"]
            .with_user(self.users["data_owner"])
            .with_company(self.company)
            .create({"file": base64.b64encode(content), "filename": "pact.json", **values})
        )
        wizard.action_read()
        return wizard

    def test_both_versions_give_the_same_figures_per_unit(self):
        for footprint in (BAG, OLD):
            found, problems = pact.read_file(_file(footprint))
            self.assertEqual(problems, [])
            said = found[0]
            self.assertEqual(pact.per_unit(said["kg"], said["amount"]), 0.2)  # 2.4 kg of 12 kg
            self.assertEqual((said["gwp"], str(said["primary_share"]), said["geography"]), ("AR6", "56.12", "CN"))
            self.assertEqual((str(said["period_from"]), str(said["period_to"])), ("2025-01-01", "2025-12-31"))
            self.assertTrue(said["is_verified"])

    def test_draft_is_made_with_supplier_product_and_file(self):
        wizard = self._wizard(_file(BAG))
        self.assertEqual(wizard.state, "check")
        self.assertEqual(wizard.line_ids.partner_id, self.mill, "by its exact name")
        self.assertEqual(wizard.line_ids.product_tmpl_id, self.flour.product_tmpl_id, "by its barcode")
        drafts = self.footprints.search(wizard.action_create()["domain"])
        self.assertEqual((drafts.kg_per_unit, drafts.uptake_kg, drafts.uom_id), (0.2, 0.1, self.kg))
        self.assertEqual((drafts.state, drafts.origin, drafts.pact_id), ("draft", "pact", BAG["id"]))
        self.assertEqual((drafts.primary_share, drafts.verifier), (56.12, "Assure Ltd"))
        self.assertEqual((str(drafts.date_from), str(drafts.date_to)), ("2026-01-01", "2027-12-31"))
        self.assertTrue(drafts._has_file())

    def test_same_footprint_is_not_imported_twice(self):
        self._wizard(_file(BAG)).action_create()
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "PACT footprint|_pact_uniq"):
            self._wizard(_file(BAG)).action_create()

    def test_each_mistake_is_told_with_its_place(self):
        cases = [
            ("pcf.pcfExcludingBiogenicUptake", 2.4, "number"),
            ("pcf.pcfExcludingBiogenicUptake", "2,4", "decimal"),
            ("pcf.pcfExcludingBiogenicUptake", ..., "missing"),
            ("pcf.pcfExcludingBiogenicUptake", "-2.4", "negative"),
            ("pcf.pcfIncludingBiogenicUptake", "2.0", "sum"),
            ("pcf.biogenicCO2Uptake", "1.2", "uptake"),
            ("pcf.declaredUnitAmount", "0", "positive"),
            ("pcf.declaredUnitOfMeasurement", "pallet", "unit"),
            ("pcf.primaryDataShare", "156", "percent"),
            ("pcf.exemptedEmissionsPercent", 1.5, "number"),
            ("pcf.ipccCharacterizationFactors", ["AR5", "AR6"], "gwp"),
            ("pcf.referencePeriodEnd", "2024-01-01T00:00:00Z", "order"),
            ("pcf.referencePeriodStart", "last year", "date"),
            ("pcf.crossSectoralStandards", ..., "missing"),
            ("id", "17", "uuid"),
            ("status", "Deprecated", "deprecated"),
            ("specVersion", "1.0.0", "spec"),
            ("companyIds", ..., "missing"),
            ("pcf", "2.4", "missing"),
        ]
        for path, value, code in cases:
            with self.subTest(path=path, value=value):
                found, problems = pact.read_file(_file(BAG, _changed(path, value)))
                self.assertIn((f"[2].{path}", code), [(problem.path, problem.code) for problem in problems])
                self.assertEqual(len(found), 1, "only the good one was read")

    def test_one_mistake_imports_nothing(self):
        other = {**_changed("pcf.pcfExcludingBiogenicUptake", 0.6), "id": "3f0c5d8e-7a4b-4a7e-9a51-1e6d0c2b7f22"}
        wizard = self._wizard(_file(BAG, other))
        self.assertEqual((wizard.state, len(wizard.line_ids)), ("wrong", 0))
        self.assertIn("[2].pcf.pcfExcludingBiogenicUptake", wizard.problems[0]["label"])
        with self.assertRaisesRegex(UserError, "without mistakes"):
            wizard.action_create()
        self.assertFalse(self.footprints.search([("company_id", "=", self.company.id)]))

    def test_no_json_an_empty_list_and_a_footprint_twice_are_told(self):
        for content, code in ((b"%PDF-1.4", "json"), (b'{"data": []}', "none"), (_file(BAG, BAG), "twice")):
            self.assertEqual([problem.code for problem in pact.read_file(content)[1]], [code])

    def test_unknown_product_is_chosen_by_a_person(self):
        wizard = self._wizard(_file({**BAG, "productIds": ["urn:gtin:1"], "productNameCompany": "Something"}))
        self.assertFalse(wizard.line_ids.product_tmpl_id)
        with self.assertRaisesRegex(UserError, "Choose supplier and product"):
            wizard.action_create()

    def test_figures_come_from_the_file_not_from_the_dialog(self):
        wizard = self._wizard(_file(BAG))
        wizard.line_ids.write({"figure": "0 kg"})
        drafts = self.footprints.search(wizard.action_create()["domain"])
        self.assertEqual(drafts.kg_per_unit, 0.2)
