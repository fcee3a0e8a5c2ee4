"""What the re-performance reads, with every number as text: documents, rules, units, factors, and what the ledger says."""

from collections import defaultdict
from decimal import Decimal

import psycopg2

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import kernel
from ..tools import reference as ref

#: Columns of the event relation that a re-performance needs; numbers as text.
_EVENT = SQL(
    "e.origin_id, COALESCE(e.origin_part, '') AS part, e.kind, e.company_id, e.date, e.date_invoice, e.date_accounting, e.service_from, "
    "e.service_to, e.product_id, e.quantity::text AS quantity, e.uom_id, e.amount::text AS amount, e.currency_id, "
    "e.amount_booked::text AS amount_booked, e.problem"
)


class CarbonVerificationReading(models.AbstractModel):
    """Reads for some rows of the ledger all that the reference kernel needs, a few statements for all of them."""

    _name = "carbon.verification.reperformance"
    _description = "Re-performance by the Kernel"

    @api.model
    def _rows(self, query):
        """Return the rows of a query as dicts."""
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _read_world(self, inventory, activity_ids):
        """Return everything about these rows, as a dict of parts."""
        self.env.flush_all()
        ledger = self._read_ledger(activity_ids)
        world = {
            "inventory": inventory,
            "ledger": ledger,
            "emissions": self._read_emissions(inventory, activity_ids),
            "rules": self._read_rules({row["rule_id"] for row in ledger}),
            "sources": self._read_sources({row["source_id"] for row in ledger}),
            "units": self._read_units(),
            "factors": self._read_factors({row["source_id"] for row in ledger}, inventory.computed_on),
            "gwp": self._read_gwp(inventory.gwp_set_id.id),
            "measures": self.env["carbon.engine"]._product_measure_uoms(),
        }
        self._read_documents(world)
        world["products"] = self._read_products(world)
        world["conversions"] = self._read_conversions(world)
        versions = {v.name for parts in world["factors"].values() for f in parts for v in f.versions}
        versions |= {row["version_id"] for rows in world["emissions"].values() for row in rows}
        world["gases"] = self._read_gases(versions)
        return world

    # ------------------------------------------------------------------
    # The ledger's side
    # ------------------------------------------------------------------
    @api.model
    def _read_ledger(self, activity_ids):
        return self._rows(
            SQL(
                "SELECT a.id, a.company_id, a.date, a.origin_model, a.origin_id, a.origin_part AS part, a.kind, a.rule_id, a.source_id, "
                "a.product_id, a.quantity::text AS quantity, a.uom_id, a.currency_id, a.collected_on, co.currency_id AS home "
                "FROM carbon_activity_data a JOIN res_company co ON co.id = a.company_id WHERE a.id = ANY(%s) ORDER BY a.id",
                list(activity_ids),
            )
        )

    @api.model
    def _read_emissions(self, inventory, activity_ids):
        """Return the emissions of each row with the frozen lines of the inventory that they are in: ``{activity: [row]}``."""
        rows = self._rows(
            SQL(
                """
                SELECT e.activity_id, e.id, e.stream, e.version_id, e.quantity::text AS quantity, e.lends IS TRUE AS lends,
                       COALESCE(st.basis, '') AS basis, l.gas_id, l.gas_kind AS kind, l.kg_per_unit::text AS kg, l.share::text AS share,
                       l.gwp::text AS gwp, l.treatment
                  FROM carbon_emission_line e
                  LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                  LEFT JOIN carbon_inventory_line l ON l.inventory_id = %(inventory)s
                   AND l.period = date_trunc('month', e.date::timestamp)::date AND l.source_id = e.source_id
                   AND l.emission_category_id = e.category_id AND l.stream = e.stream AND l.version_id = e.version_id
                   AND (l.basis IS NULL OR (l.in_location AND l.in_market) = (e.lends IS TRUE))
                 WHERE e.activity_id = ANY(%(ids)s) AND e.id <= %(last)s AND e.reverses_id IS NULL
                   AND NOT EXISTS (SELECT 1 FROM carbon_emission_line c WHERE c.reverses_id = e.id AND c.id <= %(last)s)
                 ORDER BY e.activity_id, e.id, l.id
                """,
                inventory=inventory.id,
                ids=list(activity_ids),
                last=inventory.ledger_max_id,
            )
        )
        lines, emissions = defaultdict(dict), defaultdict(list)
        for row in rows:
            names = ("gas_id", "kind", "kg", "share", "gwp", "treatment")
            line = {name: row.pop(name) for name in names}
            if row["id"] not in lines[row["activity_id"]]:
                lines[row["activity_id"]][row["id"]] = row | {"lines": []}
                emissions[row["activity_id"]].append(lines[row["activity_id"]][row["id"]])
            if line["gas_id"]:
                lines[row["activity_id"]][row["id"]]["lines"].append(line)
        return emissions

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------
    @api.model
    def _read_documents(self, world):
        """Read the events of all documents again, by the queries of their bridges.

        ``events``: ``{(model, id): {part: event}}``; ``exists``: pairs that are still there; ``unread``: why a kind of document
        cannot be read; ``methods``: results of calculated declarations, by the kernel.
        """
        world.update(events=defaultdict(dict), exists=set(), unread={}, methods={})
        providers = self.env["carbon.event.source"]._providers()
        wanted = defaultdict(set)
        for row in world["ledger"]:
            wanted[row["origin_model"]].add(row["origin_id"])
        companies = sorted({row["company_id"] for row in world["ledger"]})
        for model, ids in wanted.items():
            if model not in providers:
                world["unread"][model] = ""
                continue
            try:
                with self.env.cr.savepoint():
                    self._read_events(world, model, providers[model], sorted(ids), companies)
            except psycopg2.OperationalError:
                raise  # a failure of concurrency or of the connection is tried again
            except psycopg2.Error as error:
                world["unread"][model] = str(error).splitlines()[0]
        self._read_methods(world, wanted.get("carbon.declaration", ()))

    @api.model
    def _read_events(self, world, model, provider, ids, companies):
        def scope(column):
            return SQL("%s = ANY(%s)", column, ids)

        predicate = SQL("%s AND o.company_id = ANY(%s)", scope(SQL("o.id")), companies)
        query = provider["query"](predicate, scope) if provider.get("scoped") else provider["query"](predicate)
        for event in self._rows(SQL("SELECT %s FROM (%s) e", _EVENT, query)):
            world["events"][model, event["origin_id"]][event["part"]] = event
        table = SQL.identifier(provider["table"])
        found = self.env.execute_query(SQL("SELECT id FROM %s WHERE id = ANY(%s)", table, ids))
        world["exists"] |= {(model, row[0]) for row in found}

    @api.model
    def _read_methods(self, world, ids):
        """Calculate declarations with a method from their inputs again: ``{id: {code: Decimal}}``, or why that is refused."""
        # sudo: what the ledger's own documents state, see carbon.activity.data
        declarations = self.env["carbon.declaration"].sudo().browse(sorted(ids)).exists()
        for declaration in declarations.filtered(lambda row: row.method_id and row.state == "posted"):
            world["methods"][declaration.id] = self._method_results(declaration)

    @api.model
    def _method_results(self, declaration):
        """Return the results of a method by code, or the sentence that refuses the inputs."""
        try:
            results, _warnings = declaration._calculate()
            return {result.code: kernel.round12(value) for result, value in results}
        except (UserError, ArithmeticError) as error:
            return str(error)

    # ------------------------------------------------------------------
    # Rules, sources, units
    # ------------------------------------------------------------------
    @api.model
    def _read_rules(self, ids):
        rows = self._rows(
            SQL(
                "SELECT id, event_kind, source_id, product_id, multiplier::text AS multiplier, date_basis, quantity_basis "
                "FROM carbon_activity_rule WHERE id = ANY(%s)",
                list(ids),
            )
        )
        return {row["id"]: row for row in rows}

    @api.model
    def _read_sources(self, ids):
        rows = self._rows(
            SQL("SELECT s.id, s.uom_id, s.currency_id FROM carbon_source s WHERE s.id = ANY(%s)", list(ids))
        )
        return {row["id"]: row for row in rows}

    @api.model
    def _read_units(self):
        """Return every unit of measure as the kernel knows it; there are few."""
        rows = self.env.execute_query(SQL("SELECT id, split_part(parent_path, '/', 1), factor::text FROM uom_uom"))
        return {row[0]: ref.Unit(row[1], Decimal(row[2])) for row in rows}

    @api.model
    def _read_products(self, world):
        """Return what Odoo's product forms say: ``{product: dict}``."""
        ids = {event["product_id"] for parts in world["events"].values() for event in parts.values()} - {None, 0}
        rows = self._rows(
            SQL(
                "SELECT p.id, COALESCE(p.weight, 0)::text AS weight, COALESCE(p.volume, 0)::text AS volume, t.uom_id, "
                "string_to_array(rtrim(c.parent_path, '/'), '/')::int[] AS path FROM product_product p "
                "JOIN product_template t ON t.id = p.product_tmpl_id LEFT JOIN product_category c ON c.id = t.categ_id "
                "WHERE p.id = ANY(%s)",
                list(ids),
            )
        )
        return {row["id"]: row for row in rows}

    @api.model
    def _read_conversions(self, world):
        """Return the conversions of the products and of their categories, newest first; archived ones too."""
        products = world["products"]
        return self._rows(
            SQL(
                "SELECT product_id, category_id, company_id, from_uom_id, factor::text AS factor, to_uom_id, date_from, create_date, "
                "active, archived_on FROM carbon_unit_conversion WHERE product_id = ANY(%s) OR category_id = ANY(%s) ORDER BY id DESC",
                list(products),
                list({c for product in products.values() for c in product["path"] or ()}),
            )
        )

    # ------------------------------------------------------------------
    # Factors
    # ------------------------------------------------------------------
    @api.model
    def _read_factors(self, source_ids, known):
        """Return the factors of each source with the versions approved until a moment: ``{source: [ref.Factor]}``."""
        rows = self._rows(
            SQL(
                """
                SELECT sf.source_id, sf.id, st.code AS stream, COALESCE(st.basis, '') AS basis, v.id AS version_id, v.date_from,
                       string_to_array(rtrim(vr.parent_path, '/'), '/')::int[] AS region, su.id AS suom, fu.id AS fuom,
                       su.factor::text AS num, fu.factor::text AS den,
                       CASE WHEN f.currency_id IS NOT NULL THEN f.price_year END AS price_year, COALESCE(f.price_vat, 0)::text AS vat,
                       f.currency_id, COALESCE(f.price_sector, '') AS sector, s.company_id, sy.spend_unadjusted AS unadjusted,
                       split_part(su.parent_path, '/', 1) = split_part(fu.parent_path, '/', 1) AS same
                  FROM carbon_source_factor sf
                  JOIN carbon_emission_stream st ON st.id = sf.stream_id
                  JOIN carbon_source s ON s.id = sf.source_id
                  JOIN carbon_emission_factor f ON f.id = sf.factor_id
                  LEFT JOIN carbon_system sy ON sy.company_id = s.company_id
                  LEFT JOIN uom_uom su ON su.id = s.uom_id
                  LEFT JOIN uom_uom fu ON fu.id = f.uom_id
                  LEFT JOIN carbon_emission_factor_version v ON v.factor_id = f.id AND v.state = 'approved'
                   AND (v.approved_on IS NULL OR v.approved_on <= %(known)s)
                  LEFT JOIN carbon_region vr ON vr.id = v.region_id
                 WHERE sf.source_id = ANY(%(ids)s) ORDER BY sf.id, v.id
                """,
                known=known,
                ids=list(source_ids),
            )
        )
        lines = defaultdict(list)
        for row in rows:
            lines[row["source_id"], row["id"]].append(row)
        factors = defaultdict(list)
        for (source, _line), versions in lines.items():
            first, told = versions[0], [v for v in versions if v["version_id"] and v["same"] is not False]
            ratio = first["suom"] and first["fuom"] and first["suom"] != first["fuom"]
            factors[source].append(
                ref.Factor(
                    first["stream"],
                    tuple(ref.Version(v["version_id"], v["date_from"], tuple(v["region"] or ())) for v in told),
                    first["basis"],
                    Decimal(first["num"]) if ratio else Decimal(1),
                    Decimal(first["den"]) if ratio else Decimal(1),
                    self._read_prices(first, known) if first["price_year"] else None,
                )
            )
        return factors

    @api.model
    def _read_prices(self, factor, known):
        """Return the prices of a factor with the indices known at a moment, the closest series first."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT sector, company_id, year, value::text FROM carbon_price_index
                 WHERE currency_id = %s AND COALESCE(sector, '') IN ('', %s) AND (company_id IS NULL OR company_id = %s)
                   AND (active OR archived_on > %s) AND create_date <= %s
                 ORDER BY COALESCE(sector, '') DESC, company_id NULLS LAST, year
                """,
                factor["currency_id"],
                factor["sector"],
                factor["company_id"],
                known,
                known,
            )
        )
        series = defaultdict(dict)
        for sector, company, year, value in rows:
            series[sector or "", company][year] = Decimal(value)
        return ref.Prices(
            factor["price_year"], Decimal(factor["vat"]), tuple(series.values()), bool(factor["unadjusted"])
        )

    @api.model
    def _read_regions(self, source_ids):
        """Return the region of each source's site as a path from the world down."""
        rows = self.env.execute_query(
            SQL(
                "SELECT s.id, string_to_array(rtrim(r.parent_path, '/'), '/')::int[] FROM carbon_source s "
                "JOIN carbon_site i ON i.id = s.site_id JOIN carbon_region r ON r.id = i.region_id WHERE s.id = ANY(%s)",
                list(source_ids),
            )
        )
        return {source: tuple(path) for source, path in rows}

    @api.model
    def _read_gases(self, version_ids):
        """Return the gas lines of versions: ``{version: [dict]}``; ``parameter`` is the CO2 of its parameters by the kernel."""
        rows = self._rows(
            SQL(
                "SELECT g.version_id, g.gas_id, ga.code, g.kind, g.kg_per_unit::text AS kg, "
                "ga.gas_group = 'other' AND ga.is_pseudo IS NOT TRUE AS apart, v.method, v.ncv::text AS ncv, "
                "v.carbon_content::text AS content, v.oxidation_rate::text AS oxidation FROM carbon_emission_factor_gas g "
                "JOIN carbon_gas ga ON ga.id = g.gas_id JOIN carbon_emission_factor_version v ON v.id = g.version_id "
                "WHERE g.version_id = ANY(%s) ORDER BY g.id",
                list(version_ids),
            )
        )
        gases = defaultdict(list)
        for row in rows:
            fully = row["method"] == "parameter" and row["code"] == "CO2" and row["kind"] == "fossil"
            values = (row["ncv"], row["content"], row["oxidation"])
            row["parameter"] = kernel.parameter_kg_per_unit(*(text or "0" for text in values)) if fully else None
            gases[row["version_id"]].append(row)
        return gases

    @api.model
    def _read_gwp(self, gwp_set_id):
        """Return the values of a GWP set as text: ``{gas code: value}``."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT g.code, w.value::text FROM carbon_gwp_value w JOIN carbon_gas g ON g.id = w.gas_id "
                    "WHERE w.gwp_set_id = %s",
                    gwp_set_id,
                )
            )
        )

    # ------------------------------------------------------------------
    # Money
    # ------------------------------------------------------------------
    @api.model
    def _read_rates(self, wanted):
        """Return exchange rates as Odoo would read them, None where there is none.

        :param wanted: set of ``(company, currency, day)``
        :return: ``{(company, currency, day): Decimal}``
        """
        if not wanted:
            return {}
        companies, currencies, days = zip(*sorted(wanted), strict=True)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT w.company, w.currency, w.day, COALESCE(r.rate, CASE WHEN co.currency_id = w.currency THEN 1.0 END)::text
                  FROM unnest(%s::int[], %s::int[], %s::date[]) w(company, currency, day)
                  JOIN res_company co ON co.id = w.company
                  LEFT JOIN LATERAL (
                    SELECT cr.rate FROM res_currency_rate cr WHERE cr.currency_id = w.currency AND cr.name <= w.day
                       AND (cr.company_id IS NULL OR cr.company_id = split_part(co.parent_path, '/', 1)::int)
                     ORDER BY cr.company_id NULLS LAST, cr.name DESC LIMIT 1) r ON TRUE
                """,
                *(list(companies), list(currencies), list(days)),
            )
        )
        return {tuple(row[:3]): Decimal(row[3]) if row[3] else None for row in rows}
