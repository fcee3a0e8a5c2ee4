from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.ledger_fields import LedgerMany2one
from .carbon_inventory_restatement import CAUSES

#: Causes that change how the same activity is counted, or that it was counted wrong: they may call for a new base year.
STRUCTURAL = ("boundary", "method", "factor", "error")


class CarbonInventoryBridge(models.Model):
    """One cause of the difference between a version of an inventory and the one it restates.

    The five rows of a version add up to the difference of the headline totals exactly (:meth:`_sql_bridge`). Written
    by the computation of a draft only, frozen and sealed with it.
    """

    _name = "carbon.inventory.bridge"
    _description = "Bridge between Versions of an Inventory"
    _inherit = ["carbon.inventory.row.mixin"]
    _log_access = False
    _order = "inventory_id, id"
    _rec_name = "cause"

    inventory_id = LedgerMany2one("carbon.inventory", required=True, readonly=True, index=True)
    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    cause = fields.Selection(CAUSES, required=True, readonly=True)
    co2e_kg = fields.Float(string="kg CO₂e", digits=0, readonly=True)
    co2e_t = fields.Float(string="t CO₂e", compute="_compute_co2e_t", digits=0, aggregator=None)

    _cause_uniq = models.UniqueIndex("(inventory_id, cause)")

    @api.depends("co2e_kg")
    def _compute_co2e_t(self):
        for row in self:
            row.co2e_t = row.co2e_kg / 1000.0

    @api.model
    def _computed_only(self):
        return self.env._("The bridge between versions is computed with the inventory.")

    @api.model
    def _refresh(self, inventory):
        """Replace the bridge of a draft by what its lines and those of the version before say.

        :param inventory: one ``carbon.inventory`` whose lines are computed
        """
        self._clear(inventory)
        if inventory.restates_id:
            self.env.cr.execute(self._sql_bridge(inventory))
        self.invalidate_model(flush=False)

    @api.model
    def _clear(self, inventories):
        self.env.cr.execute(
            SQL("DELETE FROM carbon_inventory_bridge WHERE inventory_id IN %s", tuple(inventories.ids) or (0,))
        )

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------
    @api.model
    def _sql_wrong(self, ledger, where, activity_max_id):
        """CTE ``wrong``: the origins whose rows after sealing correct facts that were in the inventory.

        That is every origin that had rows before; and an origin that replaces one that vanished, as a bill does that is
        cancelled and entered anew: same source, product, partner and order line, nearest in quantity, one for one.

        :param ledger: SQL of the relation of activity data that count
        :param where: SQL condition on activity data ``a``
        :param activity_max_id: highest id when the version before was sealed
        """
        key = SQL("f.source_id, COALESCE(f.product_id, 0), COALESCE(f.partner_id, 0), COALESCE(f.pair_id, 0)")
        return SQL(
            """
            fact AS (
              SELECT a.origin_model, a.origin_id, a.origin_part, min(a.seq) > 0 AS known, SUM(a.quantity) AS quantity,
                     (array_agg(a.reverses_id IS NOT NULL ORDER BY a.seq DESC))[1] AS gone, max(a.source_id) AS source_id,
                     max(a.product_id) AS product_id, max(a.partner_id) AS partner_id, max(a.pair_id) AS pair_id
                FROM %(ledger)s a WHERE %(where)s AND a.id > %(activity)s GROUP BY 1, 2, 3),
            lost AS (SELECT ARRAY[%(key)s] AS key, count(*) AS number, avg(f.quantity) AS quantity
                       FROM fact f WHERE f.known AND f.gone GROUP BY 1),
            anew AS (
              SELECT f.*, row_number() OVER (PARTITION BY l.key ORDER BY abs(f.quantity + l.quantity), f.origin_id, f.origin_part) AS rank,
                     l.number
                FROM fact f JOIN lost l ON l.key = ARRAY[%(key)s] WHERE NOT f.known AND NOT f.gone),
            wrong AS (
              SELECT origin_model, origin_id, origin_part FROM fact WHERE known
              UNION ALL SELECT origin_model, origin_id, origin_part FROM anew WHERE rank <= number)
            """,
            ledger=ledger,
            where=where,
            activity=activity_max_id,
            key=key,
        )

    @api.model
    def _sql_added(self, inventory):
        """CTE ``added``: what the ledger took in after the version before was sealed, by flow and cause.

        * *error*: a fact that was in the inventory was wrong (:meth:`_sql_wrong`)
        * *factor*: a new result of an old fact in a stream that the source had
        * *method*: a new result of an old fact in a stream that the source had not

        The rest is *activity data*: facts that were missing.
        """
        before = inventory.restates_id
        seal = before._get_seal()
        where = inventory._sql_ledger_where()
        return SQL(
            """
            %(wrong)s,
            known AS (SELECT DISTINCT source_id, stream FROM carbon_inventory_line WHERE inventory_id = %(before)s),
            added AS (
              SELECT date_trunc('month', e.date::timestamp)::date AS period, e.source_id, e.category_id, e.stream, e.version_id,
                     COALESCE(st.basis, '') <> 'market' OR e.lends IS TRUE AS in_location,
                     COALESCE(st.basis, '') <> 'location' OR e.lends IS TRUE AS in_market,
                     SUM(e.quantity) FILTER (WHERE e.activity_id > %(activity)s AND w.origin_id IS NOT NULL) AS error,
                     SUM(e.quantity) FILTER (WHERE e.activity_id <= %(activity)s AND k.source_id IS NOT NULL) AS factor,
                     SUM(e.quantity) FILTER (WHERE e.activity_id <= %(activity)s AND k.source_id IS NULL) AS method
                FROM %(ledger)s e
                JOIN carbon_activity_data a ON a.id = e.activity_id
                LEFT JOIN wrong w ON w.origin_model = a.origin_model AND w.origin_id = a.origin_id AND w.origin_part = a.origin_part
                LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                LEFT JOIN known k ON k.source_id = e.source_id AND k.stream = e.stream
               WHERE %(where)s AND e.id > %(emission)s
               GROUP BY 1, 2, 3, 4, 5, 6, 7)
            """,
            ledger=inventory._sql_ledger(),
            wrong=self._sql_wrong(
                inventory._sql_ledger("carbon_activity_data"),
                SQL(
                    "a.company_id = %s AND a.date BETWEEN %s AND %s",
                    *(inventory.company_id.id, inventory.date_from, inventory.date_to),
                ),
                seal.activity_max_id,
            ),
            before=before.id,
            activity=seal.activity_max_id,
            emission=seal.emission_max_id,
            where=where,
        )

    @api.model
    def _sql_sides(self, inventory):
        """CTEs of the two versions' lines side by side: ``old``, ``fresh``, ``side``.

        A line that the version before did not have is valued with the share it gave the same source, leaf and gas, and
        with the values of its GWP set; where it had neither, with those of the new version.
        """
        before = inventory.restates_id
        columns = (
            "period, source_id, emission_category_id, stream, version_id, in_location, in_market, gas_id, gas_kind, treatment, quantity, "
            "kg_per_unit, share, gwp, co2e_kg"
        )
        return SQL(
            """
            old AS (SELECT %(columns)s FROM carbon_inventory_line WHERE inventory_id = %(before)s),
            fresh AS (SELECT %(columns)s FROM carbon_inventory_line WHERE inventory_id = %(after)s),
            shares AS (
              SELECT DISTINCT ON (source_id, emission_category_id, gas_id, gas_kind)
                     source_id, emission_category_id, gas_id, gas_kind, share
                FROM old ORDER BY source_id, emission_category_id, gas_id, gas_kind, period),
            side AS (
              SELECT period, source_id, emission_category_id, stream, version_id, in_location, in_market,
                     COALESCE(o.quantity, 0) AS q1, COALESCE(f.quantity, 0) AS q2, COALESCE(f.kg_per_unit, o.kg_per_unit) AS k,
                     COALESCE(o.share, h.share, f.share) AS s1, COALESCE(f.share, o.share) AS s2,
                     COALESCE(o.gwp, w.value, f.gwp, 0) AS w1, COALESCE(f.gwp, o.gwp, 0) AS w2,
                     CASE WHEN COALESCE(o.treatment, f.treatment) = 'total'
                           AND CASE %(basis1)s WHEN 'market' THEN in_market ELSE in_location END THEN 1 ELSE 0 END AS h1,
                     CASE WHEN COALESCE(f.treatment, o.treatment) = 'total'
                           AND CASE %(basis2)s WHEN 'market' THEN in_market ELSE in_location END THEN 1 ELSE 0 END AS h2,
                     COALESCE(o.co2e_kg, 0) AS c1, COALESCE(f.co2e_kg, 0) AS c2
                FROM old o
                FULL JOIN fresh f USING (period, source_id, emission_category_id, stream, version_id, in_location, in_market,
                                         gas_id, gas_kind)
                LEFT JOIN shares h USING (source_id, emission_category_id, gas_id, gas_kind)
                LEFT JOIN carbon_gwp_value w ON w.gwp_set_id = %(gwp1)s AND w.gas_id = COALESCE(f.gas_id, o.gas_id))
            """,
            columns=SQL(columns),
            before=before.id,
            after=inventory.id,
            basis1=before.electricity_basis,
            basis2=inventory.electricity_basis,
            gwp1=before.gwp_set_id.id,
        )

    @api.model
    def _sql_bridge(self, inventory):
        """Return the INSERT that explains the difference of two versions by cause.

        A line is quantity × kg per unit × share × GWP. Going from the old to the new version, the quantity changes first
        (error, activity data, factor, new results), valued as the old version valued it; then the share (boundary), with
        the new quantity; last the GWP and the basis of electricity (method), with the new quantity and share. Products are
        exact; what rounding of the lines leaves, below 1e-9 kg each, goes to the largest cause, so that the five add up to
        the difference of the totals to the last digit.
        """
        return SQL(
            """
            WITH %(added)s, %(sides)s,
            split AS (
              SELECT s.*, COALESCE(a.error, 0) AS q_error, COALESCE(a.factor, 0) AS q_factor, COALESCE(a.method, 0) AS q_method,
                     s.q2 - s.q1 - COALESCE(a.error, 0) - COALESCE(a.factor, 0) - COALESCE(a.method, 0) AS q_activity,
                     s.k * s.s1 * s.w1 * s.h1 AS unit1
                FROM side s
                LEFT JOIN added a ON a.period = s.period AND a.source_id = s.source_id AND a.category_id = s.emission_category_id
                 AND a.stream = s.stream AND a.version_id = s.version_id AND a.in_location = s.in_location AND a.in_market = s.in_market),
            total AS (
              SELECT COALESCE(SUM(q2 * k * (s2 - s1) * w1 * h1), 0) AS boundary,
                     COALESCE(SUM(q_method * unit1 + q2 * k * s2 * (w2 * h2 - w1 * h1)), 0) AS method,
                     COALESCE(SUM(q_factor * unit1), 0) AS factor, COALESCE(SUM(q_error * unit1), 0) AS error,
                     COALESCE(SUM(q_activity * unit1), 0) AS activity, COALESCE(SUM(c2 * h2 - c1 * h1), 0) AS difference
                FROM split),
            cause AS (
              SELECT v.place, v.cause, round(v.kg, 12) AS kg, t.difference,
                     row_number() OVER (ORDER BY abs(v.kg) DESC, v.place) AS rank
                FROM total t CROSS JOIN LATERAL (VALUES (1, 'boundary', t.boundary), (2, 'method', t.method), (3, 'factor', t.factor),
                     (4, 'error', t.error), (5, 'activity', t.activity)) AS v(place, cause, kg))
            INSERT INTO carbon_inventory_bridge (inventory_id, company_id, cause, co2e_kg)
            SELECT %(id)s, %(company)s, c.cause,
                   trim_scale(c.kg + CASE WHEN c.rank = 1 THEN c.difference - SUM(c.kg) OVER () ELSE 0 END)
              FROM cause c ORDER BY c.place
            """,
            added=self._sql_added(inventory),
            sides=self._sql_sides(inventory),
            id=inventory.id,
            company=inventory.company_id.id,
        )


