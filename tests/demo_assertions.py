"""What the demo company must show; the demo stage of `make test` runs it in a shell.

Quantities of the demo depend on the month alone, so the sums of its two complete years
are the same on every day of installation. To run it by hand:

    odoo shell -d <database made with --with-demo> < tests/demo_assertions.py
"""

from datetime import date
from decimal import Decimal

#: Number of the source: activity data of the first and of the second complete year.
SUMS = {
    "S01": ("258", "248"),  # t of coal burnt in the boiler
    "S02": ("26.4", "25.344"),  # 10⁴ Nm³ of natural gas
    "S03": ("144", "138.04"),  # t of coal burnt in the kiln
    "S04": ("50.064", "48.384"),  # t of diesel, less the 400 litres returned
    "S05": ("45.2", "45.2"),  # kg of R-410A
    "S06": ("48", "36"),  # kg of CO2 of fire extinguishers
    "S07": ("2316", "2229.12"),  # MWh, less the 6 MWh refunded
    "S08": ("4734.4", "4532.65"),  # GJ of steam
    "S09": ("36408", "35610"),  # USD of furniture parts
    "S10": ("12000", "12000"),  # USD, billed as 86,400 CNY
    "S11": ("78000", "78000"),  # USD of freight
    "S12": ("0.72", "0.868"),  # t of diesel of the emergency generator
    "S13": ("945000", "905887.5"),  # USD of sawn timber, 210 for each m³ received
    "P01": ("3600", "3451"),  # m³ of panels
}
MONTHLY = ("S01", "S02", "S03", "S04", "S07", "S08", "S11", "P01")


