from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.evidence import coverage_state, parse_domain

EVIDENCE_STATES = [
    ("covered", "Covered"),
    ("stale", "Stale"),
    ("missing", "Missing"),
    ("no_query", "Nothing kept yet"),
    ("not_required", "No requirement"),
    ("not_applicable", "Not applicable"),
]


class CarbonClauseApplicability(models.Model):
    """Whether a clause applies to a carbon management system, why, and its proof.

    One row per system and clause: the statement of applicability. Evidence is never
    attached; it is a query over live records, so coverage is true at any moment.
    """

    _name = "carbon.clause.applicability"
    _description = "Clause Applicability"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "system_id, standard_id, sort_key, id"
    _rec_name = "clause_id"

    system_id = fields.Many2one("carbon.system", required=True, index=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="system_id.company_id", store=True, index=True)
    clause_id = fields.Many2one(
        "carbon.standard.clause",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    active = fields.Boolean(default=True, readonly=True, help="Off while the standard is not followed.")
    standard_id = fields.Many2one(related="clause_id.standard_id", store=True, index=True)
    chapter_id = fields.Many2one(related="clause_id.chapter_id", store=True)
    number = fields.Char(related="clause_id.number")
    sort_key = fields.Char(related="clause_id.sort_key", store=True)
    is_requirement = fields.Boolean(related="clause_id.is_requirement", store=True)
    obligation_level = fields.Selection(related="clause_id.obligation_level")
    text_basis = fields.Selection(related="clause_id.text_basis")
    summary = fields.Text(related="clause_id.summary")
    expected_evidence = fields.Char(related="clause_id.expected_evidence")

    applicable = fields.Boolean(default=True, tracking=True)
    reason = fields.Text(tracking=True, help="Why the clause does not apply to this organisation.")
    owner_id = fields.Many2one("res.users", tracking=True, ondelete="restrict")

    evidence_model = fields.Char("Own Evidence Model", help="Replaces the query of the clause for this system.")
    evidence_domain = fields.Char("Own Domain", default="[]", required=True)
    evidence_date_field = fields.Char("Own Evidence Date", default="write_date")
    evidence_days = fields.Integer("Own Freshness (Days)", default=400, aggregator=None)
    evidence_source = fields.Char("Evidence From", compute="_compute_evidence")
    evidence_count = fields.Integer("Evidence", compute="_compute_evidence")
    evidence_last_date = fields.Date("Latest Evidence", compute="_compute_evidence")
    evidence_state = fields.Selection(
        EVIDENCE_STATES,
        "Coverage",
        compute="_compute_evidence",
        search="_search_evidence_state",
    )

    _system_clause_uniq = models.UniqueIndex(
        "(system_id, clause_id)", "This clause is in the applicability list already."
    )
    _reason_check = models.Constraint(
        "CHECK(applicable OR (reason IS NOT NULL AND btrim(reason) <> ''))",
        "A clause that does not apply needs a reason. Say why before switching it off.",
    )

    # ------------------------------------------------------------------
    # Evidence
    # ------------------------------------------------------------------
    @api.depends(
        "applicable",
        "is_requirement",
        "evidence_model",
        "evidence_domain",
        "evidence_date_field",
        "evidence_days",
        "clause_id.evidence_model",
        "clause_id.evidence_domain",
        "clause_id.evidence_date_field",
        "clause_id.evidence_days",
    )
    def _compute_evidence(self):
        """Count in one query per distinct evidence query, not per clause."""
        queries = {row: row._evidence_query() for row in self}
        results = self._run_evidence_queries(queries)
        today = fields.Date.context_today(self)
        for row, (model, _domain, _date_field, days) in queries.items():
            count, last = results.get(row, (0, None))
            row.evidence_source = self._evidence_model_name(model)
            row.evidence_count = count
            row.evidence_last_date = last
            row.evidence_state = coverage_state(
                row.applicable,
                row.is_requirement,
                model in self.env,
                count,
                last,
                today - timedelta(days=days) if days else None,
            )

    def _evidence_query(self):
        """Return (model, domain text, date field, days): own, else the clause's."""
        self.ensure_one()
        source = self if self.evidence_model else self.clause_id
        return (
            source.evidence_model or "",
            source.evidence_domain or "[]",
            source.evidence_date_field or "",
            source.evidence_days,
        )

    @api.model
    def _run_evidence_queries(self, queries):
        """Run each distinct query once for all companies concerned.

        :param queries: mapping of row to its query
        :return: mapping of row to (count, newest date)
        """
        rows_by_query = defaultdict(self.browse)
        for row, (model, domain, date_field, _days) in queries.items():
            if model in self.env:
                rows_by_query[model, domain, date_field] |= row
        results = {}
        for (model, domain, date_field), rows in rows_by_query.items():
            found = self._count_evidence(model, domain, date_field, rows.company_id)
            shared = found.get(self.env["res.company"], (0, None))
            for row in rows:
                own = found.get(row.company_id, (0, None))
                dates = [last for last in (own[1], shared[1]) if last]
                results[row] = (own[0] + shared[0], max(dates, default=None))
        return results

    @api.model
    def _count_evidence(self, model, domain, date_field, companies):
        """Return {company: (count, newest date)}; the empty company is for shared."""
        # sudo: the statement is the same for everybody; only counts and dates leave
        records = self.env[model].sudo()
        domain = Domain(self._parse_evidence_domain(domain))
        by_company = "company_id" in records._fields and records._fields["company_id"]
        has_company = bool(by_company) and by_company.store
        if has_company:
            domain &= Domain("company_id", "in", [False, *companies.ids])
        field = records._fields.get(date_field)
        dated = bool(field) and field.store and field.type in ("date", "datetime")
        groups = records._read_group(
            domain,
            ["company_id"] if has_company else [],
            ["__count", f"{date_field}:max"] if dated else ["__count"],
        )
        result = {}
        for group in groups:
            # companies come back as superuser; keys are those of the user
            company = group[0].with_env(self.env) if has_company else self.env["res.company"]
            count = group[1] if has_company else group[0]
            last = group[-1] if dated else None
            result[company] = (count, fields.Date.to_date(last) if last else None)
        return result

    @api.model
    def _parse_evidence_domain(self, text):
        try:
            return parse_domain(text)
        except ValueError:
            return [(0, "=", 1)]

    @api.model
    def _evidence_model_name(self, model):
        """Return how people call the records; nothing if no addon keeps them."""
        if model not in self.env:
            return False
        # sudo: names of models are no secret
        return self.env["ir.model"].sudo()._get(model).name

    @api.model
    def _search_evidence_state(self, operator, value):
        """Few rows per company exist, so the states are computed and compared."""
        if operator != "in":
            return NotImplemented
        rows = self.search([("company_id", "in", self.env.companies.ids)])
        return [("id", "in", rows.filtered(lambda r: r.evidence_state in value).ids)]

    # ------------------------------------------------------------------
    # Checks and recording
    # ------------------------------------------------------------------
    @api.constrains("evidence_model", "evidence_domain")
    def _check_evidence_query(self):
        """Try the query with the rights of its author, who thereby learns no more."""
        for row in self.filtered("evidence_model"):
            if row.evidence_model not in self.env:
                raise ValidationError(
                    self.env._(
                        "Evidence for %(clause)s: there are no records called %(model)s. Choose an installed model.",
                        clause=row.clause_id.display_name,
                        model=row.evidence_model,
                    )
                )
            try:
                domain = parse_domain(row.evidence_domain)
                # sudo: off, as constraints run as superuser; the author's rights count
                records = self.env[row.evidence_model].sudo(False)
                records.search_count(domain, limit=1)
            except (ValueError, KeyError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "Evidence for %(clause)s: the filter cannot be used "
                        "(%(error)s). Correct it with the filter editor.",
                        clause=row.clause_id.display_name,
                        error=error,
                    )
                ) from error

    @api.constrains("active", "system_id", "clause_id")
    def _check_active(self):
        """A row is live exactly while its standard is followed; nobody hides one."""
        for row in self:
            followed = row.standard_id in row.system_id.standard_ids
            if row.active != followed:
                raise ValidationError(
                    self.env._(
                        "%(clause)s is in the list exactly while %(system)s follows "
                        "its standard. Change the standards of the system instead.",
                        clause=row.clause_id.display_name,
                        system=row.system_id.name,
                    )
                )

    def write(self, vals):
        """Record decisions on applicability in the audit trail."""
        before = {row: (row.applicable, row.reason) for row in self}
        result = super().write(vals)
        if vals.keys() & {"applicable", "reason"}:
            changed = self.filtered(lambda r: before[r] != (r.applicable, r.reason))
            for system, rows in changed.grouped("system_id").items():
                self.env["carbon.trail.entry"]._append(
                    system.company_id,
                    "applicability.decide",
                    record=system,
                    payload={row._trail_name(): row._trail_decision() for row in rows},
                )
        return result

    def _trail_name(self):
        return f"{self.standard_id.number} {self.number}"

    def _trail_decision(self):
        return {"applicable": self.applicable, "reason": self.reason or ""}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_active(self):
        if rows := self.filtered("active"):
            raise UserError(
                self.env._(
                    "%(clause)s belongs to a standard the system follows. Switch it to "
                    "not applicable with a reason instead.",
                    clause=rows[:1].clause_id.display_name,
                )
            )

    def action_view_evidence(self):
        """Open the records that count as evidence for this clause.

        :return: window action
        :raises UserError: if no installed records can be evidence
        """
        self.ensure_one()
        model, domain, _date_field, _days = self._evidence_query()
        if model not in self.env:
            raise UserError(
                self.env._(
                    "%(clause)s has no records to look at yet. Install the addon that "
                    "keeps %(model)s, or name own evidence.",
                    clause=self.clause_id.display_name,
                    model=model or self.env._("its evidence"),
                )
            )
        domain = Domain(self._parse_evidence_domain(domain))
        if "company_id" in self.env[model]._fields:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return {
            "type": "ir.actions.act_window",
            "name": self.clause_id.display_name,
            "res_model": model,
            "domain": list(domain),
            "view_mode": "list,form",
        }
