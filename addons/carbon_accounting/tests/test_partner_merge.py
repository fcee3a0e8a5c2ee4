import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .inventory_common import InventoryCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-06-15")
class TestPartnerMerge(InventoryCommon):
    """Partners are merged with Odoo's wizard: the ledger stays as it was written and reads well (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old, cls.kept, cls.third = cls.env["res.partner"].create(
            [{"name": "Fuel trader Ltd"}, {"name": "Fuel trader"}, {"name": "Fuel holding"}]
        )

    @classmethod
    def _merge(cls, *partners, into):
        """Press *Merge Contacts* of Odoo's wizard."""
        wizard = cls.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [(6, 0, [partner.id for partner in (*partners, into)])],
                "dst_partner_id": into.id,
            }
        )
        wizard.action_merge()

    def _fill(self, closed=True):
        """100 t of the old partner in March, closed, and 10 t in April; 1 t of the one that stays."""
        self._declare(self.coal_rule, 100, self.ton, "2025-03-10", partner_id=self.old.id)
        self._declare(self.coal_rule, 10, self.ton, "2025-04-10", partner_id=self.old.id)
        self._declare(self.coal_rule, 1, self.ton, "2025-04-11", partner_id=self.kept.id)
        self._commit()
        if closed:
            self._period("2025-03-01").action_close()

    def _written(self):
        """Return {partner number as written: sum of the quantities}."""
        return {
            partner: float(quantity)
            for partner, quantity in self.env.execute_query(
                self._sql(
                    "SELECT partner_id, SUM(quantity) FROM carbon_activity_data WHERE company_id = %s "
                    "GROUP BY 1 HAVING SUM(quantity) <> 0",
                    self.company.id,
                )
            )
        }

    def _read(self):
        """Return {partner as screens read it: sum of the quantities}."""
        rows = self.env["carbon.activity.data"]._read_group(
            [("company_id", "=", self.company.id)], ["partner_id"], ["quantity:sum"]
        )
        return {partner: quantity for partner, quantity in rows if quantity}

    def test_open_months_are_taken_over_and_closed_ones_stay_as_written(self):
        self._fill()
        old = self.old.id
        self._merge(self.old, into=self.kept)
        self._commit()
        self.assertFalse(self.old.exists())
        self.assertEqual(self._written(), {old: 100.0, self.kept.id: 11.0})
        self.assertFalse(self._issues())
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))

    def test_screens_and_sums_follow_the_merge(self):
        self._fill()
        self._merge(self.old, into=self.kept)
        self._commit()
        self.assertEqual(self._read(), {self.kept: 111.0})
        data = self.env["carbon.activity.data"].search([("partner_id", "=", self.kept.id), ("date", "<", "2025-04-01")])
        self.assertEqual((data.quantity, data.partner_id.display_name), (100.0, "Fuel trader"))
        self.assertEqual(self.env["carbon.activity.data"].search_count([("partner_id", "ilike", "Fuel trader")]), 4 + 1)
        rows = self.env["carbon.activity.data"].search(self.kept.action_view_carbon_activity_data()["domain"])
        self.assertEqual(len(rows), 5)  # two of April, one taken back, one anew, one of March
        rows = self.env["carbon.emission.report"]._read_group(
            [("company_id", "=", self.company.id)], ["partner_id"], ["co2e_t:sum"]
        )
        self.assertEqual([(partner, round(tonnes, 6)) for partner, tonnes in rows], [(self.kept, 207.4072)])
        [row] = self.env["carbon.overview"].get_data(2025)["partners"]
        self.assertEqual((row["id"], row["name"], round(row["t"], 6)), (self.kept.id, "Fuel trader", 207.4072))

    def test_partner_merged_twice_is_followed_to_the_last_one(self):
        self._fill()
        self._merge(self.old, into=self.kept)
        self._merge(self.kept, into=self.third)
        self._commit()
        self.assertEqual(self._read(), {self.third: 111.0})
        merges = self.env["carbon.partner.merge"].search([("partner_id", "=", self.third.id)])
        self.assertEqual(merges.mapped("name"), ["Fuel trader", "Fuel trader Ltd"])

    def test_three_partners_merged_at_once_read_as_one(self):
        self._fill()
        self._merge(self.old, self.kept, into=self.third)
        self._commit()
        self.assertEqual(self._read(), {self.third: 111.0})

    def test_worklist_follows_the_merge(self):
        bare = self._rule("declared", self._source("Bare", self.kg, None), name="Bare")
        self._declare(bare, 3, self.kg, "2025-04-10", partner_id=self.old.id, name="Waiting")
        self._commit()
        self._merge(self.old, into=self.kept)
        self._commit()
        issue = self.env["carbon.collection.issue"].search([("company_id", "=", self.company.id)])
        self.assertEqual((issue.label, issue.partner_id), ("Waiting", self.kept))

    def test_workbook_names_the_partner_that_stayed(self):
        self._fill()
        self._merge(self.old, into=self.kept)
        inventory = self._computed()
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream)
        sheet = load_workbook(stream, data_only=True)["活动数据 Activity data"]
        names = {row[5].value for row in sheet.iter_rows() if isinstance(row[6].value, int | float)}
        self.assertEqual(names, {"Fuel trader"})

    def test_deleted_partner_leaves_its_number_and_the_sum(self):
        self._fill()
        # its documents went first
        self.env.cr.execute(
            self._sql("UPDATE carbon_declaration SET partner_id = NULL WHERE partner_id = %s", self.old.id)
        )
        self.env.invalidate_all()
        number = self.old.id
        self.old.unlink()
        names = {row["name"]: round(row["t"], 6) for row in self.env["carbon.overview"].get_data(2025)["partners"]}
        self.assertEqual(names, {f"#{number}": 205.538667, "Fuel trader": 1.868533})
        self.assertEqual(self._read(), {self.env["res.partner"]: 110.0, self.kept: 1.0})

    def test_merge_that_makes_two_rules_tie_is_refused_and_names_them(self):
        values = {"event_kind_id": self.env["carbon.event.kind"].create(
            {"code": "test.other", "name": "Other", "origin_model": "carbon.declaration", "recognition": "declared"}
        ).id}  # fmt: skip
        for partner, name in ((self.old, "Rule of the old one"), (self.kept, "Rule of the one that stays")):
            self._rule("declared", self.coal, partner_id=partner.id, name=name, **values)
        with self.assertRaisesRegex(ValidationError, "Rule of the old one ties with rule Rule of the one that stays"):
            self._merge(self.old, into=self.kept)

    def test_person_without_carbon_rights_can_merge(self):
        self._fill()
        manager = new_test_user(
            self.env,
            login="contacts",
            groups="base.group_user,base.group_partner_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(manager)
        wizard._merge([self.old.id, self.kept.id], self.kept.with_user(manager))
        self._commit()
        self.assertEqual(self._read(), {self.kept: 111.0})
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            self.env["carbon.partner.merge"].with_user(manager).search([])

    def test_merges_are_read_by_readers_of_the_company_and_written_by_nobody(self):
        other = self.env["res.company"].create({"name": "Other works"})
        self.old.company_id = self.kept.company_id = self.company
        self._merge(self.old, into=self.kept)
        merges = self.env["carbon.partner.merge"]
        reader = self._user("merge-reader", "group_carbon_reader")
        stranger = self._user("merge-stranger", "group_carbon_reader", other)
        self.assertEqual(merges.with_user(reader).search([]).mapped("name"), ["Fuel trader Ltd"])
        foreign = merges.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(foreign.search([]))
        manager = self._user("merge-manager", "group_carbon_manager")
        for act in (
            lambda: merges.with_user(manager).create({"merged_id": 1, "name": "x"}),
            lambda: merges.with_user(manager).search([]).write({"name": "x"}),
            lambda: merges.with_user(manager).search([]).unlink(),
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                act()
