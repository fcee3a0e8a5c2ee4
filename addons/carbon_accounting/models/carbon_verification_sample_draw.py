"""Drawing a sample: a few statements over the ledger, whatever its size. ``tools/sampling.py`` says what they do."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import sampling

_KEYS = {"none": SQL("0"), "source": SQL("e.source_id"), "category": SQL("a.category_id")}


class CarbonVerificationSample(models.Model):
    """The population, its strata and the draw."""

    _inherit = "carbon.verification.sample"

    population_count = fields.Integer(string="Rows in the Population", readonly=True, copy=False, aggregator=None)
    empty_count = fields.Integer(
        string="Rows of Size 0",
        readonly=True,
        copy=False,
        aggregator=None,
        help="They count nothing in the total (biogenic CO₂, removals, what the boundary excludes) and are not drawn.",
    )
    population_t = fields.Float(
        string="Population (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None, help="With its signs."
    )
    gross_t = fields.Float(
        string="Population without Signs (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None
    )
    inventory_t = fields.Float(
        string="Total of the Inventory (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None
    )
    untold_t = fields.Float(
        string="Population less Inventory (t CO₂e)",
        digits=0,
        readonly=True,
        copy=False,
        aggregator=None,
        help="0 when the rows of the ledger add up to the total of the inventory.",
    )
    threshold_t = fields.Float(string="Materiality (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None)

    def _draw(self):
        """Draw the rows and write them with their strata.

        :return: values of the sample
        """
        self.env.flush_all()
        with self.env["carbon.engine"]._bulk_settings():
            return self._draw_rows()

    def _draw_rows(self):
        """Make the population, and draw from it.

        :return: values of the sample
        """
        self._make_population()
        facts = self._population_facts()
        if not facts["population_count"]:
            raise UserError(self.env._("%(inventory)s counts nothing to draw from.", inventory=self.inventory_id.name))
        strata = self._strata(facts.pop("threshold_mg"))
        self.env.execute_query(self._sql_insert_strata(strata))
        self.env.execute_query(self._sql_insert_rows(strata))
        self.env.cr.execute("DROP TABLE carbon_verification_population")
        self.invalidate_recordset()
        return facts

    # ------------------------------------------------------------------
    # Population
    # ------------------------------------------------------------------
    def _sql_units(self):
        """Return the kg CO2e that one unit of a flow counts in the total of the inventory, from its frozen lines."""
        inventory = self.inventory_id
        return SQL(
            """
            SELECT l.period, l.source_id, l.emission_category_id, l.stream, l.version_id,
                   CASE WHEN l.basis IS NOT NULL THEN l.in_location AND l.in_market END AS lent,
                   SUM(l.kg_per_unit * l.share * COALESCE(l.gwp, 0)) AS unit
              FROM carbon_inventory_line l
             WHERE l.inventory_id = %s AND l.treatment = 'total' AND %s
             GROUP BY 1, 2, 3, 4, 5, 6
            """,
            inventory.id,
            SQL("l.in_market" if inventory.electricity_basis == "market" else "l.in_location"),
        )

    def _sql_live(self):
        """Return the condition that emission ``e`` was live when the inventory was computed: nothing had taken it back."""
        inventory = self.inventory_id
        return SQL(
            "%(where)s AND e.id <= %(last)s AND e.reverses_id IS NULL AND NOT EXISTS ("
            "SELECT 1 FROM %(ledger)s c WHERE c.reverses_id = e.id AND c.id <= %(last)s)",
            where=inventory._sql_ledger_where(),
            last=inventory.ledger_max_id,
            ledger=inventory._sql_ledger(),
        )

    def _make_population(self):
        """Put activity data with what they count in the inventory into a temporary table, one row each."""
        self.env.cr.execute("DROP TABLE IF EXISTS carbon_verification_population")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE carbon_verification_population ON COMMIT DROP AS
                SELECT e.activity_id AS id, min(%(key)s) AS key, SUM(e.quantity * COALESCE(u.unit, 0)) AS kg,
                       round(abs(SUM(e.quantity * COALESCE(u.unit, 0))) * %(mg)s) AS mg
                  FROM %(ledger)s e
                  %(activity)s
                  LEFT JOIN (%(units)s) u ON u.period = date_trunc('month', e.date::timestamp)::date AND u.source_id = e.source_id
                   AND u.emission_category_id = e.category_id AND u.stream = e.stream AND u.version_id = e.version_id
                   AND (u.lent IS NULL OR u.lent = (e.lends IS TRUE))
                 WHERE %(live)s
                 GROUP BY e.activity_id
                """,
                key=_KEYS[self.stratify],
                mg=sampling.MG_PER_KG,
                ledger=self.inventory_id._sql_ledger(),
                activity=SQL("JOIN carbon_activity_data a ON a.id = e.activity_id")
                if self.stratify == "category"
                else SQL(""),
                units=self._sql_units(),
                live=self._sql_live(),
            )
        )

    def _population_facts(self):
        """Return what the sample says of its population, and the threshold in mg."""
        inventory = self.inventory_id
        basis = SQL("in_market" if inventory.electricity_basis == "market" else "in_location")
        count, empty, kg, mg, own = self.env.execute_query(
            SQL(
                "SELECT count(*) FILTER (WHERE mg > 0), count(*) FILTER (WHERE mg = 0), COALESCE(SUM(kg), 0), "
                "COALESCE(SUM(mg), 0), (SELECT COALESCE(SUM(co2e_kg), 0) FROM carbon_inventory_line "
                "WHERE inventory_id = %s AND treatment = 'total' AND %s) FROM carbon_verification_population",
                inventory.id,
                basis,
            )
        )[0]
        threshold_kg = abs(float(own)) * self.materiality / 100.0
        return {
            "population_count": count,
            "empty_count": empty,
            "population_t": float(kg) / 1000.0,
            "gross_t": float(mg) / sampling.MG_PER_KG / 1000.0,
            "inventory_t": float(own) / 1000.0,
            "untold_t": round((float(kg) - float(own)) / 1000.0, 9),
            "threshold_t": threshold_kg / 1000.0,
            "threshold_mg": max(round(threshold_kg * sampling.MG_PER_KG), 1),
        }

    # ------------------------------------------------------------------
    # Strata
    # ------------------------------------------------------------------
    def _strata(self, threshold):
        """Return the strata with what the draw needs of them: sums and largest rows, never all rows.

        :param threshold: size in mg from which rows are material
        """
        totals = self.env.execute_query(
            SQL(
                "SELECT key, count(*)::int, SUM(mg)::text, SUM(kg)::text, count(*) FILTER (WHERE mg >= %(t)s)::int, "
                "COALESCE(SUM(mg) FILTER (WHERE mg < %(t)s), 0)::text FROM carbon_verification_population "
                "WHERE mg > 0 GROUP BY key ORDER BY key",
                t=threshold,
            )
        )
        weights = {row[0]: int(row[5]) for row in totals if int(row[5])}
        if self.size < len(weights):
            raise UserError(
                self.env._(
                    "%(count)s strata need a sample of %(count)s rows at least. Draw more rows or take fewer strata.",
                    count=len(weights),
                )
            )
        sizes = sampling.allocate(self.size, weights) if weights else {}
        largest = self._largest(threshold)
        strata = []
        for key, count, gross, net, material, below in totals:
            least, rest, draws = sampling.cutoff(largest.get(key, ()), int(below), sizes.get(key, 0))
            strata.append(
                {
                    "key": key,
                    "count": count,
                    "gross": int(gross),
                    "net": net,
                    "material": material,
                    "threshold": threshold,
                    "least": threshold if least is None else least,
                    "rest": rest,
                    "draws": draws,
                    "start": sampling.random_start(self.seed, key),
                }
            )
        return strata

    def _largest(self, threshold):
        """Return the sizes of the largest rows below the threshold by stratum, as many as are drawn at most."""
        rows = self.env.execute_query(
            SQL(
                "SELECT key, mg::text FROM (SELECT key, mg, row_number() OVER (PARTITION BY key ORDER BY mg DESC) AS place "
                "FROM carbon_verification_population WHERE mg > 0 AND mg < %s) x WHERE place <= %s ORDER BY key, place",
                threshold,
                self.size,
            )
        )
        result = {}
        for key, size in rows:
            result.setdefault(key, []).append(int(size))
        return result

    def _sql_insert_strata(self, strata):
        """Return the INSERT of the strata."""
        values = SQL(", ").join(
            SQL(
                "(%s, %s, %s, %s, %s, %s, trim_scale(%s::numeric / 1000000000), trim_scale(%s::numeric / 1000), %s, "
                "trim_scale(%s::numeric / 1000000), trim_scale(%s::numeric / 1000000), %s, %s)",
                *(self.id, self.company_id.id, s["key"]),
                s["key"] if self.stratify == "source" else None,
                s["key"] if self.stratify == "category" else None,
                *(s["count"], str(s["gross"]), s["net"], s["material"]),
                *(str(s["rest"]), str(s["least"]), s["draws"], str(s["start"])),
            )
            for s in strata
        )
        return SQL(
            "INSERT INTO carbon_verification_stratum (sample_id, company_id, key, source_id, category_id, row_count, gross_t, net_t, "
            "material_count, rest_kg, certain_kg, draw_count, start) VALUES %s RETURNING id",
            values,
        )

    # ------------------------------------------------------------------
    # The draw
    # ------------------------------------------------------------------
    def _sql_insert_rows(self, strata):
        """Return the INSERT … SELECT of the sampled rows."""
        plan = SQL(", ").join(
            SQL(
                "(%s, %s::numeric, %s::numeric, %s::numeric, %s::numeric, %s::numeric)",
                *(s["key"], str(s["threshold"]), str(s["least"]), str(s["rest"]), str(s["draws"]), str(s["start"])),
            )
            for s in strata
        )
        return SQL(
            """
            WITH s (key, threshold, least, total, draws, start) AS (VALUES %(plan)s),
            line AS (
              SELECT p.id, p.mg, s.total, s.draws, s.start,
                     SUM(p.mg) OVER (PARTITION BY p.key ORDER BY sha256(convert_to(%(seed)s || '|' || p.id, 'UTF8')), p.id
                                     ROWS UNBOUNDED PRECEDING) AS upto
                FROM carbon_verification_population p JOIN s ON s.key = p.key
               WHERE p.mg > 0 AND p.mg < s.least AND s.draws > 0),
            picked AS (
              SELECT p.id, CASE WHEN p.mg >= s.threshold THEN 'material' ELSE 'certain' END AS pick
                FROM carbon_verification_population p JOIN s ON s.key = p.key
               WHERE p.mg > 0 AND p.mg >= s.least
              UNION ALL
              SELECT l.id, 'drawn' FROM line l
               WHERE %(upto)s > %(before)s)
            INSERT INTO carbon_verification_row (sample_id, inventory_id, company_id, stratum_id, activity_id, activity_key, date, label,
                   source_id, origin_model, origin_id, pick, book_kg, size_t, result)
            SELECT %(sample)s, %(inventory)s, %(company)s, st.id, a.id, a.id, a.date, a.label, a.source_id, a.origin_model, a.origin_id,
                   x.pick, trim_scale(p.kg), trim_scale(p.mg / 1000000000.0), 'waiting'
              FROM picked x
              JOIN carbon_verification_population p ON p.id = x.id
              JOIN carbon_verification_stratum st ON st.sample_id = %(sample)s AND st.key = p.key
              JOIN carbon_activity_data a ON a.id = x.id
             ORDER BY p.mg DESC, x.id
            RETURNING id
            """,
            plan=plan,
            seed=self.seed,
            upto=self._sql_points(SQL("l.upto")),
            before=self._sql_points(SQL("(l.upto - l.mg)")),
            sample=self.id,
            inventory=self.inventory_id.id,
            company=self.company_id.id,
        )

    def _sql_points(self, end):
        """Return SQL of :func:`..tools.sampling.points_before`: reach ÷ (steps × total), rounded up; reach > - steps × total."""
        return SQL(
            "div(%(end)s * l.draws * %(steps)s::numeric + (%(steps)s::numeric - l.start) * l.total - 1, %(steps)s::numeric * l.total)",
            end=end,
            steps=str(sampling.STEPS),
        )
