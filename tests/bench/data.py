"""Generated data for the benchmarks: one company with years of done stock moves, made by plain SQL.

Deterministic: the same sizes give the same rows.
"""

PRODUCTS = 2000
RULES = 450
REGIONS = 31


def company_with_rules(env, products=PRODUCTS, rules=RULES):
    """Create a company with products, sources, dated regional factor versions and rules for receipts.

    :return: dict of ids that :func:`moves` needs
    """
    company = env["res.company"].create({"name": f"Bench {env['res.company'].search_count([])}"})
    env.user.company_ids += company
    env = env(context=dict(env.context, allowed_company_ids=[company.id], tracking_disable=True))
    warehouse = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1) or env[
        "stock.warehouse"
    ].create({"name": company.name, "code": f"B{company.id}", "company_id": company.id})
    system = env["carbon.system"]._get(company)
    system.write({"tz": "Asia/Shanghai", "phase": "live", "collect_live": True, "separate_factor_approval": False})
    root = env["product.category"].create({"name": "Bench"})
    categories = env["product.category"].create([{"name": f"C{i}", "parent_id": root.id} for i in range(40)])
    ton, kg = env.ref("uom.product_uom_ton"), env.ref("uom.product_uom_kgm")
    records = env["product.product"].create(
        [
            {
                "name": f"P{i}",
                "type": "consu",
                "is_storable": False,
                "uom_id": kg.id,
                "categ_id": categories[i % 40].id,
            }
            for i in range(products)
        ]
    )
    _factors_and_rules(env, company, records, categories, ton, rules)
    env.flush_all()
    env.cr.commit()
    return {
        "company": company.id,
        "product_min": min(records.ids),
        "products": products,
        "uom": kg.id,
        "supplier": env.ref("stock.stock_location_suppliers").id,
        "stock": warehouse.lot_stock_id.id,
        "partners": env["res.partner"].create([{"name": f"Supplier {i}"} for i in range(200)]).ids,
    }


def _factors_and_rules(env, company, products, categories, uom, rules):
    """Create one source per rule, its factor with versions by year and region, and the rules themselves."""
    leaf = env["carbon.emission.category"].search([("code", "=", "purchased_goods")], limit=1)
    stream = env["carbon.emission.stream"].search([("code", "=", "combustion")], limit=1)
    upstream = env["carbon.emission.stream"].search([("code", "=", "upstream")], limit=1)
    co2 = env["carbon.gas"].search([("code", "=", "CO2")], limit=1)
    ch4 = env["carbon.gas"].search([("code", "=", "CH4_FOSSIL")], limit=1)
    kind = env["carbon.event.kind"].search([("code", "=", "stock.receipt")])
    china = env.ref("carbon_management.region_cn")
    provinces = env["carbon.region"].search([("kind", "=", "province")], limit=5)
    sites = env["carbon.site"].create(
        [
            {
                "name": p.name,
                "code": f"S{i}",
                "company_id": company.id,
                "region_id": p.id,
            }
            for i, p in enumerate(provinces)
        ]
    )
    factors = env["carbon.emission.factor"].create(
        [
            {
                "code": f"BENCH-{company.id}-{i}",
                "name": f"F{i}",
                "uom_id": uom.id,
                "company_id": company.id,
            }
            for i in range(rules)
        ]
    )
    versions = []
    for i, factor in enumerate(factors):
        for year in range(2017, 2024):
            region = china if year % 2 or i % 5 else provinces[i % len(provinces)]
            versions.append(
                {
                    "factor_id": factor.id,
                    "date_from": f"{year}-01-01",
                    "region_id": region.id,
                    "source_document": "bench",
                    "gas_line_ids": [
                        (0, 0, {"gas_id": co2.id, "kg_per_unit": 100 + i + year / 10}),
                        (0, 0, {"gas_id": ch4.id, "kg_per_unit": 0.01 + i / 1000}),
                    ],
                }
            )
    approved = env["carbon.emission.factor.version"].create(versions)
    approved.action_approve()
    sources = env["carbon.source"].create(
        [
            {
                "name": f"Source {i}",
                "company_id": company.id,
                "category_id": leaf.id,
                "uom_id": uom.id,
                "site_id": sites[i % len(sites)].id,
                "factor_line_ids": [(0, 0, {"stream_id": stream.id, "factor_id": factor.id})]
                + ([(0, 0, {"stream_id": upstream.id, "factor_id": factor.id})] if i % 4 == 0 else []),
            }
            for i, factor in enumerate(factors)
        ]
    )
    by_product = rules - len(categories) + 4
    vals_list = [
        {
            "event_kind_id": kind.id,
            "company_id": company.id,
            "source_id": sources[i].id,
            "name": f"R{i}",
            "product_id": products[i].id,
        }
        for i in range(by_product)
    ]
    vals_list += [
        {
            "event_kind_id": kind.id,
            "company_id": company.id,
            "source_id": sources[by_product + i].id,
            "name": f"R{by_product + i}",
            "category_id": categories[i].id,
        }
        for i in range(rules - by_product)
    ]
    env["carbon.activity.rule"].create(vals_list)


def moves(cr, setup, count, start="2022-01-01", days=364):
    """Insert ``count`` done receipts with 1.2 move lines each, spread over ``days`` in the order of their ids."""
    params = dict(setup, count=count, start=start, days=days, partners=setup["partners"])
    cr.execute("SELECT COALESCE(max(id), 0) FROM stock_move")
    params["base"] = cr.fetchone()[0]
    cr.execute("SET LOCAL session_replication_role = replica")  # foreign keys of the generated rows need no check
    cr.execute(
        """
        INSERT INTO stock_move (company_id, product_id, product_uom, location_id, location_dest_id, procure_method, product_uom_qty,
                                quantity, product_qty, date, state, reference, picked, partner_id, is_inventory, create_date, write_date)
        SELECT %(company)s, %(product_min)s + ((i::bigint * 7919) %% %(products)s)::int, %(uom)s, %(supplier)s, %(stock)s, 'make_to_stock',
               10 + i %% 90, 10 + i %% 90, 10 + i %% 90,
               %(start)s::timestamp + make_interval(mins => ((i::bigint * %(days)s * 1440) / %(count)s)::int), 'done',
               'WH/IN/' || lpad(i::text, 7, '0'), TRUE, (%(partners)s)[1 + i %% 200], FALSE, now(), now()
          FROM generate_series(1, %(count)s) i
        """,
        params,
    )
    cr.execute(
        """
        INSERT INTO stock_move_line (move_id, company_id, product_id, product_uom_id, location_id, location_dest_id, date, state,
                                     quantity, quantity_product_uom, picked)
        SELECT m.id, m.company_id, m.product_id, m.product_uom, m.location_id, m.location_dest_id, m.date, 'done',
               CASE WHEN m.id %% 5 = 0 THEN m.quantity / 2 ELSE m.quantity END,
               CASE WHEN m.id %% 5 = 0 THEN m.quantity / 2 ELSE m.quantity END, TRUE
          FROM stock_move m, generate_series(1, 2) g
         WHERE m.id > %(base)s AND (g = 1 OR m.id %% 5 = 0)
        """,
        params,
    )
    cr.execute("SET LOCAL session_replication_role = origin")
