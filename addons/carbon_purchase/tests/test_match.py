from decimal import Decimal

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import CarbonPurchaseCommon


@tagged("post_install", "-at_install")
class TestMatch(CarbonPurchaseCommon):
    """Ordered, received, billed, and which of them counts (R-131)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._kinds_and_books()

    def _row(self, order):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["carbon.purchase.match.report"].search([("order_id", "in", order.ids)])

    def _quantities(self, order):
        row = self._row(order)
        return (
            row.ordered_quantity,
            row.received_quantity,
            row.billed_quantity,
            row.counted_quantity,
            row.counted_at,
            row.status,
        )

    def test_quotation_is_not_listed(self):
        self.assertFalse(self._row(self._order((self.electricity, 5, 1))))

    def test_confirmed_order_waits(self):
        order = self._order((self.electricity, 5, 1), confirm=True)
        self.assertEqual(self._quantities(order), (5.0, 0.0, 0.0, 0.0, False, "waiting"))

    def test_billed_service_counts_when_billed(self):
        self._need("account.move.line")
        self._rule("account.bill", self.power, product_id=self.electricity.id)
        order = self._order((self.electricity, 50000, 1), confirm=True)
        bill = self._bill_order(order)
        self._commit()
        self.assertEqual(
            self._quantities(order),
            (50000.0, 0.0, 50000.0, 50000.0, "billed", "matched"),
        )
        bill.button_cancel()
        self._commit()
        self.assertEqual(self._quantities(order), (50000.0, 0.0, 0.0, 0.0, False, "waiting"))

    def test_bill_that_no_rule_counts_is_not_counted(self):
        order = self._order((self.electricity, 50, 1), confirm=True)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._quantities(order), (50.0, 0.0, 50.0, 0.0, False, "uncounted"))

    def test_draft_bill_is_not_billed_yet(self):
        order = self._order((self.electricity, 50, 1), confirm=True)
        self._bill_order(order, post=False)
        self.assertEqual(self._quantities(order)[2], 0.0)

    def test_split_bill_counts_its_quantity_once(self):
        self._need("account.move.line")
        self._rule(
            "account.bill",
            self.power,
            product_id=self.electricity.id,
            date_basis="service",
            multiplier=0.3,
            multiplier_reason="Three tenths are ours",
        )
        order = self._order((self.electricity, 3100, 1), confirm=True)
        bill = self._bill_order(order, post=False)
        bill.invoice_line_ids.write({"carbon_service_from": "2025-03-15", "carbon_service_to": "2025-04-14"})
        bill.action_post()
        self._commit()
        self.assertEqual(len(self._ledger()), 2)
        self.assertEqual(self._quantities(order)[2:], (3100.0, 3100.0, "billed", "matched"))

    def test_bill_matched_after_posting_is_found(self):
        self._need("account.move.line")
        self._rule("account.bill", self.power, product_id=self.electricity.id)
        order = self._order((self.electricity, 40, 1), confirm=True)
        bill = self._bill_order(order)
        bill.invoice_line_ids.purchase_line_id = False
        self._commit()
        self.assertEqual(self._quantities(order)[3:], (0.0, False, "waiting"))
        bill.invoice_line_ids.purchase_line_id = order.order_line
        self._commit()
        self.assertEqual(self._quantities(order)[3:], (40.0, "billed", "matched"))
        self.assertEqual(order.carbon_activity_count, 1)

    def test_change_in_a_closed_period_differs(self):
        self._need("account.move.line")
        self._rule("account.bill", self.power, product_id=self.electricity.id)
        order = self._order((self.electricity, 40, 1), confirm=True)
        bill = self._bill_order(order)
        self._commit()
        self._period("2025-03-01").action_close()
        bill.button_draft()
        bill.invoice_line_ids.quantity = 30
        bill.action_post()
        self._commit()
        self.assertEqual(self._quantities(order)[2:], (30.0, 40.0, "billed", "differs"))
        self.assertEqual(self._row(order).difference, -10.0)

    def test_received_goods_supersede_their_bill(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        self._receive(order, 60)
        bill = self._bill_order(order)
        self._commit()
        self.assertEqual(
            self._quantities(order),
            (100.0, 60.0, bill.invoice_line_ids.quantity, 60.0, "received", "matched"),
        )
        self.assertFalse(self._issues())

    def test_goods_counted_at_receipt_are_left_alone_by_a_rule_on_the_vendors_bills(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        self._rule("account.bill", self.diesel, partner_id=self.supplier.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        self._receive(order, 100)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._quantities(order)[3:], (100.0, "received", "matched"))

    def test_goods_counted_when_received_and_when_billed_in_another_category_are_shown_as_counted_twice(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        leaf = self.env["carbon.emission.category"].create({"code": "test_upstream", "name": "Upstream"})
        upstream = self._source("Upstream of coal", self.ton, self.coal_factor, leaf=leaf)
        self._rule("account.bill", upstream, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        self._receive(order, 100)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._row(order).status, "double")

    def test_bill_without_receipt_of_goods_that_count_when_received_is_listed(self):  # R-129 R-135
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        self._bill_order(order)
        self._commit()
        self.assertFalse(self._issues())
        self.assertEqual(self._quantities(order), (100.0, 0.0, 100.0, 0.0, False, "unreceived"))
        listed = self.env["carbon.purchase.match.report"].search([("status", "=", "unreceived")])
        self.assertEqual(listed.order_id, order)
        self._receive(order, 100)
        self._commit()
        self.assertEqual(self._quantities(order), (100.0, 100.0, 100.0, 100.0, "received", "matched"))

    def test_service_that_counts_when_received_and_is_marked_by_hand_is_listed(self):
        self._need("account.move.line", "stock.move")
        category = self.env["product.category"].create({"name": "Bought energy"})
        self.electricity.categ_id = category
        rule = self._rule("stock.receipt", self.power, category_id=category.id)
        order = self._order((self.electricity, 5000, 1), confirm=True)
        order.order_line.qty_received = 5000
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._quantities(order), (5000.0, 5000.0, 5000.0, 0.0, False, "unreceived"))
        rule.date_to = "2025-03-19"  # the bill is of the day after
        self.assertEqual(self._quantities(order)[5], "uncounted")

    def test_receipt_that_cannot_be_counted_yet_is_on_the_worklist_and_not_listed(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.power, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        picking = self._receive(order, 100)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._issues(), {(picking.name, "unit")})
        self.assertEqual(self._quantities(order)[5], "uncounted")

    def _kit(self):
        """Return a kit of three pieces of a component in kilograms, and the component."""
        if "mrp.bom" not in self.env:
            self.skipTest("not installed: mrp")
        self._need("account.move.line", "stock.move")
        piece = self._product("Casting", self.kg, type="consu", is_storable=True)
        kit = self._product("Casting set", self.env.ref("uom.product_uom_unit"), type="consu")
        self.env["mrp.bom"].create(
            {
                "product_tmpl_id": kit.product_tmpl_id.id,
                "type": "phantom",
                "bom_line_ids": [Command.create({"product_id": piece.id, "product_qty": 3})],
            }
        )
        return kit, piece

    def test_kit_that_counts_by_its_components_is_called_so_and_has_no_difference(self):
        kit, piece = self._kit()
        self._rule("stock.receipt", self.coal, product_id=piece.id)
        order = self._order((kit, 10, 5), confirm=True)
        self.assertEqual(self._quantities(order)[5], "waiting")
        self._receive(order, 30)
        bill = self._bill_order(order)
        self._commit()
        self.assertEqual(self._sum(self.coal), Decimal("0.03"))
        self.assertEqual(self._quantities(order), (10.0, 10.0, 10.0, 0.0, "received", "kit"))
        self.assertFalse(self._row(order).difference)
        self.assertEqual(self.env["carbon.purchase.match.report"].search([("status", "=", "kit")]).order_id, order)
        bill.button_cancel()
        self._commit()
        self.assertEqual(self._quantities(order)[2:], (0.0, 0.0, "received", "kit"))

    def test_kit_that_counts_by_its_bill_is_compared_with_it(self):
        kit, _piece = self._kit()
        unit = self.env.ref("uom.product_uom_unit")
        self._rule("account.bill", self._source("Sets", unit, self._factor("SET", unit, "1")), product_id=kit.id)
        order = self._order((kit, 10, 5), confirm=True)
        self._receive(order, 30)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._quantities(order), (10.0, 10.0, 10.0, 10.0, "billed", "matched"))

    def test_kit_counted_by_its_bill_and_by_its_components_counts_twice(self):
        kit, piece = self._kit()
        self._rule("stock.receipt", self.coal, product_id=piece.id)
        unit = self.env.ref("uom.product_uom_unit")
        self._rule("account.bill", self._source("Sets", unit, self._factor("SET", unit, "1")), product_id=kit.id)
        order = self._order((kit, 10, 5), confirm=True)
        self._receive(order, 30)
        self._bill_order(order)
        self._commit()
        self.assertEqual(self._row(order).status, "double")

    def test_order_in_another_unit_of_the_same_kind_is_compared(self):
        self._need("account.move.line", "stock.move")
        self._rule("stock.receipt", self.coal, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 4000, 1))
        order.order_line.product_uom_id = self.kg
        order.button_confirm()
        self._receive(order, *order.picking_ids.move_ids.mapped("product_uom_qty"))
        self._commit()
        self.assertEqual(self._quantities(order), (4000.0, 4000.0, 0.0, 4000.0, "received", "matched"))

    def test_fuel_that_counts_when_billed_and_is_not_used_is_in_the_material_balance(self):
        self._need("account.move.line", "stock.move")
        self.coal_product.is_storable = True
        self._rule("account.bill", self.coal, product_id=self.coal_product.id)
        order = self._order((self.coal_product, 100, 500), confirm=True)
        self._receive(order, 60)
        bill = self._bill_order(order, post=False)
        bill.invoice_line_ids.quantity = 60
        bill.action_post()
        use = self.env["stock.location"].create({"name": "Use", "usage": "inventory", "company_id": self.company.id})
        stock = order.picking_type_id.default_location_dest_id
        move = self.env["stock.move"].create(
            {
                "product_id": self.coal_product.id,
                "product_uom_qty": 45,
                "product_uom": self.coal_product.uom_id.id,
                "location_id": stock.id,
                "location_dest_id": use.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": 45, "picked": True})
        move._action_done()
        self._commit()
        report = self.env["carbon.stock.balance.report"].search([("product_id", "=", self.coal_product.id)])
        self.assertEqual(sum(report.mapped("counted")), 60)
        self.assertEqual(sum(report.mapped("unused")), 15)
        self.assertEqual(report.search([("id", "in", report.ids)]), report, "by number")
        march = report.filtered(lambda row: str(row.date) == "2025-03-01")
        self.assertEqual((march.counted, march.unused, march.closing), (60, 60, 0), "the bill's month")

    def test_question_about_days_gives_the_same_rows_as_all_history(self):
        orders = self.env["purchase.order"]
        for day in ("2024-12-31 23:59:59", "2025-01-01 00:00:00", "2025-12-31 23:59:59", "2026-01-01 00:00:00"):
            order = self._order((self.electricity, 5, 1), confirm=True)
            order.date_approve = day
            orders |= order
        orders[2].date_approve, orders[2].date_order = False, "2025-12-31 23:59:59"
        self.env.flush_all()
        report = self.env["carbon.purchase.match.report"]
        year = [("date", ">=", "2025-01-01"), ("date", "<=", "2025-12-31")]
        self.assertEqual(report.search(year).order_id, orders[1] | orders[2])
        self.assertEqual(report.search([]).filtered_domain(year), report.search(year))
        self.assertEqual(report.search([("order_id", "=", orders[3].id)]).ordered_quantity, 5.0)
        report.invalidate_model()
        self.assertEqual(report.browse(orders[0].order_line.ids).order_id, orders[0])

    def test_down_payment_is_no_activity(self):
        self._need("account.move.line")
        self._rule("account.bill", self.power, partner_id=self.supplier.id)
        order = self._order((self.electricity, 100, 1), confirm=True)
        advance = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": "2025-03-02",
                "date": "2025-03-02",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Advance",
                            "quantity": 30,
                            "price_unit": 1,
                            "product_uom_id": self.kwh.id,
                            "tax_ids": False,
                        }
                    )
                ],
            }
        )
        advance.action_post()
        self._commit()
        self.assertEqual(self._sum(self.power), 30)
        wizard = (
            self.env["bill.to.po.wizard"]
            .with_context(active_ids=[-line.id for line in advance.invoice_line_ids])
            .create({"purchase_order_id": order.id, "partner_id": self.supplier.id})
        )
        wizard.action_add_downpayment()
        self._commit()
        self.assertEqual(self._sum(self.power), 0)
        bill = self._bill_order(order)
        self.assertEqual(
            sorted(bill.invoice_line_ids.filtered("product_uom_id").mapped("quantity")),
            [-30.0, 100.0],
        )
        self._commit()
        self.assertEqual(self._sum(self.power), 100)
        self.assertEqual(self._quantities(order)[2:], (100.0, 100.0, "billed", "matched"))

    def test_reader_sees_the_match_of_the_own_company_only(self):
        order = self._order((self.electricity, 5, 1), confirm=True)
        reader = self._user("reader", "group_carbon_reader")
        self.env.flush_all()
        report = self.env["carbon.purchase.match.report"]
        self.assertEqual(report.with_user(reader).search([]).id, order.order_line.id)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._user("stranger", "group_carbon_reader", other)
        self.assertFalse(self.env(user=stranger, context={"allowed_company_ids": other.ids})[report._name].search([]))
        buyer = new_test_user(self.env, login="buyer", groups="purchase.group_purchase_user")
        with self.assertRaises(AccessError):
            report.with_user(buyer).search([])

    def test_report_is_grouped_and_filtered(self):
        self._order((self.electricity, 5, 1), confirm=True)
        self.env.flush_all()
        rows = self.env["carbon.purchase.match.report"]._read_group(
            [("company_id", "=", self.company.id), ("date", ">=", "2025-01-01")],
            ["status", "date:month"],
            ["__count"],
        )
        self.assertEqual([(status, count) for status, _month, count in rows], [("waiting", 1)])