class CarbonInventory(models.Model):
    """The bridge of a version follows its lines."""

    _inherit = "carbon.inventory"

    bridge_ids = fields.One2many("carbon.inventory.bridge", "inventory_id", readonly=True, copy=False)
    restated_total_t = fields.Float(
        related="restates_id.total_t", string="Total of the Version Before (t CO₂e)", digits=0
    )
    difference_t = fields.Float(string="Difference (t CO₂e)", compute="_compute_difference_t", digits=0)

    @api.depends("restates_id", "computed_on", "electricity_basis")
    def _compute_difference_t(self):
        for inventory in self:
            known = inventory.restates_id and inventory.computed_on
            inventory.difference_t = inventory.total_t - inventory.restates_id.total_t if known else 0.0

    def write(self, vals):
        """The basis of the headline decides what the bridge explains."""
        result = super().write(vals)
        if "electricity_basis" in vals:
            for inventory in self.filtered(lambda i: i.restates_id and i.computed_on and i.state == "draft"):
                self.env.flush_all()
                self.env["carbon.inventory.bridge"]._refresh(inventory)
                inventory.invalidate_recordset(["bridge_ids"])
        return result

    def _compute_lines(self):
        """Explain the difference to the version before."""
        result = super()._compute_lines()
        self.env["carbon.inventory.bridge"]._refresh(self)
        self.invalidate_recordset(["bridge_ids"])
        return result

    def _clear_lines(self):
        """Without lines there is nothing to explain."""
        self.env["carbon.inventory.bridge"]._clear(self)
        self.env["carbon.inventory.bridge"].invalidate_model(flush=False)
        return super()._clear_lines()

    def unlink(self):
        """Take the bridge along: it has no foreign key."""
        gone = self.browse(self.ids)
        result = super().unlink()
        self.env["carbon.inventory.bridge"]._clear(gone)
        return result

    def _exact_bridge(self):
        """Return ``{cause: kg as exact text}``."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL("SELECT cause, trim_scale(co2e_kg)::text FROM carbon_inventory_bridge WHERE inventory_id = %s", self.id)
        )
        return dict(rows)
