import math
import secrets
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import uncertainty
from ..tools.ledger_fields import KnownFloat
from .carbon_inventory import ACT, RESULT_FIELDS
from .carbon_inventory_uncertainty_result import ALL, LEAST_COVERAGE, MEASURES

_SIMULATED = ("simulated_mean_t", "simulated_low_t", "simulated_high_t", "simulated_moved")
RESULT_FIELDS |= {"uncertainty_on", "uncertainty_percent", "uncertainty_coverage", "quality_score", *_SIMULATED}
#: Measurements and factors shown on the form, the widest first.
TOP = 10
_MOST_TRIALS, _MOST_DRAWS = 100_000, 20_000_000
_COLUMNS = (
    *("inventory_id", "company_id", "sequence", "level", "measure", "segment", "emission_category_id", "source_id"),
    *(
        "equipment_id",
        "quality",
        "factor_id",
        "co2e_t",
        "percent",
        "half_t",
        "below_t",
        "above_t",
        "coverage",
        "score",
        "share",
        "halved_percent",
    ),
)


class CarbonInventory(models.Model):
    """Uncertainty of the totals of an inventory, and what it comes from (R-138)."""

    _inherit = "carbon.inventory"

    uncertainty_on = fields.Datetime(string="Uncertainty Assessed On", readonly=True, copy=False)
    uncertainty_percent = KnownFloat(
        string="Uncertainty (±%)",
        digits=0,
        readonly=True,
        copy=False,
        aggregator=None,
        help="Half the 95 % interval of the headline total, in per cent (IPCC 2006, volume 1, chapter 3, approach 1).",
    )
    uncertainty_spread = fields.Char(
        string="Uncertainty",
        compute="_compute_uncertainty_spread",
        help="In per cent: ± where both sides are alike, −/+ where not.",
    )
    uncertainty_coverage = fields.Float(
        string="Uncertainty Known (%)", digits=0, readonly=True, copy=False, aggregator=None
    )
    quality_score = fields.Float(
        string="Data Quality Score",
        digits=0,
        readonly=True,
        copy=False,
        aggregator=None,
        help="Score of activity data × score of factor, weighted by emissions: 1 best, 9 worst.",
    )
    uncertainty_result_ids = fields.One2many(
        "carbon.inventory.uncertainty.result", "inventory_id", readonly=True, copy=False
    )
    uncertainty_total_ids = fields.One2many(
        "carbon.inventory.uncertainty.result",
        "inventory_id",
        domain=[("level", "in", ("total", "segment"))],
        readonly=True,
    )
    uncertainty_top_ids = fields.One2many(
        "carbon.inventory.uncertainty.result",
        "inventory_id",
        domain=[("level", "in", ("activity", "factor")), ("sequence", "<=", TOP)],
        readonly=True,
    )
    uncertainty_state = fields.Selection(
        [("unknown", "Not Known"), ("partial", "Known in Part"), ("known", "Known")],
        compute="_compute_uncertainty_state",
        export_string_translation=False,
    )
    is_uncertainty_stale = fields.Boolean(compute="_compute_is_uncertainty_stale", export_string_translation=False)
    simulation_seed = fields.Integer(
        string="Seed",
        copy=False,
        aggregator=None,
        help="The same seed gives the same result. 0: drawn when simulated, and kept.",
    )
    simulation_trials = fields.Integer(string="Trials", default=uncertainty.TRIALS, aggregator=None)
    simulation_distribution = fields.Selection(
        [("normal", "Normal"), ("lognormal", "Lognormal"), ("uniform", "Uniform"), ("triangular", "Triangular")],
        string="Distribution",
        default="normal",
    )
    simulated_moved = fields.Float(
        string="Still Moving (%)",
        digits=0,
        readonly=True,
        copy=False,
        aggregator=None,
        help="By how much the ends of the interval moved over the second half of the trials. Below 1 % more trials tell nothing new.",
    )
    simulated_mean_t = fields.Float(string="Mean (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None)
    simulated_low_t = fields.Float(string="2.5 % (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None)
    simulated_high_t = fields.Float(string="97.5 % (t CO₂e)", digits=0, readonly=True, copy=False, aggregator=None)

    _trials_check = models.Constraint(
        f"CHECK(simulation_trials IS NULL OR simulation_trials BETWEEN 100 AND {_MOST_TRIALS})",
        f"A simulation has 100 to {_MOST_TRIALS} trials.",
    )

    @api.depends("computed_on", "uncertainty_on", "electricity_basis")
    def _compute_is_uncertainty_stale(self):
        grades = self.env["carbon.data.grade"]._read_group(
            [("company_id", "in", [False, *self.company_id.ids])], ["company_id"], ["write_date:max"]
        )
        changed = {company.id: moment for company, moment in grades}
        for inventory in self:
            moments = [changed.get(key) for key in (False, inventory.company_id.id)]
            moments.append(inventory.computed_on)
            assessed = inventory.uncertainty_on
            inventory.is_uncertainty_stale = bool(assessed) and any(m and m > assessed for m in moments)

    @api.depends("uncertainty_result_ids.spread", "uncertainty_percent")
    def _compute_uncertainty_spread(self):
        for inventory in self:
            headline = inventory.uncertainty_result_ids.filtered(lambda row: row.measure == "total_t")
            inventory.uncertainty_spread = headline[:1].spread

    @api.depends("uncertainty_on", "uncertainty_coverage")
    def _compute_uncertainty_state(self):
        for inventory in self:
            known = inventory.uncertainty_coverage
            state = "unknown" if known < LEAST_COVERAGE else "known" if known >= ALL else "partial"
            inventory.uncertainty_state = inventory.uncertainty_on and state

    # ------------------------------------------------------------------ assessment
    def action_assess_uncertainty(self):
        """Assess the uncertainty of computed drafts.

        :raises UserError: if a draft shows no lines of today
        """
        self._require("group_carbon_accountant", "draft")
        self._require_fresh()
        for inventory in self:
            inventory._assess_uncertainty()
        return True

    def action_check(self):
        """Assess what was not assessed since it was computed: a checked inventory tells its uncertainty."""
        self._require("group_carbon_accountant", "draft")
        self._require_fresh()
        for inventory in self:
            if not inventory.uncertainty_on or inventory.is_uncertainty_stale:
                inventory._assess_uncertainty()
        return super().action_check()

    def _clear_lines(self):
        """Forget the uncertainty with the lines that it belongs to."""
        result = super()._clear_lines()
        self._clear_uncertainty()
        return result

    def unlink(self):
        """Take the rows along: they have no foreign key."""
        ids = self.ids
        result = super().unlink()
        self.browse(ids)._delete_uncertainty()
        return result

    def _delete_uncertainty(self):
        ids = tuple(self.ids) or (0,)
        for model in ("carbon.inventory.uncertainty", "carbon.inventory.uncertainty.result"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE inventory_id IN %s", SQL.identifier(self.env[model]._table), ids)
            )
            self.env[model].invalidate_model(flush=False)

    def _clear_uncertainty(self):
        self._delete_uncertainty()
        nothing = dict.fromkeys(("uncertainty_coverage", "quality_score", *_SIMULATED), 0.0)
        self.with_context(carbon_inventory_act=ACT).write(
            {"uncertainty_on": False, "uncertainty_percent": False, **nothing}
        )

    def _assess_uncertainty(self):
        self.ensure_one()
        self.env.flush_all()
        self.env["carbon.inventory.uncertainty"]._fill(self)
        rows = self._uncertainty_rows()
        results = self._uncertainty_results(rows)
        self._write_uncertainty_results(results)
        headline = next((row for row in results if row.get("measure") == "total_t"), {})
        self.with_context(carbon_inventory_act=ACT).write(
            {
                "uncertainty_on": fields.Datetime.now(),
                "uncertainty_percent": headline.get("percent"),
                "uncertainty_coverage": headline.get("coverage", 0.0),
                "quality_score": headline.get("score", 0.0),
                **dict.fromkeys(_SIMULATED, 0.0),
            }
        )
        self.invalidate_recordset()

    def _uncertainty_rows(self):
        """Return the rows of the assessment as dicts, with ``part``, in t CO2e, for :func:`tools.uncertainty.propagate`."""
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT source_id, emission_category_id, segment, in_location, in_market, treatment, factor_id, equipment_id, "
                "quality, co2e_kg / 1000 AS t, activity_percent, factor_percent, factor_low_percent, factor_high_percent, score, "
                "factor_id IN (%s) AS is_definition FROM carbon_inventory_uncertainty "
                "WHERE inventory_id = %s ORDER BY id",
                self.env["carbon.inventory.uncertainty"]._sql_definitions(),
                self.id,
            )
        )
        rows = cr.dictfetchall()
        for row in rows:
            # readings of one instrument, and records of one source and grade, err together
            meter = row["equipment_id"]
            measured = ("equipment", meter, "") if meter else ("source", row["source_id"], row["quality"])
            row["part"] = uncertainty.Part(
                value=float(row["t"]),
                activity=measured,
                activity_percent=_float(row["activity_percent"]),
                # 1 kg per kg never errs: what does are the parameters of the source, and of no other
                factor=("source", row["source_id"]) if row["is_definition"] else row["factor_id"],
                factor_percent=_float(row["factor_percent"]),
                factor_sides=_sides(row["factor_low_percent"], row["factor_high_percent"]),
            )
        return rows

    def _in_measure(self, row, measure):
        """Whether a row is in one of the totals of the inventory."""
        treatment, left_out, basis = MEASURES[measure]
        basis = basis or self.electricity_basis
        return row["treatment"] == treatment and row["segment"] != left_out and row[f"in_{basis}"]

    def _uncertainty_results(self, rows):
        """Return the rows of all levels: totals, segments, categories, sources, measurements and factors."""
        results = []
        for measure in MEASURES:
            mine = [row for row in rows if self._in_measure(row, measure)]
            if mine:
                results.append(self._uncertainty_result(mine, level="total", measure=measure))
        counted = [row for row in rows if self._in_measure(row, "total_t")]
        for level, name in (("segment", "segment"), ("category", "emission_category_id"), ("source", "source_id")):
            groups = defaultdict(list)
            for row in counted:
                groups[row[name]].append(row)
            found = [self._uncertainty_result(group, level=level, **{name: key}) for key, group in groups.items()]
            results += sorted(found, key=lambda row: -(row["half_t"] or 0))
        for number, row in enumerate(results):
            row["sequence"] = TOP + 1 + number
        return results + self._uncertainty_components(counted)

    def _uncertainty_result(self, rows, **values):
        interval = uncertainty.propagate(row["part"] for row in rows)
        weight = sum(abs(row["part"].value) for row in rows)
        return {
            **values,
            "co2e_t": interval.total,
            "half_t": interval.half if interval.components else None,
            "below_t": interval.below if interval.differs() else None,
            "above_t": interval.above if interval.differs() else None,
            "percent": interval.percent if interval.components else None,
            "coverage": 100 * interval.coverage,
            "score": sum(abs(row["part"].value) * row["score"] for row in rows) / weight if weight else 0.0,
        }

    def _uncertainty_components(self, counted):
        """Return what each measurement and factor adds to the interval of the headline total, the widest first."""
        interval = uncertainty.propagate(row["part"] for row in counted)
        if not interval.half:
            return []
        values, absolute, known = defaultdict(float), defaultdict(float), defaultdict(float)
        for row in counted:
            part = row["part"]
            for key, percent in (
                (("activity", part.activity), part.activity_percent),
                (("factor", part.factor), part.factor_percent),
            ):
                values[key] += part.value
                absolute[key] += abs(part.value)
                known[key] += abs(part.value) if percent is not None else 0.0
        found = []
        variance = math.fsum(interval.half_of(key) ** 2 for key in interval.components)
        for key in sorted(interval.components, key=lambda key: (-interval.half_of(key), repr(key))):
            (kind, name), half = key, interval.half_of(key)
            below, above = interval.components[key]
            differs = not math.isclose(below, above, rel_tol=1e-9)
            halved = interval.without(key, 0.5)
            found.append(
                {
                    "level": kind,
                    "sequence": len(found) + 1,
                    "co2e_t": values[key],
                    "half_t": half,
                    "below_t": below if differs else None,
                    "above_t": above if differs else None,
                    "percent": 100 * abs(half / values[key]) if values[key] else None,
                    "coverage": 100 * known[key] / absolute[key],
                    "share": 100 * half**2 / variance,
                    "halved_percent": 100 * halved / abs(interval.total) if interval.total else None,
                    **self._component_names(kind, name),
                }
            )
        return found

    @api.model
    def _component_names(self, kind, name):
        if kind == "factor":
            return {"source_id": name[1]} if isinstance(name, tuple) else {"factor_id": name}
        what, record, quality = name
        return {"equipment_id": record} if what == "equipment" else {"source_id": record, "quality": quality}

    def _write_uncertainty_results(self, results):
        """Replace the results of a draft."""
        table = SQL.identifier(self.env["carbon.inventory.uncertainty.result"]._table)
        self.env.cr.execute(SQL("DELETE FROM %s WHERE inventory_id = %s", table, self.id))
        fixed = {"inventory_id": self.id, "company_id": self.company_id.id}
        if results:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %s (%s) VALUES %s",
                    table,
                    SQL(", ").join(map(SQL.identifier, _COLUMNS)),
                    SQL(", ").join(
                        SQL("(%s)", SQL(", ").join(SQL("%s", {**fixed, **row}.get(name)) for name in _COLUMNS))
                        for row in results
                    ),
                )
            )
        self.env["carbon.inventory.uncertainty.result"].invalidate_model(flush=False)

    # ------------------------------------------------------------------ simulation
    def action_simulate_uncertainty(self):
        """Simulate the headline total of an assessed draft (IPCC 2006, volume 1, chapter 3, approach 2).

        :raises UserError: if it was not assessed since it was computed, or the draws would take too long
        """
        self.ensure_one()
        self._require("group_carbon_accountant", "draft")
        if not self.uncertainty_on or self.is_uncertainty_stale:
            raise UserError(self.env._("Assess the uncertainty of %(inventory)s first.", inventory=self.name))
        if self.uncertainty_state == "unknown":
            raise UserError(
                self.env._(
                    "Only %(percent)s %% of the emissions of %(inventory)s have a known uncertainty. Enter the uncertainties of "
                    "factor versions, rules or data grades, and assess it again.",
                    percent=f"{self.uncertainty_coverage:.1f}",
                    inventory=self.name,
                )
            )
        parts = [row["part"] for row in self._uncertainty_rows() if self._in_measure(row, "total_t")]
        trials = self.simulation_trials or uncertainty.TRIALS
        if trials * len(parts) > _MOST_DRAWS:
            raise UserError(
                self.env._(
                    "%(inventory)s consists of %(parts)s parts. Choose %(trials)s trials or fewer.",
                    inventory=self.name,
                    parts=len(parts),
                    trials=max(_MOST_DRAWS // len(parts), 100),
                )
            )
        seed = self.simulation_seed or secrets.randbelow(2**31 - 1) + 1
        found = uncertainty.simulate(parts, seed, trials, self.simulation_distribution or "normal")
        self.with_context(carbon_inventory_act=ACT).write(
            {
                "simulation_seed": seed,
                "simulated_mean_t": found.mean,
                "simulated_low_t": found.low,
                "simulated_high_t": found.high,
                "simulated_moved": found.moved,
            }
        )
        return True

    def action_view_uncertainty(self):
        """Open the results of all levels."""
        return self._own_action("carbon_inventory_uncertainty_result_action")


def _sides(below, above):
    """Return both sides of a factor's uncertainty, None where they are alike."""
    return None if below is None or above is None else (float(below), float(above))


def _float(value):
    """Return a percentage as a float; None: not known."""
    return None if value is None else float(value)
