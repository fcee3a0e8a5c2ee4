"""The company that tests of several processes work with: business records made with Odoo's own buttons.

``business`` (``found`` and ``trade``) needs Odoo's applications alone; ``carbon`` adds sources, factors and rules. Story S2: 20 t diesel
received and 2 t returned, an order that consumes 100 t coal, a bill of 50,000 kWh.
"""

import json

from odoo.fields import Command

KEY = "test.world"


def load(env):
    """Return the ids that :func:`business` noted."""
    return json.loads(env["ir.config_parameter"].sudo().get_param(KEY))


def within(env, company_id):
    """Return the environment with one company."""
    return env(
        context={
            **env.context,
            "allowed_company_ids": [company_id],
            "tracking_disable": True,
        }
    )


def found(env, name="Works"):
    """Create a company with a warehouse, accounts, a supplier and products."""
    env.ref("base.CNY").active = True
    company = env["res.company"].create({"name": name, "currency_id": env.ref("base.CNY").id})
    env.user.company_ids += company
    env = within(env, company.id)
    if not env["stock.warehouse"].search([("company_id", "=", company.id)]):
        env["stock.warehouse"].create({"name": name, "code": name[:5], "company_id": company.id})
    books = _books(env, company)
    ton, kwh = env.ref("uom.product_uom_ton"), env.ref("uom.product_uom_kwh")
    supplier = env["res.partner"].create({"name": f"{name} trader"})
    products = {
        code: env["product.product"].create(
            {
                "name": f"{name} {code}", "type": kind, "is_storable": kind == "consu", "uom_id": uom.id, "company_id": company.id,
                "supplier_taxes_id": False, "taxes_id": False, "purchase_method": "purchase",
            }
        )
        for code, kind, uom in (
            ("diesel", "consu", ton), ("coal", "consu", ton), ("steel", "consu", ton), ("power", "service", kwh),
        )
    }  # fmt: skip
    world = {
        "company": company.id, "supplier": supplier.id, "expense": books["expense"],
        "products": {code: product.id for code, product in products.items()},
    }  # fmt: skip
    env["ir.config_parameter"].set_param(
        KEY,
        json.dumps({**json.loads(env["ir.config_parameter"].get_param(KEY, "{}")), name: world}),
    )
    return world


def trade(env, world):
    """Make a history of orders, receipts, bills and a manufacturing order."""
    env = within(env, world["company"])
    receipt = receive(env, world, "diesel", 20)
    give_back(env, receipt, 2)
    buy(env, world, "coal", 150)
    make(env, world, 50, 100)
    bill(env, world, [50000])


def business(env, name="Works"):
    """Create a company and its history."""
    trade(env, found(env, name))


def _books(env, company):
    """Give a company the few accounts and journals that vendor bills need."""
    country = env.ref("base.cn")
    company.write({"country_id": country.id, "account_fiscal_country_id": country.id})

    def account(code, name, kind):
        return (
            env["account.account"]
            .create(
                {
                    "code": code,
                    "name": name,
                    "account_type": kind,
                    "company_ids": company.ids,
                }
            )
            .id
        )

    books = {
        "expense": account("660100", "Energy", "expense"),
        "payable": account("220200", "Payable", "liability_payable"),
        "receivable": account("112200", "Receivable", "asset_receivable"),
    }
    env["account.journal"].create(
        {
            "name": "Bills",
            "code": "BILL",
            "type": "purchase",
            "company_id": company.id,
            "default_account_id": books["expense"],
        }
    )
    for fname, key in (
        ("property_account_payable_id", "payable"),
        ("property_account_receivable_id", "receivable"),
    ):
        env["ir.default"].set("res.partner", fname, books[key], company_id=company.id)
    return books


def _validate(picking):
    for move in picking.move_ids:
        move.quantity = move.product_uom_qty
    picking.move_ids.picked = True
    picking.with_context(skip_backorder=True).button_validate()
    assert picking.state == "done", picking.state
    return picking


