"""People who try what they may not, over HTTP and by plain SQL (architecture, invariants 4 and 8)."""

import pytest

from client import Client, Refused, json2
from ledger import ledger

GROUP = "carbon_management.group_carbon_"
ROLES = {
    "reader": ["Works", [GROUP + "reader"]],
    "data_owner": ["Works", [GROUP + "data_owner"]],
    "accountant": ["Works", [GROUP + "accountant"]],
    "manager": ["Works", [GROUP + "manager", "base.group_allow_export"]],
    "verifier": ["Works", [GROUP + "verifier"]],
    "top_management": ["Works", [GROUP + "top_management"]],
    "technician": ["Works", [GROUP + "meter_technician"]],
    "clerk": ["Works", ["stock.group_stock_user", "purchase.group_purchase_user", "account.group_account_invoice"]],
    "manager_b": ["Other", [GROUP + "manager", "base.group_allow_export"]],
}
BOTH = "both"
#: Never written by anybody, whatever the role: the system writes them.
LEDGER = (
    "carbon.activity.data",
    "carbon.emission.line",
    "carbon.trail.entry",
    "carbon.trail.head",
    "carbon.inventory.line",
    "carbon.data.approval",
    "carbon.data.decision",
    "carbon.consolidation.member",
    "carbon.consolidation.line",
    "carbon.consolidation.elimination",
)
OPERATIONS = ("create", "write", "unlink")
REFUSALS = ("AccessError", "UserError", "ValidationError", "AccessDenied", "MissingError", "RestrictViolation")


class Site:
    """A served Odoo with two companies and a user for each role."""

    def __init__(self, odoo, zygote, url, users):
        self.odoo, self.zygote, self.url, self.users = odoo, zygote, url, users
        self.clients = {}
        self.models = sorted(
            name for name in self.ask("SELECT model FROM ir_model WHERE model LIKE 'carbon.%' AND NOT abstract").split()
        )
        self.companies = {
            name: int(self.ask(f"SELECT id FROM res_company WHERE name = '{name}'")) for name in ("Works", "Other")
        }

    def ask(self, sql):
        return self.odoo.psql(sql, self.zygote.database)

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = Client(self.url, self.zygote.database, login)
        return self.clients[login]

    def granted(self, login):
        """Return {(model, operation)} that the ACL table grants to a user."""
        groups = ",".join(map(str, self.groups[str(self.users[login])]))
        rows = self.ask(
            "SELECT m.model, bool_or(a.perm_create), bool_or(a.perm_write), bool_or(a.perm_unlink), bool_or(a.perm_read) "
            "FROM ir_model_access a JOIN ir_model m ON m.id = a.model_id WHERE a.active AND m.model LIKE 'carbon.%' "
            f"AND (a.group_id IS NULL OR a.group_id IN ({groups})) GROUP BY 1"
        )
        found = set()
        for row in rows.splitlines():
            model, *flags = row.split("|")
            found |= {(model, name) for name, flag in zip((*OPERATIONS, "read"), flags, strict=True) if flag == "t"}
        return found

    def ids(self, model, company):
        """Return ids of a company's records, asked from the database or, for other models, empty."""
        table = model.replace(".", "_")
        has = self.ask(
            "SELECT c.relkind FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id' "
            f"WHERE c.relname = '{table}' AND NOT a.attisdropped"
        )
        if not has:
            return []
        of_company = "IS NULL" if company is None else f"= {self.companies[company]}"
        rows = self.ask(f"SELECT id FROM {table} WHERE company_id {of_company} ORDER BY id LIMIT 5")
        return [int(row) for row in rows.split()]

    def fingerprint(self):
        """Return {table: a number that follows its content} of all carbon records, messages and calls of the scheduler."""
        tables = self.ask(
            "SELECT c.relname FROM pg_class c JOIN ir_model m ON replace(m.model, '.', '_') = c.relname "
            "WHERE c.relkind = 'r' AND NOT m.transient AND m.model LIKE 'carbon.%' ORDER BY 1"
        ).split()
        union = " UNION ALL ".join(
            f"SELECT '{table}', COALESCE(sum(hashtextextended(t::text, 0)), 0) FROM {table} t"
            for table in [*tables, "ir_cron_trigger", "mail_message", "ir_attachment"]
        )
        return dict(row.split("|") for row in self.ask(union).splitlines())


