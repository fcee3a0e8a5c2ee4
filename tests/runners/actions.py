"""What a forked process of runners/zygote.py can do. Every action commits as Odoo's web layer or cron would."""

import json
import time
from datetime import date, datetime
from functools import partial
from pathlib import Path

import world as worlds

from odoo.api import SUPERUSER_ID, Environment
from odoo.service.model import retrying


def _transaction(registry, function, *arguments, uid=SUPERUSER_ID):
    """Run a function as a web request does: retried on serialisation failures, then committed."""
    with registry.cursor() as cr:
        env = Environment(cr, uid, {})
        return retrying(partial(function, env, *arguments), env)


def _world(env, name="Works"):
    world = worlds.load(env)[name]
    return worlds.within(env, world["company"]), world


# -- building
def build_business(registry, names=("Works",)):
    """Create companies with business records; Odoo's applications alone are needed."""
    for name in names:
        _transaction(registry, worlds.business, name)


def found(registry, name):
    """Create a company without history."""
    _transaction(registry, worlds.found, name)


def trade(registry, name):
    """Make the history of a company, each document in the same transaction."""
    _transaction(registry, lambda env: worlds.trade(env, worlds.load(env)[name]))


def build_carbon(registry, names=("Works",), **options):
    """Create sources, factors and rules of companies."""

    def build(env, name):
        world = worlds.carbon(env, worlds.load(env)[name], **options)
        noted = worlds.load(env)
        env["ir.config_parameter"].set_param(worlds.KEY, json.dumps({**noted, name: world}))

    for name in names:
        _transaction(registry, build, name)


def build_history(registry, moves, lines, declarations=0, names=("Works",)):
    """Multiply what was validated to years of history that nobody has collected."""

    def build(env, name):
        env, world = _world(env, name)
        worlds.multiply(env, world, moves, lines)
        if declarations:
            worlds.declare(env, world, range(1, declarations + 1))

    for name in names:
        _transaction(registry, build, name)


# -- collecting
def forget(registry):
    """Delete what was collected: in set-up the database allows it."""
    tables = (
        "emission_line",
        "activity_data",
        "collection_issue",
        "collection_job",
        "collection_run",
        "reporting_period",
    )

    def delete(env):
        for table in tables:
            env.cr.execute(f"DELETE FROM carbon_{table}")

    _transaction(registry, delete)


def start_runs(registry, chunk=200, names=("Works", "Other")):
    """Press *Collect history* in each company; the jobs stay pending."""

    def start(env, name):
        env, world = _world(env, name)
        return env["carbon.collection.run"]._start(env["res.company"].browse(world["company"]), chunk=chunk).id

    return [_transaction(registry, start, name) for name in names]


def collect(registry, slow=0.0):
    """Process jobs one by one, each in its own transaction, as the scheduled action does.

    :param slow: seconds to wait inside each transaction, to let others come between
    :return: ids of the jobs that this process finished
    """
    done, end = [], time.monotonic() + 60
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        jobs = env["carbon.collection.job"]
        while time.monotonic() < end:
            if jobs._process_next():
                time.sleep(slow)
                cr.execute("SELECT id FROM carbon_collection_job WHERE xmin = pg_current_xact_id()::xid")
                done += [row[0] for row in cr.fetchall()]
            elif not jobs.search_count([("state", "=", "pending")], limit=1):
                break
            else:
                cr.rollback()
                time.sleep(0.1)  # jobs that another process works on, or that wait: Odoo's scheduler comes again
            cr.commit()
            env.invalidate_all()
    _transaction(registry, lambda env: env["carbon.collection.job"]._finish_runs())
    return done


def cron(registry):
    """Run the scheduled action as Odoo's scheduler does."""

    def run(env):
        env.ref("carbon_accounting.ir_cron_collect").method_direct_trigger()

    _transaction(registry, run)


# -- business
def receipts(registry, count, quantity=1, pause=0.0, name="Works"):
    """Validate receipts of diesel, each in its own transaction."""

    def one(env):
        env, world = _world(env, name)
        return worlds.receive(env, world, "diesel", quantity).move_ids.ids

    moves = []
    for _number in range(count):
        moves += _transaction(registry, one)
        time.sleep(pause)
    return moves


def _across(registry, name, marker, go, act):
    """Act in a transaction whose snapshot is taken now and that goes on when a file appears.

    :return: (what ``act(env, world)`` returned, how often it was tried)
    """
    tries = []

    def one(env):
        env, world = _world(env, name)
        env.cr.execute("SELECT count(*) FROM carbon_reporting_period")  # the snapshot is taken here
        tries.append(1)
        Path(marker).touch()
        _wait(go)
        return act(env, world)

    return _transaction(registry, one), len(tries)


