"""Databases of the benchmarks, and the cost of carbon accounting on receipts, manufacturing orders and bills."""

import os
import statistics
import subprocess
import time
from pathlib import Path

import odoo
from odoo.tools import config

RUNTIME = Path(os.environ["RUNTIME"])
PROJECT = Path(__file__).resolve().parents[2]
CORE = "purchase_stock,purchase_mrp,mrp_account,stock_maintenance"
ROUNDS = int(os.environ.get("ROUNDS") or 20)
BATCH = int(os.environ.get("BATCH") or 8)
LINES = 5


def addons():
    """Return the names of the project's addons."""
    return ",".join(sorted(path.parent.name for path in (PROJECT / "addons").glob("*/__manifest__.py")))


def _shell(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _exists(name):
    found = subprocess.run(
        [
            "psql",
            "-X",
            "-d",
            "postgres",
            "-Atc",
            f"SELECT 1 FROM pg_database WHERE datname = '{name}'",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return bool(found.stdout.strip())


def database(name, modules):
    """Create a database with Odoo's own applications (kept as a template) and some addons."""
    template = os.environ.get("BENCH_TEMPLATE") or "bench_core"
    odoo_bin = str(RUNTIME / "venv/bin/odoo")
    base = [
        odoo_bin,
        "-c",
        os.environ["ODOO_RC"],
        "--stop-after-init",
        "--no-http",
        "--skip-auto-install",
        "--log-level=error",
    ]
    paths = f"--addons-path={config['addons_path'] if isinstance(config['addons_path'], str) else ','.join(config['addons_path'])}"
    if not _exists(template):
        _shell(*base, paths, "-d", template, "-i", CORE)
    _shell("dropdb", "--if-exists", "--force", name)
    _shell("createdb", "-T", template, name)
    if modules:
        _shell(*base, paths, "-d", name, "-i", modules)
    return name


def environment(name, modules=None):
    """Return a superuser environment of a fresh database."""
    _configure()
    database(name, addons() if modules is None else modules)
    return _environment(name)


def _environment(name):
    registry = odoo.modules.registry.Registry(name)
    cr = registry.cursor()
    return odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {"tracking_disable": True})


def _configure():
    if getattr(_configure, "done", False):
        return
    config.parse_config(
        [
            "-c",
            os.environ["ODOO_RC"],
            f"--addons-path={_addons_path()}",
            "--log-level=error",
        ]
    )
    _configure.done = True


def _addons_path():
    return f"{Path(odoo.__path__[0]) / 'addons'},{PROJECT / 'addons'}"


def overview_floor(env, company, year):
    """Return the seconds of bare GROUP BYs, as many as the overview needs, over the same rows."""
    where = f"WHERE company_id = {company.id} AND date >= '{year - 1}-01-01' AND date < '{year + 1}-01-01'"
    queries = [
        "SELECT date_trunc('month', date), source_id, category_id, stream, version_id, "
        f"SUM(quantity) FROM carbon_emission_line {where} GROUP BY 1, 2, 3, 4, 5",
        f"SELECT product_id, version_id, SUM(quantity) FROM carbon_emission_line {where} GROUP BY 1, 2",
        f"SELECT partner_id, version_id, SUM(quantity) FROM carbon_emission_line {where} GROUP BY 1, 2",
        f"SELECT quality, count(*) FROM carbon_activity_data {where} GROUP BY 1",
    ]
    total = 0.0
    for query in queries:
        samples = []
        for _repeat in range(3):
            start = time.perf_counter()
            env.cr.execute(query)
            env.cr.fetchall()
            samples.append(time.perf_counter() - start)
        total += min(samples)
    return total


class Scenario:
    """Documents of one kind in one database, made ready beforehand and then processed in batches."""

    def __init__(self, env):
        self.env = env
        self.product = env["product.product"].search([("default_code", "=", "BENCH")], limit=1)

    def prepare(self, count):
        """Return ``count`` documents that are ready for :meth:`act`."""
        raise NotImplementedError

    def act(self, document):
        """Do what the user does with one document."""
        raise NotImplementedError


class Receipts(Scenario):
    """Validating receipts of five lines."""

    name = "receipts"

    def prepare(self, count):
        """Confirmed, picked receipts."""
        kind = self.env["stock.picking.type"].search(
            [("code", "=", "incoming"), ("company_id", "=", self.env.company.id)],
            limit=1,
        )
        supplier = self.env.ref("stock.stock_location_suppliers")
        pickings = self.env["stock.picking"].create(
            [
                {
                    "picking_type_id": kind.id,
                    "location_id": supplier.id,
                    "location_dest_id": kind.default_location_dest_id.id,
                    "move_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product.id,
                                "product_uom_qty": 10 + line,
                                "product_uom": self.product.uom_id.id,
                                "location_id": supplier.id,
                                "location_dest_id": kind.default_location_dest_id.id,
                            },
                        )
                        for line in range(LINES)
                    ],
                }
                for _n in range(count)
            ]
        )
        pickings.action_confirm()
        for move in pickings.move_ids:
            move.quantity = move.product_uom_qty
        pickings.move_ids.picked = True
        return pickings

    def act(self, document):
        """Validate."""
        document.button_validate()