@pytest.fixture(scope="module")
def site(odoo, copy_world, fork, serve_module):
    """The prepared companies, collected, with inventories; Works has approved its inventory of 2022."""
    zygote = fork(copy_world())
    zygote.run("start_runs", chunk=5000)
    zygote.run("collect")
    for name in ("Works", "Other"):
        zygote.run("go_live", name=name)
    zygote.run("make_inventories")
    users = zygote.run("make_users", roles=ROLES, both=BOTH)
    groups = zygote.run("all_groups", ids=list(users.values()))
    _process, url = serve_module(zygote.database)
    site = Site(odoo, zygote, url, users)
    site.groups = groups
    return site


# -- what roles may do
@pytest.mark.parametrize("login", [*ROLES])
def test_every_write_is_refused_that_the_access_table_does_not_grant(site, login):
    client, granted = site.client(login), site.granted(login)
    wrong = []
    for model in site.models:
        for operation in OPERATIONS:
            if (model, operation) in granted:
                continue
            arguments = {"create": [[{}]], "write": [[1], {}], "unlink": [[1]]}[operation]
            if (error := client.error(model, operation, *arguments)) not in REFUSALS:
                wrong.append((model, operation, error))
        if (model, "read") not in granted and client.error(model, "search_read", [], ["id"]) != "AccessError":
            wrong.append((model, "read", ""))
    assert not wrong


#: What a verifier writes: his own samples and findings, nothing else.
VERIFIERS_OWN = {"carbon.verification.sample", "carbon.verification.finding"}
#: What every employee writes: refills on maintenance requests of his own, as Odoo lets him write these, checks that he was asked for, the
#: cause of deviations that he owns; record rules keep the rest closed.
EMPLOYEES_OWN = {"carbon.refill", "carbon.operational.check", "carbon.deviation"}


@pytest.mark.parametrize("login", ["reader", "verifier", "top_management", "clerk"])
def test_people_who_only_look_are_granted_no_write(site, login):
    writes = {row for row in site.granted(login) if row[1] != "read"}
    found = {model for model, _operation in writes if not model.endswith(".wizard")}
    assert found == EMPLOYEES_OWN | (VERIFIERS_OWN if login == "verifier" else set())


def test_technician_reads_no_ledger_and_no_factor(site):
    readable = {model for model, operation in site.granted("technician") if operation == "read"}
    assert not readable & {
        *LEDGER,
        "carbon.inventory",
        "carbon.emission.factor",
        "carbon.activity.rule",
        "carbon.emission.report",
    }


@pytest.mark.parametrize("login", ["manager", "accountant"])
def test_not_even_managers_write_the_ledger(site, login):
    client, before = site.client(login), ledger(site.odoo, site.zygote.database)
    for model in LEDGER:
        # a table without rows refuses as one with rows does
        some = int(site.ask(f"SELECT COALESCE(min(id), 1) FROM {model.replace('.', '_')}"))
        values = {"quantity": 1} if "trail" not in model else {"event": "forged"}
        assert client.error(model, "write", [some], values) in REFUSALS, model
        assert client.error(model, "unlink", [some]) in REFUSALS, model
        assert client.error(model, "create", [values]) in REFUSALS, model
        assert client.error(model, "copy", [some]) in REFUSALS, model
        assert client.error(model, "load", [*values], [["1"]]) in (*REFUSALS, "ValueError", ""), (
            model
        )  # it reports errors as messages
    assert ledger(site.odoo, site.zygote.database) == before


# -- forged contexts and private methods
FORGED = {
    "carbon_gate": True, "carbon_period_act": True, "carbon_inventory_act": True, "carbon_rule_act": True, "carbon_gap_act": True,
    "install_mode": True,
    "import_file": True, "active_test": False, "su": True, "uid": 1,
}  # fmt: skip


