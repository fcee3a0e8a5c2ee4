from odoo import api, fields, models
from odoo.tools import SQL

_HEADLINE = "CASE c.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END"
_IN_TOTAL = "l.treatment = 'total'"
#: Totals with the condition on a line ``l`` of consolidated inventory ``c``, as those of inventories.
TOTALS = {
    "total_t": f"{_IN_TOTAL} AND {_HEADLINE}",
    "without_energy_t": f"{_IN_TOTAL} AND l.segment <> 'energy' AND {_HEADLINE}",
    "location_t": f"{_IN_TOTAL} AND l.in_location",
    "market_t": f"{_IN_TOTAL} AND l.in_market",
    "energy_location_t": f"{_IN_TOTAL} AND l.segment = 'energy' AND l.in_location",
    "energy_market_t": f"{_IN_TOTAL} AND l.segment = 'energy' AND l.in_market",
    "biogenic_t": f"l.treatment = 'biogenic' AND {_HEADLINE}",
    "removal_t": f"l.treatment = 'removal' AND {_HEADLINE}",
    "recovered_t": f"l.treatment = 'recovered' AND {_HEADLINE}",
    "other_gas_t": f"l.treatment = 'other_gas' AND {_HEADLINE}",
}
#: Columns that the hash of the rows covers.
_HASHED = {
    "member": ("sequence", "entity_name", "member_company_id", "share", "counted_part", "inventory_id"),
    "line": (
        *(
            "member_id",
            "emission_category_id",
            "segment",
            "gas_id",
            "gas_kind",
            "treatment",
            "in_location",
            "in_market",
        ),
        *("own_kg", "share", "eliminated_kg", "consolidated_kg"),
    ),
    "elimination": (
        *("buyer_id", "seller_id", "source_id", "emission_category_id", "segment", "stream", "gas_id", "gas_kind"),
        *("treatment", "in_location", "in_market", "flow_kg", "buyer_share", "seller_part", "is_kept", "eliminated_kg"),
    ),
}


def _total(string, note=None):
    """Return the field of one total, in t CO2e, unrounded: views round."""
    return fields.Float(string=string, compute="_compute_totals", digits=0, aggregator=None, help=note)


