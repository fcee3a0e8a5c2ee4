from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: Figures of a line that the inventory gives.
_NUMBERS = ("emissions_t", "removals_t", "month_min_t", "month_max_t", "deviation_percent")


class CarbonSourceReview(models.Model):
    """Review of all sources and sinks of a company with the figures of one inventory (R-034, R-036).

    Each line says what a source was in that period: activity, factors, share of the total, lowest and highest month, deviation of
    the months, change against the inventory before. The reviewer says which are significant, and what explains or will change
    their figures. Invariant: a review has a line for every source of its period, and approval writes significance back to the
    sources with one trail entry that holds all lines. What is left of the emissions after removals is the quantity that could be
    offset; offsets never enter the inventory.
    """

    _name = "carbon.source.review"
    _description = "Review of Sources and Sinks"
    _inherit = ["carbon.versioned.mixin"]
    _gate_second_person = "separate_inventory_approval"  # as the inventories, whose figures it rests on
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _record_sequence = "carbon.source.review"

    inventory_id = fields.Many2one(
        "carbon.inventory",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id), ('computed_on', '!=', False)]",
        help="The figures come from it. While it is a draft the review waits for its approval.",
    )
    previous_id = fields.Many2one(
        "carbon.inventory",
        string="Compared with",
        ondelete="restrict",
        check_company=True,
        domain="[('company_id', '=', company_id), ('computed_on', '!=', False), ('id', '!=', inventory_id)]",
    )
    significant_from = fields.Float(
        "Significant From (%)",
        digits=0,
        default=5.0,
        aggregator=None,
        help="Share of the sum of all emissions from which a source is proposed as significant.",
    )
    deviation_from = fields.Float(
        "Comment From (%)",
        digits=0,
        default=30.0,
        aggregator=None,
        help="Deviation of the months, or change against the inventory before, from which a line needs a comment.",
    )
    line_ids = fields.One2many("carbon.source.review.line", "review_id", "Sources and Sinks", copy=False)
    computed_on = fields.Datetime(readonly=True, copy=False)
    emissions_t = fields.Float("Emissions (t CO₂e)", compute="_compute_totals", digits=0)
    removals_t = fields.Float("Removals (t CO₂e)", compute="_compute_totals", digits=0)
    residual_t = fields.Float(
        "Could Be Offset (t CO₂e)",
        compute="_compute_totals",
        digits=0,
        help="Emissions less removals, never below 0: the quantity that offsets could answer.",
    )
    eligible_t = fields.Float(
        "Eligible Assets (t CO₂e)",
        digits=0,
        help="Units at hand that the rules named below accept. They lower no figure here.",
    )
    gap_t = fields.Float("Not Covered (t CO₂e)", compute="_compute_totals", digits=0)
    offset_rules = fields.Text(
        "How Offsets Are Accounted",
        help="Which rule set and kinds of units, who retires them and when, how double claims are kept out.",
    )
    conclusion = fields.Text(
        help="What follows: sources to be metered better, factors to be measured, plans to be changed."
    )

    _limits_check = models.Constraint(
        "CHECK(significant_from > 0 AND significant_from <= 100 AND deviation_from > 0 AND eligible_t >= 0)",
        "The limits of a review are percentages above 0; eligible assets are not negative.",
    )

    @api.depends("line_ids.emissions_t", "line_ids.removals_t", "eligible_t")
    def _compute_totals(self):
        for review in self:
            review.emissions_t = sum(review.line_ids.mapped("emissions_t"))
            review.removals_t = sum(review.line_ids.mapped("removals_t"))
            review.residual_t = max(review.emissions_t - review.removals_t, 0)
            review.gap_t = max(review.residual_t - review.eligible_t, 0)

    @api.onchange("inventory_id")
    def _onchange_inventory_id(self):
        if not self.inventory_id:
            return
        self.date_from = self.inventory_id.date_to and fields.Date.add(self.inventory_id.date_to, days=1)
        self.previous_id = self.env["carbon.inventory"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("date_to", "<", self.inventory_id.date_from),
                ("state", "in", ("approved", "verified")),
            ],
            order="date_to desc, id desc",
            limit=1,
        )

    @api.depends(
        "state", "date_from", "inventory_id.state", "line_ids.significance", "line_ids.comment", "offset_rules"
    )
    def _compute_check_result(self):
        for review in self:
            review.check_result = review._approval_checks() if review.state == "draft" else []

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------
    def action_compute(self):
        """Take the figures of all sources; what was written to a source stays.

        :return: True
        :raises UserError: after approval, or while the inventory is not computed
        """
        self.check_access("write")
        for review in self:
            if review.state != "draft":
                raise UserError(self.env._("%(review)s is approved. Begin a new version.", review=review.display_name))
            if not review.inventory_id.computed_on:
                raise UserError(
                    self.env._(
                        "Compute %(inventory)s first: the review takes its figures.", inventory=review.inventory_id.name
                    )
                )
            review._write_lines()
            review.computed_on = fields.Datetime.now()
        return True

    def _write_lines(self):
        """Write one line for each source of the period or of the figures."""
        wanted = self._wanted_lines()
        known = {line.source_id: line for line in self.line_ids}
        created = []
        for source, values in wanted.items():
            if source in known:
                known[source].write(values)
            else:
                proposed = "yes" if values["share_percent"] >= self.significant_from else False
                created.append({**values, "review_id": self.id, "source_id": source.id, "significance": proposed})
        self.line_ids.filtered(lambda line: line.source_id not in wanted).unlink()
        self.env["carbon.source.review.line"].create(created)

    def _wanted_lines(self):
        """Return ``{source: figures}`` as the inventory and the ledger say them now."""
        figures, activity = self._read_figures(), self._read_activity()
        before = self._read_totals(self.previous_id)
        total = sum(row["emissions_t"] for row in figures.values())
        nothing = {**dict.fromkeys(_NUMBERS, 0.0), "factors": "", "gases": ""}
        wanted = {}
        for source in self._sources(figures.keys() | activity.keys() | before.keys()):
            row = {**nothing, **figures.get(source.id, {})}
            wanted[source] = {
                **row,
                "activity": activity.get(source.id, 0.0),
                "share_percent": 100 * row["emissions_t"] / total if total else 0.0,
                "before_t": before.get(source.id, 0.0),
                "has_before": bool(self.previous_id),
            }
        return wanted

    def _sources(self, ids):
        """Return the sources that were in use in the period, those that have figures, and those planned."""
        inventory = self.inventory_id
        sources = self.env["carbon.source"].with_context(active_test=False)
        found = sources.search([("company_id", "=", self.company_id.id), ("kind", "!=", "output")])
        return found.filtered(
            lambda source: (
                source.id in ids
                or source.active
                and not (source.active_to and source.active_to < inventory.date_from)
                and (source.planned or not (source.active_from and source.active_from > inventory.date_to))
            )
        )

    def _read_figures(self):
        """Return ``{source id: figures}`` of the inventory, by its headline basis; months without a row count as 0."""
        inventory = self.inventory_id
        rows = self.env.execute_query(
            SQL(
                """
                WITH m AS (
                  SELECT l.source_id, l.period,
                         COALESCE(SUM(l.co2e_kg) FILTER (WHERE l.treatment = 'total' AND l.%(basis)s), 0) / 1000 AS t,
                         COALESCE(SUM(l.co2e_kg) FILTER (WHERE l.treatment = 'removal'), 0) / 1000 AS gone
                    FROM carbon_inventory_line l WHERE l.inventory_id = %(id)s AND l.exclusion IS NULL GROUP BY 1, 2),
                used AS (
                  SELECT l.source_id, string_agg(DISTINCT f.code, ', ' ORDER BY f.code) AS factors,
                         string_agg(DISTINCT g.code, ', ' ORDER BY g.code) AS gases
                    FROM carbon_inventory_line l
                    JOIN carbon_emission_factor_version v ON v.id = l.version_id
                    JOIN carbon_emission_factor f ON f.id = v.factor_id
                    JOIN carbon_gas g ON g.id = l.gas_id
                   WHERE l.inventory_id = %(id)s GROUP BY 1)
                SELECT s.source_id, SUM(m.t)::float8, SUM(m.gone)::float8, MIN(COALESCE(m.t, 0))::float8, MAX(COALESCE(m.t, 0))::float8,
                       (100.0 * stddev_pop(COALESCE(m.t, 0)) / NULLIF(abs(avg(COALESCE(m.t, 0))), 0))::float8, u.factors, u.gases
                  FROM (SELECT DISTINCT source_id FROM m) s
                 CROSS JOIN generate_series(%(first)s::date, %(last)s::date, interval '1 month') AS month
                  LEFT JOIN m ON m.source_id = s.source_id AND m.period = month::date
                  JOIN used u ON u.source_id = s.source_id
                 GROUP BY s.source_id, u.factors, u.gases
                """,
                id=inventory.id,
                basis=SQL.identifier(f"in_{inventory.electricity_basis}"),
                first=inventory.date_from,
                last=inventory.date_to,
            )
        )
        names = (*_NUMBERS, "factors", "gases")
        return {
            row[0]: {
                name: value if value is not None else (0.0 if name in _NUMBERS else "")
                for name, value in zip(names, row[1:], strict=True)
            }
            for row in rows
        }

    def _read_activity(self):
        """Return ``{source id: quantity}`` of the ledger, as it is counted."""
        inventory = self.inventory_id
        ledger = self.env["carbon.engine"]._sql_counted(
            "carbon_activity_data", [self.company_id.id], inventory.date_from, inventory.date_to
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT a.source_id, SUM(a.quantity)::float8 FROM %s a WHERE a.company_id = %s AND a.date BETWEEN %s AND %s "
                "AND a.source_id IS NOT NULL GROUP BY 1",
                *(ledger, self.company_id.id, inventory.date_from, inventory.date_to),
            )
        )
        return dict(rows)

    @api.model
    def _read_totals(self, inventory):
        """Return ``{source id: t CO2e}`` of another inventory."""
        if not inventory:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT source_id, (SUM(co2e_kg) / 1000)::float8 FROM carbon_inventory_line WHERE inventory_id = %s "
                "AND exclusion IS NULL AND treatment = 'total' AND %s GROUP BY 1",
                inventory.id,
                SQL.identifier(f"in_{inventory.electricity_basis}"),
            )
        )
        return dict(rows)

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def _approval_checks(self):
        """Ask for every source, a decision on each, comments where figures move, and a plan for offsets."""
        item, texts = self._check_item, []
        if not self.line_ids:
            texts.append(self.env._("There are no lines. Press Compute."))
        if self.inventory_id.state == "draft":
            texts.append(
                self.env._(
                    "%(inventory)s is a draft: its figures may still change.", inventory=self.inventory_id.name or ""
                )
            )
        elif self.line_ids and self._is_old():
            texts.append(
                self.env._("The figures are not those of the inventory, or a source is missing. Press Compute.")
            )
        for wanting, text in (
            (lambda line: not line.significance, self.env._("Say of each whether it is significant: %(sources)s")),
            (lambda line: line.lacks_comment, self.env._("Explain the figures of: %(sources)s")),
        ):
            if found := self.line_ids.filtered(wanting).mapped("source_id.name"):
                texts.append(text % {"sources": ", ".join(found[:5]) + (" …" if len(found) > 5 else "")})
        if not (self.conclusion or "").strip():
            texts.append(self.env._("Write the conclusion of the review."))
        result = super()._approval_checks() + [item(text) for text in texts]
        if self.residual_t and not (self.offset_rules or "").strip():
            result.append(item(self.env._("Nothing says how offsets would be accounted."), blocking=False))
        return result

    def _is_old(self):
        """Whether a line is missing or a figure is not what inventory and ledger say."""
        wanted = self._wanted_lines()
        lines = {line.source_id: line for line in self.line_ids}
        if wanted.keys() != lines.keys():
            return True
        return any(
            abs(lines[source][name] - value) > 1e-6
            if isinstance(value, float)
            else (lines[source][name] or "") != (value or "")
            for source, values in wanted.items()
            for name, value in values.items()
        )

    def action_approve(self):
        """Approve, and write significance back to the sources."""
        result = super().action_approve()
        for review in self:
            for significance, lines in review.line_ids.grouped("significance").items():
                lines.source_id.write({"significance": significance, "reviewed_on": review.approved_on})
        return result

    @api.model
    def _trail_noun(self):
        return "source_review"

    def _trail_payload(self):
        """Keep what was said of each source."""
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "version", "inventory_id", "offset_rules", "conclusion"]),
            "lines": {
                line.source_id.code or str(line.source_id.id): {
                    "t": repr(line.emissions_t),
                    "removed_t": repr(line.removals_t),
                    "share": repr(line.share_percent),
                    "significant": line.significance or "",
                    "comment": line.comment or "",
                }
                for line in self.line_ids
            },
        }