class Productions(Scenario):
    """Closing manufacturing orders of three components."""

    name = "manufacturing orders"

    def prepare(self, count):
        """Confirmed orders with quantities set."""
        bom = self.env["mrp.bom"].search([("code", "=", "BENCH")], limit=1)
        orders = self.env["mrp.production"].create(
            [
                {
                    "product_id": bom.product_tmpl_id.product_variant_id.id,
                    "bom_id": bom.id,
                    "product_qty": 1,
                }
                for _n in range(count)
            ]
        )
        orders.action_confirm()
        for order in orders:
            order.qty_producing = 1
            order._set_qty_producing()
        orders.move_raw_ids.picked = True
        return orders

    def act(self, document):
        """Mark as done."""
        document.button_mark_done()


class Bills(Scenario):
    """Posting vendor bills of five lines."""

    name = "vendor bills"

    def prepare(self, count):
        """Draft bills."""
        partner = self.env["res.partner"].search([("ref", "=", "BENCH")], limit=1)
        return self.env["account.move"].create(
            [
                {
                    "move_type": "in_invoice",
                    "partner_id": partner.id,
                    "invoice_date": "2026-01-15",
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.product.id,
                                "quantity": 10 + line,
                                "price_unit": 3.0,
                                "tax_ids": [],
                            },
                        )
                        for line in range(LINES)
                    ],
                }
                for _n in range(count)
            ]
        )

    def act(self, document):
        """Post."""
        document.action_post()


def _basics(env, carbon):
    """Create product, bill of materials, vendor and chart of accounts; with the addons also rules."""
    if "account.chart.template" in env and not env.company.chart_template:
        env["account.chart.template"].try_loading("generic_coa", company=env.company, install_demo=False)
    kg = env.ref("uom.product_uom_kgm")
    product, finished = env["product.product"].create(
        [
            {
                "name": "Bench coal",
                "default_code": "BENCH",
                "type": "consu",
                "is_storable": True,
                "uom_id": kg.id,
            },
            {
                "name": "Bench product",
                "default_code": "BENCH-F",
                "type": "consu",
                "is_storable": True,
            },
        ]
    )
    env["res.partner"].create({"name": "Bench vendor", "ref": "BENCH"})
    env["mrp.bom"].create(
        {
            "code": "BENCH",
            "product_tmpl_id": finished.product_tmpl_id.id,
            "product_qty": 1,
            "bom_line_ids": [
                (
                    0,
                    0,
                    {
                        "product_id": product.id,
                        "product_qty": 1 + n,
                        "product_uom_id": kg.id,
                    },
                )
                for n in range(3)
            ],
        }
    )
    if carbon:
        _rules(env, product, finished)
    env.flush_all()
    env.cr.commit()


