from odoo import api, models
from odoo.tools import SQL

from ..tools.reporting_years import is_early

#: Kind of calorific value of a conversion → basis of the energy that it gives.
_BASES = {"ncv": "lhv", "gcv": "hhv"}


class CarbonPeriodChecklist(models.TransientModel):
    """Factors that do not fit what they are used for: made for later years, or per energy of the other calorific value."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _factor_lines(self, period):
        return [*super()._factor_lines(period), self._early_line(period), self._heat_line(period)]

    @api.model
    def _early_line(self, period):
        """Factors whose data or reporting years begin after the year of the month, with what they weigh in it."""
        line = {"code": "early", "name": self.env._("Factors made for later years"), "count": 0}
        year = period.date_from.year
        stated = self.env.execute_query(
            SQL(
                "SELECT DISTINCT v.id, v.reporting_years, v.data_year FROM carbon_emission_factor_version v "
                "JOIN carbon_source_factor sf ON sf.factor_id = v.factor_id JOIN carbon_source s ON s.id = sf.source_id "
                "WHERE s.company_id = %s AND v.state = 'approved' AND v.date_from <= %s "
                "AND (v.reporting_years <> '' OR v.data_year > %s)",
                period.company_id.id,
                period.date_to,
                year,
            )
        )
        early = [version for version, text, data_year in stated if (data_year or 0) > year or is_early(text, year)]
        if not early:
            return line
        return {**line, **self._versions_found(self._weigh_versions(period, SQL("e.version_id = ANY(%s)", early)))}

    # ------------------------------------------------------------------
    # Net and gross
    # ------------------------------------------------------------------
    @api.model
    def _heat_line(self, period):
        """Sources whose energy is of one calorific value and the factor of the other."""
        line = {"code": "heat", "name": self.env._("Net and gross calorific values mixed"), "count": 0}
        versions = self._energy_versions(period)
        if not versions:
            return line
        measured = {source: {basis} for source, _version, _theirs, basis in versions if basis}
        for source, kind in self._heats_converted(period, versions):
            measured.setdefault(source, set()).add(_BASES[kind])
        mixed = {
            (source, version) for source, version, theirs, _basis in versions if measured.get(source, set()) - {theirs}
        }
        if not mixed:
            return line
        found = [
            row
            for row in self._weigh_versions(
                period, SQL("e.version_id = ANY(%s)", [version for _source, version in mixed])
            )
            if row[:2] in mixed
        ]
        sources = sorted({row[0] for row in found})
        action = {"xmlid": "carbon_accounting.carbon_source_action", "domain": [("id", "in", sources)]}
        return {**line, "count": len(sources), "t": sum(abs(row[2]) for row in found), "action": action}

    @api.model
    def _energy_versions(self, period):
        """Return (source, version, basis of the version, basis that the source says) of sources kept in energy."""
        return self.env.execute_query(
            SQL(
                "SELECT DISTINCT s.id, v.id, v.heating_value_basis, s.heating_value_basis FROM carbon_source s "
                "JOIN uom_uom u ON u.id = s.uom_id JOIN uom_uom gj ON gj.id = %s AND %s = %s "
                "JOIN carbon_source_factor sf ON sf.source_id = s.id "
                "JOIN carbon_emission_factor_version v ON v.factor_id = sf.factor_id AND v.state = 'approved' "
                "AND v.heating_value_basis IS NOT NULL AND v.date_from <= %s WHERE s.company_id = %s",
                self.env.ref("carbon_accounting.uom_gj").id,
                self.env["carbon.engine"]._sql_root("gj"),
                self.env["carbon.engine"]._sql_root("u"),
                period.date_to,
                period.company_id.id,
            )
        )

    @api.model
    def _heats_converted(self, period, versions):
        """Return (source, kind of calorific value) by which the month's quantities of these sources became energy."""
        kinds = dict(
            self.env["carbon.unit.conversion"]
            .sudo()  # sudo: whether such a conversion exists at all, before the ledger is asked
            .with_context(active_test=False)
            ._read_group([("property_kind", "in", list(_BASES))], ["property_kind"], ["__count"])
        )
        bases = {theirs for _source, _version, theirs, _basis in versions}
        if not any(bases - {_BASES[kind]} for kind in kinds):
            return []
        weight, volume = self.env["carbon.engine"]._product_measure_uoms()
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT a.source_id, c.property_kind
                  FROM (SELECT source_id, product_id, origin_uom_id, uom_id, date FROM carbon_activity_data
                         WHERE company_id = %(company)s AND date BETWEEN %(first)s AND %(last)s AND source_id = ANY(%(sources)s)
                           AND origin_uom_id <> uom_id AND product_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5) a
                 CROSS JOIN LATERAL carbon_unit_ratio(a.product_id, %(company)s, a.origin_uom_id, a.uom_id, a.date,
                                                      'infinity'::timestamp, %(weight)s, %(volume)s) way
                  JOIN carbon_unit_conversion c ON c.id = ANY(way.used) AND c.property_kind = ANY(%(kinds)s)
                """,
                company=period.company_id.id,
                first=period.date_from,
                last=period.date_to,
                sources=sorted({row[0] for row in versions}),
                weight=weight,
                volume=volume,
                kinds=list(_BASES),
            )
        )
