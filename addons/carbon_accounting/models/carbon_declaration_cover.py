from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.certificates import COVERS


class CarbonDeclaration(models.Model):
    """Certificates for electricity that counts already, by bills or meters.

    The declaration moves MWh of one month from the source of the bills to a source with the same location-based factor and the
    factor of the certificates by market: two ordinary rows of the ledger. So the location-based result stays, to the last
    decimal, and the rest of the electricity keeps its residual, supplier or grid factor. Invariant: certificates of a source
    and a month cover no more than counts there.
    """

    _inherit = "carbon.declaration"

    def _store_results(self):
        """Compare certificates with the use of their months, all declarations of a posting together."""
        result = super()._store_results()
        if covers := self.filtered(lambda declaration: declaration.method_id.code in COVERS):
            covers._check_used()
        return result

    def _counted(self, results):
        """Look at both sources before electricity moves between them."""
        rows = super()._counted(results)
        if rows and self.method_id.code in COVERS:
            rules = {result.code: rule for result, rule, _quantity in rows}
            taken = rules.pop(COVERS[self.method_id.code])
            problem = self._cover_problem(taken, next(iter(rules.values()))) or self._cover_month_problem()
            if problem:
                raise UserError(self.env._("Declaration %(name)s: %(problem)s", name=self.name, problem=problem))
        return rows

    def _cover_problem(self, taken, given):
        """Say why moving electricity between the sources of two rules would move the location-based result, or nothing.

        :param taken: rule of the source that counts the electricity
        :param given: rule of the source that it enters
        """
        source, covered = taken.source_id, given.source_id
        names = {"emitter": source.display_name, "covered": covered.display_name}
        if source == covered:
            return self.env._(
                "both results enter source %(emitter)s. Give the part with certificates a source of its own.", **names
            )
        if not source.factor_line_ids.stream_id.filtered("basis"):
            return self.env._(
                "source %(emitter)s has no factor by location or by market: certificates cover purchased electricity only.",
                **names,
            )
        if not covered.factor_line_ids.stream_id.filtered(lambda stream: stream.basis == "market"):
            return self.env._(
                "source %(covered)s has no market-based factor, so certificates would change nothing. Give it the factor of the "
                "certificates in the market-based stream.",
                **names,
            )
        if source.site_id != covered.site_id or source._cover_factors() != covered._cover_factors():
            return self.env._(
                "sources %(emitter)s and %(covered)s differ in site, category, or another factor than the market-based one, and the "
                "location-based result would change. Give %(covered)s the site, the category and these factors of %(emitter)s.",
                **names,
            )
        if taken.date_basis != given.date_basis or not taken.active or not given.active:
            return self.env._(
                "rules %(taken)s and %(given)s are not both in use with one date basis. Make them alike.",
                taken=taken.name,
                given=given.name,
            )
        return None

    def _cover_days(self):
        """Return first and last day of the electricity that certificates cover."""
        if self.rule_id.date_basis == "service" and self.date_from and self.date_to:
            return self.date_from, self.date_to
        return self.date, self.date

    def _cover_month_problem(self):
        first, last = self._cover_days()
        if first.replace(day=1) == last.replace(day=1):
            return None
        return self.env._(
            "it is of more than one month (%(first)s to %(last)s), and certificates cover the use of a month. Make a declaration for each.",
            first=first,
            last=last,
        )

    def _check_used(self):
        """Refuse certificates for more than a source used in their month.

        :raises UserError: naming what was used and what is covered
        """
        # two postings for one source at one time collide here, and the later one is tried again with the other in sight
        sources = self.result_ids.rule_id.source_id
        self.env.cr.execute(SQL("UPDATE carbon_source SET id = id WHERE id = ANY(%s)", sources.ids))
        months = {declaration._cover_days()[0].replace(day=1) for declaration in self}
        over = self._overcovered(self.company_id.ids, min(months), max(months), self.ids)
        for source, month, used, covered in over:
            raise UserError(
                self.env._(
                    "Certificates would cover %(covered)s MWh of source %(emitter)s in %(month)s, and %(used)s MWh count there. Collect "
                    "and approve the bills first, or cover less; what was bought for another month belongs there.",
                    covered=self._plain(covered),
                    emitter=self.env["carbon.source"].browse(source).display_name,
                    month=f"{month:%Y-%m}",
                    used=self._plain(used),
                )
            )

    @api.model
    def _overcovered(self, company_ids, first, last, posting=()):
        """Return sources and months of which certificates cover more than counts.

        :param first: first day of the first month
        :param last: a day of the last month
        :param posting: ids of declarations that are being posted and are not yet
        :return: list of (source id, first day of month, MWh that count, MWh that are covered)
        """
        self.env.flush_all()
        end = fields.Date.end_of(last, "month")
        rows = self.env.execute_query(
            SQL(
                """
                WITH cover AS MATERIALIZED (
                  SELECT rr.source_id,
                         date_trunc('month', (CASE WHEN rr.date_basis = 'service' AND d.date_to IS NOT NULL
                                                   THEN COALESCE(d.date_from, d.date) ELSE d.date END)::timestamp)::date AS month,
                         SUM(-r.quantity * ru.factor) AS covered
                    FROM carbon_declaration d
                    JOIN carbon_calculation_method m ON m.id = d.method_id AND m.code = ANY(%(methods)s)
                    JOIN carbon_declaration_result r ON r.declaration_id = d.id AND r.code = ANY(%(codes)s)
                    JOIN carbon_activity_rule rr ON rr.id = r.rule_id
                    JOIN uom_uom ru ON ru.id = r.uom_id
                   WHERE d.company_id = ANY(%(companies)s) AND (d.state = 'posted' OR d.id = ANY(%(posting)s))
                   GROUP BY 1, 2),
                used AS (
                  SELECT a.source_id, date_trunc('month', a.date::timestamp)::date AS month, SUM(a.quantity * su.factor) AS used
                    FROM %(ledger)s a JOIN carbon_source s ON s.id = a.source_id JOIN uom_uom su ON su.id = s.uom_id
                   WHERE a.company_id = ANY(%(companies)s) AND a.date BETWEEN %(first)s AND %(end)s
                     AND a.source_id IN (SELECT source_id FROM cover)
                     AND NOT (a.origin_model = 'carbon.declaration' AND a.origin_id IN (
                              SELECT d.id FROM carbon_declaration d JOIN carbon_calculation_method m ON m.id = d.method_id
                               WHERE d.company_id = ANY(%(companies)s) AND m.code = ANY(%(methods)s)))
                   GROUP BY 1, 2)
                SELECT c.source_id, c.month, (COALESCE(u.used, 0) / mwh.factor)::text, (c.covered / mwh.factor)::text
                  FROM cover c LEFT JOIN used u ON u.source_id = c.source_id AND u.month = c.month
                  JOIN uom_uom mwh ON mwh.id = %(mwh)s
                 WHERE c.month BETWEEN %(first)s AND %(end)s AND c.covered > COALESCE(u.used, 0)
                 ORDER BY 2, 1
                """,
                methods=list(COVERS),
                codes=list(COVERS.values()),
                companies=list(company_ids),
                posting=list(posting),
                ledger=self.env["carbon.engine"]._sql_counted("carbon_activity_data", company_ids, first, end),
                first=first,
                end=end,
                mwh=self.env.ref("carbon_accounting.uom_mwh").id,
            )
        )
        return [(source, month, Decimal(used), Decimal(covered)) for source, month, used, covered in rows]