def _state(site, model, state):
    return int(
        site.ask(
            f"SELECT id FROM {model.replace('.', '_')} WHERE state = '{state}' AND company_id = {site.companies['Works']} LIMIT 1"
        )
    )


@pytest.mark.parametrize(
    ("model", "state", "values"),
    [
        ("carbon.reporting.period", "closed", {"state": "open"}),
        ("carbon.reporting.period", "open", {"state": "closed"}),
        ("carbon.inventory", "approved", {"state": "draft"}),
        ("carbon.inventory", "approved", {"materiality": 50.0}),
        ("carbon.emission.factor.version", "approved", {"state": "draft"}),
        ("carbon.emission.factor.version", "approved", {"date_from": "2001-01-01"}),
        ("carbon.declaration", "posted", {"quantity": 1}),
    ],
)
@pytest.mark.parametrize("gate", [True, {"ids": [1]}, "_Gate", 1])
def test_forged_context_opens_no_gate(site, model, state, values, gate):
    client, record = site.client("manager"), _state(site, model, state)
    context = {key: gate if key.endswith(("gate", "act")) else value for key, value in FORGED.items()}
    assert client.error(model, "write", [record], values, context=context) in REFUSALS
    assert client.error(model, "web_save", [record], values, {"id": {}}, context=context) in REFUSALS
    if state != "open":
        assert client.error(model, "unlink", [record], context=context) in REFUSALS
    assert _state(site, model, state) == record


def test_private_methods_cannot_be_called(site):
    client = site.client("manager")
    for model, method, arguments in (
        ("carbon.inventory", "_transition", [[1], "approved", "x"]),
        ("carbon.inventory", "_gate_write", [[1], {}, "x"]),
        ("carbon.reporting.period", "_act", [[1], "x", {}]),
        ("carbon.trail.entry", "_append", [1, "forged"]),
        ("carbon.trail.entry", "_insert_rows", [[]]),
        ("carbon.engine", "_collect_ids", ["stock.move", [1], [1]]),
        ("carbon.engine", "_queue", ["stock.move", [1], [1]]),
        ("carbon.collection.run", "_start", [1]),
        ("carbon.collection.job", "_process_next", []),
        ("carbon.event.source", "_providers", []),
        ("carbon.activity.data", "_install_guard", ["res_users"]),
    ):
        assert client.error(model, method, *arguments) == "AccessError", (model, method)


#: What some people may do with records that are not theirs to write: (login, model, method).
LAWFUL = {
    ("verifier", "carbon.inventory", "action_verify_seal"),
    ("verifier", "carbon.inventory", "action_evidence_pack"),
    ("verifier", "carbon.reporting.period", "action_evidence_pack"),
    ("top_management", "carbon.inventory", "action_verify_seal"),
    ("manager_b", "carbon.calculation.method", "action_new_version"),
}


@pytest.mark.parametrize("login", ["reader", "verifier", "top_management", "clerk", "manager_b"])
def test_no_button_changes_records_that_its_presser_may_not_write(site, login):
    """Every public method is called on records of Works or shared ones: by people who only look, and by a manager of Other."""
    client, before, tried = site.client(login), site.fingerprint(), 0
    methods = [(model, method) for model, method in site.zygote.run("public_methods") if model in site.models]
    models, called = list(dict(methods)), []
    for model in models:
        records = site.ids(model, "Works")[:2] or site.ids(model, None)[:1]
        names = [name for of, name in methods if of == model and (login, model, name) not in LAWFUL]
        errors = {name: {client.error(model, name, [record]) for record in records} for name in names}
        tried += len(names) if records else 0
        strange = {name: found for name, found in errors.items() if found - {"", "TypeError", *REFUSALS}}
        assert not strange, (login, model)
        called.append((model, names))
        # the content of all tables takes longer than the calls: several models at a time
        if len(called) == 12 or model == models[-1]:
            after = site.fingerprint()
            assert not {table for table in before if before[table] != after[table]}, (login, called)
            called = []
    assert tried > 40