class Demo:
    """The checks; each adds what is wrong to ``found``."""

    def __init__(self, env):
        self.env, self.found = env, []
        self.company = env.ref("base.main_company")
        self.years = (date.today().year - 2, date.today().year - 1)

    def check(self, condition, message):
        if not condition:
            self.found.append(message)

    def rows(self, query, *params):
        self.env.cr.execute(query, (self.company.id, *params))
        return self.env.cr.fetchall()

    def sums(self):
        """Exact sums of each source, and a row in every month where that is so."""
        rows = {
            (code, int(year)): (Decimal(total), months)
            for code, year, total, months in self.rows(
                "SELECT s.code, extract(year FROM a.date), sum(a.quantity)::text,"
                " count(DISTINCT date_trunc('month', a.date))"
                " FROM carbon_activity_data a"
                " JOIN carbon_source s ON s.id = a.source_id"
                " WHERE a.company_id = %s GROUP BY 1, 2"
            )
        }
        for code, expected in SUMS.items():
            for year, value in zip(self.years, expected, strict=True):
                total, months = rows.get((code, year), (Decimal(0), 0))
                self.check(
                    total == Decimal(value),
                    f"{code} in {year}: {total:f} instead of {value}",
                )
                if code in MONTHLY:
                    self.check(months == 12, f"{code} in {year}: {months} months")

    def seasons(self):
        """Heat in winter, electricity in summer."""
        for code, high, low, ratio in (("S02", 1, 7, 8), ("S07", 7, 2, 1.5)):
            month = {
                month: float(total)
                for month, total in self.rows(
                    "SELECT extract(month FROM a.date)::int, sum(a.quantity)"
                    " FROM carbon_activity_data a"
                    " JOIN carbon_source s ON s.id = a.source_id"
                    " WHERE a.company_id = %s AND s.code = %s"
                    " AND extract(year FROM a.date) = %s GROUP BY 1",
                    code,
                    self.years[0],
                )
            }
            self.check(
                month.get(high, 0) > ratio * month.get(low, 0),
                f"{code}: no season between months {low} and {high}: {month}",
            )

    def counter_rows(self):
        """A return to the supplier and a refund count negative."""
        negative = self.rows(
            "SELECT s.code, a.quantity::text FROM carbon_activity_data a"
            " JOIN carbon_source s ON s.id = a.source_id"
            " WHERE a.company_id = %s AND a.quantity < 0 AND a.reverses_id IS NULL"
            " AND s.code IN ('S04', 'S07')"
        )
        found = sorted((code, Decimal(value)) for code, value in negative)
        expected = [("S04", Decimal("-0.336")), ("S07", Decimal(-6))]
        self.check(found == expected, f"return and refund: {found}")

    def worklist(self):
        """Something is left to do, and nothing failed."""
        reasons = dict(
            self.rows(
                "SELECT reason, count(*) FROM carbon_collection_issue"
                " WHERE company_id = %s AND state = 'open' GROUP BY 1"
            )
        )
        self.check(set(reasons) == {"unmapped"}, f"worklist: {reasons}")
        self.check(5 <= reasons.get("unmapped", 0) <= 30, f"worklist: {reasons}")
        counted = self.rows(
            "SELECT i.label FROM carbon_collection_issue i JOIN stock_move m ON m.id = i.origin_id"
            " JOIN carbon_activity_data a ON a.pair_id = m.purchase_line_id"
            " WHERE i.company_id = %s AND i.state = 'open' AND i.origin_model = 'stock.move'"
        )
        self.check(not counted, f"worklist: receipts that count through their bill: {counted}")

    def periods(self):
        states = {
            year: set(
                self.rows(
                    "SELECT state, count(*) FROM carbon_reporting_period"
                    " WHERE company_id = %s AND year = %s GROUP BY 1",
                    str(year),
                )
            )
            for year in self.years
        }
        expected = {self.years[0]: {("closed", 12)}, self.years[1]: {("open", 12)}}
        self.check(states == expected, f"periods: {states}")

    def inventories(self):
        """Both are computed, and equal what the ledger and the factors give."""
        for year, state in zip(self.years, ("checked", "draft"), strict=True):
            inventory = self.env["carbon.inventory"].search(
                [
                    ("company_id", "=", self.company.id),
                    ("date_from", "=", f"{year}-01-01"),
                ]
            )
            self.check(
                len(inventory) == 1 and inventory.state == state,
                f"inventory of {year}: {inventory.mapped('state')}",
            )
            if len(inventory) != 1:
                continue
            self.check(not inventory.is_stale, f"{inventory.name} is stale")
            ledger = self.rows(
                "SELECT sum(e.quantity * g.kg_per_unit * coalesce(v.value,"
                " CASE WHEN ga.is_pseudo THEN 1 END)) FROM carbon_inventory i"
                " JOIN carbon_emission_line e ON e.company_id = i.company_id"
                " JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id"
                " JOIN carbon_gas ga ON ga.id = g.gas_id"
                " LEFT JOIN carbon_gwp_value v"
                " ON v.gas_id = ga.id AND v.gwp_set_id = i.gwp_set_id"
                " WHERE e.company_id = %s AND i.id = %s AND e.stream <> 'market'"
                " AND e.date BETWEEN i.date_from AND i.date_to",
                inventory.id,
            )[0][0]
            lines = sum(line.co2e_kg for line in inventory.line_ids if line.stream != "market")
            self.check(
                abs(lines - float(ledger)) < 1e-3,
                f"{inventory.name}: {lines} kg in lines, {ledger} kg in the ledger",
            )
            self.check(3_000_000 < lines < 4_000_000, f"{inventory.name}: {lines} kg CO2e")

    def again(self):
        """Doing everything once more adds nothing."""
        tables = (
            "activity_data",
            "emission_line",
            "collection_issue",
            "inventory",
            "consolidation",
            "consolidation_elimination",
        )

        def count():
            return [
                self.env.cr.execute(f"SELECT count(*) FROM carbon_{table}") or self.env.cr.fetchone()[0]
                for table in tables
            ]

        before = count()
        demo = self.env["carbon.demo"]
        for name in ("_account_flows", "_stock_flows", "_mrp_flows", "_purchase_flows"):
            getattr(demo, name)()
        demo._finish("carbon_accounting")
        self.env.flush_all()
        self.check(count() == before, f"done twice: {before} became {count()}")
        runs = self.env["carbon.collection.run"].search([]).mapped("state")
        self.check(set(runs) == {"done"}, f"collection runs: {runs}")

    def orders(self):
        """The three-way match shows counted and waiting orders, none counted twice."""
        report = self.env["carbon.purchase.match.report"]
        rows = report.search([("order_id.origin", "=like", "DEMO/%")], order="id").mapped("status")
        self.check(
            {"matched", "waiting"} <= set(rows) and "double" not in rows,
            f"three-way match: {rows}",
        )

    def monitoring(self):
        """A month that nobody wrote down, and one that stands out."""
        for table, column, month in (("gap", "date_from", 9), ("anomaly", "date", 7)):
            found = self.rows(
                f"SELECT s.code, g.{column}, g.state FROM carbon_data_{table} g JOIN carbon_source s ON s.id = g.source_id"
                " WHERE g.company_id = %s"
            )
            expected = [("S12", date(self.years[1], month, 1), "open")]
            self.check(found == expected, f"{table}: {found}")

    def performance(self):
        """Two parameters with a value for every complete month, one explained by output and weather."""
        months = (date.today().year - self.years[0]) * 12 + date.today().month - 1
        values = self.rows(
            "SELECT code, count(*), count(problem) FROM carbon_performance_value WHERE company_id = %s GROUP BY 1 ORDER BY 1"
        )
        self.check(values == [("CPP1", months, 0), ("CPP2", months, 0)], f"performance values: {values}")
        model = self.env["carbon.performance.parameter"].search(
            [("company_id", "=", self.company.id), ("code", "=", "CPP2")]
        )
        self.check(len(model) == 1 and model.r_squared > 0.95, f"regression: {model.equation}, R² {model.r_squared}")
        baseline = self.env["carbon.baseline"].search([("company_id", "=", self.company.id)])
        total = baseline.inventory_ids.total_t
        self.check(
            len(baseline) == 1 and abs(baseline.total_t - total) < 1e-6, f"baseline: {baseline.total_t} of {total}"
        )

    def statement(self):
        """The notes are true: nothing of the checked year waits, and what is estimated is said."""
        inventory = self.env["carbon.inventory"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", f"{self.years[0]}-01-01")]
        )
        self.check(not inventory.issue_count and not inventory.issue_note, f"open worklist: {inventory.issue_summary}")
        self.check("timber" in (inventory.maker_note or ""), f"maker's note: {inventory.maker_note}")
        timber = sum(inventory.line_ids.filtered(lambda line: line.source_id.code == "S13").mapped("co2e_kg"))
        self.check(abs(timber - 945_000 * 0.264) < 1e-6, f"timber: {timber} kg")

    def group(self):
        """The furniture works buys 660 GJ of steam from the panel plant: 72.6 t that the group does not count twice."""
        group = self.env["carbon.consolidation"].search([("company_id", "=", self.company.id)])
        first = self.env["carbon.inventory"].search([("date_from", "=", f"{self.years[0]}-01-01")])
        total = sum(first.mapped("total_t")) - 72.6
        self.check(
            len(group) == 1 and group.state == "draft" and not group.is_incomplete and len(group.member_ids) == 2,
            f"consolidated inventory: {group.mapped('state')}, {group.member_ids.mapped('entity_name')}",
        )
        self.check(abs(group.eliminated_t - 72.6) < 1e-9, f"eliminated: {group.eliminated_t} t")
        self.check(abs(group.total_t - total) < 1e-6, f"consolidated: {group.total_t} t instead of {total}")

    def standards(self):
        """Two standards are followed; the clause on surrender does not apply, for a reason."""
        rows = self.env["carbon.system"]._get(self.company).applicability_ids
        excluded = rows.filtered(lambda row: not row.applicable)
        self.check(len(rows) > 60 and excluded.mapped("number") == ["8.6"], f"clauses: {len(rows)}, {excluded}")
        self.check(all(excluded.mapped("reason")), "a clause does not apply for no reason")

    def chinese(self):
        """Where Chinese is installed, names of sources, rules and products are Chinese on its screens."""
        if "zh_CN" not in dict(self.env["res.lang"].get_installed()):
            return
        for model in ("carbon.source", "carbon.activity.rule"):
            records = self.env[model].with_context(lang="zh_CN").search([("company_id", "=", self.company.id)])
            english = [record.name for record in records if record.name.isascii()]
            self.check(records and not english, f"{model} without Chinese name: {english}")
        coal = self.env.ref("carbon_accounting.demo_product_coal")
        self.check(
            coal.with_context(lang="zh_CN").name == "烟煤" and coal.name == "Bituminous coal", f"product: {coal.name}"
        )

    def trail(self):
        result = self.env["carbon.trail.entry"]._verify_stream(self.company)
        self.check(result["ok"], f"audit trail: {result}")


def main(env):
    demo = Demo(env)
    for name in (
        *("sums", "seasons", "counter_rows", "worklist", "periods", "inventories"),
        *("orders", "monitoring", "performance", "statement", "standards", "chinese", "group", "again", "monitoring"),
        *("performance", "group", "trail"),
    ):
        getattr(demo, name)()
    env.cr.rollback()
    for problem in demo.found:
        print("demo:", problem)
    if demo.found:
        raise SystemExit(1)
    print("demo: as expected")


main(env)  # noqa: F821 (given by the shell)
