from decimal import Decimal

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestBoundary(CarbonManagementCommon):
    """Organisational and accounting boundary (R-123, R-124)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.base = cls._new_boundary()

    def _new_accounting(self, **values):
        return self._new_boundary(
            **{
                "name": "Accounting boundary",
                "boundary_type": "accounting",
                "organisational_id": self.base.id,
                "base_year": 2024,
                **values,
            }
        )

    def _refused_by_database(self, function):
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            function()

    def test_approval_freezes_dates_and_records(self):
        #
        self.base.action_approve()
        self.assertEqual(self.base.state, "approved")
        self.assertTrue(self.base.approved_on)
        entry = self._trail(self.company_a, "boundary.approve")
        self.assertIn('"approach":"operational_control"', entry.payload)
        self.assertIn(self.site.uuid, entry.payload)

    def test_equity_share_lies_above_zero_and_up_to_one(self):
        for share in (0, -0.1, 1.01):
            with self.subTest(share=share):
                self._refused_by_database(lambda s=share: self.base.write({"share": s}))
                self._refused_by_database(
                    lambda s=share: self.env["carbon.boundary.company"].create(
                        {
                            "boundary_id": self.base.id,
                            "entity_name": "JV",
                            "share": s,
                        }
                    )
                )
        self.base.share = 0.51
        self.assertEqual(self.base.share, 0.51)

    def test_a_boundary_without_site_is_not_approved(self):
        self.base.site_ids = False
        with self.assertRaisesRegex(UserError, "No site"):
            self.base.action_approve()

    def test_accounting_boundary_rests_on_an_approved_organisational_one(self):
        #
        with self.assertRaisesRegex(ValidationError, "Approve it first"):
            self._new_accounting()
        self.base.action_approve()
        accounting = self._new_accounting()
        accounting.action_approve()
        self.assertEqual(accounting.state, "approved")

    def test_accounting_boundary_without_basis_is_not_approved(self):
        accounting = self._new_accounting(organisational_id=False)
        with self.assertRaisesRegex(UserError, "no approved organisational"):
            accounting.action_approve()

    def test_accounting_boundary_follows_the_approach_of_its_basis(self):
        self.base.approach = "equity_share"
        self.base.action_approve()
        self.assertEqual(self._new_accounting().approach, "equity_share")

    def test_accounting_boundary_stays_inside_the_organisational_one(self):
        self.base.action_approve()
        outside = self._new_site("X9", self.company_a)
        accounting = self._new_accounting(site_ids=[Command.set((self.site | outside).ids)])
        with self.assertRaisesRegex(UserError, "X9"):
            accounting.action_approve()

    def test_accounting_boundary_needs_base_year_and_gas(self):
        self.base.action_approve()
        accounting = self._new_accounting(base_year=0)
        with self.assertRaisesRegex(UserError, "base year"):
            accounting.action_approve()
        gases = ("co2", "ch4", "n2o", "hfcs", "pfcs", "sf6", "nf3")
        accounting.write({"base_year": 2024, **{f"gas_{gas}": False for gas in gases}})
        with self.assertRaisesRegex(UserError, "greenhouse gas"):
            accounting.action_approve()
        self._refused_by_database(lambda: accounting.write({"base_year": 24}))

    def test_all_seven_gases_are_in_by_default(self):
        # D-03
        self.base.action_approve()
        accounting = self._new_accounting()
        gases = ("co2", "ch4", "n2o", "hfcs", "pfcs", "sf6", "nf3")
        self.assertTrue(all(accounting[f"gas_{gas}"] for gas in gases))

    def test_an_exclusion_needs_a_reason(self):
        self.base.action_approve()
        accounting = self._new_accounting()
        values = {"boundary_id": accounting.id, "name": "Commuting"}
        items = self.env["carbon.boundary.item"]
        self._refused_by_database(lambda: items.create({**values, "kind": "exclusion", "reason": " "}))
        items.create({**values, "kind": "exclusion", "reason": "Below 1 %"})
        items.create({**values, "kind": "inclusion"})
        accounting.action_approve()
        entry = self._trail(self.company_a, "boundary.approve")[-1]
        self.assertIn("Below 1 %", entry.payload)

    def test_a_company_left_outside_needs_a_reason(self):
        values = {
            "boundary_id": self.base.id,
            "company_id": self.company_b.id,
            "is_included": False,
        }
        lines = self.env["carbon.boundary.company"]
        self._refused_by_database(lambda: lines.create(values))
        lines.create({**values, "note": "Sold in 2024"})
        self._refused_by_database(lambda: lines.create({**values, "note": "Listed twice"}))

    def test_a_company_of_no_branch_needs_a_word_on_control(self):
        self.env["carbon.boundary.company"].create({"boundary_id": self.base.id, "company_id": self.company_b.id})
        with self.assertRaisesRegex(UserError, "Carbon B is no branch"):
            self.base.action_approve()
        self.base.company_line_ids.note = "Management contract of 2023"
        self.base.action_approve()

    def test_a_forgotten_branch_is_pointed_out_without_blocking(self):
        branch = self.env["res.company"].create({"name": "Carbon A South", "parent_id": self.company_a.id})
        labels = [(c["label"], c["blocking"]) for c in self.base._approval_checks()]
        self.assertEqual(len(labels), 1)
        self.assertIn("Carbon A South", labels[0][0])
        self.assertFalse(labels[0][1])
        self.base.company_line_ids = [Command.create({"company_id": branch.id})]
        self.assertFalse(self.base._approval_checks())
        self.base.action_approve()

    def test_a_new_version_supersedes_the_one_before(self):
        self.base.action_approve()
        draft_id = self.base.action_new_version()["res_id"]
        draft = self.env["carbon.boundary"].browse(draft_id)
        self.assertEqual((draft.state, draft.version), ("draft", 2))
        self.assertEqual(self.base.action_new_version()["res_id"], draft_id)
        draft.date_from = "2026-01-01"
        draft.action_approve()
        self.assertEqual(self.base.state, "superseded")
        self.assertEqual(self.base.date_to, Date.to_date("2025-12-31"))
        self.assertTrue(self._trail(self.company_a, "boundary.supersede"))

    def test_the_boundary_of_a_day_is_found_also_after_superseding(self):
        self.base.action_approve()
        self._new_boundary(date_from="2026-01-01", name="Next").action_approve()
        boundaries = self.env["carbon.boundary"]

        def find(day):
            day = Date.to_date(day)
            return boundaries._get_for_date(self.company_a, day, "organisational").name

        self.assertEqual(find("2025-06-30"), "Group boundary")
        self.assertEqual(find("2026-01-01"), "Next")
        self.assertFalse(find("2024-12-31"))

    def test_two_boundaries_of_the_same_day_are_refused(self):
        self.base.action_approve()
        twin = self._new_boundary(name="Twin")
        with self.assertRaisesRegex(UserError, "Group boundary"):
            twin.action_approve()
        earlier = self._new_boundary(name="Earlier", date_from="2024-01-01")
        with self.assertRaisesRegex(UserError, "later first day"):
            earlier.action_approve()
        earlier.date_to = "2024-12-31"
        earlier.action_approve()
        self.assertEqual(self.base.state, "approved")

    def test_the_database_refuses_a_second_approval_from_the_same_day(self):
        self.base.action_approve()
        twin = self._new_boundary(name="Twin")
        self._refused_by_database(lambda: twin._transition("approved", "boundary.approve"))

    def test_other_companies_have_their_own_versions(self):
        self.base.action_approve()
        site = self._new_site("B1", self.company_b)
        other = self._new_boundary(company_id=self.company_b.id, site_ids=site.ids)
        self.assertEqual(other.version, 1)
        other.action_approve()
        self.assertEqual(self.base.state, "approved")

    def test_sites_of_another_company_are_refused(self):
        site = self._new_site("B1", self.company_b)
        with self.assertRaises(UserError):
            self.base.site_ids = [Command.link(site.id)]

    def test_dates_in_wrong_order_are_refused(self):
        self._refused_by_database(lambda: self.base.write({"date_to": "2024-12-31"}))

    def test_the_kind_of_a_boundary_is_fixed(self):
        with self.assertRaises(UserError):
            self.base.boundary_type = "accounting"

    def test_an_accountant_prepares_and_a_manager_approves(self):
        draft = self._as(self.base, "accountant")
        draft.name = "Prepared"
        with self.assertRaises(AccessError):
            draft.action_approve()
        self._as(self.base, "manager").action_approve()
        self.assertEqual(self.base.approved_by_id, self.users["manager"])

    # four eyes
    def _wants_second_person(self):
        return self._new_system(self.company_a, separate_boundary_approval=True)

    def _refuses_maker(self, boundary, person):
        with self.assertRaisesRegex(AccessError, f"prepared by {person}.*Ask another carbon manager"):
            boundary.action_approve()
        self.assertEqual(boundary.state, "draft")

    def test_by_default_whoever_drew_a_boundary_up_may_approve_it(self):
        self._as(self._new_boundary(), "manager").action_approve()
        self.assertFalse(self._new_system(self.company_a).separate_boundary_approval)

    def test_creator_and_last_editor_cannot_approve_where_a_second_person_is_wanted(self):
        self._wants_second_person()
        own = self._as(self.env["carbon.boundary"], "manager").create(
            {"name": "Own", "company_id": self.company_a.id, "date_from": "2025-01-01", "site_ids": self.site.ids}
        )
        self._refuses_maker(own, "carbon_manager")
        self._refuses_maker(own.sudo(), "carbon_manager")
        edited = self._as(self.base, "manager")
        self.assertEqual(self.base.prepared_by_id, self.env.user)
        edited.name = "Edited"
        self.assertEqual(self.base.prepared_by_id, self.users["manager"])
        self._refuses_maker(edited, "carbon_manager")
        self._as(self.base, "accountant").name = "Edited again"
        edited.action_approve()
        self.assertEqual(self.base.approved_by_id, self.users["manager"])
        self.assertEqual(self.base.prepared_by_id, self.users["accountant"], "approving is no editing")

    def test_a_changed_line_is_a_changed_boundary(self):
        self._wants_second_person()
        item = self.env["carbon.boundary.item"].create(
            {"boundary_id": self.base.id, "kind": "exclusion", "name": "Canteen", "reason": "below 0.1 %"}
        )
        self._as(item, "manager").reason = "below 0.2 %"
        self._refuses_maker(self._as(self.base, "manager"), "carbon_manager")

    def test_nobody_writes_himself_out_of_a_boundary(self):
        self._wants_second_person()
        own = self._as(self.env["carbon.boundary"], "manager").create(
            {
                "name": "Own",
                "company_id": self.company_a.id,
                "date_from": "2025-01-01",
                "site_ids": self.site.ids,
                "create_uid": self.users["accountant"].id,
                "prepared_by_id": self.users["accountant"].id,
            }
        )
        own.write({"prepared_by_id": self.users["accountant"].id, "create_uid": self.users["accountant"].id})
        self.assertEqual((own.create_uid, own.prepared_by_id), (self.users["manager"],) * 2)
        self._refuses_maker(own, "carbon_manager")

    def test_switching_the_second_person_off_is_told_to_the_trail(self):
        system = self._wants_second_person()
        self._as(system, "manager").separate_boundary_approval = False
        entry = self._trail(self.company_a, "system.configure")[-1:]
        self.assertIn("separate_boundary_approval", str(entry.payload))
        self.assertEqual(entry.actor_login, "carbon_manager")

    def test_the_form_shows_what_stands_in_the_way(self):
        with Form(self.env["carbon.boundary"]) as form:
            form.name = "Typed"
            self.assertTrue(form.check_result)
            form.site_ids.add(self.site)
        self.assertFalse(form.record.check_result)

    def test_shares_of_a_group_follow_the_approach_and_the_chain_of_holdings(self):
        #
        third = self.env["res.company"].create({"name": "Carbon C"})
        lines = [
            {"company_id": self.company_b.id, "share": 0.6},
            {"company_id": third.id, "share": 0.7, "held_by_id": self.company_b.id},
            {"entity_name": "Pipeline", "share": 0.25, "relation": "joint"},
            {"entity_name": "Sold works", "share": 0.9, "is_included": False, "note": "Sold"},
        ]
        self.base.write({"share": 0.95, "company_line_ids": [Command.create(line) for line in lines]})
        expected = {
            "operational_control": ["1", "1", "1", "1", "0"],
            "legal_entity": ["1", "1", "1", "1", "0"],
            "financial_control": ["1", "1", "1", "0.25", "0"],
            "equity_share": ["0.95", "0.6", "0.42", "0.25", "0"],
        }
        for approach, shares in expected.items():
            self.base.approach = approach
            found = self.base._group_shares()
            self.assertEqual(
                [share.normalize() for _line, _company, share in found], [Decimal(s) for s in shares], approach
            )
            self.assertEqual([company for _line, company, _share in found][:3], [self.company_a, self.company_b, third])

    def test_chains_of_holdings_have_no_circle_and_no_hole(self):
        third = self.env["res.company"].create({"name": "Carbon C"})
        self.base.company_line_ids = [
            Command.create({"company_id": self.company_b.id, "held_by_id": third.id, "note": "Board"}),
        ]
        labels = [check["label"] for check in self.base._approval_checks() if check["blocking"]]
        self.assertTrue(any("Carbon C, which is not listed" in label for label in labels), labels)
        with self.assertRaisesRegex(ValidationError, "held through itself"):
            self.base.company_line_ids = [
                Command.create({"company_id": third.id, "held_by_id": self.company_b.id, "note": "Board"}),
            ]
