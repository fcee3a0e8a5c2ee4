from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import gap_rules, periods


class CarbonDataGap(models.Model):
    """What the rule of the plan gives for a gap: from real data of the ledger alone, never from other estimates."""

    _inherit = "carbon.data.gap"

    @api.model
    def _sql_filled(self, alias):
        """Return SQL of the condition that a ledger row comes from a filled gap."""
        return SQL(
            "(%(a)s.origin_model = 'carbon.declaration' AND %(a)s.origin_id IN "
            "(SELECT g.id FROM carbon_declaration g WHERE g.gap_id IS NOT NULL))",
            a=SQL.identifier(alias),
        )

    def _found_data(self):
        """Return those gaps for which the ledger, or the list of factor versions, holds real data."""
        if not self.ids:
            return self.browse()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT g.id FROM carbon_data_gap g JOIN carbon_activity_data a
                    ON a.company_id = g.company_id AND a.source_id = g.source_id AND a.date BETWEEN g.date_from AND g.date_to
                 WHERE g.id = ANY(%(ids)s) AND NOT %(filled)s
                 GROUP BY g.id HAVING SUM(CASE WHEN a.reverses_id IS NULL THEN 1 ELSE -1 END) > 0
                UNION
                SELECT g.id FROM carbon_data_gap g JOIN carbon_emission_factor_version v
                    ON v.factor_id = g.factor_id AND v.state = 'approved' AND v.date_from BETWEEN g.date_from AND g.date_to
                 WHERE g.id = ANY(%(ids)s)
                """,
                ids=self.ids,
                filled=self._sql_filled("a"),
            )
        )
        return self.browse(row[0] for row in rows)

    def _series(self):
        """Return the real quantities around the gaps.

        :return: ``{(source id, frequency): {first day of a period: Decimal}}``
        """
        wanted = {(gap.source_id.id, gap.frequency) for gap in self}
        wanted |= {(gap.item_id.proxy_source_id.id, gap.frequency) for gap in self if gap.item_id.gap_rule == "proxy"}
        wanted = sorted(pair for pair in wanted if pair[0])
        if not wanted:
            return {}
        reach = max([gap_rules.REACH, *(2 * gap.item_id.gap_periods for gap in self)])
        years = {"day": 1 + reach // 365, "month": 1 + reach // 12, "quarter": 1 + reach // 4, "year": 1 + reach}
        span = max(years.get(frequency, years["month"]) for _source, frequency in wanted)
        self.env.flush_all()
        rows = self.env["carbon.engine"]._exact(
            SQL(
                """
                SELECT k.source_id, k.frequency, date_trunc(k.frequency, a.date::timestamp)::date, SUM(a.quantity)::text
                  FROM unnest(%(sources)s::int[], %(frequencies)s::text[]) k(source_id, frequency)
                  JOIN carbon_activity_data a ON a.source_id = k.source_id
                 WHERE a.company_id = ANY(%(companies)s) AND a.date BETWEEN %(first)s AND %(last)s AND NOT %(filled)s
                 GROUP BY 1, 2, 3 HAVING SUM(CASE WHEN a.reverses_id IS NULL THEN 1 ELSE -1 END) > 0
                """,
                sources=[source for source, _frequency in wanted],
                frequencies=[frequency for _source, frequency in wanted],
                companies=self.company_id.ids,
                first=min(self.mapped("date_from")) - relativedelta(years=span),
                last=max(self.mapped("date_to")) + relativedelta(years=span),
                filled=self._sql_filled("a"),
            )
        )
        series = {}
        for source, frequency, day, quantity in rows:
            series.setdefault((source, frequency), {})[day] = quantity
        return series

    def _computed(self):
        """Return what the rules of the plan give.

        :return: ``{gap id: (Decimal, explanation)}``
        :raises UserError: where the plan has no rule, or its rule finds no data to rest on
        """
        series = self._series()
        found = {}
        for gap in self:
            own = series.get((gap.source_id.id, gap.frequency), {})
            output = series.get((gap.item_id.proxy_source_id.id, gap.frequency), {})
            value, used = gap._apply_rule(own, output)
            if value is None:
                raise UserError(gap._no_value())
            if value < 0:
                raise UserError(
                    self.env._(
                        "The rule gives a negative quantity for %(gap)s, and a gap is filled with none. Dismiss it with its reason.",
                        gap=gap.display_name,
                    )
                )
            found[gap.id] = (value, gap._explain(value, used, output))
        return found

    def _apply_rule(self, own, output):
        """Return value and quantities used by the rule of the plan."""
        item, first, frequency = self.item_id, self.date_from, self.frequency
        rules = {
            "interpolate": lambda: gap_rules.interpolate(own, first, frequency),
            "last_year": lambda: gap_rules.last_year(own, first, frequency),
            "mean": lambda: gap_rules.mean(own, first, frequency, item.gap_periods),
            "proxy": lambda: gap_rules.proxy(own, output, first, frequency),
            "maximum": lambda: gap_rules.extreme(own, first, frequency, lowest=self.source_id.kind == "sink"),
        }
        if item.gap_rule not in rules or not self.source_id:
            raise UserError(
                self.env._(
                    "The monitoring plan has no rule for gaps of %(item)s. Find the data and collect them, or dismiss the gap with "
                    "its reason. A rule belongs into a new version of the plan, and holds from its first day on.",
                    item=item.display_name,
                )
            )
        return rules[item.gap_rule]()

    def _no_value(self):
        """Return the sentence that says what the rule lacks."""
        needs = {
            "interpolate": self.env._(
                "real data before and after it, at most %(count)s periods away", count=gap_rules.REACH
            ),
            "last_year": self.env._("real data of the same period last year"),
            "mean": self.env._("real data of %(count)s periods before it", count=self.item_id.gap_periods),
            "proxy": self.env._(
                "output of the period, and periods before it with output and real data of the source, in %(output)s",
                output=self.item_id.proxy_source_id.display_name,
            ),
            "maximum": self.env._("real data of one of the %(count)s periods before it", count=gap_rules.REACH),
        }
        return self.env._(
            "%(rule)s: the rule of the plan cannot fill %(gap)s yet. It needs %(needs)s.",
            rule=dict(self._fields["gap_rule"]._description_selection(self.env))[self.gap_rule],
            gap=self.display_name,
            needs=needs[self.gap_rule],
        )

    def _explain(self, value, used, output):
        """Return the calculation in words, so that anybody can repeat it."""
        unit = self.source_id.uom_id.name or self.source_id.currency_id.name or ""
        numbers = []
        for day, quantity in sorted(used):
            made = f" / {output[day].normalize():f}" if self.gap_rule == "proxy" else ""
            numbers.append(f"{periods.label(day, self.frequency)}: {quantity.normalize():f}{made}")
        lines = [
            self.env._(
                "%(rule)s → %(value)s %(unit)s, ± %(percent)s %%",
                rule=dict(self._fields["gap_rule"]._description_selection(self.env))[self.gap_rule],
                value=f"{value.normalize():f}",
                unit=unit,
                percent=f"{self.item_id.gap_uncertainty:g}",
            ),
            self.env._("From %(numbers)s", numbers="; ".join(numbers)),
        ]
        if self.gap_rule == "proxy":
            made = output[self.date_from].normalize()
            lines.append(
                self.env._(
                    "Output of the period: %(quantity)s %(unit)s",
                    quantity=f"{made:f}",
                    unit=self.item_id.proxy_source_id.uom_id.name,
                )
            )
        plan = self.plan_id
        lines.append(
            self.env._("By %(plan)s, approved on %(day)s", plan=plan.display_name, day=plan.approved_on.date())
        )
        if plan.approved_on.date() > self.date_to + timedelta(days=self.item_id.due_days):
            lines.append(self.env._("The plan was approved after the data were due."))
        return "\n".join(lines)
