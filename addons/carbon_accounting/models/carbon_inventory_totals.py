from odoo import api, fields, models
from odoo.tools import SQL

_HEADLINE = "CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END"
_IN_TOTAL = "l.treatment = 'total'"
#: Totals with the condition on a line ``l`` of inventory ``i``.
TOTALS = {
    "total_t": f"{_IN_TOTAL} AND {_HEADLINE}",
    "without_energy_t": f"{_IN_TOTAL} AND l.segment <> 'energy' AND {_HEADLINE}",
    "location_t": f"{_IN_TOTAL} AND l.in_location",
    "market_t": f"{_IN_TOTAL} AND l.in_market",
    "energy_location_t": f"{_IN_TOTAL} AND l.segment = 'energy' AND l.in_location",
    "energy_market_t": f"{_IN_TOTAL} AND l.segment = 'energy' AND l.in_market",
    "fallback_t": f"{_IN_TOTAL} AND l.basis <> '' AND l.in_market AND l.in_location",
    "biogenic_t": f"l.treatment = 'biogenic' AND {_HEADLINE}",
    "removal_t": f"l.treatment = 'removal' AND {_HEADLINE}",
    "recovered_t": f"l.treatment = 'recovered' AND {_HEADLINE}",
    "other_gas_t": f"l.treatment = 'other_gas' AND {_HEADLINE}",
}


def _total(string, note=None):
    """Return the field of one total, in t CO2e, unrounded: views round."""
    return fields.Float(
        string=string,
        compute="_compute_totals",
        digits=0,
        aggregator=None,
        help=note,
    )


