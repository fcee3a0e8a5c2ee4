from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..models.carbon_emission_factor_gas import GAS_KINDS
from ..models.carbon_inventory_line import TREATMENTS


class CarbonFactorDryRunLine(models.TransientModel):
    """A sum of a dry run: of a month, a source, a product, a result or a gas, of one company.

    Written by the calculation of its dry run only. The last line of sources and products may stand for all that are not listed.
    """

    _name = "carbon.factor.dry.run.line"
    _description = "Sum of a Dry Run of Factor Versions"
    _order = "wizard_id, kind, is_rest, sequence, id"

    wizard_id = fields.Many2one(
        "carbon.factor.dry.run.wizard", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("period", "Period"), ("source", "Source"), ("product", "Product"), ("result", "Result"), ("gas", "Gas")],
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    sequence = fields.Integer(readonly=True, export_string_translation=False)
    is_rest = fields.Boolean(readonly=True, export_string_translation=False)
    name = fields.Char(readonly=True)
    month = fields.Date(readonly=True)
    state = fields.Selection([("setup", "Set-up"), ("open", "Open"), ("closed", "Closed")], readonly=True)
    # not a Many2one: products and sources may be deleted while the dialog is open
    record_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    stream = fields.Char(readonly=True, export_string_translation=False)
    gas_kind = fields.Selection(GAS_KINDS, string="Kind of Gas", readonly=True)
    treatment = fields.Selection(TREATMENTS, readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True)
    fresh_count = fields.Integer(
        string="First Time", readonly=True, help="Rows of the worklist that would be counted for the first time."
    )
    unknown_count = fields.Integer(readonly=True, export_string_translation=False)
    now_t = fields.Float(string="Now (t)", digits=0, readonly=True)
    then_t = fields.Float(string="Then (t)", digits=0, readonly=True)
    difference_t = fields.Float(string="Change (t)", digits=0, readonly=True)
    now_kg = fields.Float(string="Now (kg)", digits=0, readonly=True)
    then_kg = fields.Float(string="Then (kg)", digits=0, readonly=True)

    # ------------------------------------------------------------------
    # Calculation
    # ------------------------------------------------------------------
    @api.model
    def _values(self, wizard, kind, sums, limit=None):
        """Return the values of the lines of a kind, months in their order, others by what changes most.

        :param sums: dicts of ``carbon.engine._factor_dry_run``
        :param limit: so many lines at most; the rest becomes one line for each company
        """
        now, then = ("now_other", "then_other") if kind == "result" else ("now", "then")
        amounts = [(found, Decimal(found[now]), Decimal(found[then])) for found in sums]
        if kind == "period":
            amounts.sort(key=lambda x: (x[0]["day"], x[0]["company_id"]))
        else:
            amounts.sort(key=lambda x: (-abs(x[2] - x[1]), x[0]["company_id"], x[0]["record_id"] or 0))
        listed, rest = amounts[:limit], amounts[limit or len(amounts) :]
        describe = getattr(self, f"_describe_{kind}")([found for found, _now, _then in listed])
        values = [
            {**self._measures(wizard, kind, *amount), "sequence": place, **describe(amount[0])}
            for place, amount in enumerate(listed)
        ]
        return values + self._rest_values(wizard, kind, rest)

    @api.model
    def _measures(self, wizard, kind, found, now, then):
        values = {
            "wizard_id": wizard.id,
            "kind": kind,
            "company_id": found["company_id"],
            "record_id": found["record_id"],
            **{name: found[name] for name in ("row_count", "fresh_count", "unknown_count")},
            "now_t": float(now / 1000),
            "then_t": float(then / 1000),
            "difference_t": float((then - now) / 1000),
        }
        if kind == "gas":
            values |= {"now_kg": float(found["now_other"]), "then_kg": float(found["then_other"])}
        return values

    @api.model
    def _rest_values(self, wizard, kind, rest):
        """Return one line for each company that stands for all that are not listed."""
        by_company = {}
        for amount in rest:
            by_company.setdefault(amount[0]["company_id"], []).append(amount)
        values = []
        for company, amounts in by_company.items():
            found = {name: sum(x[0][name] for x in amounts) for name in ("row_count", "fresh_count", "unknown_count")}
            found |= {"company_id": company, "record_id": False}
            measures = self._measures(wizard, kind, found, sum(x[1] for x in amounts), sum(x[2] for x in amounts))
            values.append({**measures, "is_rest": True, "name": self.env._("%(count)s others", count=len(amounts))})
        return values

    @api.model
    def _describe_period(self, sums):
        """Return a function that gives the month and its state; without a row the phase of the system decides."""
        companies = {found["company_id"] for found in sums}
        periods = self.env["carbon.reporting.period"].search([("company_id", "in", list(companies))])
        states = {(period.company_id.id, period.date_from): period.state for period in periods}
        systems = self.env["carbon.system"]
        phases = {
            company: "open" if systems._get(self.env["res.company"].browse(company)).phase == "live" else "setup"
            for company in companies
        }
        return lambda found: {
            "month": found["day"],
            "name": f"{found['day']:%Y-%m}",
            "state": states.get((found["company_id"], found["day"]), phases[found["company_id"]]),
        }

    @api.model
    def _describe_source(self, sums):
        names = self._names("carbon.source", sums)
        return lambda found: {"name": names[found["record_id"]]}

    @api.model
    def _describe_product(self, sums):
        names = self._names("product.product", sums)
        return lambda found: {"name": names.get(found["record_id"]) or self.env._("Without product")}

    @api.model
    def _describe_result(self, sums):
        streams = self.env["carbon.emission.stream"].with_context(active_test=False)
        names = {
            stream.code: stream.name for stream in streams.search([("code", "in", [found["name"] for found in sums])])
        }
        return lambda found: {"name": names.get(found["name"], found["name"]), "stream": found["name"]}

    @api.model
    def _describe_gas(self, sums):
        names = self._names("carbon.gas", sums)
        return lambda found: {
            "name": names[found["record_id"]],
            "gas_kind": found["name"],
            "treatment": found["treatment"],
        }

    @api.model
    def _names(self, model, sums):
        """Return ``{id: name}`` of the records that still exist."""
        records = (
            self.env[model]
            .with_context(active_test=False)
            .browse({found["record_id"] for found in sums} - {0})
            .exists()
        )
        return {0: False, **{record.id: record.display_name for record in records}}

    # ------------------------------------------------------------------
    # To the rows
    # ------------------------------------------------------------------
    def action_view_emissions(self):
        """Open the emission rows behind the sum."""
        self.ensure_one()
        wizard = self.wizard_id
        month = (self.month, self.month + relativedelta(months=1, days=-1)) if self.month else None
        source = self.record_id if self.kind == "source" and not self.is_rest else None
        domain = wizard._rows_domain(source, month, "stream") & Domain("company_id", "=", self.company_id.id)
        if self.kind == "result":
            domain &= Domain("stream", "=", self.stream)
        if self.kind == "product" and not self.is_rest:
            domain &= Domain("product_id", "=", self.record_id or False)
        if self.kind in ("source", "product") and self.is_rest:
            listed = wizard[f"{self.kind}_line_ids"].filtered(
                lambda line: line.company_id == self.company_id and not line.is_rest
            )
            domain &= Domain(f"{self.kind}_id", "not in", [number or False for number in listed.mapped("record_id")])
        return wizard._rows_action(domain)