def test_only_buttons_and_documented_methods_are_public(site):
    documented = {"get_data", "get_import_templates", "push"}
    allowed = ("action_",)
    found = [
        (model, method) for model, method in site.zygote.run("public_methods")
        if not method.startswith(allowed) and method not in documented and not method.startswith("button_")
    ]  # fmt: skip
    assert not found


def test_json2_obeys_the_same_rules(site):
    key = site.zygote.run("api_key", login="reader")
    ask = (site.url, site.zygote.database, key)
    assert json2(*ask, "carbon.activity.data", "search_count", domain=[]) > 0
    for model, method, arguments in (
        ("carbon.activity.rule", "create", {"vals_list": [{"name": "x"}]}),
        ("carbon.reporting.period", "action_close", {"ids": [1]}),
        ("carbon.reporting.period", "_act", {"ids": [1]}),
        ("carbon.declaration", "unlink", {"ids": [1]}),
        ("carbon.activity.data", "write", {"ids": [1], "vals": {"quantity": 1}}),
    ):
        with pytest.raises(Refused) as refused:
            json2(*ask, model, method, **arguments)
        assert refused.value.name in (*REFUSALS, "NotFound", "UnprocessableEntity"), (model, method, str(refused.value))


# -- companies
def test_company_b_reads_nothing_of_company_a(site):
    """Whatever way of reading: records, counts, groups, exports, names, reports on SQL views."""
    client, granted = site.client("manager_b"), site.granted("manager_b")
    works, seen, checked = site.companies["Works"], [], 0
    for model in site.models:
        if (model, "read") not in granted or not (ids := site.ids(model, "Works")):
            continue
        checked += 1
        mine = [("company_id", "=", works)]
        if client.call(model, "search_count", mine) or client.call(model, "search_read", mine, ["id"]):
            seen.append((model, "search"))
        if client.call(model, "search_count", [("id", "in", ids)]):
            seen.append((model, "search by id"))
        if client.error(model, "read", ids, ["id"]) not in ("AccessError", "MissingError"):
            seen.append((model, "read"))
        if client.error(model, "web_read", ids, {"display_name": {}}) not in ("AccessError", "MissingError"):
            seen.append((model, "web_read"))
        if client.error(model, "export_data", ids, ["id", "company_id"]) not in ("AccessError", "MissingError"):
            seen.append((model, "export"))
        if any(
            group["company_id"][0] == works
            for group in client.call(model, "formatted_read_group", [], ["company_id"], ["__count"])
            if group["company_id"]
        ):
            seen.append((model, "group"))
        if {row[0] for row in client.call(model, "name_search", "", limit=10000)} & set(ids):
            seen.append((model, "name"))
        if site.client("manager").call(model, "search_count", mine) == 0 and (model, "read") in site.granted("manager"):
            seen.append((model, "its own manager sees nothing"))
    assert not seen
    assert checked > 10


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("carbon.collection.job", "run_id.company_id"),
        ("carbon.source.factor", "source_id.company_id"),
        ("carbon.emission.factor.gas", "version_id.company_id"),
        ("carbon.inventory.report", "company_id"),
        ("carbon.emission.report", "company_id"),
    ],
)
def test_company_b_reads_no_lines_of_company_a(site, model, path):
    if model not in site.models:
        pytest.fail(f"{model} is gone: adapt this test")
    works = site.companies["Works"]
    assert site.client("manager").call(model, "search_count", [(path, "=", works)])
    assert not site.client("manager_b").call(model, "search_count", [(path, "=", works)])
    rows = site.client("manager_b").call(model, "search_read", [], ["display_name"], limit=5000)
    assert not [row for row in rows if "Works" in str(row)]


def test_company_b_cannot_switch_to_company_a(site):
    client, works = site.client("manager_b"), site.companies["Works"]
    forged = {"allowed_company_ids": [works]}
    assert client.error("carbon.activity.data", "search_read", [], ["id"], context=forged) == "AccessError"
    assert client.error("carbon.overview", "get_data", 2022, context=forged) == "AccessError"
    run = {"company_id": works}
    assert client.error("carbon.collection.run", "create", [run]) in REFUSALS
    assert client.error("carbon.declaration", "create", [{"name": "x", "company_id": works, "rule_id": 1}]) in REFUSALS


