from collections import defaultdict
from datetime import date

from odoo import api, fields, models

SCOPES = (1, 2, 3)
TOP = 8
#: Below this share of a tonne a sum of counter rows is rounding noise.
_NOISE = 1e-9


class CarbonOverview(models.AbstractModel):
    """What the overview shows: one call, aggregated in the database.

    Figures are read from the ledger for the companies that are ticked, with the GWP set and the basis of
    electricity of the current company's system. Scopes 1 to 3 of the GHG Protocol edition in force make
    the total; what its edition puts outside the scopes, or does not map, is shown apart.
    """

    _name = "carbon.overview"
    _description = "Carbon Overview"

    @api.model
    @api.readonly
    def get_data(self, year: int | None = None) -> dict:
        """Return the figures of one year for the ticked companies of the user.

        :param year: calendar year; empty takes the latest year with activity data
        :return: dict with ``year``, ``years``, ``is_empty``, ``basis``, ``total``, ``previous``, ``scopes``, ``months``,
            ``sources``, ``partners``, ``products``, ``quality``, ``intensity``, ``worklist``, ``collection``,
            ``uncounted``, ``waiting`` (for approval) and ``warnings``; emissions are in t CO2e
        :raises AccessError: for users who may not read emissions
        """
        self.env["carbon.emission.line"].check_access("read")
        companies = self.env.companies
        years = self._years(companies)
        year = int(year) if year else self._default_year(years)
        gwp_set, basis = self._basis()
        data = {
            "year": year,
            "years": years,
            "is_empty": not years,
            "basis": {"gwp_set": gwp_set.code or "", "electricity": basis},
            "companies": companies.mapped("name"),
            "domain": [
                ("company_id", "in", companies.ids),
                ("date", ">=", f"{year}-01-01"),
                ("date", "<=", f"{year}-12-31"),
            ],
            "worklist": self._worklist(companies),
            "collection": self._collection(companies),
            "uncounted": self._uncounted(companies, bool(years)),
            "waiting": self._waiting(companies, year),
        }
        if years:
            data.update(self._figures(companies, year, gwp_set, basis))
        return data

    # ------------------------------------------------------------------ frame
    @api.model
    def _today(self):
        return fields.Date.context_today(self)

    @api.model
    def _default_year(self, years):
        """Return the latest year with data up to now, else the first one to come, else this year."""
        today = self._today().year
        return max((year for year in years if year <= today), default=min(years, default=today))

    @api.model
    def _basis(self):
        """Return the GWP set and the basis of electricity of screens, without creating a system."""
        # sudo: two settings of the user's own company
        system = self.env["carbon.system"].sudo().search([("company_id", "=", self.env.company.id)], limit=1)
        gwp_sets = self.env["carbon.gwp.set"]
        gwp_set = (
            gwp_sets.browse(system.gwp_set_id.id)
            or self.env.ref("carbon_accounting.gwp_set_ar6", raise_if_not_found=False)
            or gwp_sets.search([], order="code desc", limit=1)
        )
        return gwp_set, system.electricity_basis or "location"

    @api.model
    def _scope_by_category(self, day):
        """Return {category id: scope} of the GHG Protocol edition in force on a day; a missing leaf is not mapped."""
        framework = self.env["carbon.framework"].search([("code", "=", "GHGP")], limit=1)
        edition = framework and framework._edition_at(day)
        return (
            {mapping.emission_category_id.id: mapping.framework_category_id.scope for mapping in edition.mapping_ids}
            if edition
            else {}
        )

    # ------------------------------------------------------------------ figures
    @api.model
    def _figures(self, companies, year, gwp_set, basis):
        """Return everything that depends on the year."""
        factors = self._unit_kg(gwp_set)
        scopes = self._scope_by_category(min(date(year, 12, 31), max(self._today(), date(year, 1, 1))))
        flows = self._weigh(self._flows(companies, year), factors, scopes, basis)
        now = [flow for flow in flows if flow["year"] == year]
        last_month = self._last_month(companies, year, now)
        before = [flow for flow in flows if flow["year"] == year - 1]
        quality_rows = self._qualities(companies, year)
        weights = {}
        for flow in now:
            key = flow["source"], flow["category"], flow["stream"], flow["version"], flow["lends"]
            weights[key] = (flow["kg"] or 0.0) if flow["counted"] else weights.get(key, 0.0)
        total = self._sum(now)
        return {
            "total": total,
            "previous": self._sum(before),
            "to_date": self._sum([flow for flow in now if flow["month"] <= last_month]),
            "previous_to_date": self._sum([flow for flow in before if flow["month"] <= last_month]),
            "last_month": last_month,
            "outside": sum(flow["t_outside"] for flow in now),
            "scopes": self._by_scope(now, before, last_month, total),
            "months": self._by_month(now, before),
            "sources": self._by_source(now),
            "partners": self._top(companies, year, "partner_id", weights, "res.partner"),
            "products": self._top(companies, year, "product_id", weights, "product.product"),
            "quality": self._by_quality(now, quality_rows),
            "intensity": self._intensity(quality_rows, total),
            "warnings": self._warnings(now),
        }

    @api.model
    def _last_month(self, companies, year, now):
        """Return the last month that is compared with the year before; 0: none yet.

        A month under way, or one whose bills are still to come, would show a fall that nobody achieved: of the current
        year the closed months count, or those that are over while none is closed.
        """
        last = max((flow["month"] for flow in now if flow["t"]), default=12)
        today = self._today()
        if year < today.year:
            return last
        days = [("date_from", ">=", date(year, 1, 1)), ("date_from", "<=", date(year, 12, 1))]
        closed = self.env["carbon.reporting.period"]._read_group(
            [("company_id", "in", companies.ids), ("state", "=", "closed"), *days], ["company_id"], ["date_from:max"]
        )
        over = today.month - 1 if year == today.year else 0
        return min(last, min((day.month for _company, day in closed), default=over))

    @api.model
    def _weigh(self, flows, factors, scopes, basis):
        """Add to each flow its scope, whether it counts and its t CO2e.

        Of the two results of electricity one counts: that of the basis asked for, or the other one where it is
        the only one (``lends``). Inventories choose in the same way.
        """
        bases = {
            stream.code: stream.basis
            for stream in self.env["carbon.emission.stream"]
            .with_context(active_test=False)
            .search([("code", "!=", False)])
        }
        for flow in flows:
            own = bases.get(flow["stream"])
            flow["scope"] = scopes.get(flow["category"], 0)
            chosen = not own or own == basis or flow["lends"]
            flow["chosen"] = chosen
            flow["counted"] = chosen and flow["scope"] in SCOPES
            flow["kg"] = factors.get(flow["version"], 0.0)
            tonnes = flow["quantity"] * (flow["kg"] or 0.0) / 1000.0
            flow["t"] = tonnes if flow["counted"] else 0.0
            flow["t_outside"] = tonnes if chosen and not flow["counted"] else 0.0
        return flows

    @api.model
    def _sum(self, flows):
        return sum(flow["t"] for flow in flows)

    @api.model
    def _by_scope(self, now, before, last_month, total):
        return [
            {
                "scope": scope,
                "t": (tonnes := self._sum([flow for flow in now if flow["scope"] == scope])),
                "share": tonnes / total if total else 0.0,
                "to_date": self._sum([flow for flow in now if flow["scope"] == scope and flow["month"] <= last_month]),
                "previous_to_date": self._sum(
                    [flow for flow in before if flow["scope"] == scope and flow["month"] <= last_month]
                ),
            }
            for scope in SCOPES
        ]

    @api.model
    def _by_month(self, now, before):
        months = [{"month": month, "scopes": [0.0, 0.0, 0.0], "previous": 0.0} for month in range(1, 13)]
        for flow in now:
            if flow["counted"]:
                months[flow["month"] - 1]["scopes"][flow["scope"] - 1] += flow["t"]
        for flow in before:
            months[flow["month"] - 1]["previous"] += flow["t"]
        return months

    @api.model
    def _by_source(self, now):
        """Return the largest sources, and the rest as one row without id."""
        sums = defaultdict(float)
        for flow in now:
            if flow["counted"]:
                sums[flow["source"]] += flow["t"]
        rows = self._named("carbon.source", sums)
        rest = sum(row["t"] for row in rows[TOP:])
        return rows[:TOP] + ([{"id": False, "name": "", "t": rest}] if abs(rest) > _NOISE else [])

    @api.model
    def _named(self, model, sums):
        """Return [{id, name, t}] in descending order of t; what is gone or not to be read has only its number."""
        ids = [key for key, value in sums.items() if abs(value) > _NOISE]
        records = self.env[model].with_context(active_test=False).browse(ids).exists()
        readable = {record.id: record.display_name for record in records._filtered_access("read")}
        return sorted(
            ({"id": key, "name": readable.get(key) or f"#{key}", "t": sums[key]} for key in ids),
            key=lambda row: -row["t"],
        )

    @api.model
    def _by_quality(self, now, quality_rows):
        """Return the share of emissions by quality of their activity data.

        Emissions are linear in the quantity, so a source's emissions of a month are split like its quantities.
        """
        tonnes, quantities = defaultdict(float), defaultdict(float)
        for flow in now:
            tonnes[flow["source"], flow["month"]] += flow["t"]
        for row in quality_rows:
            quantities[row["source"], row["month"]] += row["quantity"]
        sums = defaultdict(float)
        for row in quality_rows:
            key = row["source"], row["month"]
            if quantities[key]:
                sums[row["quality"]] += tonnes[key] * row["quantity"] / quantities[key]
        total = sum(sums.values())
        labels = self.env["carbon.activity.data"]._fields["quality"]._description_selection(self.env)
        return [
            {"quality": code, "label": label, "t": sums[code], "share": sums[code] / total if total else 0.0}
            for code, label in labels
        ]

    @api.model
    def _intensity(self, quality_rows, total):
        """Return t CO2e per unit of production output, one row for each kind of unit, largest number of rows first."""
        outputs = self.env["carbon.source"].with_context(active_test=False).search([("kind", "=", "output")])
        quantities = defaultdict(float)
        for row in quality_rows:
            if row["source"] in outputs._ids:
                quantities[row["source"]] += row["quantity"]
        groups = defaultdict(lambda: self.env["carbon.source"])
        for source in outputs.filtered(lambda s: quantities.get(s.id, 0) > 0 and s.uom_id):
            groups[source.uom_id.parent_path.split("/")[0]] |= source
        result = []
        for sources in groups.values():
            uom = sources[0].uom_id
            quantity = sum(quantities[source.id] * source.uom_id.factor / uom.factor for source in sources)
            result.append(
                {
                    "label": sources[0].display_name if len(sources) == 1 else "",
                    "source_ids": sources.ids,
                    "quantity": quantity,
                    "uom": uom.display_name,
                    "t_per_unit": total / quantity,
                }
            )
        return sorted(result, key=lambda row: -len(row["source_ids"]))

    @api.model
    def _warnings(self, now):
        """Return the factor versions in use that have no value in the GWP set: their emissions are missing."""
        missing = {flow["version"] for flow in now if flow["chosen"] and flow["kg"] is None}
        versions = self.env["carbon.emission.factor.version"].browse(missing).exists()
        return {"version_ids": versions.ids, "names": versions[:3].mapped("display_name")}

    # ------------------------------------------------------------------ worklist and collection
    @api.model
    def _worklist(self, companies):
        """Return the open worklist by reason, weighted by amount in the currency of the current company."""
        issues = self.env["carbon.collection.issue"]
        labels = dict(issues._fields["reason"]._description_selection(self.env))
        target, today = self.env.company.currency_id, self._today()
        counts, amounts = defaultdict(int), defaultdict(float)
        for row in self._open_issues(companies):
            counts[row["reason"]] += row["count"]
            currency = self.env["res.currency"].browse(row["currency"])
            amounts[row["reason"]] += (
                currency._convert(row["amount"], target, self.env["res.company"].browse(row["company"]), today)
                if currency
                else row["amount"]
            )
        rows = [
            {"reason": reason, "label": labels[reason], "count": counts[reason], "amount": amounts[reason]}
            for reason in labels
            if counts[reason]
        ]
        return {
            "count": sum(counts.values()),
            "currency_id": target.id,
            "rows": sorted(rows, key=lambda row: (-row["amount"], -row["count"])),
        }

    @api.model
    def _collection(self, companies):
        """Return the newest collection run, whether new transactions are collected as they happen, and what waits."""
        run = self.env["carbon.collection.run"].search([("company_id", "in", companies.ids)], limit=1)
        # sudo: one flag of the user's companies
        systems = self.env["carbon.system"].sudo().search([("company_id", "in", companies.ids)])
        return {
            "run_id": run.id,
            "state": run.state,
            "progress": run.progress,
            "finished_on": fields.Datetime.to_string(run.finished_on) if run.finished_on else False,
            "live": bool(systems) and all(systems.mapped("collect_live")),
            **self._changes(companies),
        }

    @api.model
    def _uncounted(self, companies, with_figures):
        """Return the names of branches whose documents are in no figure, and the action that opens their set-up.

        Where there are no figures yet, the overview offers the set-up of the current company anyway.
        """
        missing = companies._carbon_uncounted()
        if not with_figures:
            missing -= self.env.company
        return {"names": missing.mapped("name"), "action": missing._carbon_setup_action()}

    @api.model
    def _changes(self, companies):
        """Tell why the figures may not follow the documents, and whether a collection is under way."""
        engine = self.env["carbon.engine"]
        pending = engine._collection_pending(companies)
        company, reason = next(iter(pending.items()), (None, None))
        under_way = [("company_id", "in", [found.id for found in pending]), ("state", "in", ("running", "paused"))]
        return {
            "changed": bool(pending),
            "reason": engine._pending_text(reason, company) if reason else "",
            "under_way": bool(pending and self.env["carbon.collection.run"].search_count(under_way, limit=1)),
        }
