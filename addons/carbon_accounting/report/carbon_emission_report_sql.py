from odoo import api, models
from odoo.tools import SQL

from ..models.carbon_inventory_compute import TREATMENT
from .carbon_emission_report import ROW_COLUMNS, SIZE

#: Measure → (kg per factor unit, condition).
_MEASURES = {
    "co2e_t": ("total", "a.counted AND a.is_approved"),
    "waiting_t": ("total", "a.counted AND NOT a.is_approved"),
    "location_t": ("total", "a.in_location AND a.is_approved"),
    "market_t": ("total", "a.in_market AND a.is_approved"),
    "biogenic_t": ("biogenic", "a.counted AND a.is_approved"),
    "removal_t": ("removal", "a.counted AND a.is_approved"),
}
_MONTH = "date_trunc('month', e.date::timestamp)::date"
#: Always needed: versions carry the weight, streams say which result a row is, ``lends`` whether it is both.
_ALWAYS = {"company_id", "stream", "version_id", "lends"}


class CarbonEmissionReport(models.Model):
    """The SQL of the emission report."""

    _inherit = "carbon.emission.report"

    @api.model
    def _sql_report(self, shape):
        """Return the table for a question.

        :param shape: ``Shape`` with ``columns`` named, ``rows`` (ledger rows instead of sums), ``gas``
            (one row per gas), ``by_month``, ``where`` (SQL on ledger rows ``e``)
        """
        rows, gas = shape.get("rows", True), shape.get("gas")
        names = set(ROW_COLUMNS) if rows else _ALWAYS | shape["columns"]
        columns = [name for name in ROW_COLUMNS if name in names]
        where = shape.get("where") or SQL("TRUE")
        gwp_set, basis = self.env["carbon.overview"]._basis()
        flags = SQL(
            "a.in_%s AS counted",
            SQL("market" if basis == "market" else "location"),
        )
        ledger = self._sql_rows(columns, where) if rows else self._sql_sums(columns, where, shape["by_month"])
        return SQL(
            """
            SELECT a.id::bigint * %(size)s + %(position)s AS id, %(columns)s,
                   a.quantity, a.row_count, a.counted, a.is_approved, %(derived)s, %(measures)s
              FROM (SELECT a.*, %(flags)s FROM (%(ledger)s) a) a %(joins)s
            """,
            size=SIZE,
            position=SQL("u.position" if gas else "0"),
            columns=SQL(", ").join(SQL("a.%s", SQL.identifier(c)) for c in columns),
            derived=self._sql_derived(columns, gas),
            measures=self._sql_measures(),
            flags=flags,
            ledger=ledger,
            joins=self._sql_joins(columns, gas, gwp_set),
        )

    @api.model
    def _stream_codes(self):
        """Return {basis: codes of the streams that are a result of it}."""
        streams = self.env["carbon.emission.stream"].with_context(active_test=False)
        by_basis = streams.search([("basis", "!=", False)]).grouped("basis")
        return {basis: by_basis.get(basis, streams).mapped("code") for basis in ("location", "market")}

    @api.model
    def _sql_results(self, alias):
        """Return SQL of ``in_location`` and ``in_market``: which results of electricity a row of a relation is in."""
        codes = self._stream_codes()
        return SQL(", ").join(
            SQL(
                "(%(alias)s.stream <> ALL(%(others)s) OR %(alias)s.lends IS TRUE) AS %(name)s",
                alias=SQL.identifier(alias),
                others=codes[other],
                name=SQL.identifier(f"in_{basis}"),
            )
            for basis, other in (("location", "market"), ("market", "location"))
        )

    @api.model
    def _sql_rows(self, columns, where):
        """Return ledger rows."""
        join, approved = self._sql_approval()
        return SQL(
            "SELECT e.id, %s, e.quantity, 1 AS row_count, %s, %s AS is_approved FROM carbon_emission_line e %s WHERE %s",
            SQL(", ").join(SQL(ROW_COLUMNS[c]) for c in columns),
            self._sql_results("e"),
            approved or SQL("TRUE"),
            join,
            where,
        )

    @api.model
    def _sql_approval(self):
        """Return the join that tells which rows ``e`` count, and the condition; empty where data count at once."""
        engine = self.env["carbon.engine"]
        companies = None if self.env.su else self.env.companies.ids
        on = engine._approving(companies)
        if not on:
            return SQL(""), SQL("")
        return engine._sql_counts(SQL("e"), SQL("e.activity_id"), on, companies)

    @api.model
    def _sql_sums(self, columns, where, by_month):
        """Return the ledger summed by columns."""
        expressions, (join, approved) = dict(ROW_COLUMNS), self._sql_approval()
        if by_month:
            expressions["date"] = _MONTH
        return SQL(
            """
            SELECT z.*, %(results)s
              FROM (SELECT min(e.id) AS id, %(named)s, SUM(e.quantity) AS quantity,
                           count(*)::int AS row_count, %(approved)s AS is_approved
                      FROM carbon_emission_line e %(join)s
                     WHERE %(where)s GROUP BY %(keys)s%(by_approval)s) z
            """,
            join=join,
            approved=approved or SQL("TRUE"),
            by_approval=SQL(", %s", approved) if approved else SQL(""),
            results=self._sql_results("z"),
            named=SQL(", ").join(SQL("%s AS %s", SQL(expressions[c]), SQL.identifier(c)) for c in columns),
            keys=SQL(", ").join(SQL(expressions[c]) for c in columns),
            where=where,
        )

    @api.model
    def _sql_units(self, gas, gwp_set):
        """Return the relation version → kg per factor unit, by treatment.

        ``total`` and the others are NULL where a gas has no value in the set.
        """
        by_gas = SQL(
            """
            SELECT g.version_id, g.gas_id, ga.gas_group, g.kind AS gas_kind,
                   %(treatment)s AS treatment, g.kg_per_unit AS mass,
                   g.kg_per_unit * w.value AS co2e,
                   row_number() OVER (PARTITION BY g.version_id ORDER BY g.id)
                       AS position
              FROM carbon_emission_factor_gas g
              JOIN carbon_gas ga ON ga.id = g.gas_id
              LEFT JOIN carbon_gwp_value w
                     ON w.gas_id = g.gas_id AND w.gwp_set_id = %(gwp)s
            """,
            treatment=TREATMENT,
            gwp=gwp_set.id or None,
        )
        sums = SQL(", ").join(
            SQL(
                "CASE WHEN bool_and(n.co2e IS NOT NULL) THEN COALESCE(SUM(n.co2e) "
                "FILTER (WHERE n.treatment = %s), 0) END AS %s",
                name,
                SQL.identifier(name),
            )
            for name in ("total", "biogenic", "removal")
        )
        keys = SQL("n.version_id")
        if gas:
            keys = SQL("%s, n.gas_id, n.gas_group, n.gas_kind, n.treatment, n.position", keys)
        return SQL(
            "SELECT %(keys)s, SUM(n.mass) AS mass, %(sums)s FROM (%(by_gas)s) n GROUP BY %(keys)s",
            keys=keys,
            sums=sums,
            by_gas=by_gas,
        )

    @api.model
    def _sql_measures(self):
        measures = [
            SQL(
                "CASE WHEN %s THEN a.quantity * u.%s / 1000.0 ELSE 0 END AS %s",
                SQL(condition),
                SQL.identifier(kilograms),
                SQL.identifier(name),
            )
            for name, (kilograms, condition) in _MEASURES.items()
        ]
        measures.append(SQL("CASE WHEN a.is_approved THEN a.quantity * u.mass ELSE 0 END AS mass_kg"))
        measures.append(SQL("CASE WHEN u.total IS NULL THEN a.row_count ELSE 0 END AS no_gwp_count"))
        return SQL(", ").join(measures)

    @api.model
    def _sql_derived(self, columns, gas):
        """Return the columns that are looked up, as far as their key is there."""
        derived = [SQL("v.factor_id")]
        if "source_id" in columns:
            derived.append(SQL("s.site_id, s.emission_unit_id"))
        if "category_id" in columns:
            derived.append(SQL("COALESCE(fc.scope::text, 'none') AS scope"))
            derived.append(SQL("fc.id AS ghg_category_id"))
        own = "u.{0}" if gas else "NULL::text AS {0}"
        names = ("gas_group", "gas_kind", "treatment")
        derived.append(SQL("u.gas_id" if gas else "NULL::int AS gas_id"))
        derived.extend(SQL(own.format(name)) for name in names)
        return SQL(", ").join(derived)

    @api.model
    def _sql_joins(self, columns, gas, gwp_set):
        joins = [
            SQL(
                "%s JOIN (%s) u ON u.version_id = a.version_id",
                SQL("" if gas else "LEFT"),
                self._sql_units(gas, gwp_set),
            ),
            SQL("LEFT JOIN carbon_emission_factor_version v ON v.id = a.version_id"),
        ]
        if "source_id" in columns:
            joins.append(SQL("LEFT JOIN carbon_source s ON s.id = a.source_id"))
        if "category_id" in columns:
            edition = self.env["carbon.framework.edition"].search(
                [("framework_id.code", "=", "GHGP")], order="valid_from desc", limit=1
            )
            joins.append(
                SQL(
                    "LEFT JOIN carbon_framework_mapping m ON m.edition_id = %s "
                    "AND m.emission_category_id = a.category_id "
                    "LEFT JOIN carbon_framework_category fc "
                    "ON fc.id = m.framework_category_id",
                    edition.id or 0,
                )
            )
        return SQL(" ").join(joins)
