import math

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat, LedgerMany2one
from ..tools.uncertainty import spread_text
from .carbon_activity_data import QUALITIES
from .carbon_emission_factor_version import PROVENANCES
from .carbon_inventory_line import SEGMENTS, TREATMENTS

ORIGINS = [
    ("record", "Record"),
    ("instrument", "Instrument"),
    ("version", "Factor version"),
    ("grade", "Data grade"),
    ("input", "Inputs of the method"),
    ("definition", "Exact by definition"),
]


class CarbonInventoryUncertainty(models.Model):
    """A part of an inventory that errs as one: one source, factor version, instrument, grade and percentage (R-138).

    Written by the assessment of a draft only; frozen with the lines. ``combined² = activity² + factor²`` (IPCC 2006,
    volume 1, Eq. 3.1), and NULL unless both are known: half of what is uncertain is no interval. Where the factor has two sides, each is
    combined by itself and ``percent`` is half the width. The factor of a mass of gas, 1 kg per kg, is exact by definition. What a method
    calculated has parameters instead: percentage and grade of them come with the results of the declaration.
    """

    _name = "carbon.inventory.uncertainty"
    _description = "Uncertainty of a Part of an Inventory"
    _inherit = ["carbon.inventory.row.mixin"]
    _log_access = False
    _order = "half_kg desc, co2e_kg desc, id"
    _rec_name = "source_id"

    inventory_id = LedgerMany2one("carbon.inventory", required=True, index=True)
    company_id = LedgerMany2one("res.company", required=True)
    source_id = LedgerMany2one("carbon.source", required=True)
    emission_category_id = LedgerMany2one("carbon.emission.category", required=True)
    segment = fields.Selection(SEGMENTS, required=True)
    stream = fields.Char(required=True)
    in_location = fields.Boolean(string="In Location-based Result")
    in_market = fields.Boolean(string="In Market-based Result")
    treatment = fields.Selection(TREATMENTS, required=True)
    factor_id = LedgerMany2one("carbon.emission.factor", required=True)
    version_id = LedgerMany2one("carbon.emission.factor.version", string="Factor Version", required=True)
    equipment_id = LedgerMany2one("maintenance.equipment", string="Instrument")
    quality = fields.Selection(QUALITIES, string="Activity Data", required=True)
    provenance = fields.Selection(PROVENANCES, string="Factor Grade")
    row_count = fields.Integer(string="Rows")
    co2e_kg = fields.Float(string="kg CO₂e", digits=0)
    activity_percent = KnownFloat(string="Activity Data (±%)", digits=0, aggregator=None)
    activity_origin = fields.Selection(ORIGINS, string="Activity % from", help="Empty: not known.")
    factor_percent = KnownFloat(string="Factor (±%)", digits=0, aggregator=None)
    factor_low_percent = KnownFloat(string="Factor (−%)", digits=0, aggregator=None)
    factor_high_percent = KnownFloat(string="Factor (+%)", digits=0, aggregator=None)
    factor_origin = fields.Selection(ORIGINS, string="Factor % from", help="Empty: not known.")
    percent = KnownFloat(string="Combined (±%)", digits=0, aggregator=None)
    half_kg = KnownFloat(string="± kg CO₂e", digits=0, aggregator=None)
    spread = fields.Char(
        string="Combined (%)", compute="_compute_spread", help="± where both sides are alike, −/+ where they differ."
    )
    factor_spread = fields.Char(string="Factor (%)", compute="_compute_spread")
    unknown = fields.Selection(
        [("both", "Both"), ("activity", "Activity data"), ("factor", "Factor")],
        string="Not Known",
        compute="_compute_unknown",
        help="Without both uncertainties there is no combined one. Enter them on the rule, the factor version or the data grade, and "
        "assess again.",
    )
    score = fields.Integer(aggregator=None, help="Activity data × factor: 1 best, 9 worst.")

    @api.depends("activity_percent", "factor_percent", "factor_low_percent", "factor_high_percent", "percent")
    def _compute_spread(self):
        for part in self:
            sides = part.factor_low_percent, part.factor_high_percent
            known = part.percent is not False
            combined = [math.hypot(part.activity_percent, side) if known and side else False for side in sides]
            part.factor_spread = spread_text(part.factor_percent, *sides)
            part.spread = spread_text(part.percent, *combined)

    @api.depends("activity_origin", "factor_origin")
    def _compute_unknown(self):
        for part in self:
            if part.activity_origin:
                part.unknown = not part.factor_origin and "factor"
            else:
                part.unknown = "activity" if part.factor_origin else "both"

    @api.model
    def _computed_only(self):
        return self.env._(
            "Uncertainties of an inventory are assessed from its ledger. Correct the rule, the declaration or the factor "
            "version, and assess the draft again."
        )

    @api.model
    def _fill(self, inventory):
        """Replace the rows of a draft by one statement over its emission rows.

        What is not known stays NULL: it makes the product NULL too.

        :param inventory: computed draft
        """
        self.env.cr.execute(SQL("DELETE FROM carbon_inventory_uncertainty WHERE inventory_id = %s", inventory.id))
        self.env.cr.execute("SET LOCAL work_mem = '64MB'")
        self.env.cr.execute(self._sql_fill(inventory))
        self.env.cr.execute("SET LOCAL work_mem TO DEFAULT")
        self.invalidate_model(flush=False)

    @api.model
    def _sql_instrument(self):
        """Return SQL of the uncertainty of the instrument of an activity row ``a``; NULL: none is known.

        Extension point for meters with an accuracy class and a calibration.
        """
        return SQL("NULL::numeric")

    @api.model
    def _sql_definitions(self):
        """Return SQL of the ids of the factors that count a mass of gas as itself: see ``_get_gas_mass``."""
        return SQL(
            "SELECT f.id FROM carbon_emission_factor f JOIN carbon_emission_factor_version v ON v.factor_id = f.id "
            "JOIN carbon_emission_factor_gas l ON l.version_id = v.id JOIN carbon_gas ga ON ga.id = l.gas_id "
            "WHERE f.company_id IS NULL AND v.state = 'approved' AND NOT v.uncertainty > 0 "
            "GROUP BY f.id HAVING bool_and(l.kg_per_unit = 1 AND f.code = upper('KG-' || ga.code || '-' || l.kind))"
        )

    @api.model
    def _sql_instruments(self):
        """Return the join that :meth:`_sql_instrument` reads from."""
        return SQL("")

    @api.model
    def _sql_fill(self, inventory):
        return SQL(
            """
            WITH per_unit AS (
              SELECT source_id, emission_category_id, segment, stream, version_id, in_location, in_market, treatment,
                     SUM(kg_per_unit * share * gwp) AS kg
                FROM (SELECT DISTINCT source_id, emission_category_id, segment, stream, version_id, in_location, in_market,
                             treatment, gas_id, gas_kind, kg_per_unit, share, gwp
                        FROM carbon_inventory_line WHERE inventory_id = %(id)s AND exclusion IS NULL) d
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
            agg AS MATERIALIZED (
              SELECT e.source_id, e.category_id, e.stream, e.version_id, COALESCE(e.lends, FALSE) AS lends, a.equipment_id,
                     a.quality, NULLIF(a.uncertainty, 0) AS said, %(instrument)s AS instrument,
                     r.id IS NOT NULL AS calculated, r.activity_percent, r.parameter_percent, r.parameter_grade,
                     SUM(e.quantity) AS quantity, count(*) AS row_count
                FROM %(ledger)s e JOIN carbon_activity_data a ON a.id = e.activity_id
                LEFT JOIN carbon_declaration_result r ON a.origin_model = 'carbon.declaration' AND r.declaration_id = a.origin_id
                 AND r.code = split_part(a.origin_part, ' ', 1)
                %(instruments)s
               WHERE %(where)s
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13 HAVING SUM(e.quantity) <> 0),
            graded AS (
              SELECT g.*, v.factor_id, v.uncertainty, v.uncertainty_low, v.uncertainty_high, d.id IS NOT NULL AS exact,
                     d.id IS NOT NULL AND g.calculated AND (g.parameter_grade IS NOT NULL OR g.parameter_percent IS NULL) AS typed,
                     CASE WHEN d.id IS NOT NULL AND g.calculated AND (g.parameter_grade IS NOT NULL OR g.parameter_percent IS NULL)
                          THEN COALESCE(g.parameter_grade, 'recalled_unverified') ELSE v.provenance END AS provenance
                FROM agg g JOIN carbon_emission_factor_version v ON v.id = g.version_id
                LEFT JOIN (%(definitions)s) d ON d.id = v.factor_id),
            grade AS (
              SELECT DISTINCT ON (part, grade) part, grade, NULLIF(percent, 0) AS percent, score FROM carbon_data_grade
               WHERE company_id IS NULL OR company_id = %(company)s ORDER BY part, grade, company_id NULLS LAST),
            part AS (
              SELECT p.*, g.equipment_id, g.quality, g.factor_id, g.provenance, g.row_count, g.quantity * p.kg AS co2e,
                     COALESCE(g.activity_percent, g.said, g.instrument, ga.percent) AS activity,
                     CASE WHEN g.activity_percent IS NOT NULL THEN 'input' WHEN g.said IS NOT NULL THEN 'record'
                          WHEN g.instrument IS NOT NULL THEN 'instrument' WHEN ga.percent IS NOT NULL THEN 'grade' END AS activity_origin,
                     CASE WHEN g.typed THEN COALESCE(g.parameter_percent, gf.percent) WHEN g.exact THEN 0
                          ELSE COALESCE(NULLIF(g.uncertainty, 0), gf.percent) END AS factor,
                     NULLIF(g.uncertainty_low, 0) AS low, NULLIF(g.uncertainty_high, 0) AS high,
                     CASE WHEN g.typed AND g.parameter_percent IS NOT NULL THEN 'input' WHEN g.exact AND NOT g.typed THEN 'definition'
                          WHEN g.uncertainty > 0 THEN 'version' WHEN gf.percent IS NOT NULL THEN 'grade' END AS factor_origin,
                     COALESCE(ga.score, 3) * CASE WHEN g.exact AND NOT g.typed THEN 1 ELSE COALESCE(gf.score, 3) END AS score
                FROM graded g
                LEFT JOIN carbon_emission_stream st ON st.code = g.stream
                JOIN per_unit p ON p.source_id = g.source_id AND p.emission_category_id = g.category_id AND p.stream = g.stream
                 AND p.version_id = g.version_id
                 AND p.in_location = (COALESCE(st.basis, '') <> 'market' OR g.lends)
                 AND p.in_market = (COALESCE(st.basis, '') <> 'location' OR g.lends)
                LEFT JOIN grade ga ON ga.part = 'activity' AND ga.grade = g.quality
                LEFT JOIN grade gf ON gf.part = 'factor' AND gf.grade = g.provenance)
            INSERT INTO carbon_inventory_uncertainty (inventory_id, company_id, source_id, emission_category_id, segment, stream,
                   in_location, in_market, treatment, factor_id, version_id, equipment_id, quality, provenance, row_count,
                   co2e_kg, activity_percent, activity_origin, factor_percent, factor_low_percent, factor_high_percent,
                   factor_origin, percent, half_kg, score)
            SELECT %(id)s, %(company)s, source_id, emission_category_id, segment, stream, in_location, in_market, treatment,
                   factor_id, version_id, equipment_id, quality, provenance, row_count, round(co2e, 12), activity,
                   activity_origin, factor, low, high, factor_origin, c.percent, round(abs(co2e) * c.percent / 100, 12), score
              FROM part CROSS JOIN LATERAL (
                   SELECT round(CASE WHEN low IS NULL THEN sqrt(activity ^ 2 + factor ^ 2)
                                     ELSE (sqrt(activity ^ 2 + low ^ 2) + sqrt(activity ^ 2 + high ^ 2)) / 2 END, 12) AS percent) c
             WHERE co2e <> 0
             ORDER BY 3, 4, 6, 11
            """,
            id=inventory.id,
            company=inventory.company_id.id,
            where=inventory._sql_ledger_where(),
            ledger=inventory._sql_ledger(),
            instrument=self._sql_instrument(),
            definitions=self._sql_definitions(),
            instruments=self._sql_instruments(),
        )
