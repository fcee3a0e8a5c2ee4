from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .method_common import MethodCommon


@tagged("post_install", "-at_install")
class TestCertificates(MethodCommon):
    """A certificate backs one claim, of the period and the market of its generation (R-132, R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mwh = cls.env.ref("carbon_accounting.uom_mwh")
        cls.china, cls.britain = (
            cls.env["carbon.region"].search(
                [("country_id", "=", cls.env.ref(f"base.{code}").id), ("kind", "=", "country")]
            )
            or cls.env["carbon.region"].create(
                {"name": code, "code": f"T-{code}", "kind": "country", "country_id": cls.env.ref(f"base.{code}").id}
            )
            for code in ("cn", "uk")
        )
        cls.province = cls.env["carbon.region"].create(
            {"name": "Province", "code": "T-PROV", "kind": "province", "parent_id": cls.china.id}
        )
        cls.company.partner_id.country_id = cls.env.ref("base.cn")
        cls.power_rule = cls._power_rule()

    @classmethod
    def _power_rule(cls):
        sources = {
            code: cls._source(code, cls.mwh, cls._factor(f"P-{code}", cls.mwh, "500"))
            for code in ("covered", "uncovered")
        }
        return cls._use("electricity_certificates", "Works power", sources=sources)

    def _claim(self, first="GEC-101", last="GEC-140", mwh=40, post=True, values=None, **certificate):
        certificate = {
            "registry_id": self.env.ref("carbon_accounting.certificate_registry_gec").id,
            "serial_from": first,
            "serial_to": last,
            "quantity": mwh,
            "generated_from": "2025-01-01",
            "generated_to": "2025-12-31",
            "region_id": self.province.id,
            **certificate,
        }
        return self._calculated(
            self.power_rule,
            {"purchased": "100", "certificates": "40"},
            post=post,
            certificate_ids=[(0, 0, certificate)] if mwh else [],
            **(values or {}),
        )

    def _refused(self, message, **values):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            self._claim(**values)

    def test_certificates_of_the_year_and_the_country_count(self):
        declaration = self._claim()
        self.assertEqual(declaration.certificate_ids.mapped("is_claimed"), [True])
        self.assertEqual(
            dict(declaration.result_ids.mapped(lambda r: (r.code, r.quantity))), {"uncovered": 60, "covered": 40}
        )
        trail = self.env["carbon.trail.entry"].search(
            [("res_model", "=", "carbon.declaration"), ("res_id", "=", declaration.id)]
        )
        self.assertIn('["GEC","GEC-101","GEC-140","40.0"', trail.payload)

    def test_electricity_is_covered_by_named_certificates_only(self):
        self._refused("covers 40 MWh with certificates, and those named are of 0 MWh", mwh=0)
        self._refused("covers 40 MWh.* of 39.5 MWh. Name the certificates", mwh=39.5)
        none = self._calculated(self.power_rule, {"purchased": "100", "certificates": "0"})
        self.assertFalse(none.certificate_ids)

    def test_certificate_used_twice_is_refused_however_its_number_is_typed(self):
        first = self._claim(values={"name": "First"})
        for number in (
            {},
            {"first": "gec-120", "last": False},
            {"first": " GEC - 140", "last": "GEC-200"},
            {"first": "GEC-0101"},
        ):
            self._refused(r"used by declaration First \(GEC GEC-101 – GEC-140\).*name others", **number)
        self._claim(first="GEC-141", last="GEC-180")
        self._claim(registry_id=self.env.ref("carbon_accounting.certificate_registry_irec").id)
        first.action_cancel()
        self._claim()

    def test_certificate_named_twice_in_one_declaration_is_refused(self):
        declaration = self._claim(mwh=20, post=False)
        declaration.certificate_ids[0].copy({"serial_from": "GEC-140", "serial_to": "GEC-150"})
        with self.assertRaisesRegex(UserError, "One certificate backs one claim"):
            declaration.action_post()

    def test_certificate_used_by_another_company_is_refused_without_telling_its_declaration(self):
        self._claim(values={"name": "Secret"})
        other = self.env["res.company"].create({"name": "B", "country_id": self.env.ref("base.cn").id})
        self.env.user.company_ids += other
        env = self.env(context=dict(self.env.context, allowed_company_ids=other.ids))
        with self.assertRaisesRegex(UserError, "used by declaration of another company") as caught:
            mine = self._claim(first="GEC-1", last="GEC-40", values={"name": "Mine"}).certificate_ids
            mine.declaration_id.action_cancel()
            mine.declaration_id.action_draft()
            mine.serial_to = "GEC-140"
            mine.with_env(env).declaration_id.sudo()._check_certificates(None, 40)
        self.assertNotIn("Secret", str(caught.exception))

    def test_database_keeps_a_certificate_to_one_claim(self):
        self._claim()
        second = self._claim(first="GEC-500", last="GEC-539")
        self.env.flush_all()
        with self._refused_by_database():
            self.env.cr.execute(
                "UPDATE carbon_declaration_certificate SET serial_first = '139' WHERE id = %s",
                [second.certificate_ids.id],
            )

    def test_certificate_of_another_period_is_refused_unless_the_registry_allows_it(self):
        old = {"generated_from": "2024-11-01", "generated_to": "2024-12-31"}
        self._refused(r"generated from 2024-11-01 to 2024-12-31, and the electricity was used in 2025.*reason", **old)
        allowed = self._claim(**old, reason="Valid for two years by the rules of the registry")
        self.assertEqual(allowed.state, "posted")
        found = self.env["carbon.declaration.certificate"].search(
            [("reason", "!=", False), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(found, allowed.certificate_ids)

    def test_certificate_of_another_market_is_refused_unless_the_registry_allows_it(self):
        self._refused(
            f"it is of {self.britain.name}, and the electricity was used in {self.china.name}",
            region_id=self.britain.id,
        )
        self.company.partner_id.country_id = False
        self._refused("nobody knows where the electricity was used")

    def test_number_is_known_in_every_way_of_typing_it(self):
        self._claim(values={"name": "First"})
        for first in ("GEC101", "101", "ＧＥＣ-101", "GEC–101", "GEC-１０１", "gec/000101", " 0101 ", "GEC−101"):
            with self.subTest(first):
                self._refused("used by declaration First", first=first, last=False, mwh=40)
        self._claim(first="GEC-2025-000101", last="GEC-2025-000140", values={"name": "Year"})
        self._refused("used by declaration Year", first="GEC2025000120", last=False)
        self._claim(first="GEC2025000201", last="GEC2025000240", values={"name": "Plain"})
        self._refused("used by declaration Plain", first="GEC-2025-000220", last=False)
        self._claim(first="GEC-A-1-23", last="GEC-A-1-62")
        self._claim(first="GEC-A-12-3", last="GEC-A-12-42")

    def test_registry_has_one_name_however_it_is_typed(self):
        registries = self.env["carbon.certificate.registry"]
        gec = self.env.ref("carbon_accounting.certificate_registry_gec")
        for name in ("绿证", "GEC.", "ｇｅｃ", "绿色电力证书"):
            self.assertEqual(registries.name_search(name, operator="=")[:1], [(gec.id, "GEC")], name)
            with self.assertRaisesRegex(ValidationError, "is a name of registry GEC already"), self.env.cr.savepoint():
                registries.create({"code": name, "name": "Other"})
        other = registries.create({"code": "T-REC", "name": "Taiwan REC", "aliases": "再生能源憑證"})
        self._claim()
        self._claim(registry_id=other.id)

    def test_certificates_cover_no_more_than_their_numbers_are_worth(self):
        self._refused("names 1 numbers of 1 MWh each, and 40 MWh take 40", first="GEC-1", last=False)
        self._refused("names 41 numbers of 1 MWh each, and 40 MWh take 40", first="GEC-1", last="GEC-41")
        small = self.env["carbon.certificate.registry"].create({"code": "KWH", "name": "Small", "unit_mwh": 0.001})
        self._refused("names 40 numbers of 0.001 MWh each, and 40 MWh take 40000", registry_id=small.id, last="GEC-140")
        self._claim(registry_id=small.id, first="1", last="40000")
        with self.assertRaisesRegex(UserError, "declared already"):
            small.unit_mwh = 1
        small.name = "Small certificates"

    def test_reason_is_told_in_words(self):
        old = {"generated_from": "2024-11-01", "generated_to": "2024-12-31"}
        for reason in (".", "ok", "...............", "aaaaaaaaaaaaaaaa"):
            with self.assertRaisesRegex(ValidationError, "names no rule"), self.env.cr.savepoint():
                self._claim(**old, reason=reason)
        self._claim(**old, reason="绿证核发规则第十八条")

    def test_electricity_at_zero_names_certificates(self):
        zero = self.env["carbon.emission.factor"].create({"code": "T-GREEN", "name": "Green", "uom_id": self.mwh.id})
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": zero.id,
                "date_from": "2020-01-01",
                "source_document": "Contract",
                "zero_reason": "Green power contract",
                "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 0})],
            }
        )
        market = self.env.ref("carbon_accounting.emission_stream_market")
        location = self.env.ref("carbon_accounting.emission_stream_location")
        grid = self._factor("T-GRID", self.mwh, "500")
        source = self._source(
            "Green office",
            self.mwh,
            grid,
            location,
            self.env.ref("carbon_accounting.emission_category_purchased_electricity"),
        )
        line = {"source_id": source.id, "stream_id": market.id, "factor_id": zero.id}
        line = self.env["carbon.source.factor"].create(line)
        rule = self._rule("declared", source, name="Office power")
        with (
            self.assertRaisesRegex(UserError, "T-GREEN.*counts electricity.*Office power names no certificates"),
            self.env.cr.savepoint(),
        ):
            version.action_approve()
        line.unlink()
        version.action_approve()
        for act in (
            lambda: source.write({"factor_line_ids": [(0, 0, {"stream_id": market.id, "factor_id": zero.id})]}),
            lambda: source.factor_line_ids.write({"factor_id": zero.id}),
        ):
            with self.assertRaisesRegex(UserError, "names no certificates"), self.env.cr.savepoint():
                act()
        rule.active = False
        source.write({"factor_line_ids": [(0, 0, {"stream_id": market.id, "factor_id": zero.id})]})
        with self.assertRaisesRegex(UserError, "names no certificates"), self.env.cr.savepoint():
            rule.active = True
        covered = self._use(
            "electricity_certificates",
            "Green",
            sources={"covered": source, "uncovered": self._source("Grey", self.mwh, grid)},
        )
        self.assertTrue(covered)

    def test_everybody_reads_registries_and_managers_change_them(self):
        registry = self.env.ref("carbon_accounting.certificate_registry_gec")
        for name, may in (("reader", False), ("data_owner", False), ("manager", True)):
            user = self._user(f"registry-{name}", f"group_carbon_{name}")
            self.assertTrue(registry.with_user(user).has_access("read"), name)
            self.assertEqual(registry.with_user(user).has_access("write"), may, name)

    def test_number_without_digits_or_a_range_that_runs_back_is_refused(self):
        for number in ({"first": "ABC"}, {"first": "GEC-9", "last": "GEC-8"}, {"first": "A-1", "last": "B-2"}):
            with self.assertRaisesRegex(ValidationError, "numbers end in digits"), self.env.cr.savepoint():
                self._claim(**number)
        with self._refused_by_database():
            self._claim(mwh=-1)

    def test_certificates_are_frozen_with_the_declaration(self):
        certificate = self._claim().certificate_ids
        for change in (
            lambda: certificate.write({"serial_from": "GEC-1"}),
            certificate.unlink,
            lambda: certificate.copy(),
        ):
            with self.assertRaisesRegex(UserError, "is posted"), self.env.cr.savepoint():
                change()

    def test_readers_read_and_other_companies_see_none(self):
        certificate = self._claim(post=False).certificate_ids
        reader = self._user("cert-reader", "group_carbon_reader")
        self.assertTrue(certificate.with_user(reader).has_access("read"))
        self.assertFalse(certificate.with_user(reader).has_access("write"))
        other = self.env["res.company"].create({"name": "B"})
        stranger = self._user("cert-stranger", "group_carbon_data_owner", other)
        self.assertFalse(certificate.with_user(stranger).with_context(allowed_company_ids=other.ids).has_access("read"))
