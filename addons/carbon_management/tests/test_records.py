from odoo import fields, models
from odoo.exceptions import UserError
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged

from .common import CarbonManagementCommon


class CarbonTestRecord(models.Model):
    """A plain retained record, made for the tests of the mixin."""

    _name = "carbon.test.record"
    _description = "Carbon Test Record"
    _inherit = ["carbon.record.mixin"]
    _module = "carbon_management"

    name = fields.Char()
    company_id = fields.Many2one("res.company")
    activity_kind = fields.Char()
    review_result = fields.Char()


@tagged("post_install", "-at_install")
class TestRecords(CarbonManagementCommon):
    """Retained records: numbered, confirmed, locked (R-013)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        add_to_registry(cls.registry, CarbonTestRecord)
        cls.registry._setup_models__(cls.env.cr, ["carbon.test.record"])
        cls.registry.init_models(cls.env.cr, ["carbon.test.record"], {"models_to_check": True})
        cls.addClassCleanup(cls.registry.__delitem__, "carbon.test.record")
        cls.record = cls.env["carbon.test.record"].create({"name": "Walk-through", "company_id": cls.company_a.id})

    def test_records_are_numbered_in_order(self):
        other = self.env["carbon.test.record"].create({"name": "Next"})
        first, second = self.record.number, other.number
        self.assertRegex(first, r"^REC-\d{4}-\d{4}$")
        self.assertGreater(second, first)

    def test_a_number_cannot_be_chosen_or_changed(self):
        other = self.env["carbon.test.record"].create({"number": "X-1"})
        self.assertNotEqual(other.number, "X-1")
        other.write({"number": "X-2"})
        self.assertNotEqual(other.number, "X-2")

    def test_a_confirmed_record_is_locked(self):
        self.record.clause_ids = self.standard_001.clause_ids[:2]
        self.record.action_confirm()
        self.assertEqual(self.record.state, "confirmed")
        for values in (
            {"name": "x"},
            {"clause_ids": False},
            {"state": "draft"},
            # content, although it is called like bookkeeping
            {"activity_kind": "x"},
            {"review_result": "x"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self.record.write(values)
        with self.assertRaises(UserError):
            self.record.unlink()
        entry = self._trail(self.company_a, "record.confirm")
        self.assertEqual(entry.res_uuid, self.record.uuid)
        self.assertEqual(entry.res_name, self.record.display_name)

    def test_frozen_content_changes_only_with_a_trail_entry(self):
        self.record.action_confirm()
        self.record._gate_write({"name": "Right"}, "record.correct", reason="Typing")
        self.assertEqual((self.record.name, self.record.state), ("Right", "confirmed"))
        entry = self._trail(self.company_a, "record.correct")
        self.assertEqual(entry.reason, "Typing")
