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
            "registry": "GEC",
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
        self._claim(registry="I-REC")
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