def test_overview_follows_the_company_switch(site):
    """The numbers of both companies are the sum of each alone; nothing of one shows in the other."""
    client, (works, other) = site.client(BOTH), (site.companies["Works"], site.companies["Other"])

    def total(*companies):
        return client.call("carbon.overview", "get_data", 2022, context={"allowed_company_ids": companies})["total"]

    def rows(*companies):
        return client.call("carbon.activity.data", "search_count", [], context={"allowed_company_ids": companies})

    assert rows(works) > rows(other) > 0
    assert rows(works, other) == rows(works) + rows(other)
    assert total(works) > total(other) > 0
    assert total(works, other) == pytest.approx(total(works) + total(other))
    assert site.client("manager").call("carbon.overview", "get_data", 2022)["total"] == pytest.approx(total(works))
    assert site.client("manager_b").call("carbon.overview", "get_data", 2022)["total"] == pytest.approx(total(other))


# -- plain SQL
@pytest.mark.parametrize("table", ["carbon_activity_data", "carbon_emission_line"])
@pytest.mark.parametrize("state", ["open", "closed"])
def test_database_refuses_changes_of_ledger_rows(site, table, state):
    before = ledger(site.odoo, site.zygote.database)
    where = (
        "WHERE (company_id, date_trunc('month', date)::date) IN "
        f"(SELECT company_id, date_from FROM carbon_reporting_period WHERE state = '{state}')"
    )
    assert int(site.ask(f"SELECT count(*) FROM {table} {where}"))
    for statement in (
        f"UPDATE {table} SET quantity = quantity + 1 {where}",
        f"UPDATE {table} SET date = '2040-01-01' {where}",
        f"UPDATE {table} SET company_id = 1 {where}",
        f"DELETE FROM {table} {where}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(Exception, match="carbon ledger"):
            site.ask(statement)
    assert ledger(site.odoo, site.zygote.database) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE carbon_reporting_period SET state = 'setup' WHERE state = 'closed'",
        "UPDATE carbon_reporting_period SET state = 'open' WHERE state = 'closed'",
        "UPDATE carbon_emission_factor_gas SET kg_per_unit = 1",
        "UPDATE carbon_emission_factor_version SET date_from = '1999-01-01' WHERE state = 'approved'",
        "UPDATE carbon_reporting_period SET date_from = '1999-01-01' WHERE state = 'closed'",
        "DELETE FROM carbon_reporting_period WHERE state = 'open'",
        "TRUNCATE carbon_reporting_period",
        "UPDATE carbon_trail_entry SET event = 'x'",
        "DELETE FROM carbon_trail_entry",
        "TRUNCATE carbon_trail_entry",
        "DELETE FROM carbon_inventory WHERE state = 'approved'",
        "UPDATE carbon_inventory SET state = 'draft' WHERE state = 'approved'",
        "UPDATE carbon_inventory_line SET co2e_kg = 1",
        "DELETE FROM carbon_inventory_line",
        "UPDATE carbon_data_approval SET outcome = 'approved'",
        "DELETE FROM carbon_data_approval",
        "TRUNCATE carbon_data_decision",
        "TRUNCATE carbon_period_override",
    ],
)
def test_database_refuses_changes_of_evidence(site, statement):
    with pytest.raises(Exception, match="carbon|reporting period"):
        site.ask(statement)