def _rules(env, product, finished):
    """Rules on every kind of event that the scenarios cause, live."""
    env["carbon.system"]._get(env.company).write(
        {"collect_live": True, "phase": "live", "separate_factor_approval": False}
    )
    ton = env.ref("uom.product_uom_ton")
    leaf = env["carbon.emission.category"].search([("code", "=", "stationary_combustion")], limit=1)
    output = env["carbon.emission.category"].search([("code", "=", "production_output")], limit=1) or leaf
    stream = env["carbon.emission.stream"].search([("code", "=", "combustion")], limit=1)
    factor = env["carbon.emission.factor"].create({"code": "BENCH", "name": "Bench", "uom_id": ton.id})
    version = env["carbon.emission.factor.version"].create(
        {
            "factor_id": factor.id,
            "date_from": "2015-01-01",
            "source_document": "bench",
            "gas_line_ids": [
                (
                    0,
                    0,
                    {
                        "gas_id": env["carbon.gas"].search([("code", "=", "CO2")]).id,
                        "kg_per_unit": 1868.5,
                    },
                )
            ],
        }
    )
    version.action_approve()
    for code, material, kind in (
        ("stock.receipt", product, "source"),
        ("mrp.consumption", product, "source"),
        ("account.bill", product, "source"),
        ("mrp.output", finished, "output"),
    ):
        event = env["carbon.event.kind"].search([("code", "=", code)])
        if kind == "source":  # a category each: within one category a material counts at one point of its flow only
            leaf = env["carbon.emission.category"].create({"code": f"bench_{code}", "name": code})
        source = env["carbon.source"].create(
            {
                "name": code,
                "kind": kind,
                "category_id": output.id if kind == "output" else leaf.id,
                "uom_id": env.ref("uom.product_uom_unit").id if kind == "output" else ton.id,
                "factor_line_ids": []
                if kind == "output"
                else [(0, 0, {"stream_id": stream.id, "factor_id": factor.id})],
            }
        )
        env["carbon.activity.rule"].create(
            {
                "name": code,
                "event_kind_id": event.id,
                "product_id": material.id,
                "source_id": source.id,
            }
        )


def _measure(env, scenario, document):
    """Process a document in a transaction of its own; return (CPU seconds, queries, wall seconds)."""
    env.invalidate_all()
    cpu, wall, queries = time.process_time(), time.perf_counter(), env.cr.sql_log_count
    scenario.act(document)
    env.cr.commit()
    return (
        time.process_time() - cpu,
        env.cr.sql_log_count - queries,
        time.perf_counter() - wall,
    )


def _pairs(kind, environments):
    """Yield, for each document, what it cost in each database: taken in turn, so that both see the same machine."""
    for turn in range(ROUNDS + 2):
        ready = {}
        for key, env in environments.items():
            ready[key] = kind(env).prepare(BATCH)
            env.flush_all()
            env.cr.commit()
        for n in range(BATCH):
            order = list(environments) if n % 2 else list(environments)[::-1]
            pair = {key: _measure(environments[key], kind(environments[key]), ready[key][n]) for key in order}
            if turn > 1:  # the first two rounds warm the caches
                yield pair


def bench_documents(table):
    """Paired runs of the same documents in two databases of one process: Odoo alone, and with the addons."""
    _configure()
    environments = {}
    for key, modules in (("plain", ""), ("carbon", addons())):
        env = _environment(database(f"bench_{key}", modules))
        _basics(env, bool(modules))
        env.cr.close()
        # as in a server: documents come in transactions that know nothing of how the records were made
        environments[key] = _environment(f"bench_{key}")
    for kind in (Receipts, Productions, Bills):
        pairs = list(_pairs(kind, environments))
        flat = {key: [pair[key] for pair in pairs] for key in ("plain", "carbon")}
        cpu = {key: statistics.median(f[0] for f in rows) for key, rows in flat.items()}
        wall = {key: statistics.median(f[2] for f in rows) for key, rows in flat.items()}
        queries = {key: statistics.mean(f[1] for f in rows) for key, rows in flat.items()}
        table.add(
            f"{kind.name}: process CPU with / without the addons",
            cpu["carbon"] / cpu["plain"],
            1.05,
            f"{cpu['carbon'] * 1e3:.1f} and {cpu['plain'] * 1e3:.1f} ms; wall {wall['carbon'] * 1e3:.1f} and {wall['plain'] * 1e3:.1f} ms",
        )
        table.add(
            f"{kind.name}: extra queries per transaction",
            queries["carbon"] - queries["plain"],
            4,
        )
    for env in environments.values():
        env.cr.close()