def receive(env, world, code, quantity, validate=True):
    """Receive goods from the supplier."""
    warehouse = env["stock.warehouse"].search([("company_id", "=", world["company"])], limit=1)
    source, dest = env.ref("stock.stock_location_suppliers"), warehouse.lot_stock_id
    product = env["product.product"].browse(world["products"][code])
    picking = env["stock.picking"].create(
        {
            "picking_type_id": warehouse.in_type_id.id, "location_id": source.id, "location_dest_id": dest.id,
            "partner_id": world["supplier"],
            "move_ids": [
                Command.create(
                    {
                        "product_id": product.id, "product_uom_qty": quantity, "product_uom": product.uom_id.id,
                        "location_id": source.id, "location_dest_id": dest.id,
                    }
                )
            ],
        }
    )  # fmt: skip
    picking.action_confirm()
    if validate:
        _validate(picking)
    return picking


def give_back(env, picking, quantity):
    """Return part of a receipt with Odoo's wizard."""
    wizard = (
        env["stock.return.picking"]
        .with_context(active_id=picking.id, active_ids=picking.ids, active_model="stock.picking")
        .create({})
    )
    wizard.product_return_moves.quantity = quantity
    return _validate(env["stock.picking"].browse(wizard.action_create_returns()["res_id"]))


def buy(env, world, code, quantity):
    """Order, receive and leave unbilled."""
    product = env["product.product"].browse(world["products"][code])
    order = env["purchase.order"].create(
        {
            "partner_id": world["supplier"],
            "company_id": world["company"],
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_qty": quantity,
                        "price_unit": 500,
                    }
                )
            ],
        }
    )
    order.button_confirm()
    _validate(order.picking_ids)
    return order


def make(env, world, quantity, coal):
    """Run a manufacturing order of steel to the end."""
    steel = env["product.product"].browse(world["products"]["steel"])
    bom = env["mrp.bom"].create(
        {
            "product_id": steel.id,
            "product_tmpl_id": steel.product_tmpl_id.id,
            "product_qty": quantity,
            "product_uom_id": steel.uom_id.id,
            "company_id": world["company"],
            "bom_line_ids": [
                Command.create(
                    {
                        "product_id": world["products"]["coal"],
                        "product_qty": coal,
                        "product_uom_id": steel.uom_id.id,
                    }
                )
            ],
        }
    )
    order = env["mrp.production"].create(
        {
            "product_id": steel.id,
            "bom_id": bom.id,
            "product_qty": quantity,
            "product_uom_id": steel.uom_id.id,
            "company_id": world["company"],
        }
    )
    order.action_confirm()
    order.qty_producing = quantity
    order._set_qty_producing(False)
    order.move_raw_ids.picked = True
    order.with_context(skip_consumption=True, skip_backorder=True).button_mark_done()
    assert order.state == "done", order.state
    return order


def bill(env, world, quantities, day="2025-03-10", post=True):
    """Post a vendor bill of electricity with one line for each quantity."""
    product = env["product.product"].browse(world["products"]["power"])
    move = env["account.move"].create(
        {
            "move_type": "in_invoice", "company_id": world["company"], "partner_id": world["supplier"],
            "invoice_date": day, "date": day, "ref": f"B{env['account.move'].search_count([])}",
            "invoice_line_ids": [
                Command.create(
                    {
                        "product_id": product.id, "name": product.name, "quantity": quantity, "price_unit": 0.7,
                        "account_id": world["expense"], "tax_ids": [Command.clear()],
                    }
                )
                for quantity in quantities
            ],
        }
    )  # fmt: skip
    if post:
        move.action_post()
    return move