def receipt_across(registry, marker, go, quantity=1, name="Works"):
    """Validate a receipt in a transaction that begins now and commits only when a file appears."""

    def receive(env, world):
        return worlds.receive(env, world, "diesel", quantity).move_ids.ids

    return _across(registry, name, marker, go, receive)[0]


def declare_across(registry, marker, go, day, quantity=1, name="Works"):
    """Post a declaration in a transaction that began before a file appears; return how often it was tried."""

    def declare(env, world):
        worlds.declare(env, world, [quantity], day)

    return _across(registry, name, marker, go, declare)[1]


def receipt_edited_across(registry, move, marker, go, quantity, name="Works"):
    """Change a done receipt in a transaction that began before a file appears; return how often it was tried."""

    def edit(env, _world):
        env["stock.move"].browse(move).move_line_ids.quantity = quantity

    return _across(registry, name, marker, go, edit)[1]


def collect_across(registry, marker, go):
    """Process one job in a transaction whose snapshot is taken now and that goes on when a file appears."""
    with registry.cursor() as cr:
        env = Environment(cr, SUPERUSER_ID, {})
        cr.execute("SELECT count(*) FROM carbon_activity_data")  # the snapshot is taken here
        Path(marker).touch()
        _wait(go)
        return env["carbon.collection.job"]._process_next()


def _wait(path, seconds=60):
    end = time.monotonic() + seconds
    while not Path(path).exists():
        if time.monotonic() > end:
            raise TimeoutError(path)
        time.sleep(0.02)


# -- periods and rules
def go_live(registry, name="Works"):
    """Open all periods and switch the company to live."""

    def live(env):
        env, world = _world(env, name)
        system = env["carbon.system"]._get(env["res.company"].browse(world["company"]))
        system.write({"phase": "live", "collect_live": True})
        env["carbon.reporting.period"].search([("company_id", "=", world["company"])]).action_open()

    _transaction(registry, live)


def act_on_period(registry, act, day, name="Works"):
    """Press a button of the period of a day, which is created if it is missing."""

    def run(env):
        env, world = _world(env, name)
        day_ = date.fromisoformat(day)
        period = env["carbon.reporting.period"]._ensure(env["res.company"].browse(world["company"]), day_, day_)
        getattr(period, act)()
        return period.state

    return _transaction(registry, run)


def add_rule_of_another_partner(registry, name="Works"):
    """Add a more specific rule for diesel of a supplier who never delivered; return its source."""

    def add(env):
        env, world = _world(env, name)
        rule = env["carbon.activity.rule"].browse(world["rules"]["diesel"])
        partner = env["res.partner"].create({"name": "Nobody's supplier"})
        source = rule.source_id.copy({"name": "Diesel of nobody"})
        rule.copy(
            {
                "name": "Diesel of nobody",
                "partner_id": partner.id,
                "source_id": source.id,
            }
        )
        return source.id

    return _transaction(registry, add)


def verify_trail(registry):
    """Re-compute the chains of all companies."""
    return _transaction(
        registry,
        lambda env: [
            env["carbon.trail.entry"]._verify_stream(env["res.company"].browse(world["company"]))
            for world in worlds.load(env).values()
        ],
    )


# -- modules and what people see
def uninstall(registry, names):
    """Uninstall addons as the Apps screen does."""

    def run(env):
        modules = env["ir.module.module"].search([("name", "in", names)])
        modules.button_immediate_uninstall()

    _transaction(registry, run)


def set_parameter(registry, key, value):
    """Set a system parameter."""
    _transaction(registry, lambda env: env["ir.config_parameter"].set_param(key, value) and None)


def menus(registry, groups):
    """Return the names of the applications in the menu of a new user with some groups."""

    def look(env):
        user = env["res.users"].create(
            {
                "name": "Looker", "login": f"looker {groups}", "group_ids": [(4, env.ref(group).id) for group in groups],
            }
        )  # fmt: skip
        loaded = env(user=user)["ir.ui.menu"].load_menus(False)
        env.cr.rollback()
        return sorted(menu["name"] for key, menu in loaded.items() if key != "root")

    return _transaction(registry, look)


