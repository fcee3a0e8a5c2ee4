from odoo import api, fields, models
from odoo.tools import SQL

from ..models.carbon_monitoring_item import FREQUENCIES
from ..models.carbon_performance_parameter import INTENSITIES

CHARACTERISTICS = [
    ("activity", "Activity of sources"),
    ("factor", "Emission factors"),
    ("variable", "Relevant variables and operation"),
    ("parameter", "Performance parameters"),
    ("intensity", "Intensity against expected or advanced values"),
    ("total", "Totals against expected or advanced values"),
]
#: What a standard asks to be monitored at least, by its short code, and where it says so.
MANDATORY = {
    "001": ("9.1.1", ("activity", "factor", "variable", "parameter", "intensity", "total")),
    "003": ("9.1.1", ("activity", "factor", "variable")),
    "004": ("9.2", ("activity", "factor")),
}
#: Numbers of rows: of the record and what it is; of what is missing from here on.
_KINDS, _MISSING = 4, 2**40


class CarbonMonitoringMatrix(models.Model):
    """What is monitored and measured, how, when and by whom, and what a standard asks for and nobody monitors (R-151).

    Joined when read: items of the plan in force, approved parameters in force, relevant variables; and one row for each
    characteristic that a standard followed by the company asks for and that none of them is. Effectiveness of action plans
    joins with the records of actions.
    """

    _name = "carbon.monitoring.matrix"
    _description = "Monitoring Matrix"
    _auto = False
    _order = "characteristic_order, is_missing desc, name, id"
    _rec_name = "name"

    company_id = fields.Many2one("res.company", readonly=True)
    characteristic = fields.Selection(CHARACTERISTICS, readonly=True)
    characteristic_order = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    name = fields.Char("What Is Monitored", readonly=True)
    standard_id = fields.Many2one("carbon.standard", "Asked For By", readonly=True)
    clause = fields.Char(readonly=True)
    is_missing = fields.Boolean("Missing", readonly=True, help="A standard asks for it, and nobody monitors it.")
    method = fields.Selection(
        [("document", "Document"), ("meter", "Meter"), ("survey", "Survey"), ("calculation", "Calculation")],
        string="Way of Collecting",
        readonly=True,
    )
    frequency = fields.Selection(FREQUENCIES, string="Measured Every", readonly=True)
    analysis_frequency = fields.Selection(FREQUENCIES[1:4], string="Analysed Every", readonly=True)
    responsible_id = fields.Many2one("res.users", readonly=True)
    analyst_id = fields.Many2one("res.users", "Analysed By", readonly=True)
    has_criterion = fields.Boolean(
        "Compared", readonly=True, help="With limits, an allowed change, a baseline or a benchmark."
    )
    item_id = fields.Many2one("carbon.monitoring.item", readonly=True)
    parameter_id = fields.Many2one("carbon.performance.parameter", readonly=True)
    variable_id = fields.Many2one("carbon.relevant.variable", readonly=True)

    _depends = {
        "carbon.monitoring.item": ["plan_id", "kind", "name", "method", "frequency", "responsible_id", "analyst_id"],
        "carbon.monitoring.plan": ["state", "company_id", "date_from", "date_to"],
        "carbon.performance.parameter": [
            "state",
            "company_id",
            "kind",
            "baseline_id",
            "benchmark_ids",
            "date_from",
            "date_to",
        ],
        "carbon.relevant.variable": ["name", "company_id", "active"],
        "carbon.system": ["company_id", "standard_ids"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            WITH thing AS MATERIALIZED (%(items)s UNION ALL %(parameters)s UNION ALL %(variables)s),
            asked AS (SELECT * FROM unnest(%(codes)s::text[], %(clauses)s::text[], %(asked)s::text[]) x(code, clause, characteristic)),
            lacking AS (
              SELECT y.company_id, st.id AS standard_id, a.clause, a.characteristic
                FROM carbon_system y JOIN %(rel)s r ON r.carbon_system_id = y.id
                JOIN carbon_standard st ON st.id = r.carbon_standard_id
                JOIN asked a ON a.code = st.code
               WHERE y.company_id = ANY(%(companies)s) AND NOT EXISTS (
                 SELECT 1 FROM thing t WHERE t.company_id = y.company_id AND t.characteristic = a.characteristic
                    AND (t.has_criterion OR a.characteristic NOT IN ('intensity', 'total')))),
            every AS (
              SELECT t.*, NULL::int AS standard_id, NULL::text AS clause, FALSE AS is_missing FROM thing t
              UNION ALL
              SELECT %(base)s + (l.standard_id::bigint * 16 + array_position(%(order)s::text[], l.characteristic)) * 65536 + l.company_id,
                     l.company_id, l.characteristic, NULL, NULL, NULL, NULL, NULL, NULL, FALSE, NULL, NULL, NULL,
                     l.standard_id, l.clause, TRUE FROM lacking l)
            SELECT e.*, array_position(%(order)s::text[], e.characteristic) AS characteristic_order FROM every e
            """,
            items=self._sql_items(),
            parameters=self._sql_parameters(),
            variables=self._sql_variables(),
            companies=self.env.companies.ids,
            rel=SQL.identifier(self.env["carbon.system"]._fields["standard_ids"].relation),
            base=_MISSING,
            order=[code for code, _label in CHARACTERISTICS],
            **self._asked(),
        )

    @api.model
    def _asked(self):
        rows = [(code, clause, name) for code, (clause, names) in MANDATORY.items() for name in names]
        return dict(zip(("codes", "clauses", "asked"), map(list, zip(*rows, strict=True)), strict=True))

    @api.model
    def _sql_in_force(self, alias):
        return SQL(
            "%(a)s.state = 'approved' AND %(a)s.company_id = ANY(%(companies)s) AND %(a)s.date_from <= %(today)s "
            "AND COALESCE(%(a)s.date_to, 'infinity'::date) >= %(today)s",
            a=SQL.identifier(alias),
            companies=self.env.companies.ids,
            today=fields.Date.context_today(self),
        )

    @api.model
    def _sql_items(self):
        return SQL(
            """
            SELECT i.id::bigint * %(kinds)s AS id, p.company_id, CASE i.kind WHEN 'factor' THEN 'factor' WHEN 'output' THEN 'variable'
                   ELSE 'activity' END AS characteristic,
                   i.name, i.method, i.frequency, i.analysis_frequency, i.responsible_id, i.analyst_id,
                   COALESCE(i.allowed_change > 0 OR i.expected_max > 0 OR i.expected_min > 0, FALSE) AS has_criterion,
                   i.id AS item_id, NULL::int AS parameter_id, NULL::int AS variable_id
              FROM carbon_monitoring_item i JOIN carbon_monitoring_plan p ON p.id = i.plan_id WHERE %(force)s
            """,
            kinds=_KINDS,
            force=self._sql_in_force("p"),
        )

    @api.model
    def _sql_parameters(self):
        """Return parameters: each is one, and an intensity or a total besides."""
        return SQL(
            """
            SELECT p.id::bigint * %(kinds)s + n.n, p.company_id, n.characteristic, p.name, 'calculation', p.frequency, p.frequency,
                   NULL::int, NULL::int, p.baseline_id IS NOT NULL OR EXISTS (SELECT 1 FROM %(rel)s b WHERE b.%(own)s = p.id),
                   NULL::int, p.id, NULL::int
              FROM carbon_performance_parameter p
              JOIN (VALUES (1, 'parameter'), (2, 'intensity'), (2, 'total')) n(n, characteristic)
                ON n.characteristic = 'parameter' OR (n.characteristic = 'intensity' AND p.kind = ANY(%(intensities)s))
                OR (n.characteristic = 'total' AND p.kind IN ('total', 'model'))
             WHERE %(force)s
            """,
            kinds=_KINDS,
            force=self._sql_in_force("p"),
            intensities=list(INTENSITIES),
            rel=SQL.identifier(self.env["carbon.performance.parameter"]._fields["benchmark_ids"].relation),
            own=SQL.identifier(self.env["carbon.performance.parameter"]._fields["benchmark_ids"].column1),
        )

    @api.model
    def _sql_variables(self):
        return SQL(
            """
            SELECT v.id::bigint * %(kinds)s + 3, v.company_id, 'variable', COALESCE(v.name ->> %(lang)s, v.name ->> 'en_US'),
                   CASE v.origin WHEN 'ledger' THEN 'calculation' ELSE 'document' END, 'month', 'month', NULL::int, NULL::int, FALSE,
                   NULL::int, NULL::int, v.id
              FROM carbon_relevant_variable v WHERE v.active AND v.company_id = ANY(%(companies)s)
            """,
            kinds=_KINDS,
            lang=self.env.lang or "en_US",
            companies=self.env.companies.ids,
        )

    @api.depends("name", "characteristic")
    def _compute_display_name(self):
        labels = dict(self._fields["characteristic"]._description_selection(self.env))
        for row in self:
            row.display_name = row.name or labels.get(row.characteristic, "")

    def action_open(self):
        """Open the item, parameter or variable; for what is missing, the plans."""
        self.ensure_one()
        record = self.item_id or self.parameter_id or self.variable_id
        if not record:
            xmlid = "carbon_monitoring_plan_action"
            if self.characteristic in ("parameter", "intensity", "total"):
                xmlid = "carbon_performance_parameter_action"
            return self.env["ir.actions.act_window"]._for_xml_id(f"carbon_accounting.{xmlid}")
        return {"type": "ir.actions.act_window", "res_model": record._name, "res_id": record.id, "view_mode": "form"}
