from odoo import api, models
from odoo.tools import SQL


class CarbonPeriodChecklist(models.TransientModel):
    """Certificates that cover more electricity than counts, as after a bill was taken back."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _checklist_lines(self, period, closing=False):
        """Add sources with more certificates than electricity; they weigh what the certificates take off too much."""
        # sudo: whoever closes the month; only numbers of the company whose month it is
        over = (
            self.env["carbon.declaration"].sudo()._overcovered(period.company_id.ids, period.date_from, period.date_to)
        )
        weights = [self._cover_weight(period, source, covered - used) for source, _month, used, covered in over]
        return [
            *super()._checklist_lines(period, closing),
            {
                "code": "overcovered",
                "name": self.env._("Certificates cover more electricity than counts"),
                "count": len(over),
                "t": sum(weight for weight in weights if weight),
                "unknown": sum(1 for weight in weights if not weight),
                "action": {
                    "xmlid": "carbon_accounting.carbon_activity_data_action",
                    "domain": [("source_id", "in", [row[0] for row in over]), *self._month_domain(period)],
                },
            },
        ]

    @api.model
    def _cover_weight(self, period, source, mwh):
        """Return t CO2e of electricity of a source by market, 0.0 where it has no factor."""
        engine = self.env["carbon.engine"]
        rows = self.env.execute_query(
            SQL(
                """
                WITH o AS (SELECT %(source)s::int AS sid, %(day)s::date AS date), %(versions)s
                SELECT COALESCE(SUM(%(mwh)s * mu.factor / su.factor * fv.num / fv.den * u.kg) / 1000.0, 0)::float8
                  FROM fv JOIN carbon_source s ON s.id = fv.sid JOIN uom_uom su ON su.id = s.uom_id
                  JOIN uom_uom mu ON mu.id = %(unit)s JOIN (%(kg)s) u ON u.version_id = fv.version_id
                 WHERE COALESCE(fv.basis, '') <> 'location' OR fv.basis = fv.sole
                """,
                source=source,
                day=period.date_to,
                mwh=mwh,
                unit=self.env.ref("carbon_accounting.uom_mwh").id,
                versions=engine._sql_versions(SQL("o"), None),
                kg=engine._sql_unit_co2e(engine._default_gwp_set(period.company_id).id),
            )
        )
        return rows[0][0]