def required_fields(registry):
    """Return the required fields of the business models."""
    names = ("purchase.order", "purchase.order.line", "stock.picking", "stock.move", "stock.move.line", "account.move",
             "account.move.line", "mrp.production", "mrp.bom", "product.template", "product.product", "res.partner",
             "maintenance.request", "maintenance.equipment")  # fmt: skip

    def look(env):
        return {
            name: sorted(
                field for field, info in env[name].fields_get(attributes=["required"]).items() if info["required"]
            )
            for name in names
        }

    return _transaction(registry, look)


def read_ledger(registry):
    """Read every field of every row of the ledger as screens do."""

    def read(env):
        context = {"allowed_company_ids": env["res.company"].search([]).ids}
        rows = env["carbon.activity.data"].with_context(**context).search([], order="id")
        specification = {name: {} for name in rows._fields if name != "emission_ids"}
        read_ = rows.web_read(specification | {"emission_ids": {"fields": {"co2e_t": {}, "version_id": {}}}})
        return [[row["kind"], row["label"], row["origin_display"], row["quantity"], row["co2e_t"]] for row in read_]

    return _transaction(registry, read)


# -- people
def make_users(registry, roles, both):
    """Create one user for each role and company; the password is the login.

    :param roles: dict {login: [company name, XML ids of groups]}
    :param both: login of a further user with both companies
    """

    def create(env):
        noted = worlds.load(env)

        def user(login, names, groups):
            companies = [noted[name]["company"] for name in names]
            record = env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": login, "login": login, "password": login, "company_id": companies[0], "company_ids": [(6, 0, companies)],
                    "group_ids": [(6, 0, [env.ref(group).id for group in ["base.group_user", *groups]])],
                }
            )  # fmt: skip
            return record.id

        ids = {login: user(login, [name], groups) for login, (name, groups) in roles.items()}
        ids[both] = user(both, ["Works", "Other"], ["carbon_management.group_carbon_manager"])
        return ids

    return _transaction(registry, create)


def api_key(registry, login):
    """Return a key for JSON-2 of a user."""

    def make(env):
        user = env["res.users"].search([("login", "=", login)])
        return env(user=user)["res.users.apikeys"].sudo()._generate("rpc", "test", datetime(2099, 1, 1))

    return _transaction(registry, make)


def _approver(env, company):
    """Return a second carbon manager: nobody approves what they computed."""
    return env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": "Approver", "login": "approver", "company_id": company, "company_ids": [(6, 0, [company])],
            "group_ids": [(6, 0, [env.ref(group).id for group in ("base.group_user", "carbon_management.group_carbon_manager")])],
        }
    )  # fmt: skip


def make_inventories(registry, year=2022):
    """Compute an inventory of both companies; that of Works is approved, its months are closed."""

    def make(env, name):
        env, world = _world(env, name)
        env["carbon.system"]._get(env["res.company"].browse(world["company"])).gwp_set_id = env[
            "carbon.gwp.set"
        ].search([("code", "=", "AR6")])
        inventory = env["carbon.inventory"].create(
            {
                "name": f"{name} {year}", "company_id": world["company"], "date_from": f"{year}-01-01", "date_to": f"{year}-12-31",
                "gwp_set_id": env["carbon.gwp.set"].search([("code", "=", "AR6")]).id, "maker_note": "complete",
            }
        )  # fmt: skip
        inventory.action_compute()
        if name == "Works":
            periods = env["carbon.reporting.period"]._ensure(
                inventory.company_id, inventory.date_from, inventory.date_to
            )
            periods.action_open()
            periods.action_close()
            inventory.action_compute()
            inventory.action_check()
            inventory.with_user(_approver(env, world["company"])).action_approve()
        return inventory.id

    return {name: _transaction(registry, make, name) for name in ("Works", "Other")}


def all_groups(registry, ids):
    """Return {user id: ids of all groups, implied ones included}."""
    return _transaction(registry, lambda env: {i: env["res.users"].browse(i).all_group_ids.ids for i in ids})


def public_methods(registry):
    """Return public methods that our addons define on models, as (model, method): anybody may call them by RPC."""

    def look(env):
        base = set(dir(env["base"]))
        found = set()
        for name, model in env.registry.items():
            for cls in model.mro():
                if cls.__module__.startswith("odoo.addons.carbon_"):
                    found |= {
                        (name, attribute)
                        for attribute, value in vars(cls).items()
                        if callable(value)
                        and not attribute.startswith("_")
                        and attribute not in base
                        and not getattr(value, "_api_private", False)
                    }
        return sorted(found)

    return _transaction(registry, look)


