from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.carbon_stock.hooks import uninstall_hook

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestStockFaces(CarbonStockCommon):
    """What people see on transfers, and what stays when the bridge goes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.diesel_rule = cls._rule("stock.receipt", cls.diesel, product_id=cls.diesel_product.id)
        cls.delivery_rule = cls._rule(
            "stock.delivery", cls._source("Sold diesel", cls.ton, cls.diesel_factor), product_id=cls.diesel_product.id
        )

    def test_transfer_shows_its_rows_and_tonnes_to_carbon_readers(self):
        receipt = self._receive(self.diesel_product, 20)
        other = self._receive(self.coal_product, 20)
        self._commit()
        reader = self._user("stock_carbon_reader", "group_carbon_reader")
        reader.group_ids += self.env.ref("stock.group_stock_user")
        mine = (receipt | other).with_user(reader)
        self.assertEqual(mine.mapped("carbon_activity_count"), [1, 0])
        expected = self.env["carbon.activity.data"].search([("origin_id", "=", receipt.move_ids.id)]).co2e_t
        self.assertAlmostEqual(mine[0].carbon_co2e_t, expected, 3)
        action = mine[0].action_view_carbon_activity()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 1)
        self.assertIn(
            "action_view_carbon_activity", mine.get_view(self.env.ref("stock.view_picking_form").id, "form")["arch"]
        )

    def test_verifier_and_accountant_follow_a_row_to_its_transfer_and_change_nothing(self):
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        for group in ("group_carbon_verifier", "group_carbon_accountant"):
            with self.subTest(group):
                user = self._user(f"stock_{group}", group)
                action = row.with_user(user).action_open_origin()
                form = Form(self.env[action["res_model"]].with_user(user).browse(action["res_id"]))
                self.assertEqual((form.name, form.carbon_activity_count), (receipt.name, 1))
                with self.assertRaises(AccessError):
                    receipt.with_user(user).write({"note": "mine"})

    def test_reader_without_inventory_rights_sees_what_a_transfer_says(self):
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        row = row.with_user(self._user("stock_card", "group_carbon_reader"))
        action = row.action_open_origin()
        self.assertEqual((action["res_model"], action["res_id"]), ("carbon.activity.data", row.id))
        self.assertEqual((row.document_number, row.document_quantity), (receipt.name, 20))
        self.assertEqual((row.document_unit, row.document_date), (self.ton.name, row.date))
        self.assertEqual(row.document_state, "Done")
        with self.assertRaises(AccessError):
            receipt.with_user(row.env.user).read(["name"])

    def test_rule_form_names_its_location(self):
        self.diesel_rule.location_id = self.stock
        accountant = self._user("stock_accountant", "group_carbon_accountant")
        with Form(self.diesel_rule.with_user(accountant)) as form:
            self.assertEqual(form.location_id, self.stock)
        self.assertIn(self.stock.display_name, self.diesel_rule.with_user(accountant).sentence)

    def test_stock_users_without_a_carbon_group_see_no_carbon(self):
        receipt = self._receive(self.diesel_product, 20)
        self._commit()
        user = self._user("stock_plain", "group_carbon_reader")
        user.group_ids = self.env.ref("stock.group_stock_user")
        plain = receipt.with_user(user)
        self.assertNotIn(
            "action_view_carbon_activity", plain.get_view(self.env.ref("stock.view_picking_form").id, "form")["arch"]
        )
        with self.assertRaises(AccessError):
            plain.read(["carbon_co2e_t"])

    def test_stock_users_without_a_carbon_group_validate_and_edit(self):
        user = self._user("stock_worker", "group_carbon_reader")
        user.group_ids = self.env.ref("stock.group_stock_user")
        receipt = self._transfer(self.suppliers, self.stock, [(self.diesel_product, 20, self.ton)], done=False)
        self._validate(receipt.with_user(user))
        self._commit()
        receipt.move_ids.with_user(user).quantity = 19
        self._commit()
        self.assertEqual(self._sum(self.diesel), 19)

    def test_row_opens_its_transfer_and_its_scrap_order(self):
        receipt = self._receive(self.diesel_product, 20)
        scrap_rule = self._rule("stock.scrap", self._source("Waste", self.ton, self.diesel_factor))
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.diesel_product.id,
                "scrap_qty": 1,
                "product_uom_id": self.ton.id,
                "location_id": self.stock.id,
                "company_id": self.company.id,
            }
        )
        scrap.action_validate()
        self._commit()
        rows = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)], order="id")
        self.assertEqual(rows.rule_id, self.diesel_rule | scrap_rule)
        opened = [(action["res_model"], action["res_id"]) for action in (row.action_open_origin() for row in rows)]
        self.assertEqual(opened, [("stock.picking", receipt.id), ("stock.scrap", scrap.id)])

    def test_uninstalling_archives_the_rules_and_leaves_the_ledger_alone(self):
        self._receive(self.diesel_product, 20)
        self._commit()
        before = self._ledger()
        self.assertEqual(len(before), 1)
        declared = self._rule("declared", self.coal)
        names = self.env["ir.model.data"].create(
            [
                {"module": "carbon_stock", "name": f"rule_{rule.id}", "model": rule._name, "res_id": rule.id}
                for rule in self.diesel_rule | declared
            ]
        )
        uninstall_hook(self.env)
        self.assertEqual(names.exists().res_id, declared.id, "rules without name are not deleted with the module")
        self.env["carbon.event.kind"].search([("code", "=like", "stock.%")]).unlink()  # as the module loader does
        self.env.registry.clear_cache()
        self.assertFalse((self.diesel_rule | self.delivery_rule).filtered("active"))
        self.assertEqual(self.diesel_rule.event_kind, "stock.receipt")
        self.assertTrue(declared.active)
        self._collect()  # another bridge may still read the moves
        self.assertEqual(self._ledger(), before)
        self.assertFalse(self._issues())
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertTrue(row.origin_display)
        self.assertEqual(row.kind, "stock.receipt")
