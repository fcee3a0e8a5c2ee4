"""Readings of data loggers: loading them and making monthly activity data of them, against a bare aggregate."""

import time

METERS = 100
#: Seconds between two values of a logger.
EVERY = 900


def company_with_loggers(env, meters=METERS):
    """Create a company with data loggers and one rule for each; return (company, ids of the meters)."""
    company = env["res.company"].create({"name": f"Loggers {env['res.company'].search_count([])}"})
    env.user.company_ids += company
    env = env(context=dict(env.context, allowed_company_ids=[company.id], tracking_disable=True))
    env["carbon.system"]._get(company).write({"tz": "Asia/Shanghai", "phase": "live", "collect_live": False})
    kwh = env.ref("uom.product_uom_kwh")
    leaf = env["carbon.emission.category"].search([("code", "=", "purchased_electricity")], limit=1)
    stream = env["carbon.emission.stream"].search([("code", "=", "combustion")], limit=1)
    factor = env["carbon.emission.factor"].create(
        {"code": f"LOG-{company.id}", "name": "Power", "uom_id": kwh.id, "company_id": company.id}
    )
    gas = env["carbon.gas"].search([("code", "=", "CO2")], limit=1)
    env["carbon.emission.factor.version"].create(
        {
            "factor_id": factor.id,
            "date_from": "2015-01-01",
            "source_document": "bench",
            "gas_line_ids": [(0, 0, {"gas_id": gas.id, "kg_per_unit": 0.5})],
        }
    ).action_approve()
    source = env["carbon.source"].create(
        {
            "name": "Power",
            "company_id": company.id,
            "category_id": leaf.id,
            "uom_id": kwh.id,
            "factor_line_ids": [(0, 0, {"stream_id": stream.id, "factor_id": factor.id})],
        }
    )
    equipment = env["maintenance.equipment"].create(
        [
            {
                "name": f"Logger {number}",
                "company_id": company.id,
                "is_carbon_meter": True,
                "carbon_code": f"L{number:05}",
                "carbon_meter_kind": "electricity",
                "carbon_uom_id": kwh.id,
                "carbon_register": "interval",
                "carbon_interval_minutes": EVERY // 60,
            }
            for number in range(meters)
        ]
    )
    kind = env["carbon.event.kind"].search([("code", "=", "metered")])
    env["carbon.activity.rule"].create(
        [
            {
                "name": meter.carbon_code,
                "company_id": company.id,
                "event_kind_id": kind.id,
                "equipment_id": meter.id,
                "source_id": source.id,
            }
            for meter in equipment
        ]
    )
    env.cr.commit()
    return company, equipment.ids


def bench_readings(env, table, rows):
    """Load interval readings by the endpoint, and collect them, against a bare INSERT of their monthly sums."""
    company, meters = company_with_loggers(env)
    each = rows // len(meters)
    some = [
        {
            "meter": f"L{number:05}",
            "at": f"2023-{1 + day // 28:02}-{1 + day % 28:02}T{hour:02}:{minute:02}:00",
            "value": "1.25",
        }
        for number in range(len(meters))
        for day in range(5)
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    ]
    start = time.perf_counter()
    report = env["carbon.meter.reading"].push(some, company=company.id)
    env.cr.commit()
    seconds = time.perf_counter() - start
    if report["errors"] or report["saved"] != len(some):
        raise SystemExit(f"push: {report['saved']} of {len(some)} saved, {report['errors'][:3]}")
    table.add(
        f"sending {len(some):,} readings in one call, µs per reading",
        seconds / len(some) * 1e6,
        None,
        f"{seconds:.1f} s",
    )
    # years of history, as a migration would bring it
    env.cr.execute(
        """
        INSERT INTO carbon_meter_reading (company_id, equipment_id, read_at, consumption, source, user_id, entered_on)
        SELECT %s, m.id, '2023-02-01'::timestamp + make_interval(secs => n * %s), 1 + (n %% 7) * 0.25, 'api', 1, now() AT TIME ZONE 'UTC'
          FROM generate_series(1, %s) n CROSS JOIN unnest(%s::int[]) m(id)
        """,
        [company.id, EVERY, each, meters],
    )
    env.cr.commit()
    env.cr.execute("ANALYZE carbon_meter_reading")
    env.cr.commit()
    start = time.perf_counter()
    env["carbon.meter.reading"]._touch_company(company)
    env.cr.commit()
    touched = time.perf_counter() - start
    env.cr.execute("CREATE TABLE floor_reading (company_id int, equipment_id int, month date, quantity numeric)")
    env.cr.commit()
    start = time.perf_counter()
    env.cr.execute(
        "INSERT INTO floor_reading SELECT company_id, equipment_id, date_trunc('month', (read_at - interval '1 microsecond') "
        "AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Shanghai')::date, SUM(consumption) FROM carbon_meter_reading WHERE company_id = %s "
        "GROUP BY 1, 2, 3",
        [company.id],
    )
    env.cr.commit()
    floor = time.perf_counter() - start
    start = time.perf_counter()
    counts = env["carbon.engine"]._collect_range("carbon.meter.month", company, 0, 2_147_483_647)
    env.cr.commit()
    seconds = time.perf_counter() - start
    env.cr.execute("SELECT SUM(quantity)::text, count(*) FROM floor_reading")
    floor_sum, months = env.cr.fetchone()
    env.cr.execute("SELECT SUM(quantity)::text FROM carbon_activity_data WHERE company_id = %s", [company.id])
    if float(env.cr.fetchone()[0]) != float(floor_sum) or counts["new"] != months:
        raise SystemExit(f"readings: {counts} for {months} months of {floor_sum}")
    total = len(some) + each * len(meters)
    table.add(
        f"monthly activity data of {total:,} interval readings / bare aggregate INSERT",
        seconds / floor,
        2,
        f"{seconds:.2f} s for {counts['new']:,} months, floor {floor:.2f} s, finding the months {touched:.2f} s",
    )
    env.cr.execute("DROP TABLE floor_reading")
    env.cr.commit()