def orphan(registry, name="Works"):
    """Let ledger rows name a product, a partner and an instrument, delete the declarations, then those."""

    def work(env):
        env, world = _world(env, name)
        product = env["product.product"].create({"name": "Short-lived", "uom_id": env.ref("uom.product_uom_ton").id})
        partner = env["res.partner"].create({"name": "Gone soon"})
        rows = env["carbon.declaration"].create(
            [
                {
                    "name": "Short-lived", "company_id": world["company"], "rule_id": world["rules"]["declared"], "quantity": 5,
                    "uom_id": product.uom_id.id, "date": "2021-01-05", "product_id": product.id, "partner_id": partner.id,
                }
            ]
        )  # fmt: skip
        rows.action_post()
        return rows.id, product.id, partner.id

    def delete(env, declaration, product, partner):
        env, _found = _world(env, name)
        row = env["carbon.declaration"].browse(declaration)
        row.action_cancel()
        env.flush_all()
        # what was posted is kept: only plain SQL takes it away
        env.cr.execute("DELETE FROM carbon_declaration WHERE id = %s", [declaration])
        env.invalidate_all(flush=False)
        env["product.product"].browse(product).product_tmpl_id.unlink()
        env["res.partner"].browse(partner).unlink()

    ids = _transaction(registry, work)
    _transaction(registry, delete, *ids)
    return ids


# -- meters
def make_meters(registry):
    """Create a live company with a counter and a data logger, two technicians of one team and a user of the logger.

    :return: dict of the ids of meters and users, and the token of the counter's label
    """

    def make(env):
        company = env["res.company"].create({"name": "Metered"})
        env.user.company_ids += company
        env = worlds.within(env, company.id)
        env["carbon.system"]._get(company).write({"tz": "Asia/Shanghai", "phase": "live"})
        users = {}
        for login, group in (
            ("first", "carbon_management.group_carbon_meter_technician"),
            ("second", "carbon_management.group_carbon_meter_technician"),
            ("logger", "carbon_accounting.group_carbon_meter_logger"),
        ):
            users[login] = env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": login, "login": login, "password": login, "company_id": company.id, "company_ids": [(6, 0, company.ids)],
                    "group_ids": [(6, 0, [env.ref("base.group_user").id, env.ref(group).id])],
                }
            ).id  # fmt: skip
        team = env["maintenance.team"].create(
            {"name": "Metering", "company_id": company.id, "member_ids": [(6, 0, [users["first"], users["second"]])]}
        )
        meters = {}
        for code, register in (("GM-03", "cumulative"), ("L-01", "interval")):
            meters[code] = env["maintenance.equipment"].create(
                {
                    "name": code, "company_id": company.id, "is_carbon_meter": True, "carbon_code": code, "carbon_meter_kind": "gas",
                    "carbon_uom_id": env.ref("uom.product_uom_cubic_meter").id, "carbon_register": register,
                    "maintenance_team_id": team.id, "carbon_interval_minutes": 15 if register == "interval" else 0,
                }
            )  # fmt: skip
        env["carbon.meter.reading"].create(
            {"equipment_id": meters["GM-03"].id, "read_at": "2026-03-01 00:00:00", "value": 1000}
        )
        return {
            "company": company.id, "users": users, "token": meters["GM-03"].carbon_token,
            "meters": {code: meter.id for code, meter in meters.items()},
        }  # fmt: skip

    return _transaction(registry, make)


def read_across(registry, uid, company, meter, figure, key, marker, go, minute=0):
    """Enter a reading in a transaction that begins now and saves only when a file appears.

    :return: {"ids": number of readings saved, "skipped": number that was known already, "tries": how often it was tried}
    """
    tries = []

    def enter(env):
        env = worlds.within(env, company)
        env.cr.execute("SELECT count(*) FROM carbon_meter_reading")  # the snapshot of this try
        tries.append(1)
        Path(marker).touch()
        _wait(go)
        entry = {
            "n": 1, "meter_id": meter, "read_at": datetime(2026, 3, 2, 0, minute), "figure": figure, "rollover": False,
            "comment": None, "key": key, "is_correction": False, "replaces_id": None,
        }  # fmt: skip
        report = env["carbon.meter.reading"]._enter([entry], "qr")
        return {"ids": len(report["ids"]), "skipped": len(report["skipped"]), "problems": report["problems"]}

    result = _transaction(registry, enter, uid=uid)
    return {**result, "tries": len(tries)}
