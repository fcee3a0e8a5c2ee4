import io

from openpyxl import load_workbook

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .method_common import MethodCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20")
class TestCertificatesOfBills(MethodCommon):
    """Certificates cover electricity that comes by bills or meters, for a source and a month (R-132, R-135).

    The grid is 0.5 t/MWh by location and 0.6 t/MWh by market (residual), certificates are 0. March has 100 MWh, April 50 MWh.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.gwp_set_id = cls.ar6
        cls.mwh = cls.env.ref("carbon_accounting.uom_mwh")
        cls.company.partner_id.country_id = cls.env.ref("base.cn")
        cls.china = cls.env["carbon.region"].search(
            [("country_id", "=", cls.env.ref("base.cn").id), ("kind", "=", "country")]
        )
        # what arrives by bills stands here as a plain declaration in kWh: the engine knows no difference
        cls.grid, cls.grid_rule = cls._emitter("Grid power", cls.kwh, "0.5", "GRID", cls.location, cls.electricity_leaf)
        cls._add_stream(cls.grid, "RESIDUAL", "0.6", cls.market)
        cls.zero = cls.env["carbon.emission.factor"].create(
            {"code": "T-GEC", "name": "Retired GEC", "uom_id": cls.mwh.id}
        )
        cls.env["carbon.emission.factor.version"].create(
            {
                "factor_id": cls.zero.id,
                "date_from": "2020-01-01",
                "source_document": "GB/T 32150",
                "zero_reason": "Retired green certificates",
                "gas_line_ids": [(0, 0, {"gas_id": cls.gas_co2.id, "kg_per_unit": 0})],
            }
        ).action_approve()
        cls.rule = cls._cover_by_button()
        cls.covered = cls.rule.part_rule_ids.source_id

    @classmethod
    def _cover_by_button(cls):
        """Make the second source and the rules as an accountant does: by the button of the source."""
        action = cls.grid.action_cover()
        wizard = cls.env[action["res_model"]].with_context(**action["context"]).create({})
        wizard.line_ids.filtered(lambda line: line.result_id.code == "covered").factor_id = cls.zero
        made = wizard.action_create()
        return cls.env["carbon.activity.rule"].browse(made["context"]["default_rule_id"])

    def _use_power(self):
        self._declare(self.grid_rule, 100000, self.kwh, "2025-03-10", name="Bill of March")
        self._declare(self.grid_rule, 50000, self.kwh, "2025-04-10", name="Bill of April")
        self._commit()

    def _cover(self, mwh=40, first=1, day="2025-03-31", post=True, **values):
        certificate = {
            "registry_id": self.env.ref("carbon_accounting.certificate_registry_gec").id,
            "serial_from": f"GEC-{first}",
            "serial_to": f"GEC-{first + mwh - 1}",
            "quantity": mwh,
            "generated_from": "2025-01-01",
            "generated_to": "2025-12-31",
            "region_id": self.china.id,
            **values,
        }
        cover = self._calculated(
            self.rule,
            {"certificates": str(mwh)},
            day=day,
            post=post,
            name=f"Cover {first}",
            certificate_ids=[(0, 0, certificate)],
        )
        if post:
            self._commit()
        return cover

    def _refused(self, message, **values):
        with self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
            self._cover(**values)

    def _totals(self):
        inventory = self._computed(electricity_basis="market")
        return inventory, self._rounded(inventory.location_t, inventory.market_t)

    def test_certificates_change_the_market_based_result_and_nothing_else(self):
        self._use_power()
        # 150 MWh × 0.5 = 75 t by location; × 0.6 = 90 t by market
        self.assertEqual(self._totals()[1], (75.0, 90.0))
        cover = self._cover(40)
        self.assertEqual(
            dict(cover.result_ids.mapped(lambda r: (r.code, r.quantity))), {"uncovered": -40, "covered": 40}
        )
        # 110 MWh × 0.6 = 66 t by market; the location-based 75 t stay, 55 t of the grid and 20 t of the covered part
        inventory, totals = self._totals()
        self.assertEqual(totals, (75.0, 66.0))
        self.assertEqual(self._rounded(inventory.total_t), (66.0,))
        self.assertEqual((float(self._sum(self.grid)), float(self._sum(self.covered))), (110000.0, 40000.0))
        lines = inventory.line_ids.filtered(lambda line: line.source_id == self.covered)
        self.assertEqual(
            sorted(lines.mapped(lambda line: (line.basis, round(line.co2e_kg, 3)))),
            [("location", 20000.0), ("market", 0.0)],
        )
        cover.action_cancel()
        self._commit()
        self.assertEqual(self._totals()[1], (75.0, 90.0))

    def test_the_second_source_is_like_the_first_but_for_its_market(self):
        self.assertEqual(self.covered.factor_line_ids.stream_id, self.location | self.market)
        self.assertEqual(self.covered._cover_factors(), self.grid._cover_factors())
        self.assertEqual((self.covered.uom_id, self.covered.site_id), (self.kwh, self.grid.site_id))
        action = self.grid.action_cover()
        self.assertEqual(
            (action["res_model"], action["context"]["default_rule_id"]), ("carbon.declaration", self.rule.id)
        )
        with self.assertRaisesRegex(UserError, "no factor by location or by market"):
            self.coal.action_cover()

    def test_certificates_cover_no_more_than_was_used_in_the_month(self):
        self._use_power()
        self._refused("cover 101 MWh of source Grid power in 2025-03, and 100 MWh count there", mwh=101)
        self._cover(60)
        self._refused("cover 101 MWh .* 2025-03, and 100 MWh", mwh=41, first=200)
        self._refused("cover 51 MWh .* 2025-04, and 50 MWh", mwh=51, first=200, day="2025-04-30")
        self._refused("cover 1 MWh .* 2025-05, and 0 MWh", mwh=1, first=200, day="2025-05-31")
        self._cover(40, first=200)
        both = self._cover(30, first=300, day="2025-04-30", post=False)
        both |= self._cover(30, first=400, day="2025-04-30", post=False)
        with self.assertRaisesRegex(UserError, "cover 60 MWh .* 2025-04, and 50 MWh"), self.env.cr.savepoint():
            both.action_post()

    def test_certificates_are_consumed_once_and_of_year_and_market(self):
        self._use_power()
        self._cover(40)
        self._refused(r"used by declaration Cover 1 ", first=40, mwh=10)
        self._refused("generated from 2024", first=100, generated_from="2024-01-01", generated_to="2024-12-31")
        abroad = self.env["carbon.region"].search(
            [("kind", "=", "country"), ("id", "!=", self.china.id)], limit=1
        ) or self.env["carbon.region"].create(
            {"name": "B", "code": "T-UK", "kind": "country", "country_id": self.env.ref("base.uk").id}
        )
        self._refused("the electricity was used in", first=100, region_id=abroad.id)
        self._refused("MWh with certificates, and those named are of 39 MWh", first=100, quantity=39)

    def test_certificates_of_more_than_one_month_are_refused(self):
        self._use_power()
        cover = self._cover(10, post=False)
        cover.write({"date_from": "2025-03-01", "date_to": "2025-04-30"})
        with self.assertRaisesRegex(UserError, "more than one month"):
            cover.action_post()
        cover.date_to = "2025-03-31"
        cover.action_post()
        self._commit()
        self.assertEqual(self._totals()[1], (75.0, 84.0))

    def test_a_second_source_that_would_move_the_location_based_result_is_refused(self):
        self._use_power()
        location = self.covered.factor_line_ids.filtered(lambda line: line.stream_id == self.location)
        location.factor_id = self._factor("OTHER", self.kwh, "0.4")
        self._refused("the location-based result would change")
        location.factor_id = self.grid.factor_line_ids.filtered(lambda line: line.stream_id == self.location).factor_id
        self.covered.factor_line_ids.filtered(lambda line: line.stream_id == self.market).unlink()
        self._refused("certificates would change nothing")

    def test_certificates_of_a_closed_month_go_the_late_road(self):
        self._use_power()
        period = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", "2025-03-01")]
        )
        self._collect()
        period.action_close()
        before = self._ledger()
        self._cover(40)
        self.assertEqual(self._ledger(), before)
        self.assertEqual({reason for _label, reason in self._issues()}, {"late"})
        self.assertEqual(self._totals()[1], (75.0, 90.0))

    def test_a_bill_that_is_taken_back_shows_on_the_checklist_of_the_close(self):
        self._use_power()
        self._cover(40)
        bill = self.env["carbon.declaration"].search([("name", "=", "Bill of March")])
        bill.action_cancel()
        self._commit()
        self._collect()
        period = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", "2025-03-01")]
        )
        lines = [line for line in self.env["carbon.period.checklist"]._weighed(period) if line["code"] == "overcovered"]
        # 40 MWh × 0.6 t/MWh
        self.assertEqual([(line["count"], round(line["t"], 6), line["stops"]) for line in lines], [(1, 24.0, True)])
        with self.assertRaisesRegex(UserError, "Certificates cover more electricity than counts: 1"):
            period.action_close()

    def test_electricity_that_waits_for_approval_is_not_covered(self):
        self._use_power()
        self.system.with_user(self.approver)._switch_on_data_approval("approve", "Third-party verification")
        self._declare(self.grid_rule, 10000, self.kwh, "2025-06-10", name="Bill of June")
        self._commit()
        self._refused("2025-06, and 0 MWh count there", mwh=5, first=900, day="2025-06-30")

    def _book_rows(self, inventory, sheet):
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream)
        return [[cell.value for cell in row] for row in load_workbook(stream, data_only=True)[sheet].iter_rows()][2:]

    def test_report_and_workbook_name_the_certificates_that_count(self):
        self._use_power()
        self._cover(40)
        gone = self._cover(10, first=500)
        gone.action_cancel()
        self._commit()
        inventory = self._totals()[0]
        rows = self._book_rows(inventory, "绿证 Certificates")
        self.assertEqual([row[:4] for row in rows], [["GEC", "GEC-1", "GEC-40", 40]])
        page = self.env["carbon.inventory.document"]._html(inventory, "ISO14064-1", "en_US")
        self.assertIn("GEC-40", page)
        self.assertNotIn("GEC-500", page)
        self._cover(5, first=700)
        # of a later row the inventory knows nothing until it is computed again
        self.assertEqual(len(self._book_rows(inventory, "绿证 Certificates")), 1)
        inventory.action_compute()
        self.assertEqual(len(self._book_rows(inventory, "绿证 Certificates")), 2)

    def test_report_and_workbook_keep_new_facilities_apart(self):
        self.coal.active_from = "2024-01-01"
        self.diesel.active_from = "2025-02-01"
        rule = self._rule("declared", self.diesel, name="Diesel declared")
        self._declare(self.coal_rule, 100, self.ton)
        self._declare(rule, 10, self.ton)
        inventory = self._computed()
        rows = self._book_rows(inventory, "新增设施 New facilities")
        # 10 t × 3.09591; the coal of the year before is not new
        self.assertEqual([row[0] for row in rows], ["Diesel engine", "小计 Subtotal"])
        self.assertEqual([round(row[2], 6) for row in rows], [30.9591, 30.9591])
        self.assertAlmostEqual(inventory.new_facility_t, 30.9591, 6)
        page = self.env["carbon.inventory.document"]._html(inventory, "ISO14064-1", "en_US")
        part = page[page.index("New facilities of the period") :]
        self.assertIn("30.959", part[: part.index("</table>")])
        self.assertNotIn("Coal boiler", part[: part.index("</table>")])

    def test_people_without_the_role_cover_nothing(self):
        self._use_power()
        cover = self._cover(10, post=False)
        reader = self._user("cover-reader", "group_carbon_reader")
        with self.assertRaises(UserError):
            cover.with_user(reader).action_post()
        owner = self._user("cover-owner", "group_carbon_data_owner")
        cover.with_user(owner).action_post()
        self.assertEqual(cover.state, "posted")
