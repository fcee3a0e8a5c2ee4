from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CarbonAccountCommon


@tagged("post_install", "-at_install")
class TestBillCertificates(CarbonAccountCommon):
    """Certificates cover electricity of vendor bills: 100,000 kWh, 0.5 t/MWh by location and 0.6 by market (R-132, R-135)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mwh = cls.env.ref("carbon_accounting.uom_mwh")
        location = cls.env.ref("carbon_accounting.emission_stream_location")
        market = cls.env.ref("carbon_accounting.emission_stream_market")
        residual = cls._factor("RESIDUAL", cls.kwh, "0.6")
        cls.grid = cls._source(
            "Grid",
            cls.kwh,
            cls.power_factor,
            location,
            cls.env.ref("carbon_accounting.emission_category_purchased_electricity"),
        )
        cls.grid.factor_line_ids = [(0, 0, {"stream_id": market.id, "factor_id": residual.id})]
        cls._rule("account.bill", cls.grid, product_id=cls.electricity.id)
        # a supplier's contract of 0.1 t/MWh stands for the certificates here: no reason for zero is needed
        cls.contract = cls._factor("CONTRACT", cls.mwh, "100")

    def _cover_rule(self):
        action = self.grid.action_cover()
        wizard = self.env[action["res_model"]].with_context(**action["context"]).create({})
        wizard.line_ids.filtered(lambda line: line.result_id.code == "covered").factor_id = self.contract
        return self.env["carbon.activity.rule"].browse(wizard.action_create()["context"]["default_rule_id"])

    def _cover(self, rule, mwh, first, day):
        region = self.env["carbon.declaration"]._market(self.grid)
        certificate = {
            "registry_id": self.env.ref("carbon_accounting.certificate_registry_gec").id,
            "serial_from": f"GEC-{first}",
            "serial_to": f"GEC-{first + mwh - 1}",
            "quantity": mwh,
            "generated_from": "2025-01-01",
            "generated_to": "2025-12-31",
            "region_id": region.id,
        }
        cover = self.env["carbon.declaration"].create(
            {
                "name": f"Certificates {first}",
                "company_id": self.company.id,
                "rule_id": rule.id,
                "date": day,
                "input_ids": [(0, 0, {"input_id": rule.method_id.input_ids.id, "row": 0, "value": str(mwh)})],
                "certificate_ids": [(0, 0, certificate)],
            }
        )
        cover.action_post()
        self._commit()
        return cover

    def test_bill_and_certificates_meet_in_one_source(self):
        bill = self._bill(self._bill_line(self.electricity, 100000, 0.7))
        self._commit()
        day = bill.invoice_date or bill.date
        rule = self._cover_rule()
        self._cover(rule, 40, 1, day)
        twin = rule.part_rule_ids.source_id
        self.assertEqual((int(self._sum(self.grid)), int(self._sum(twin))), (60000, 40000))
        rows = self.env.execute_query(
            self._sql(
                "SELECT e.stream, SUM(e.quantity * g.kg_per_unit)::float8 FROM carbon_emission_line e "
                "JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id "
                "WHERE e.source_id = ANY(%s) GROUP BY 1 ORDER BY 1",
                [self.grid.id, twin.id],
            )
        )
        # by location 100 MWh × 0.5; by market 60 MWh × 0.6 + 40 MWh × 0.1
        self.assertEqual(rows, [("location", 50000.0), ("market", 40000.0)])
        with self.assertRaisesRegex(UserError, "cover 101 MWh .* and 100 MWh count"), self.env.cr.savepoint():
            self._cover(rule, 61, 100, day)
        # collected again nothing changes
        before = self._ledger()
        self._collect()
        self.assertEqual(self._ledger(), before)

    def test_a_cover_rule_that_counts_otherwise_is_a_second_recognition_point(self):
        rule = self._cover_rule()
        with self.assertRaisesRegex(ValidationError, "count the same material twice"), self.env.cr.savepoint():
            rule.part_rule_ids.unlink()
            rule.write({"method_id": False, "method_result": False})
