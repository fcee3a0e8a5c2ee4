from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .carbon_inventory import ACT

#: What happens to a gas line ``g`` of gas ``ga`` in a total (ISO 14064-1 5.2.3):
#: biogenic CO2, removals, recovered CO2 and gases outside the seven groups stay apart.
TREATMENT = SQL(
    """CASE WHEN g.kind IN ('removal', 'recovered') THEN g.kind
            WHEN g.kind = 'biogenic' AND ga.code = 'CO2' THEN 'biogenic'
            WHEN ga.gas_group = 'other' AND ga.is_pseudo IS NOT TRUE THEN 'other_gas'
            ELSE 'total' END"""
)


class CarbonInventory(models.Model):
    """Computation of an inventory: one statement from the ledger to its lines."""

    _inherit = "carbon.inventory"

    def action_compute(self):
        """Replace the lines of drafts by what the ledger says now.

        :return: True
        :raises UserError: if a gas has no global warming potential in the chosen set
        """
        self._require("group_carbon_accountant", "draft")
        self.env.flush_all()
        for inventory in self:
            inventory._compute_lines()
        return True

    def _compute_lines(self):
        self.ensure_one()
        self._clear_lines()
        count, highest = self.env.execute_query(self._sql_insert_lines())[0]
        self._check_gwp()
        self.env["carbon.inventory.intensity"]._refresh(self)
        self.with_context(carbon_inventory_act=ACT).write(
            {
                "computed_on": fields.Datetime.now(),
                "computed_by_id": self.env.uid,
                "ledger_count": count,
                "ledger_max_id": highest,
            }
        )
        self.env["carbon.inventory.line"].invalidate_model(flush=False)
        self.invalidate_recordset()

    def _clear_lines(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM carbon_inventory_line WHERE inventory_id IN %s",
                tuple(self.ids),
            )
        )

    def unlink(self):
        """Take the lines along: they have no foreign key."""
        ids = self.ids
        result = super().unlink()
        if ids:
            self.env.cr.execute(SQL("DELETE FROM carbon_inventory_line WHERE inventory_id IN %s", tuple(ids)))
            self.env["carbon.inventory.line"].invalidate_model(flush=False)
        return result

    def _clear(self):
        """Forget the results of drafts whose basis changed."""
        self.env.flush_all()
        self._clear_lines()
        self.with_context(carbon_inventory_act=ACT).write({"computed_on": False, "computed_by_id": False})
        self.env["carbon.inventory.line"].invalidate_model(flush=False)

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------
    def _sql_ledger_where(self):
        """Return the condition on ledger rows ``e`` that the inventory covers."""
        return SQL(
            "e.company_id = %s AND e.date BETWEEN %s AND %s",
            self.company_id.id,
            self.date_from,
            self.date_to,
        )

    def _sql_ledger(self, table="carbon_emission_line"):
        """Return the relation of the ledger rows that count, in the place of the table."""
        return self.env["carbon.engine"]._sql_counted(table, self.company_id.ids, self.date_from, self.date_to)

    def _sql_share(self):
        """Return SQL of the share that counts, and of the reason why nothing does.

        Aliases: ``s`` the source, ``si`` its site, ``ga`` the gas, ``x`` the flow with
        ``segment`` and ``treatment``. Ledger rows are 100 % of the company;
        consolidation applies here only. A reason of NULL means included.

        :return: pair of SQL
        """
        return SQL("1.0"), SQL("NULL::text")

    def _sql_flow(self):
        """CTEs ``agg`` and ``flow``: sums by month, source, leaf, stream and version.

        Counter rows meet their rows here: what was corrected to nothing is gone before
        a GWP is asked for. Rows that lend their result to the other basis of
        electricity stay apart from those that do not.
        """
        return SQL(
            """
            agg AS MATERIALIZED (
              SELECT date_trunc('month', e.date::timestamp)::date AS period,
                     e.source_id, e.category_id, e.stream, e.version_id, e.lends,
                     SUM(e.quantity) AS quantity, count(*) AS row_count,
                     max(e.id) AS max_id
                FROM %(ledger)s e
               WHERE %(where)s
               GROUP BY 1, 2, 3, 4, 5, 6),
            %(flow)s
            """,
            where=self._sql_ledger_where(),
            ledger=self._sql_ledger(),
            flow=self._sql_flow_of_sums(),
        )

    def _sql_flow_of_sums(self):
        """CTE ``flow``: the sums of ``agg`` with what a boundary asks for, and the results of electricity they are in."""
        return SQL(
            """
            flow AS (
              SELECT a.*, COALESCE(st.basis, '') AS basis,
                     COALESCE(st.basis, '') <> 'market' OR a.lends IS TRUE AS in_location,
                     COALESCE(st.basis, '') <> 'location' OR a.lends IS TRUE AS in_market,
                     CASE WHEN c.direct THEN 'direct'
                          WHEN root.code = 'energy' THEN 'energy'
                          ELSE 'other' END AS segment
                FROM agg a
                JOIN carbon_emission_category c ON c.id = a.category_id
                LEFT JOIN carbon_emission_category root
                       ON root.id = split_part(c.parent_path, '/', 1)::int
                LEFT JOIN carbon_emission_stream st ON st.code = a.stream
               WHERE a.quantity <> 0)
            """
        )

    def _sql_masses(self):
        """CTE ``done``: the gas lines of each flow, with share, mass and GWP."""
        share, exclusion = self._sql_share()
        return SQL(
            """
            x AS (
              SELECT f.*, g.gas_id, g.kind, g.kg_per_unit, %(treatment)s AS treatment
                FROM flow f
                JOIN carbon_emission_factor_gas g ON g.version_id = f.version_id
                JOIN carbon_gas ga ON ga.id = g.gas_id),
            shared AS (
              SELECT x.*, s.site_id, w.value AS gwp, %(share)s AS full_share,
                     %(exclusion)s AS exclusion
                FROM x
                JOIN carbon_gas ga ON ga.id = x.gas_id
                JOIN carbon_source s ON s.id = x.source_id
                LEFT JOIN carbon_site si ON si.id = s.site_id
                LEFT JOIN carbon_gwp_value w
                       ON w.gas_id = x.gas_id AND w.gwp_set_id = %(gwp)s),
            counted AS (
              SELECT y.*, CASE WHEN y.exclusion IS NULL THEN y.full_share
                               ELSE 0 END AS share
                FROM shared y),
            done AS (
              SELECT z.*, round(z.quantity * z.kg_per_unit * z.share, 12) AS mass
                FROM counted z)
            """,
            treatment=TREATMENT,
            share=share,
            exclusion=exclusion,
            gwp=self.gwp_set_id.id,
        )

    def _sql_insert_lines(self):
        """Return the INSERT … SELECT that writes the lines and stamps the ledger.

        ``mass = round(quantity × kg per unit × share, 12)`` and
        ``CO2e = round(mass × GWP, 12)``: each line can be re-performed by itself.

        :return: SQL of one row, the number of emission rows summed and the highest id
        """
        return SQL(
            """
            WITH %(flow)s, %(masses)s,
            written AS (
            INSERT INTO carbon_inventory_line (inventory_id, company_id, period,
                   source_id, site_id, emission_category_id, segment, stream, basis,
                   in_location, in_market, version_id, gas_id, gas_kind, treatment,
                   quantity, kg_per_unit, share, exclusion, mass_kg, gwp, co2e_kg)
            SELECT %(id)s, %(company)s, d.period, d.source_id, d.site_id, d.category_id,
                   d.segment, d.stream, NULLIF(d.basis, ''),
                   d.in_location, d.in_market,
                   d.version_id, d.gas_id, d.kind, d.treatment,
                   trim_scale(d.quantity), d.kg_per_unit, trim_scale(d.share),
                   d.exclusion, trim_scale(d.mass), d.gwp,
                   trim_scale(round(d.mass * d.gwp, 12))
              FROM done d
             ORDER BY d.period, d.source_id, d.stream, d.version_id, d.lends, d.gas_id, d.kind)
            SELECT COALESCE(SUM(row_count), 0)::int, COALESCE(max(max_id), 0) FROM agg
            """,
            flow=self._sql_flow(),
            masses=self._sql_masses(),
            id=self.id,
            company=self.company_id.id,
        )

    def _check_gwp(self):
        """Refuse a gas that the chosen set does not know, naming the next step."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT version_id, gas_id FROM carbon_inventory_line
                 WHERE inventory_id = %s AND gwp IS NULL AND exclusion IS NULL
                 GROUP BY version_id, gas_id ORDER BY SUM(abs(mass_kg)) DESC LIMIT 1
                """,
                self.id,
            )
        )
        if not rows:
            return
        version = self.env["carbon.emission.factor.version"].browse(rows[0][0])
        gas = self.env["carbon.gas"].browse(rows[0][1])
        names = {
            "factor": version.factor_id.display_name,
            "version": version.display_name,
            "gas": gas.display_name,
            "set": self.gwp_set_id.display_name,
            "inventory": self.name,
        }
        if gas.is_pseudo:
            raise UserError(
                self.env._(
                    "Factor %(factor)s (%(version)s) exists only as %(gas)s, which is "
                    "weighted with %(own)s and cannot be converted to %(set)s. Choose "
                    "%(own)s for %(inventory)s, or give the source a factor with gas "
                    "masses.",
                    own=gas.pseudo_gwp_set_id.display_name,
                    **names,
                )
            )
        raise UserError(
            self.env._(
                "%(gas)s of factor %(factor)s (%(version)s) has no global warming "
                "potential in %(set)s. Add the value to the GWP set, or choose another "
                "set for %(inventory)s.",
                **names,
            )
        )

    # ------------------------------------------------------------------
    # Freshness
    # ------------------------------------------------------------------
    def _gwp_moved(self):
        """Whether the GWP set now has other values than the lines were weighted with."""
        self.ensure_one()
        self.env["carbon.gwp.value"].flush_model()
        moved = SQL(
            "SELECT EXISTS (SELECT 1 FROM carbon_inventory_line l "
            "LEFT JOIN carbon_gwp_value w ON w.gas_id = l.gas_id AND w.gwp_set_id = %s "
            "WHERE l.inventory_id = %s AND l.gwp IS DISTINCT FROM w.value)",
            self.gwp_set_id.id,
            self.id,
        )
        return self.env.execute_query(moved)[0][0]

    def _closed_when_computed(self):
        """Whether all months were closed before the computation: the ledger cannot have moved since."""
        self.ensure_one()
        closed = self._periods().filtered(
            lambda period: period.state == "closed" and period.closed_on and period.closed_on <= self.computed_on
        )
        return len(closed) == len(self._months())

    def _ledger_moved(self):
        """Whether the ledger changed since the computation.

        Rows get growing ids, and only set-up periods lose any: a newer id or another
        count tells every change.
        """
        self.ensure_one()
        where = self._sql_ledger_where()
        newer = SQL(
            "SELECT EXISTS (SELECT 1 FROM %s e WHERE e.id > %s AND %s)",
            self._sql_ledger(),
            self.ledger_max_id,
            where,
        )
        if self.env.execute_query(newer)[0][0]:
            return True
        if self._approvals_moved():
            return True
        count = SQL("SELECT count(*) FROM %s e WHERE %s", self._sql_ledger(), where)
        return self.env.execute_query(count)[0][0] != self.ledger_count
