from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..tools.factor_makers import NOBODY
from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
class TestFactorSecondPerson(InventoryCommon):
    """Nobody approves a factor version that they entered or changed, where the company wants a second person (R-035, R-157)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.separate_factor_approval = True
        cls.maker = cls._user("factor-maker", "group_carbon_accountant")
        cls.second = cls._user("factor-second", "group_carbon_accountant")
        cls.draft_factor = cls.env["carbon.emission.factor"].create(
            {"code": "T-OWN", "name": "Own", "uom_id": cls.ton.id, "company_id": cls.company.id}
        )

    def _draft(self, user=None, **values):
        return (
            self.env["carbon.emission.factor.version"]
            .with_user(user or self.maker)
            .create(
                {
                    "factor_id": self.draft_factor.id,
                    "date_from": "2024-01-01",
                    "source_document": "My own source",
                    "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 1})],
                    **values,
                }
            )
        )

    def _refused(self, version, person):
        with self.assertRaisesRegex(
            AccessError, f"entered by {person}.*another carbon accountant.*Second Person for Factors"
        ):
            version.action_approve()
        self.assertEqual(version.state, "draft")

    def test_setting_is_on_by_default(self):
        self.env["ir.default"].search([("field_id.name", "=", "separate_factor_approval")]).unlink()
        company = self.env["res.company"].create({"name": "New"})
        self.assertTrue(self.env["carbon.system"]._get(company).separate_factor_approval)

    def test_author_cannot_approve_and_a_second_person_can(self):
        version = self._draft()
        self.assertEqual(version.maker_ids, self.maker)
        self._refused(version, "factor-maker")
        self._refused(version.sudo(), "factor-maker")
        self._refused(version.with_context(carbon_factor_by=True, install_mode=True), "factor-maker")
        version.with_user(self.second).action_approve()
        self.assertEqual((version.state, version.approved_by_id), ("approved", self.second))
        self.assertEqual(version.maker_ids, self.maker, "the approval itself makes nobody a maker")

    def test_whoever_changes_a_figure_or_a_gas_is_a_maker_and_cannot_write_himself_out(self):
        version = self._draft(self.second, maker_ids=[(6, 0, self.maker.ids)])
        self.assertEqual(version.maker_ids, self.second)
        version.with_user(self.maker).gas_line_ids.kg_per_unit = 2
        self._refused(version.with_user(self.maker), "factor-maker")
        version.write({"maker_ids": [(5,)]})
        self._refused(version.with_user(self.second), "factor-second")
        third = self._user("factor-third", "group_carbon_accountant")
        version.with_user(third).confirmation_reason = "Compared with page 3"
        version.with_user(third).action_approve()

    def test_version_taken_over_from_another_has_its_author(self):
        version = self._draft()
        version.with_user(self.second).action_approve()
        action = version.with_user(self.second).action_new_version()
        dialog = Form(self.env[action["res_model"]].with_user(self.second).with_context(**action["context"]))
        dialog.date_from = "2025-01-01"
        created = (
            self.env["carbon.emission.factor.version"]
            .with_user(self.second)
            .browse(dialog.save().action_create()["res_id"])
        )
        self._refused(created, "factor-second")
        created.with_user(self.maker).action_approve()

    def test_pack_needs_no_second_person_until_it_is_changed(self):
        versions = (
            self.env["carbon.emission.factor.version"].with_user(self.maker).with_context(carbon_factor_by=NOBODY)
        )
        draft, changed = versions.create(
            [
                {
                    "factor_id": self.draft_factor.id,
                    "date_from": day,
                    "source_document": "Pack",
                    "provenance": "recalled_unverified",
                    "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 1})],
                }
                for day in ("2020-01-01", "2021-01-01")
            ]
        )
        draft, changed = (version.with_context(carbon_factor_by=None) for version in (draft, changed))
        self.assertFalse((draft | changed).maker_ids)
        draft.confirmation_reason = changed.confirmation_reason = "Compared with the text"
        draft.action_approve()
        self.assertEqual(draft.state, "approved")
        changed.gas_line_ids.kg_per_unit = 3
        self._refused(changed, "factor-maker")

    def test_whoever_works_alone_switches_it_off_and_the_trail_keeps_it(self):
        version = self._draft()
        with self.assertRaises(AccessError):
            self.system.with_user(self.maker).separate_factor_approval = False
        self.system.with_user(self.approver).separate_factor_approval = False
        entry = self.env["carbon.trail.entry"].search([("company_id", "=", self.company.id)], order="seq desc", limit=1)
        self.assertIn("separate_factor_approval", entry.payload)
        self.assertEqual(entry.actor_uid, self.approver.id)
        version.action_approve()
        self.assertEqual(version.approved_by_id, self.maker)

    def test_shared_factor_follows_every_company_that_uses_it(self):
        alone = self.env["res.company"].create({"name": "Alone"})
        self.env["carbon.system"]._get(alone).separate_factor_approval = False
        shared = self.env["carbon.emission.factor"].create(
            {"code": "T-SHARED", "name": "Shared", "uom_id": self.ton.id}
        )
        self._source("Shared boiler", self.ton, shared)
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": shared.id,
                "date_from": "2024-01-01",
                "source_document": "x",
                "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 1})],
            }
        )
        self.env.user.company_ids += alone
        with self.assertRaises(UserError):
            version.with_context(allowed_company_ids=alone.ids).action_approve()
