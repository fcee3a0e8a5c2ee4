from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.carbon_mrp.hooks import uninstall_hook

from .common import CarbonMrpCommon


@tagged("post_install", "-at_install")
class TestMrpFaces(CarbonMrpCommon):
    """Work centres, the button on orders, the way back to them, and uninstalling."""

    def _operations(self):
        centres = self.env["mrp.workcenter"].create(
            [{"name": name, "company_id": self.company.id} for name in ("Blast furnace", "Coke oven")]
        )
        bom = self._bom(
            self.steel,
            50,
            [(self.coal_product, 60)],
            operation_ids=[(0, 0, {"name": centre.name, "workcenter_id": centre.id}) for centre in centres],
        )
        bom.write(
            {
                "bom_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.coal_product.id,
                            "product_qty": 40,
                            "product_uom_id": self.ton.id,
                            "operation_id": bom.operation_ids[1].id,
                        },
                    )
                ]
            }
        )
        bom.bom_line_ids[0].operation_id = bom.operation_ids[0]
        return centres, bom

    def test_rule_of_a_work_centre_takes_what_its_operation_consumes(self):
        centres, bom = self._operations()
        oven = self._source("Coke oven", self.ton, self.coal_factor)
        self._rule("mrp.consumption", oven, product_id=self.coal_product.id, workcenter_id=centres[1].id)
        order = self._make(bom)
        self.assertEqual(order.workorder_ids.workcenter_id, centres)
        self._commit()
        self.assertEqual((self._sum(self.coal), self._sum(oven)), (Decimal("60"), Decimal("40")))

    def test_order_shows_its_rows_and_tonnes_to_carbon_readers(self):
        order = self._make(self.bom)
        self._commit()
        reader = self._user("mrp_carbon_reader", "group_carbon_reader")
        reader.group_ids += self.env.ref("mrp.group_mrp_user")
        mine = order.with_user(reader)
        self.assertEqual(mine.carbon_activity_count, 1)
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        self.assertAlmostEqual(mine.carbon_co2e_t, row.co2e_t, 3)
        form = self.env.ref("mrp.mrp_production_form_view").id
        self.assertIn("action_view_carbon_activity", mine.get_view(form, "form")["arch"])
        reader.group_ids = self.env.ref("mrp.group_mrp_user")
        self.assertNotIn("action_view_carbon_activity", mine.get_view(form, "form")["arch"])

    def test_verifier_and_accountant_follow_a_row_to_its_order_and_change_nothing(self):
        order = self._make(self.bom)
        self._commit()
        row = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)])
        for group in ("group_carbon_verifier", "group_carbon_accountant"):
            with self.subTest(group):
                user = self._user(f"mrp_{group}", group)
                action = row.with_user(user).action_open_origin()
                form = Form(self.env[action["res_model"]].with_user(user).browse(action["res_id"]))
                self.assertEqual((form.name, form.carbon_activity_count), (order.name, 1))
                with self.assertRaises(AccessError):
                    order.with_user(user).write({"origin": "mine"})

    def test_rule_form_names_its_work_centre(self):
        centres, _bom = self._operations()
        self.coal_rule.workcenter_id = centres[0]
        for group in ("group_carbon_accountant", "group_carbon_reader", "group_carbon_verifier"):
            user = self._user(f"mrp_rule_{group}", group)
            self.assertIn("Blast furnace", self.coal_rule.with_user(user).sentence)
            self.assertEqual(Form(self.coal_rule.with_user(user)).workcenter_id, centres[0])

    def test_row_opens_its_order(self):
        order = self._make(self.bom)
        self._commit()
        action = self.env["carbon.activity.data"].search([("company_id", "=", self.company.id)]).action_open_origin()
        self.assertEqual((action["res_model"], action["res_id"]), ("mrp.production", order.id))

    def test_manufacturing_users_without_a_carbon_group_close_orders(self):
        user = self._user("mrp_worker", "group_carbon_reader")
        user.group_ids = self.env.ref("mrp.group_mrp_user") + self.env.ref("stock.group_stock_user")
        order = self._order(self.bom).with_user(user)
        order.qty_producing = 50
        order._set_qty_producing(False)
        order.with_context(skip_consumption=True).button_mark_done()
        self._commit()
        self.assertEqual((order.state, self._sum(self.coal)), ("done", Decimal("100")))

    def test_uninstalling_archives_the_rules_and_later_collections_leave_the_rows(self):
        receipt_rule = self._rule("stock.receipt", self.diesel, product_id=self.diesel_product.id)
        self._make(self.bom)
        self._receive(self.diesel_product, 20)
        self._commit()
        before = self._ledger()
        self.assertEqual(len(before), 2)
        uninstall_hook(self.env)
        self.env["carbon.event.kind"].search([("code", "=like", "mrp.%")]).unlink()  # as the module loader does
        self.env.registry.clear_cache()
        self.assertFalse(self.coal_rule.active)
        self.assertTrue(receipt_rule.active)
        self._collect()
        self.assertEqual(self._ledger(), before)
        self.assertFalse(self._issues())
