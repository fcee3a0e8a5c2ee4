"""Installing changes nothing, uninstalling loses nothing of the business (S1; architecture, invariants 7 and 10)."""

import os
from decimal import Decimal

import pytest

from common import manifests
from ledger import doubled, ledger
from processes import Failed

BUSINESS = (
    "purchase_order", "purchase_order_line", "stock_picking", "stock_move", "stock_move_line", "stock_quant", "account_move",
    "account_move_line", "mrp_production", "mrp_bom", "mrp_bom_line", "product_product", "product_template", "res_partner",
    "maintenance_request",
)  # fmt: skip
#: Story S2: 20 t received and 2 t returned, 100 t consumed, 50,000 kWh billed.
EXPECTED = {"diesel": Decimal(18), "coal": Decimal(100), "power": Decimal(50000)}


class Shop:
    """A database of a company in business, and what it looked like before our addons came."""

    def __init__(self, odoo, database, fork, log):
        self.odoo, self.database, self.fork, self.log = odoo, database, fork, log
        self.reload()
        self.zygote.run("build_business", names=["Works"])
        self.columns = {table: self._columns(table) for table in BUSINESS}
        self.business = self.look()
        self.required = self.zygote.run("required_fields")
        self.not_null = self._not_null()

    def reload(self):
        """Start Odoo anew, as after every change of modules."""
        self.zygote = self.fork(self.database)

    def ask(self, sql):
        return self.odoo.psql(sql, self.database)

    def _columns(self, table):
        # the administrator becomes carbon manager, which touches the time stamp of a partner;
        # values by company are JSON, to which every new company adds
        left_out = "AND data_type <> 'jsonb' AND column_name <> 'write_date'" if table == "res_partner" else ""
        return self.ask(
            "SELECT string_agg(column_name, ', ' ORDER BY column_name) "
            f"FROM information_schema.columns WHERE table_name = '{table}' {left_out}"
        )

    def _not_null(self):
        return self.ask(
            "SELECT table_name, column_name FROM information_schema.columns WHERE is_nullable = 'NO' AND table_schema = 'public' "
            f"AND table_name IN ({', '.join(repr(table) for table in BUSINESS)}) ORDER BY 1, 2"
        )

    def look(self, until=None):
        """Return number and fingerprint of the business records, in the columns that Odoo itself has."""
        found = {}
        for table, columns in self.columns.items():
            # ids of rows of later tests do not count
            where = f"WHERE id <= {until[table][0] or 0}" if until else ""
            found[table] = self.ask(
                f"SELECT max(id), count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM (SELECT {columns} FROM {table} {where}) t"
            ).split("|")
        return found

    def changed(self):
        """Return the tables of which a record of before is gone or changed."""
        now = self.look(self.business)
        return {table: (self.business[table], now[table]) for table in now if now[table] != self.business[table]}

    def sums(self, company):
        """Return {rule: exact sum} of a company."""
        rows = self.ask(
            "SELECT r.name->>'en_US', trim_scale(SUM(a.quantity))::text FROM carbon_activity_data a JOIN carbon_activity_rule r "
            f"ON r.id = a.rule_id WHERE r.name->>'en_US' LIKE '{company} %' GROUP BY 1"
        )
        return {line.split("|")[0].split()[-1]: Decimal(line.split("|")[1]) for line in rows.splitlines()}

    def odoo_run(self, *options):
        """Run Odoo to its end: it must say nothing bad."""
        code = self.odoo.run(self.log, "-d", self.database, "--stop-after-init", "--no-http", *options)
        text = self.log.read_text(encoding="utf-8")
        bad = [
            line
            for line in text.splitlines()
            if " ERROR " in line or " CRITICAL " in line or ("WARNING" in line and "carbon" in line)
        ]
        assert code == 0, text[-3000:]
        assert not bad, "\n".join(bad)
        self.reload()


@pytest.fixture(scope="module")
def shop(odoo, fork, tmp_path_factory):
    """A company that has been in business for a while, without our addons."""
    source = os.environ.get("TEST_CORE_TEMPLATE")
    if not source or not odoo.exists(source):
        pytest.fail("TEST_CORE_TEMPLATE is not there: run this through `make test`")
    name = f"{os.environ['TEST_DB_PREFIX']}_{os.getpid()}_shop"
    odoo.copy(source, name)
    yield Shop(odoo, name, fork, tmp_path_factory.mktemp("shop") / "odoo.log")
    odoo.drop(name)


@pytest.fixture(scope="module")
def installed(shop):
    """Our addons arrive; nobody has set up anything."""
    shop.odoo_run("-i", ",".join(manifests()), "--skip-auto-install")
    return shop


@pytest.fixture(scope="module")
def collected(installed):
    """Works has collected its history; Twin did the same business with live collection."""
    zygote = installed.zygote
    zygote.run("found", name="Twin")
    zygote.run("build_carbon", names=["Works"])
    zygote.run("build_carbon", names=["Twin"], live=True)
    zygote.run("start_runs", names=["Works"], chunk=5)
    zygote.run("collect")
    zygote.run("trade", name="Twin")
    return installed


@pytest.fixture(scope="module")
def closed(collected):
    """March 2025 of Works, with the bill, is closed."""
    collected.zygote.run("go_live", name="Works")
    collected.zygote.run("act_on_period", act="action_close", day="2025-03-01")
    collected.ledger = ledger(collected.odoo, collected.database)
    return collected


def test_installing_changes_no_business_record(installed):  # S1
    assert not installed.changed()


