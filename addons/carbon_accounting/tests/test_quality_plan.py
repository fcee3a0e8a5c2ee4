import re

from odoo.tests import tagged

from .monitoring_common import MonitoringCommon


@tagged("post_install", "-at_install")
class TestQualityPlan(MonitoringCommon):
    """The data quality control plan says what a Chinese filing asks for, as the engine calculates (R-057, R-143)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        regions = cls.env["carbon.region"]
        china = regions.create({"name": "Land", "code": "QP-CN", "kind": "country"})
        cls.east, cls.west = (
            regions.create({"name": name, "code": f"QP-{name}", "kind": "province", "parent_id": china.id})
            for name in ("East", "West")
        )
        cls.site = cls.env["carbon.site"].create(
            {"name": "Plant", "code": "QP", "company_id": cls.company.id, "region_id": cls.east.id}
        )
        cls.grid_factor = cls.env["carbon.emission.factor"].create(
            {"code": "QP-GRID", "name": "Grid", "uom_id": cls.kwh.id}
        )
        # the province of the plant first, another one after it
        for region, day in ((cls.east, "2023-01-01"), (china, "2024-01-01"), (cls.west, "2025-01-01")):
            cls._version(cls.grid_factor, "0.5", day, region)
        cls.power = cls._source(
            "Power", cls.kwh, cls.grid_factor, site_id=cls.site.id, code="S9", specification="10 kV"
        )
        cls.power_rule = cls._rule("declared", cls.power, name="Power bills")

    def _html(self, plan):
        html = self.env["carbon.inventory.document"]._plan_html(plan, "en_US")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))

    def test_factor_of_the_plan_is_the_one_that_the_engine_takes_at_the_site(self):
        plan = self._plan([self._item(source=self.power)])
        self._declare(self.power_rule, 100, self.kwh, "2025-03-10")
        self._commit()
        line = self.env["carbon.emission.line"].search([("source_id", "=", self.power.id)])
        section = self.env["carbon.inventory.document"]._section_quality_plan(plan, plan.date_from, line.date)
        self.assertEqual(line.version_id.region_id, self.east)
        self.assertEqual([row[1] for row in section["factors"]], [f"Combustion: {line.version_id.display_name}"])
        html = self._html(plan)
        self.assertIn("QP-East", html)
        self.assertNotIn("QP-West", html)

    def test_place_without_version_says_so_and_names_no_other(self):
        self.power.site_id = False
        html = self._html(self._plan([self._item(source=self.power)]))
        self.assertIn(
            "[QP-GRID] Grid: no approved version for this site", html.replace("QP-GRID Grid", "[QP-GRID] Grid")
        )
        self.assertNotIn("QP-West", html)

    def test_reporter_boundary_facilities_and_revisions_are_told(self):
        self.company.partner_id.write(
            {
                "street": "",
                "city": "",
                "state_id": False,
                "country_id": self.env.ref("base.cn").id,
                "phone": "+86 512 1",
            }
        )
        self.company.company_registry = "91320000MA1234567X"
        first = self._plan([self._item(source=self.power)])
        action = first.with_user(self.accountant).action_new_version()
        second = self.env["carbon.monitoring.plan"].browse(action["res_id"])
        html = self._html(second)
        for words in (
            "91320000MA1234567X",
            "Legal representative",
            "The whole legal entity Works: no boundary was approved",
            "Emission units and main facilities",
            "10 kV",
            "tationary combustion",
            "Revisions",
        ):
            self.assertIn(words, html)
        section = self.env["carbon.inventory.document"]._section_quality_plan(
            second, second.date_from, second.date_from
        )
        self.assertEqual(section["revisions"].mapped("version"), [1, 2])

    def test_address_has_no_empty_parts(self):
        china = self.env.ref("base.cn")
        china.address_format = "%(country_name)s, %(state_name)s, %(city)s\n%(street)s, %(zip)s"
        self.company.partner_id.write({"street": "1 Road", "city": False, "zip": False, "country_id": china.id})
        self.assertEqual(
            self.env["carbon.inventory.document"]._address(self.company.partner_id), f"{china.name}, 1 Road"
        )

    def test_clause_of_a_plain_factor_is_its_source_and_no_rule_has_no_percentage(self):
        plan = self._plan([self._item(source=self.power), self._item("none", gap_uncertainty=15)])
        section = self.env["carbon.inventory.document"]._section_quality_plan(plan, plan.date_from, plan.date_from)
        self.assertIn(("Power", "activity data × emission factor", "test"), section["methods"])
        html = self._html(plan)
        self.assertIn("None: the data have to be found", html)
        self.assertNotIn("±15", html)

    def test_key_parameters_are_told_by_month(self):
        plan = self._plan([self._item(source=self.power), self._item()], date_from="2025-01-01")
        self._declare(self.power_rule, 100, self.kwh, "2025-03-10")
        self._declare(self.power_rule, 50, self.kwh, "2025-03-20")
        self._declare(self.gas_rule, 7, self.ton, "2025-04-20")
        self._commit()
        document = self.env["carbon.inventory.document"]
        ((items, months),) = document._plan_months(
            plan.item_ids, plan.date_from, plan.date_from.replace(month=12, day=31)
        )
        self.assertEqual(items, plan.item_ids)
        self.assertEqual(len(months), 12)
        self.assertEqual(months[2], ("2025-03", [150.0, None]))
        self.assertEqual(months[3], ("2025-04", [None, 7.0]))
        self.assertIn("2025-03 150.000 –", self._html(plan))

    def test_instruments_have_columns_of_accuracy_and_calibration(self):
        meter = self.env["maintenance.equipment"].create(
            {"name": "Meter 7", "serial_no": "SN-7", "company_id": self.company.id}
        )
        html = self._html(self._plan([self._item(source=self.power, equipment_id=meter.id)]))
        for words in ("SN-7", "Accuracy", "Last calibration", "Calibration due"):
            self.assertIn(words, html)
