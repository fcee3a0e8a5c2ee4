"""The calibration board and the form of a reading against Odoo's own screens of equipment, with as many records."""

import json
import time

METERS = 10_000
_REPEATS = 20


def company_with_meters(env, meters=METERS):
    """Create a company with meters in every state, half of them calibrated in the last two years; return (company, env)."""
    company = env["res.company"].create({"name": f"Boards {env['res.company'].search_count([])}"})
    env.user.company_ids += company
    env = env(context=dict(env.context, allowed_company_ids=[company.id], tracking_disable=True))
    env["carbon.system"]._get(company).write({"tz": "Asia/Shanghai"})
    categories = env["maintenance.equipment.category"].create([{"name": f"Kind {n}"} for n in range(6)])
    kwh, people = env.ref("uom.product_uom_kwh"), env["res.users"].search([("share", "=", False)], limit=3)
    env["maintenance.equipment"].create(
        [
            {
                "name": f"Meter {n}", "company_id": company.id, "is_carbon_meter": True, "carbon_code": f"B{n:05}",
                "carbon_meter_kind": "electricity", "carbon_uom_id": kwh.id, "carbon_register": "cumulative",
                "category_id": categories[n % 6].id, "serial_no": f"S{n}", "carbon_calibration_months": 12 if n % 6 else 0,
                "owner_user_id": people[n % len(people)].id, "technician_user_id": people[n % len(people)].id,
            }
            for n in range(meters)
        ]
    )  # fmt: skip
    env.flush_all()
    _calibrate(env, company)
    env.cr.execute("ANALYZE maintenance_equipment")
    env.cr.commit()
    return company, env


def _calibrate(env, company):
    """Give five of six meters a calibration: valid, due, overdue, failed; the rest was never calibrated or needs none."""
    env.cr.execute(
        """
        WITH m AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM maintenance_equipment WHERE company_id = %(company)s),
        done AS (
          INSERT INTO carbon_calibration (uuid, number, state, equipment_id, company_id, kind, date, as_found, as_left, next_due,
              create_uid, create_date)
          SELECT gen_random_uuid(), 'BENCH-' || id, 'done', id, %(company)s, 'calibration', current_date - (n * 37 %% 700)::int, 'pass',
                 CASE WHEN n %% 50 = 7 THEN 'fail' ELSE 'pass' END, current_date - (n * 37 %% 700)::int + 365, 1, now()
            FROM m WHERE n %% 6 NOT IN (1, 2) RETURNING equipment_id)
        SELECT count(*) FROM done
        """,
        {"company": company.id},
    )
    meters = env["maintenance.equipment"].search([("company_id", "=", company.id)])
    meters.invalidate_recordset()
    meters._carbon_refresh_calibration()
    env.flush_all()


def _p95(*functions):
    """Return the 95th percentile of each function, run in turn; the first time does not count."""
    samples = [[] for _function in functions]
    for number in range(_REPEATS + 1):
        for function, seconds in zip(functions, samples, strict=True):
            start = time.perf_counter()
            function()
            if number:
                seconds.append(time.perf_counter() - start)
    return [sorted(seconds)[int(len(seconds) * 0.95) - 1] for seconds in samples]


def _spec(env, model, xmlid):
    """Return what the web client reads of a view, from the fields in it."""
    view = env[model].get_view(env.ref(xmlid).id, env.ref(xmlid).type)
    names = json.loads(json.dumps(view["models"]))[model]
    known = env[model]._fields
    many = ("many2one", "many2many", "one2many")
    return {
        name: {"fields": {"display_name": {}}} if known[name].type in many else {} for name in names if name in known
    }


def _board(env, model, spec, groupby, domain):
    """Open a kanban by a group, as the web client does: groups and the first cards of each."""
    env.invalidate_all()
    return env[model].web_read_group(
        domain, [groupby], ["__count"], auto_unfold=True, unfold_read_specification=spec, unfold_read_default_limit=40
    )


def bench_boards(env, table, meters=METERS):
    """Board of calibrations by state against Odoo's equipment by category; form of a reading against that of equipment."""
    company, env = company_with_meters(env, meters)
    own = _spec(env, "carbon.meter.report", "carbon_management.carbon_meter_report_view_kanban")
    stock = _spec(env, "maintenance.equipment", "maintenance.hr_equipment_view_kanban")
    domain = [("company_id", "=", company.id)]
    ours, theirs = _p95(
        lambda: _board(env, "carbon.meter.report", own, "state", []),
        lambda: _board(env, "maintenance.equipment", stock, "category_id", domain),
    )
    table.add(
        f"calibration board of {meters:,} meters by state / Odoo's equipment kanban by category, p95",
        ours / theirs,
        1.5,
        f"{ours * 1000:.0f} ms, Odoo {theirs * 1000:.0f} ms",
    )
    bench_reading_form(env, table, company)


def bench_reading_form(env, table, company):
    """The form of a new reading against Odoo's form of a new piece of equipment: its view and its defaults; and the page of the label."""
    meter = env["maintenance.equipment"].search([("company_id", "=", company.id)], limit=1)

    def opened(model, xmlid, context):
        spec = _spec(env, model, xmlid)

        def open_it():
            env.invalidate_all()
            env[model].with_context(**context).onchange({}, [], spec)

        return open_it

    ours, theirs = _p95(
        opened(
            "carbon.meter.reading",
            "carbon_accounting.carbon_meter_reading_view_form",
            {"default_equipment_id": meter.id},
        ),
        opened("maintenance.equipment", "maintenance.hr_equipment_view_form", {}),
    )
    table.add(
        "opening the form of a reading / Odoo's form of equipment, p95",
        ours / theirs,
        1.2,
        f"{ours * 1000:.1f} ms, Odoo {theirs * 1000:.1f} ms",
    )
