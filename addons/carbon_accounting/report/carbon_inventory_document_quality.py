from datetime import timedelta

from odoo import api, models


class CarbonInventoryDocument(models.AbstractModel):
    """How good the figures are: uncertainty, gaps, open points, base year, internal control and verification."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _section_uncertainty(self, inventory, edition):
        """Return the assessment of the inventory; what is not known is said to be not known."""
        results = inventory.uncertainty_result_ids
        known = inventory.uncertainty_on
        # shares of an interval that is not known would be read as one of ±0
        total_known = results.filtered(lambda r: r.measure == "total_t").is_known
        return {
            "on": known,
            "totals": results.filtered(lambda r: r.level in ("total", "segment")) if known else [],
            "categories": results.filtered(lambda r: r.level == "category") if known else [],
            "top": inventory.uncertainty_top_ids if known and total_known else [],
            "coverage": inventory.uncertainty_coverage,
            "score": inventory.quality_score,
        }

    # ------------------------------------------------------------------
    # Gaps and open points
    # ------------------------------------------------------------------
    @api.model
    def _section_gaps(self, inventory, edition):
        """Return gaps of the period, anomalies, and what is not in the figures.

        What is missing and what stands out is looked for now: what is on record is only what somebody has looked at.
        """
        gaps = self._in_period("carbon.data.gap", inventory)
        anomalies = self._in_period("carbon.data.anomaly", inventory, "date", "date")
        anomalies += self._unrecorded_anomalies(inventory)
        issues = self.env["carbon.collection.issue"]
        reasons = dict(issues._fields["reason"]._description_selection(self.env))
        states = dict(anomalies._fields["state"]._description_selection(self.env))
        return {
            "unadjusted": [
                self.env._(
                    "Money of %(year)s is not brought to the prices of %(base)s, the year of its factors: no price index (%(t)s t CO₂e).",
                    year=year,
                    base=base,
                    t=self._t3(tonnes),
                )
                for base, year, tonnes in inventory._unadjusted_spend()
            ],
            "rows": gaps,
            "missing": self._missing_without_gap(inventory),
            "unplanned": self._days_without_plan(inventory),
            "anomalies": anomalies.filtered(lambda a: a.state != "settled"),
            "anomaly_counts": [(states[state], len(found)) for state, found in anomalies.grouped("state").items()],
            "worklist": [
                (
                    reasons.get(reason, reason),
                    count,
                    ", ".join(self._money(currency, amount) for currency, amount in sums),
                )
                for reason, count, sums in inventory._issue_groups()
            ],
            "waiting_count": inventory.waiting_count,
            "waiting_t": inventory.waiting_t,
            "late_count": inventory.late_count,
        }

    @api.model
    def _missing_without_gap(self, inventory):
        """Return the rows of expected data of the period that are not there and that no gap is on record for."""
        company = inventory.company_id
        report = self.env["carbon.monitoring.report"].with_context(allowed_company_ids=company.ids)
        domain = self.env["carbon.data.gap"]._open_domain(company, inventory.date_from, inventory.date_to)
        return report.search([*domain, ("gap_id", "=", False)], order="date_from, item_id")

    @api.model
    def _days_without_plan(self, inventory):
        """Return ``[(first day, last day)]`` of the period on which no monitoring plan was in force."""
        plans = self.env["carbon.monitoring.plan"].search(
            [
                *(("company_id", "=", inventory.company_id.id), ("state", "in", ("approved", "superseded"))),
                *(("date_from", "<=", inventory.date_to), "|", ("date_to", "=", False)),
                ("date_to", ">=", inventory.date_from),
            ],
            order="date_from",
        )
        day, found = inventory.date_from, []
        for plan in plans:
            if plan.date_from > day:
                found.append((day, plan.date_from - timedelta(days=1)))
            day = max(day, plan.date_to + timedelta(days=1)) if plan.date_to else None
            if not day:
                return found
        return [*found, (day, inventory.date_to)] if day <= inventory.date_to else found

    @api.model
    def _unrecorded_anomalies(self, inventory):
        """Return what stands out in the period and that no look has recorded, as anomalies that are not stored."""
        anomalies = self.env["carbon.data.anomaly"]
        looked = anomalies._look(inventory.company_id, inventory.date_from, inventory.date_to)
        return anomalies.union(*(anomalies.new({**values, "state": "open"}) for values, row in looked if not row))

    @api.model
    def _money(self, currency, amount):
        return f"{amount:,.2f} {currency.name or ''}".strip()

    @api.model
    def _in_period(self, model, inventory, first="date_from", last="date_to"):
        """Return the records of a company that touch the inventory's period."""
        return self.env[model].search(
            [
                ("company_id", "=", inventory.company_id.id),
                (first, "<=", inventory.date_to),
                (last, ">=", inventory.date_from),
            ],
            order=f"{first}, id",
        )

    # ------------------------------------------------------------------
    # Base year and versions
    # ------------------------------------------------------------------
    @api.model
    def _section_base_year(self, inventory, edition):
        """Return the base year, the versions of this inventory and the bridge from the one before."""
        base = inventory._base_year(inventory.company_id)
        causes = dict(inventory.bridge_ids._fields["cause"]._description_selection(self.env))
        return {
            "base": base,
            "threshold": self.env["carbon.system"]._get(inventory.company_id).base_year_threshold,
            "change_t": inventory.total_t - base.total_t if base else 0.0,
            "change_percent": self._change(base.total_t, inventory.total_t) if base else None,
            "versions": self._versions(inventory),
            "bridge": [(causes[row.cause], row.co2e_t) for row in inventory.bridge_ids],
            "difference_t": inventory.difference_t,
        }

    @api.model
    def _change(self, before, now):
        """Return the change in percent, or None where there is nothing to compare with."""
        return 100.0 * (now - before) / before if before else None

    @api.model
    def _versions(self, inventory):
        """Return all versions of an inventory, the first one first."""
        first = inventory
        while first.restates_id:
            first = first.restates_id
        versions = first
        while following := versions[-1].restated_by_id:
            versions += following
        return versions

    # ------------------------------------------------------------------
    # Internal control and verification
    # ------------------------------------------------------------------
    @api.model
    def _section_control(self, inventory, edition):
        """Return what was checked by whom: months, overrides, reopenings, approvals."""
        periods = inventory._periods().sorted("date_from")
        system = self.env["carbon.system"]._get(inventory.company_id)
        return {
            "months": periods,
            "overrides": periods.override_ids.sorted("id"),
            "reopenings": periods.reopening_ids.sorted("id"),
            "second_person": system.separate_inventory_approval,
            "data_approval": system.data_approval,
            "plan": self.env["carbon.monitoring.plan"]._at(inventory.company_id, inventory.date_to),
            "issue_note": inventory.issue_note or "",
        }

    @api.model
    def _section_verification(self, inventory, edition):
        """Return the facts of the verification statement, empty where there is none."""
        if not inventory.verification_number:
            return {"facts": [], "note": ""}
        return {
            "facts": [
                (
                    self.env._("Verification body"),
                    inventory.verification_body or inventory.verification_partner_id.name,
                ),
                (self.env._("Criteria"), inventory.verification_criteria),
                (self.env._("Level of assurance"), self._label(inventory, "assurance_level")),
                (self.env._("Materiality of the verification"), self._percent(inventory.verification_materiality)),
                (self.env._("Date of the statement"), str(inventory.verification_date or "")),
                (self.env._("Number of the statement"), inventory.verification_number),
                (self.env._("Recorded by"), f"{inventory.verified_by_id.name}, {self._moment(inventory.verified_on)}"),
            ],
            "note": inventory.verification_note or "",
        }

    @api.model
    def _section_statement(self, inventory, edition):
        """Return nothing: the statement is words and lines to sign on."""
        return {}