# -- what the ledger names goes away
def _every_way_of_reading(client, ids):
    """Read rows as list, form and groups do."""
    fields = client.call("carbon.activity.data", "fields_get", attributes=["type", "store"])
    specification = {
        name: {"fields": {"display_name": {}}} if info["type"] == "many2one" else {} for name, info in fields.items()
    }
    rows = client.call("carbon.activity.data", "web_search_read", [("id", "in", ids)], specification)["records"]
    assert len(rows) == len(ids)
    for row in client.call("carbon.activity.data", "web_read", ids, specification):
        assert row["label"]
        assert row["quantity"]
    for field in ("product_id", "partner_id", "source_id"):
        groups = client.call(
            "carbon.activity.data", "web_read_group", [("id", "in", ids)], [field], aggregates=["__count"]
        )
        assert sum(group["__count"] for group in groups["groups"]) == len(ids)
    assert client.call(
        "carbon.activity.data", "export_data", ids, ["label", "product_id/name", "partner_id/name", "quantity"]
    )
    emissions = client.call("carbon.emission.line", "search", [("activity_id", "in", ids)])
    lines = {
        "product_id": {"fields": {"display_name": {}}},
        "partner_id": {"fields": {"display_name": {}}},
        "quantity": {},
        "co2e_t": {},
    }
    assert len(client.call("carbon.emission.line", "web_read", emissions, lines)) == len(ids)
    report = client.call(
        "carbon.emission.report", "web_search_read", [("product_id", "!=", False), ("date", "=", "2021-01-05")],
        {"product_id": {"fields": {"display_name": {}}}},
    )  # fmt: skip
    assert "records" in report
    return rows


def test_row_stays_readable_when_its_product_partner_and_origin_are_deleted(site):
    declaration, product, partner = site.zygote.run("orphan")
    ids = [int(row) for row in site.ask(
        f"SELECT id FROM carbon_activity_data WHERE origin_model = 'carbon.declaration' AND origin_id = {declaration}"
    ).split()]  # fmt: skip
    assert len(ids) == 2  # the row and its counter row
    assert (
        site.ask(f"SELECT DISTINCT product_id, partner_id FROM carbon_activity_data WHERE id IN ({ids[0]}, {ids[1]})")
        == f"{product}|{partner}"
    )
    _every_way_of_reading(site.client("manager"), ids)
    error = site.client("manager").error("carbon.activity.data", "action_open_origin", [ids[0]])
    assert error == "UserError"  # it says that the document is gone


def _partner_rows(site, partner, closed):
    """Return how many rows stand for a partner, as written, in closed or in other months."""
    return int(
        site.ask(
            "SELECT count(*) FROM carbon_activity_data a LEFT JOIN carbon_reporting_period p ON p.company_id = a.company_id "
            "AND p.date_from = date_trunc('month', a.date)::date "
            f"WHERE a.partner_id = {partner} AND (p.state = 'closed') IS {'TRUE' if closed else 'NOT TRUE'} "
            "AND a.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id)"
        )
    )


def test_merging_partners_changes_no_written_row_and_takes_open_months_over(site):
    """The wizard follows foreign keys and the ledger has none: open months get counter rows and new ones."""
    supplier = int(
        site.ask("SELECT partner_id FROM carbon_activity_data WHERE partner_id IS NOT NULL ORDER BY id LIMIT 1")
    )
    last = int(site.ask("SELECT max(id) FROM carbon_activity_data"))
    written = f"SELECT md5(string_agg(a::text, '|' ORDER BY a.id)) FROM carbon_activity_data a WHERE a.id <= {last}"
    sums = "SELECT company_id, source_id, date, SUM(quantity)::text FROM carbon_activity_data GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    before = [site.ask(query) for query in (written, sums)]
    closed, open_ = (_partner_rows(site, supplier, state) for state in (True, False))
    assert closed
    assert open_
    admin = Client(site.url, site.zygote.database, "admin")
    kept = admin.call("res.partner", "create", [{"name": "The other trader"}])[0]
    wizard = admin.call(
        "base.partner.merge.automatic.wizard", "create",
        [{"partner_ids": [(6, 0, [supplier, kept])], "dst_partner_id": kept, "state": "selection"}],
    )[0]  # fmt: skip
    admin.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])
    assert not site.ask(f"SELECT id FROM res_partner WHERE id = {supplier}")
    assert [site.ask(query) for query in (written, sums)] == before
    assert [_partner_rows(site, supplier, state) for state in (True, False)] == [closed, 0]
    assert _partner_rows(site, kept, False) == open_
    ids = [
        int(row)
        for row in site.ask(
            f"SELECT id FROM carbon_activity_data WHERE partner_id = {supplier} ORDER BY id LIMIT 20"
        ).split()
    ]
    _every_way_of_reading(site.client("manager"), ids)
