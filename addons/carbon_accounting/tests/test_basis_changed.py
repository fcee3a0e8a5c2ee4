from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestBasisChanged(InventoryCommon):
    """Whatever moves a number and waits for the next collection is said; nothing else is (R-129, R-139)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.env["carbon.site"].create(
            {"name": "Works", "code": "W", "company_id": cls.company.id, "region_id": cls._region("cn").id}
        )
        cls.coal.site_id = cls.site
        cls.product = cls.env["product.product"].create(
            {"name": "Coal", "uom_id": cls.env.ref("uom.product_uom_unit").id}
        )
        cls.conversion = cls.env["carbon.unit.conversion"].create(
            {
                "product_id": cls.product.id,
                "from_uom_id": cls.product.uom_id.id,
                "to_uom_id": cls.ton.id,
                "factor": 0.025,
                "source_document": "data sheet",
            }
        )
        cls.spare_rule = cls._rule("declared", cls.diesel, name="Spare")
        (cls.coal_rule | cls.spare_rule).multiplier_reason = "Shares are tried here"
        cls.shared_factor = cls._factor("UNUSED", cls.ton, 1)

    @classmethod
    def _region(cls, code):
        return cls.env.ref(f"carbon_management.region_{code}")

    def _said(self):
        """Whether the overview says that rules or factors changed."""
        return self.env["carbon.overview"].get_data(2025)["collection"]["changed"]

    def _collected(self):
        self._declare(self.coal_rule, 100, self.ton)
        self.env.cr.precommit.clear()
        self._collect()

    def test_everything_that_can_move_a_number_is_said_until_it_is_collected(self):
        self._collected()
        changes = {
            "rule archived": lambda: self.spare_rule.write({"active": False}),
            "rule unarchived": lambda: self.spare_rule.write({"active": True}),
            "rule deleted": self.spare_rule.unlink,
            "rule made": lambda: self._rule("declared", self.diesel, name="New"),
            "multiplier": lambda: self.coal_rule.write({"multiplier": 0.5}),
            "last day": lambda: self.coal_rule.write({"date_to": "2030-12-31"}),
            "product": lambda: self.coal_rule.write({"product_id": self.product.id}),
            "quality": lambda: self.coal_rule.write({"quality": "calculated"}),
            "conversion": lambda: self.conversion.copy({"factor": 0.03, "date_from": "2025-02-01"}),
            "conversion archived": lambda: self.conversion.write({"active": False, "archive_reason": "Wrong"}),
            "version approved": lambda: self._version(self.coal_factor, 2000, "2025-01-01"),
            "factor of a source": lambda: self._add_stream(
                self.coal, "UP", 10, self.env.ref("carbon_accounting.emission_stream_upstream")
            ),
            "factor removed": lambda: self.coal.factor_line_ids[-1].unlink(),
            "category of a source": lambda: self.coal.write({"category_id": self.electricity_leaf.id}),
            "source ended": lambda: self.coal.write({"active_to": "2030-12-31"}),
            "region of the site": lambda: self.site.write({"region_id": self._region("cn_js").id}),
            "site of a source": lambda: self.coal.write({"site_id": False}),
            "basis of a stream": lambda: self.stream.write({"basis": "location"}),
            "time zone": lambda: self.system.write({"tz": "Europe/Paris"}),
        }
        for name, change in changes.items():
            with self.subTest(name):
                self.assertFalse(self._said(), "before")
                change()
                self.assertTrue(self._said(), "after")
                self._collect()
        self.assertFalse(self._said())

    def test_what_moves_no_number_is_not_said(self):
        self._collected()
        self.spare_rule.active = False
        self._collect()
        for change in (
            lambda: self.coal_rule.write({"name": "Other name", "note": "x", "sequence": 99}),
            lambda: self.coal_rule.write({"multiplier": 1.0, "active": True, "source_id": self.coal.id}),
            lambda: self.coal_rule.write({"date_from": False, "date_to": False}),
            lambda: self.coal_rule.message_post(body="Talked about it"),
            lambda: self.spare_rule.write({"multiplier": 0.1}),  # archived
            lambda: self.coal.write({"name": "Boiler 1", "note": "x", "location": "Hall 2"}),
            lambda: self._source("Not yet fed", self.ton, None).write({"site_id": self.site.id}),
            lambda: self.conversion.write({"source_document": "newer sheet"}),
            lambda: self.site.write({"name": "Works 2", "note": "x"}),
            lambda: self.stream.write({"name": "Burning", "sequence": 5}),
            lambda: self.system.write({"cycle_year": 2026}),
            lambda: self._version(self.shared_factor, 5, "2025-01-01"),
            lambda: self.coal_factor.write({"name": "Hard coal"}),
            lambda: self.coal_factor.version_ids.copy({"date_from": "2026-01-01"}),  # a draft
        ):
            change()
            self.assertFalse(self._said())
        self._declare(self.coal_rule, 5, self.ton)
        self._commit()
        self.assertFalse(self._said(), "what is collected as it happens follows the rules of today")

    def test_change_taken_back_is_said_because_live_rows_followed_it(self):
        self._collected()
        self.coal_rule.multiplier = 2
        self._declare(self.coal_rule, 1, self.ton)
        self._commit()
        self.coal_rule.multiplier = 1
        self.assertTrue(self._said())

    def test_change_during_a_collection_waits_for_the_next(self):
        self._collected()
        run = self.env["carbon.collection.run"]._start(self.company)
        self.coal_rule.multiplier = 2
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.assertEqual(run.state, "done")
        self.assertTrue(self._said())
        self._collect()
        self.assertFalse(self._said())

    def test_failed_collection_takes_no_change_in(self):
        self._collected()
        self.coal_rule.multiplier = 2
        self.env["carbon.collection.run"]._start(self.company)._act(state="failed")
        self.assertTrue(self._said())

    def test_company_that_collects_live_only_is_told_too(self):
        self.assertFalse(self._said(), "nothing is in the ledger")
        self._declare(self.coal_rule, 100, self.ton)
        self._commit()
        self.assertFalse(self._said())
        self._version(self.coal_factor, 2000, "2025-01-01")
        self.assertTrue(self._said())

    def test_change_of_one_company_is_not_said_to_another(self):
        self._collected()
        other = self.env["res.company"].create({"name": "Other works"})
        self.env["carbon.system"]._get(other)
        self.env["carbon.collection.run"]._start(other)._act(state="done")
        self.coal_rule.multiplier = 2
        engine = self.env["carbon.engine"]
        self.assertEqual(engine._basis_changed(self.company | other), self.company)
        self.conversion.copy({"factor": 0.03, "date_from": "2025-02-01"})  # belongs to no company
        self.assertEqual(engine._basis_changed(self.company | other), self.company | other)

    def test_one_click_collects_and_a_second_one_shows_the_same_run(self):
        self._collected()
        self._version(self.coal_factor, 2000, "2025-01-01")
        accountant = self._user("basis-accountant", "group_carbon_accountant")
        runs = self.env["carbon.collection.run"].with_user(accountant)
        action = runs.action_collect_changes()
        run = runs.browse(action["res_id"])
        self.assertEqual((action["res_model"], run.company_id, run.state), (run._name, self.company, "running"))
        self.assertEqual(runs.action_collect_changes()["res_id"], run.id)
        collection = self.env["carbon.overview"].with_user(accountant).get_data(2025)["collection"]
        self.assertEqual((collection["changed"], collection["under_way"]), (True, True))
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.env.invalidate_all()
        data = self.env["carbon.overview"].with_user(accountant).get_data(2025)
        self.assertEqual((data["collection"]["changed"], data["collection"]["under_way"]), (False, False))
        self.assertAlmostEqual(data["total"], 200.0)
        self.assertFalse(runs.action_collect_changes()["domain"], "nothing waits: the list of runs")

    def test_reader_is_told_and_cannot_collect(self):
        self._collected()
        self.coal_rule.multiplier = 2
        reader = self._user("basis-reader", "group_carbon_reader")
        self.assertTrue(self.env["carbon.overview"].with_user(reader).get_data(2025)["collection"]["changed"])
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_access"):
            self.env["carbon.collection.run"].with_user(reader).action_collect_changes()

    def test_inventory_waits_for_the_collection_and_says_so(self):
        self._collected()
        inventory = self._inventory()
        inventory.action_compute()
        inventory.maker_note = "ok"
        self.assertFalse(inventory.awaits_collection)
        self.coal_rule.multiplier = 2
        inventory.invalidate_recordset()
        self.assertTrue(inventory.awaits_collection and inventory.is_stale)
        inventory.action_compute()
        with self.assertRaisesRegex(UserError, "Rules or factors of Works changed"):
            inventory.action_check()
        self._collect()
        inventory.action_compute()
        self.assertFalse(inventory.is_stale or inventory.awaits_collection)
        inventory.action_check()
        self.assertEqual((inventory.state, round(inventory.total_t, 3)), ("checked", 373.707))
        self.coal_rule.multiplier = 1
        run = self.env["carbon.collection.run"].browse(inventory.action_collect()["res_id"])
        self.assertEqual((run.company_id, run.state), (self.company, "running"))

    def test_month_is_not_closed_before_the_changed_factor_is_collected(self):
        self._collected()
        period = self._period("2025-03-10")
        self._version(self.coal_factor, 2000, "2025-01-01")
        with self.assertRaisesRegex(UserError, "Works changed.*Collect the history again.*2025-03"):
            period.action_close()
        self.assertEqual(period.state, "open")
        self._collect()
        period.action_close()
        self.assertEqual(period.state, "closed")

    def test_closing_the_months_does_not_hide_a_change_that_is_not_collected(self):
        self._collected()
        self._close_year()
        self._version(self.coal_factor, 2000, "2025-01-01")
        inventory = self._inventory()
        inventory.action_compute()
        inventory.maker_note = "ok"
        inventory.invalidate_recordset()
        self.assertTrue(inventory.awaits_collection and inventory.is_stale)
        with self.assertRaisesRegex(UserError, "Collect the history again"):
            inventory.action_check()
        self._collect()
        self.assertFalse(inventory.awaits_collection or inventory.is_stale)
        self.assertEqual((inventory.late_count, self._issues()), (1, {("D 100", "late")}))

    def test_change_after_the_check_stops_the_approval_and_none_touches_an_approved_one(self):
        self._collected()
        inventory = self._inventory()
        inventory.action_compute()
        inventory.maker_note = "ok"
        inventory.action_check()
        self._close_year()
        self._rule("declared", self.diesel, name="New")
        with self.assertRaisesRegex(UserError, "Collect the history again"):
            inventory.with_user(self.approver).action_approve()
        self._collect()
        inventory.with_user(self.approver).action_approve()
        self.assertEqual(inventory.state, "approved")
        self.coal_rule.multiplier = 2
        inventory.invalidate_recordset()
        self.assertFalse(inventory.awaits_collection or inventory.is_stale)

    def test_revisions_cannot_be_forged(self):
        self._collected()
        self.coal_rule.multiplier = 2
        run = self.env["carbon.collection.run"].search([("company_id", "=", self.company.id)])
        with self.assertRaisesRegex(UserError, "buttons only"):
            run.write({"basis_revision": 1})
        self.system.write({"basis_revision": 0})
        self.assertTrue(self._said())
        for forge in (
            lambda: run.create({"company_id": self.company.id}),
            lambda: run.sudo().create({"company_id": self.company.id, "basis_revision": 0}),
            lambda: run.with_context(carbon_act=True).create({"company_id": self.company.id, "start_xid": "3"}),
        ):
            with self.assertRaisesRegex(UserError, "Collect History"):
                forge()
        self.assertTrue(self._said())