def test_installing_collects_nothing(installed):  # S1
    for table in (
        "activity_data",
        "emission_line",
        "collection_issue",
        "collection_run",
        "collection_job",
        "reporting_period",
    ):
        assert installed.ask(f"SELECT count(*) FROM carbon_{table}") == "0", table
    assert installed.ask("SELECT count(*) FROM carbon_system WHERE collect_live") == "0"


def test_installing_makes_no_field_mandatory(installed):  # S1
    assert installed.zygote.run("required_fields") == installed.required
    assert installed._not_null() == installed.not_null


def test_people_without_a_carbon_group_see_no_carbon_menu(installed):  # S1
    staff = ["purchase.group_purchase_manager", "stock.group_stock_manager", "mrp.group_mrp_manager",
             "account.group_account_manager", "maintenance.group_equipment_manager"]  # fmt: skip
    names = installed.zygote.run("menus", groups=staff)
    assert "Purchase" in names
    assert not [name for name in names if "carbon" in name.lower()]
    assert "Carbon" in installed.zygote.run("menus", groups=["carbon_management.group_carbon_reader"])


def test_business_goes_on_without_set_up(installed):  # S1
    installed.zygote.run("build_business", names=["Unset"])
    assert installed.ask("SELECT count(*) FROM carbon_activity_data") == "0"
    assert installed.ask("SELECT count(*) FROM carbon_collection_issue") == "0"


def test_collected_history_equals_what_is_collected_live(collected):  # S1 S2
    assert collected.sums("Works") == EXPECTED
    assert collected.sums("Twin") == EXPECTED
    assert not doubled(collected.odoo, collected.database)
    assert not collected.changed()


def test_upgrade_with_closed_periods_keeps_ledger_and_guard(closed):
    closed.odoo_run("-u", "carbon_management")
    assert ledger(closed.odoo, closed.database) == closed.ledger
    for statement in (
        "UPDATE carbon_activity_data SET quantity = 1",
        "DELETE FROM carbon_emission_line",
        "TRUNCATE carbon_activity_data",
    ):
        with pytest.raises(Exception, match="carbon ledger"):
            closed.ask(statement)
    assert closed.zygote.run("verify_trail")[0]["ok"]


@pytest.mark.parametrize(
    "names",
    [
        ["carbon_purchase", "carbon_account"],
        # carbon_mrp stands on carbon_stock and goes with it
        ["carbon_stock", "carbon_mrp"],
    ],
    ids="-".join,
)
def test_uninstalled_bridges_leave_a_readable_ledger_and_the_business_alone(closed, names):
    before = closed.zygote.run("read_ledger")
    every = closed.ask("SELECT count(*) FROM carbon_activity_rule")
    for name in names:  # rules that came with a bridge, as those of the demo company
        closed.ask(
            "INSERT INTO ir_model_data (module, name, model, res_id) SELECT "
            f"'{name}', 'rule_' || id, 'carbon.activity.rule', id FROM carbon_activity_rule "
            f"WHERE event_kind LIKE '{name.removeprefix('carbon_')}.%'"
        )
    closed.zygote.run("uninstall", names=[name for name in names if name != "carbon_mrp"])
    closed.reload()
    states = closed.ask(f"SELECT DISTINCT state FROM ir_module_module WHERE name IN ({', '.join(map(repr, names))})")
    assert states == "uninstalled"
    assert ledger(closed.odoo, closed.database) == closed.ledger
    assert closed.zygote.run("read_ledger") == before
    assert all(label for _kind, label, *_rest in before)
    assert closed.ask("SELECT count(*) FROM carbon_activity_rule") == every
    kinds = {"carbon_account": "account.", "carbon_stock": "stock.", "carbon_mrp": "mrp."}
    for name in names:
        if name in kinds:
            rules = f"FROM carbon_activity_rule WHERE event_kind LIKE '{kinds[name]}%'"
            assert closed.ask(f"SELECT DISTINCT active {rules}") == "f"
    assert not closed.changed()


def test_history_collected_without_bridges_takes_nothing_back(closed):
    """Nobody can read the origins of the bridges that are gone: their rows stay as they are."""
    closed.zygote.run("start_runs", names=["Works", "Twin"])
    closed.zygote.run("collect")
    after = ledger(closed.odoo, closed.database)
    assert {key: after[key] for key in ("facts", "emissions")} == {
        key: closed.ledger[key] for key in ("facts", "emissions")
    }


def test_uninstalling_evidence_asks_first_and_then_leaves_no_trace(closed):
    with pytest.raises(Failed, match="closed reporting periods"):
        closed.zygote.run("uninstall", names=["carbon_accounting"])
    assert closed.ask("SELECT state FROM ir_module_module WHERE name = 'carbon_accounting'") == "installed"
    closed.zygote.run("set_parameter", key="carbon.allow_uninstall_with_evidence", value="1")
    closed.zygote.run("uninstall", names=["carbon_management"])
    closed.reload()
    left = "SELECT {0} FROM {1} WHERE {0} LIKE 'carbon\\_%'"
    assert not closed.ask(left.format("proname", "pg_proc"))
    assert not closed.ask(left.format("tgname", "pg_trigger"))
    assert not closed.ask(left.format("relname", "pg_class"))
    assert not closed.ask("SELECT name FROM ir_module_module WHERE name LIKE 'carbon%' AND state <> 'uninstalled'")
    assert not closed.changed()
    closed.zygote.run("trade", name="Twin")