class CarbonConsolidation(models.Model):
    """Totals of a consolidated inventory and the ways to what is behind them."""

    _inherit = "carbon.consolidation"

    total_t = _total(
        "Total (t CO₂e)",
        "With purchased energy on the headline basis. Biogenic CO₂, removals, recovered gas and offsets are not in it.",
    )
    without_energy_t = _total("Total without Purchased Energy (t CO₂e)")
    location_t = _total("Location-based Total (t CO₂e)")
    market_t = _total("Market-based Total (t CO₂e)")
    energy_location_t = _total("Purchased Energy, Location-based (t CO₂e)")
    energy_market_t = _total("Purchased Energy, Market-based (t CO₂e)")
    biogenic_t = _total("Biogenic CO₂ (t)")
    removal_t = _total("Removals (t CO₂e)")
    recovered_t = _total("Recovered (t CO₂e)")
    other_gas_t = _total("Gases outside the Seven Groups (t CO₂e)")
    eliminated_t = _total("Eliminated Inside the Group (t CO₂e)", "On the headline basis, in the total.")
    line_count = fields.Integer(compute="_compute_counts", export_string_translation=False)
    elimination_count = fields.Integer(compute="_compute_counts", export_string_translation=False)
    decision_count = fields.Integer(compute="_compute_counts", export_string_translation=False)

    @api.depends("computed_on", "electricity_basis")
    @api.depends_context("uid")
    def _compute_totals(self):
        """Read all totals of all inventories shown with one query; nothing of groups whose companies the user may not enter."""
        self.flush_model(["electricity_basis"])
        sums = SQL(", ").join(
            [
                *(
                    SQL("COALESCE(SUM(l.consolidated_kg) FILTER (WHERE %s), 0) / 1000.0", SQL(where))
                    for where in TOTALS.values()
                ),
                SQL("COALESCE(SUM(l.eliminated_kg) FILTER (WHERE %s), 0) / 1000.0", SQL(TOTALS["total_t"])),
            ]
        )
        seen = [record.id for record in self if record._origin.id and record._may_see()]
        rows = self.env.execute_query(
            SQL(
                "SELECT c.id, %s FROM carbon_consolidation c JOIN carbon_consolidation_line l ON l.consolidation_id = c.id "
                "WHERE c.id IN %s GROUP BY c.id",
                sums,
                tuple(seen) or (0,),
            )
        )
        found = {row[0]: row[1:] for row in rows}
        names = [*TOTALS, "eliminated_t"]
        for record in self:
            values = found.get(record.id) or [0] * len(names)
            for name, value in zip(names, values, strict=True):
                record[name] = float(value)

    @api.depends("computed_on", "decision_ids")
    @api.depends_context("uid")
    def _compute_counts(self):
        for record in self:
            domain = [("consolidation_id", "=", record._origin.id)]
            for name in ("line", "elimination", "decision"):
                model = self.env[f"carbon.consolidation.{name}"]
                record[f"{name}_count"] = model.search_count(domain) if record._origin.id else 0

    def _by_member(self):
        """Return ``{member id: (own, by share, eliminated, consolidated)}`` in t CO2e of the headline; callers check access."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "SELECT l.member_id, SUM(l.own_kg) / 1000.0, SUM(round(l.own_kg * l.share, 12)) / 1000.0, "
                "SUM(l.eliminated_kg) / 1000.0, SUM(l.consolidated_kg) / 1000.0 FROM carbon_consolidation_line l "
                "JOIN carbon_consolidation c ON c.id = l.consolidation_id WHERE c.id IN %s AND %s GROUP BY 1",
                tuple(self.ids) or (0,),
                SQL(TOTALS["total_t"]),
            )
        )
        return {row[0]: tuple(float(value) for value in row[1:]) for row in rows}

    def _content_hash(self):
        """Return the SHA-256 of companies, lines and eliminations; the same for the same content, whatever the ids of the rows."""
        self.ensure_one()
        self.env.flush_all()
        parts = SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s || '|' || %s AS row FROM %s r WHERE r.consolidation_id = %s",
                name,
                SQL(" || '|' || ").join(self._sql_hashed(column) for column in columns),
                SQL.identifier(f"carbon_consolidation_{name}"),
                self.id,
            )
            for name, columns in _HASHED.items()
        )
        query = SQL(
            "SELECT encode(sha256(convert_to(COALESCE(string_agg(z.row, E'\\n' ORDER BY z.row COLLATE \"C\"), ''), 'UTF8')), 'hex') "
            "FROM (%s) z",
            parts,
        )
        return self.env.execute_query(query)[0][0]

    @api.model
    def _sql_hashed(self, column):
        """Return SQL of a column of rows ``r`` as text; companies of the group by their place."""
        value = SQL("r.%s", SQL.identifier(column))
        if column in ("member_id", "buyer_id", "seller_id"):
            value = SQL("(SELECT m.sequence FROM carbon_consolidation_member m WHERE m.id = %s)", value)
        return SQL("COALESCE(%s::text, '')", value)

    # ------------------------------------------------------------------
    # Ways to what is behind
    # ------------------------------------------------------------------
    def _own_action(self, name):
        self.ensure_one()
        self._check_may_see()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"carbon_accounting.{name}")
        return dict(action, domain=[("consolidation_id", "=", self.id)], context={})

    def action_view_report(self):
        """Open the analysis by company, scope, category and gas."""
        return self._own_action("carbon_consolidation_report_action")

    def action_view_lines(self):
        """Open the lines."""
        return self._own_action("carbon_consolidation_line_action")

    def action_view_eliminations(self):
        """Open what was eliminated, and what was kept."""
        return self._own_action("carbon_consolidation_elimination_action")

    def action_view_decisions(self):
        """Open the decisions on flows."""
        action = self._own_action("carbon_consolidation_decision_action")
        action = dict(action, context={"default_consolidation_id": self.id})
        return self._in_companies(action, self._group_companies())

    def _in_companies(self, action, companies):
        """Return an action that shows records of companies of the group: those not ticked yet are ticked by the web client.

        :param action: window action
        :param companies: companies, all of which the user may enter
        """
        if not set(companies.ids) - set(self.env.companies.ids):
            return action
        return {
            "type": "ir.actions.client",
            "tag": "carbon_accounting.open_in_companies",
            "params": {"company_ids": companies.ids, "action": action},
        }

    def action_export_xlsx(self):
        """Download the workbook.

        :return: action that fetches the file
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_see()
        return {"type": "ir.actions.act_url", "url": f"/carbon/consolidation/{self.id}/workbook", "target": "download"}