def carbon(env, world, live=False, phase="setup"):
    """Create factors, sources and rules; nothing is collected by that."""
    env = within(env, world["company"])
    company = env["res.company"].browse(world["company"])
    system = env["carbon.system"]._get(company)
    system.write({"tz": "Asia/Shanghai", "phase": phase, "collect_live": live, "separate_factor_approval": False})
    ton, kwh = env.ref("uom.product_uom_ton"), env.ref("uom.product_uom_kwh")
    co2 = env["carbon.gas"].search([("code", "=", "CO2")])
    leaf = env["carbon.emission.category"].search([("code", "=", "stationary_combustion")])
    stream = env["carbon.emission.stream"].search([("code", "=", "combustion")])
    rules = {}
    for code, uom, kg, kind in (
        ("diesel", ton, 3095.910, "stock.receipt"),
        ("coal", ton, 1868.533333333333, "mrp.consumption"),
        ("power", kwh, 0.5366, "account.bill"),
        ("declared", ton, 1000, "declared"),
    ):
        factor = env["carbon.emission.factor"].create(
            {
                "code": f"T-{company.id}-{code}",
                "name": code,
                "uom_id": uom.id,
                "company_id": company.id,
            }
        )
        version = env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                "gas_line_ids": [Command.create({"gas_id": co2.id, "kg_per_unit": kg})],
            }
        )
        version.action_approve()
        source = env["carbon.source"].create(
            {
                "name": f"{company.name} {code}",
                "company_id": company.id,
                "category_id": leaf.id,
                "uom_id": uom.id,
                "factor_line_ids": [Command.create({"stream_id": stream.id, "factor_id": factor.id})],
            }
        )
        rule = env["carbon.activity.rule"].create(
            {
                "name": f"{company.name} {code}",
                "company_id": company.id,
                "source_id": source.id,
                "event_kind_id": env["carbon.event.kind"].search([("code", "=", kind)]).id,
                "product_id": world["products"].get(code),
            }
        )
        rules[code] = rule.id
    return {**world, "rules": rules}


def declare(env, world, quantities, day="2025-02-01"):
    """Post declarations of a quantity."""
    rows = env["carbon.declaration"].create(
        [
            {
                "name": f"D{n}",
                "company_id": world["company"],
                "rule_id": world["rules"]["declared"],
                "quantity": quantity,
                "uom_id": env.ref("uom.product_uom_ton").id,
                "date": day,
            }
            for n, quantity in enumerate(quantities)
        ]
    )
    rows.action_post()
    return rows


def multiply(env, world, moves, lines):
    """Make years of history of what was validated: copies of a done receipt move and of a posted bill line."""
    cr = env.cr
    env.flush_all()

    def columns(table):
        cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id' ORDER BY ordinal_position",
            [table],
        )
        return [row[0] for row in cr.fetchall()]

    def insert(table, changed, source, where):
        names = columns(table)
        values = ", ".join(changed.get(name, f's."{name}"') for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        cr.execute(f"INSERT INTO {table} ({listed}) SELECT {values} FROM {source} WHERE {where}")

    product = world["products"]["diesel"]
    cr.execute(
        "SELECT min(id), max(id) FROM stock_move WHERE product_id = %s AND state = 'done' AND origin_returned_move_id IS NULL",
        [product],
    )
    model, last = cr.fetchone()
    cr.execute("SELECT COALESCE(max(id), 0) FROM stock_move")
    (last,) = cr.fetchone()
    day = "'2022-01-03 01:00:00'::timestamp + make_interval(hours => g * 9)"
    insert(
        "stock_move",
        {
            "date": day,
            "quantity": "10 + g % 90",
            "product_uom_qty": "10 + g % 90",
            "product_qty": "10 + g % 90",
            "reference": "'H/IN/' || g",
        },
        f"stock_move s, generate_series(1, {int(moves)}) g",
        f"s.id = {model}",
    )
    insert(
        "stock_move_line",
        {
            "move_id": "m.id",
            "date": "m.date",
            "quantity": "m.quantity",
            "quantity_product_uom": "m.quantity",
        },
        f"stock_move_line s JOIN stock_move m ON m.id > {last}",
        f"s.move_id = {model}",
    )
    cr.execute(
        "SELECT l.id FROM account_move_line l WHERE l.product_id = %s AND l.display_type = 'product' AND l.parent_state = 'posted' LIMIT 1",
        [world["products"]["power"]],
    )
    (line,) = cr.fetchone()
    insert(
        "account_move_line",
        {
            "quantity": "1000 + g",
            "date": "'2022-01-15'::date + (g * 2)",
            "debit": "0",
            "credit": "0",
            "balance": "0",
            "amount_currency": "0",
            "amount_residual": "0",
            "price_subtotal": "0",
            "price_total": "0",
        },
        f"account_move_line s, generate_series(1, {int(lines)}) g",
        f"s.id = {line}",
    )
    env.invalidate_all()
