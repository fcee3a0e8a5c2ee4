from odoo import api, models
from odoo.tools import SQL


class CarbonEngine(models.AbstractModel):
    """The dry run of rules."""

    _inherit = "carbon.engine"

    @api.model
    def _dry_run(self, rule, date_from=None, date_to=None):
        """Evaluate one rule over all events of its kind, as if it were the only one.

        :return: dict of event_count, quantity, left_out (what the multiplier takes off, negative: adds), co2e_t,
            problem_count, without_factor_count, conflict_count, sample
        """
        empty = {
            "event_count": 0,
            "quantity": 0.0,
            "left_out": 0.0,
            "co2e_t": 0.0,
            "problem_count": 0,
            "without_factor_count": 0,
            "conflict_count": 0,
            "sample": [],
        }
        providers = self.env["carbon.event.source"]._providers()
        provider = providers.get(rule.event_kind_id.origin_model)
        if rule.outcome != "count" or not provider or not rule.source_id:
            return empty
        self.env.flush_all()
        row = self.env.execute_query(self._sql_dry_run(rule, provider, date_from, date_to))[0]
        return {
            "event_count": row[0],
            "quantity": float(row[1] or 0),
            "left_out": float(row[1] or 0) * (1 / rule.multiplier - 1),
            "problem_count": row[2],
            "co2e_t": float(row[3] or 0),
            "without_factor_count": row[4],
            "conflict_count": row[5],
            "sample": [tuple(line) for line in row[6] or []],
        }

    @api.model
    def _sql_dry_run(self, rule, provider, date_from, date_to):
        """Return SQL of one row with the results of the dry run."""
        companies = (rule.company_id.id,)
        profile = dict(self._profile_of(rule), graded=provider.get("graded"))
        window = SQL(
            "%s AND %s",
            *(
                SQL("tgt.date >= %s", date_from) if date_from else SQL("TRUE"),
                SQL("tgt.date <= %s", date_to) if date_to else SQL("TRUE"),
            ),
        )
        parts = SQL(", ").join(
            [
                self._sql_events(provider, lambda column: SQL("TRUE"), companies, None, profile),
                self._sql_match(profile, rule),
                self._sql_meaning(profile),
                self._sql_meant(profile),
                self._sql_target(profile),
                SQL("hits AS MATERIALIZED (SELECT * FROM tgt WHERE %s)", window),
                self._sql_versions(SQL("(SELECT sid, date FROM hits WHERE ok)"), None),
                SQL(
                    "unit AS MATERIALIZED (%s)",
                    self._sql_unit_co2e(self._default_gwp_set(rule.company_id).id),
                ),
            ]
        )
        return SQL(
            """
                WITH %(parts)s
                SELECT (SELECT count(*) FROM hits), (SELECT SUM(quantity) FROM hits WHERE ok), (SELECT count(*) FROM hits WHERE NOT ok),
                       (SELECT SUM(h.quantity * fv.num * u.kg / fv.den) / 1000 FROM hits h
                          JOIN fv ON fv.sid = h.sid AND fv.fkey = h.date
                           AND (fv.basis IS NULL OR fv.basis = COALESCE(fv.sole, %(basis)s))
                          JOIN unit u ON u.version_id = fv.version_id WHERE h.ok),
                       (SELECT count(*) FROM hits h WHERE h.ok AND NOT EXISTS (
                           SELECT 1 FROM fv WHERE fv.sid = h.sid AND fv.fkey = h.date AND fv.version_id IS NOT NULL)),
                       (SELECT count(*) FROM hits h WHERE EXISTS (
                           SELECT 1 FROM carbon_activity_data a WHERE a.company_id = h.company_id AND a.origin_model = %(model)s
                              AND a.origin_id = h.origin_id AND a.rule_id <> %(rule)s AND a.reverses_id IS NULL
                              AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id))),
                       (SELECT array_agg(ARRAY[date::text, COALESCE(label, ''), COALESCE(round(quantity, 3)::text, ''), COALESCE(why, '')])
                          FROM (SELECT * FROM hits ORDER BY ok, abs(quantity) DESC NULLS FIRST LIMIT 10) x)
                """,
            parts=parts,
            model=rule.event_kind_id.origin_model,
            rule=rule.id,
            basis=self.env["carbon.system"]._get(rule.company_id).electricity_basis,
        )

    @api.model
    def _profile_of(self, rule):
        """Return the profile of a single rule, saved or not."""
        return {
            "criteria": [c for c in rule._criteria() if rule[c[0]]],
            "has_amount": rule.quantity_basis == "amount",
            "has_service": rule.date_basis == "service",
            "dated": [rule.date_basis]
            if rule.date_basis != "movement"
            and (rule.date_from or rule.date_to or self._has_dated_conversions(rule.company_id.ids))
            else [],
        }
