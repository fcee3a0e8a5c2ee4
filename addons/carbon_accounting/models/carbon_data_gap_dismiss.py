from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class CarbonDataGap(models.Model):
    """Dismissing gaps: what is material takes two persons, as an override of the close does (R-136, R-139)."""

    _inherit = "carbon.data.gap"

    def _dismiss(self, reason):
        """Dismiss gaps: no value is needed, and the reason says why.

        Material ones are only asked for: they stop the close until another accountant dismisses them with a reason too.

        :raises AccessError: for who proposed a value, and for who asked for the dismissal
        """
        self._check_accountant()
        self._check_state("open", "proposed", "dismissal")
        asked = self.filtered(lambda gap: gap.state == "dismissal")
        (self - asked)._check_not_proposer()
        asked._check_not_asker()
        self._check_reason(reason)
        material = (self - asked)._material()
        # sudo: gaps change by their steps only, after the checks above
        if material:
            material.sudo()._transition(
                "dismissal",
                "gap.ask_dismissal",
                reason=reason,
                values={"reason": reason, "dismissal_by_id": self.env.uid},
            )
        if rest := self - material:
            # sudo: as above
            rest.sudo()._transition(
                "dismissed",
                "gap.dismiss",
                reason=reason,
                values={"reason": reason, "decided_by_id": self.env.uid, "decided_on": fields.Datetime.now()},
            )

    def _check_not_asker(self):
        """Nobody confirms the dismissal that they asked for, whatever rights they have: sudo keeps the user."""
        for gap in self:
            if gap.dismissal_by_id == self.env.user:
                raise AccessError(
                    self.env._(
                        "You asked for the dismissal of %(gap)s, which is material. Another carbon accountant confirms it.",
                        gap=gap.display_name,
                    )
                )

    def _material(self):
        """Return those whose dismissal needs a second person.

        Weighed like the checklist of the month in which they end, together with what was dismissed there by one person alone:
        a large gap does not become small in pieces.
        """
        material = self.browse()
        for (company, month), gaps in self.grouped(lambda gap: (gap.company_id, gap.date_to.replace(day=1))).items():
            # sudo: settings of the company, and gaps of the month whoever may read them
            system = self.env["carbon.system"].sudo()._get(company)
            end = fields.Date.end_of(month, "month")
            alone = self.sudo().search(
                [
                    *(("company_id", "=", company.id), ("date_to", ">=", month), ("date_to", "<=", end)),
                    *(("state", "=", "dismissed"), ("dismissal_by_id", "=", False)),
                ]
            )
            weights = self._weights(company, month)
            tonnes = sum(weights.get(number, 0.0) for number in {*gaps.ids, *alone.ids})
            total = self._total_of(company, month, end)
            heavy = tonnes > 0 and (total <= 0 or 100.0 * tonnes / total >= system.close_materiality)
            unknown = system.close_unknown_stops
            material += gaps.browse(gap.id for gap in gaps if (heavy if weights.get(gap.id) else unknown))
        return material

    def _weights(self, company, month):
        """Return ``{gap id: t CO2e}`` of the gaps that end in a month, as :meth:`_open_gaps` weighs them."""
        self.env.flush_all()
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT g.id, (w.t * %(months)s)::float8 FROM carbon_data_gap g
                      JOIN (%(weight)s) w ON w.source_id = g.source_id
                     WHERE g.company_id = %(company)s AND g.date_to BETWEEN %(first)s AND %(last)s
                    """,
                    months=self._sql_months(SQL("g.frequency")),
                    weight=self._sql_weight(company, month),
                    company=company.id,
                    first=month,
                    last=fields.Date.end_of(month, "month"),
                )
            )
        )

    def _total_of(self, company, first, last):
        tonnes = self.env["carbon.monitoring.report"]._sql_tonnes(company, first, last)
        return self.env.execute_query(SQL("SELECT COALESCE(SUM(m.t), 0)::float8 FROM (%s) m", tonnes))[0][0]