class CarbonInventory(models.Model):
    """Totals, freshness and open points of an inventory."""

    _inherit = "carbon.inventory"

    total_t = _total(
        "Total (t CO₂e)",
        "With purchased energy on the headline basis. Biogenic CO₂, removals, recovered gas and offsets are not in it.",
    )
    without_energy_t = _total("Total without Purchased Energy (t CO₂e)")
    location_t = _total("Location-based Total (t CO₂e)")
    market_t = _total("Market-based Total (t CO₂e)")
    energy_location_t = _total("Purchased Energy, Location-based (t CO₂e)")
    energy_market_t = _total("Purchased Energy, Market-based (t CO₂e)")
    fallback_t = _total(
        "Other Basis Used (t CO₂e)",
        "Electricity for which only one of the two results exists: it stands in for the other.",
    )
    biogenic_t = _total("Biogenic CO₂ (t)")
    removal_t = _total("Removals (t CO₂e)")
    recovered_t = _total("Recovered (t CO₂e)")
    other_gas_t = _total("Gases outside the Seven Groups (t CO₂e)")
    line_count = fields.Integer(compute="_compute_totals")
    excluded_count = fields.Integer(compute="_compute_totals")
    is_stale = fields.Boolean(string="Ledger Changed Since Computed", compute="_compute_is_stale")
    awaits_collection = fields.Boolean(string="Waits for a Collection", compute="_compute_is_stale")
    awaits_reason = fields.Char(compute="_compute_is_stale", export_string_translation=False)
    is_gwp_stale = fields.Boolean(string="GWP Values Changed Since Computed", compute="_compute_is_stale")
    issue_count = fields.Integer(compute="_compute_issues")
    issue_summary = fields.Char(compute="_compute_issues")

    @api.depends("computed_on", "electricity_basis")
    def _compute_totals(self):
        """Read all totals of all inventories shown with one query."""
        self.env["carbon.inventory"].flush_model(["electricity_basis"])
        sums = SQL(", ").join(
            SQL("COALESCE(SUM(l.co2e_kg) FILTER (WHERE %s), 0) / 1000.0", SQL(where)) for where in TOTALS.values()
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT i.id, count(*), count(l.exclusion), %s FROM carbon_inventory i "
                "JOIN carbon_inventory_line l ON l.inventory_id = i.id "
                "WHERE i.id IN %s GROUP BY i.id",
                sums,
                tuple(self.ids) or (0,),
            )
        )
        found = {row[0]: row[1:] for row in rows}
        for inventory in self:
            values = found.get(inventory.id) or [0] * (2 + len(TOTALS))
            inventory.line_count, inventory.excluded_count = values[:2]
            for name, value in zip(TOTALS, values[2:], strict=True):
                inventory[name] = float(value)

    def _exact_totals(self):
        """Return the totals in kg as exact text, for the trail and re-performance."""
        self.ensure_one()
        self.flush_recordset()
        sums = SQL(", ").join(
            SQL(
                "trim_scale(COALESCE(SUM(l.co2e_kg) FILTER (WHERE %s), 0))::text",
                SQL(where),
            )
            for where in TOTALS.values()
        )
        row = self.env.execute_query(
            SQL(
                "SELECT %s FROM carbon_inventory i LEFT JOIN carbon_inventory_line l "
                "ON l.inventory_id = i.id WHERE i.id = %s",
                sums,
                self.id,
            )
        )[0]
        names = [name.removesuffix("_t") + "_kg" for name in TOTALS]
        return dict(zip(names, row, strict=True))

    def _trail_payload(self):
        """Keep what was checked or approved: the trail proves the figures by itself."""
        inventory = self.with_context(lang=None)
        return {
            "company": inventory.company_id.name,
            "period": f"{self.date_from}/{self.date_to}",
            "gwp_set": inventory.gwp_set_id.code,
            "editions": sorted(inventory.edition_ids.mapped("code")),
            "electricity_basis": self.electricity_basis,
            "intended_use": self.intended_use,
            "lines": self.line_count,
            "emission_rows": self.ledger_count,
            "totals": self._exact_totals(),
            **(
                {"worklist": worklist, "worklist_note": self.issue_note or ""} if (worklist := self._worklist()) else {}
            ),
        }

    def _worklist(self):
        """Return ``{reason: {"count": rows, "amount": {currency: text}}}`` of what waits on the worklist."""
        self.ensure_one()
        worklist = {}
        for reason, count, sums in self._issue_groups():
            amounts = {currency.name or "": f"{amount:.2f}" for currency, amount in sums}
            worklist[reason] = {"count": count, **({"amount": amounts} if amounts else {})}
        return worklist

    @api.depends("computed_on", "state", "gwp_set_id.value_ids.value")
    def _compute_is_stale(self):
        engine = self.env["carbon.engine"]
        for inventory in self:
            computed = bool(inventory.id and inventory.computed_on)
            # closed months too: until a collection has listed what comes too late, nobody knows it.
            # What is approved rests on the versions in its seal.
            company = inventory.company_id
            waits = computed and inventory.state in ("draft", "checked")
            pending = waits and engine._collection_pending(company, {company: inventory.date_from}).get(company)
            inventory.awaits_collection = bool(pending)
            inventory.awaits_reason = pending and engine._pending_text(pending, company)
            inventory.is_stale = bool(pending) or (
                computed and not inventory._closed_when_computed() and inventory._ledger_moved()
            )
            # what was handed on keeps the values of its set: they cannot be changed any more
            inventory.is_gwp_stale = computed and inventory.state == "draft" and inventory._gwp_moved()

    def _issue_domain(self):
        """Return the domain of what waits on the worklist for these months."""
        self.ensure_one()
        return [
            ("company_id", "=", self.company_id.id),
            ("state", "=", "open"),
            ("date", ">=", self.date_from),
            ("date", "<=", self.date_to),
        ]

    def _issue_groups(self):
        """Return [(reason, count, [(currency, amount)])] of the open worklist."""
        groups = {}
        rows = self.env["carbon.collection.issue"]._read_group(
            self._issue_domain(), ["reason", "currency_id"], ["__count", "amount:sum"]
        )
        for reason, currency, count, amount in rows:
            known = groups.setdefault(reason, [0, []])
            known[0] += count
            if amount:
                known[1].append((currency, amount))
        return [(reason, *values) for reason, values in groups.items()]

    @api.depends("company_id", "date_from", "date_to")
    def _compute_issues(self):
        field = self.env["carbon.collection.issue"]._fields["reason"]
        reasons = dict(field._description_selection(self.env))
        for inventory in self:
            dated = inventory.date_from and inventory.date_to
            groups = inventory._issue_groups() if dated else []
            inventory.issue_count = sum(count for _reason, count, _sums in groups)
            texts = []
            for reason, count, sums in groups:
                weight = ", ".join(
                    currency.format(amount) if currency else f"{amount:,.2f}" for currency, amount in sums
                )
                text = f"{reasons[reason]}: {count}"
                texts.append(f"{text} ({weight})" if weight else text)
            inventory.issue_summary = "; ".join(texts)
