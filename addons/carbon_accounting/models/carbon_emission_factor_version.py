from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools import kernel

PROVENANCES = [
    ("published", "Published, primary text"),
    ("published_secondary", "Published, public copy"),
    ("computed", "Computed"),
    ("recalled_unverified", "Unverified"),
    ("measured", "Measured"),
    ("supplier", "Supplier"),
]


class CarbonEmissionFactorVersion(models.Model):
    """The values of a factor from a date on, in a region, from one source.

    Immutable once approved, gas lines included. It ends the day before the
    next approved version of the same factor and region starts. Data year,
    publication and reporting years tell where the number comes from; only
    ``date_from`` says from when it applies.
    """

    _name = "carbon.emission.factor.version"
    _inherit = ["carbon.gate.mixin", "carbon.shared.mixin", "carbon.basis.mixin"]
    _description = "Emission Factor Version"
    _order = "factor_id, region_id, date_from desc, id"
    _check_company_auto = True
    _gate_frozen_states = ("approved",)

    factor_id = fields.Many2one(
        "carbon.emission.factor",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="factor_id.company_id", store=True, index="btree_not_null")
    uom_id = fields.Many2one(related="factor_id.uom_id")
    currency_id = fields.Many2one(related="factor_id.currency_id")
    region_id = fields.Many2one(
        "carbon.region",
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: anywhere.",
    )
    date_from = fields.Date(string="Valid From", required=True)
    date_to = fields.Date(
        string="Valid To",
        compute="_compute_date_to",
        help="The day before the next approved version of this factor and region.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
    )
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    approved_on = fields.Datetime(readonly=True, copy=False)

    method = fields.Selection(
        [("gas", "Mass per gas"), ("parameter", "NCV × carbon content × oxidation")],
        required=True,
        default="gas",
    )
    ncv = fields.Float(string="Net Calorific Value", digits=0, aggregator=None)
    ncv_uom_id = fields.Many2one(
        "uom.uom",
        string="NCV per",
        ondelete="restrict",
        help="The unit of fuel that holds this many GJ.",
    )
    ncv_unit = fields.Char(string="NCV Unit", compute="_compute_ncv_unit")
    carbon_content = fields.Float(string="Carbon Content (tC/GJ)", digits=0, aggregator=None)
    oxidation_rate = fields.Float(digits=0, aggregator=None, help="A share between 0 and 1: 0.98 for 98 %.")
    heating_value_basis = fields.Selection([("lhv", "Net (LHV)"), ("hhv", "Gross (HHV)")])
    gas_line_ids = fields.One2many("carbon.emission.factor.gas", "version_id")
    kg_co2_per_unit = fields.Float(
        string="kg CO₂ per Unit",
        digits=0,
        compute="_compute_kg_co2_per_unit",
        aggregator=None,
    )
    co2e_preview = fields.Char(string="kg CO₂e per Unit", compute="_compute_co2e_preview")

    uncertainty = fields.Float(
        string="Uncertainty (±%)",
        digits=0,
        aggregator=None,
        compute="_compute_uncertainty",
        store=True,
        readonly=False,
        precompute=True,
        help="Half the 95 % interval, in per cent of the value. Where the source gives two percentages, half of their sum.",
    )
    data_year = fields.Integer(aggregator=None)
    published_on = fields.Char(help="When the source was published, as printed.")
    reporting_years = fields.Char(help="The reporting years for which the publisher or practice uses it.")
    source_document = fields.Char()
    provenance = fields.Selection(PROVENANCES, required=True, default="published")
    zero_reason = fields.Char(
        string="Reason for Zero",
        help="Why a unit emits nothing by contract, such as a retired certificate. Without it every line is above zero.",
    )
    confirmation_reason = fields.Char(help="Why an unverified number may be used; needed to approve it.")
    licence = fields.Char()
    note = fields.Text()

    _key_uniq = models.UniqueIndex(
        "(factor_id, (COALESCE(region_id, 0)), date_from)",
        "This factor already has a version for this region from this date.",
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------
    @api.depends("factor_id.code", "region_id.code", "date_from")
    def _compute_display_name(self):
        for version in self:
            parts = (
                version.factor_id.code,
                version.region_id.code,
                version.date_from and fields.Date.to_string(version.date_from),
            )
            version.display_name = " · ".join(part for part in parts if part)

    @api.depends("factor_id", "region_id", "date_from", "state")
    def _compute_date_to(self):
        starts = defaultdict(list)
        groups = self._read_group(
            [("factor_id", "in", self.factor_id.ids), ("state", "=", "approved")],
            ["factor_id", "region_id", "date_from:day"],
        )
        for factor, region, day in groups:
            starts[factor, region].append(fields.Date.to_date(day))
        for version in self:
            later = [
                start
                for start in starts[version.factor_id, version.region_id]
                if version.date_from and start > version.date_from
            ]
            version.date_to = min(later) - timedelta(days=1) if later else False

    @api.depends("ncv_uom_id.name")
    def _compute_ncv_unit(self):
        for version in self:
            unit = version.ncv_uom_id.name
            version.ncv_unit = f"GJ/{unit}" if unit else False

    @api.depends(
        "method",
        "ncv",
        "carbon_content",
        "oxidation_rate",
        "gas_line_ids.kg_per_unit",
        "gas_line_ids.gas_id",
    )
    def _compute_kg_co2_per_unit(self):
        for version in self:
            if version.method == "parameter":
                parameters = (
                    version.ncv,
                    version.carbon_content,
                    version.oxidation_rate,
                )
                kg = kernel.parameter_kg_per_unit(*map(repr, parameters))
                version.kg_co2_per_unit = float(kg)
            else:
                lines = version.gas_line_ids
                carbon_dioxide = lines.filtered(lambda line: line.gas_id.code == "CO2")
                version.kg_co2_per_unit = sum(carbon_dioxide.mapped("kg_per_unit"))

    @api.depends("kg_co2_per_unit", "gas_line_ids.kg_per_unit", "gas_line_ids.kind")
    def _compute_co2e_preview(self):
        sets = self.env["carbon.gwp.set"].search_fetch([], ["code"])
        values = defaultdict(dict)
        for value in sets.value_ids:
            values[value.gwp_set_id.code][value.gas_id.code] = repr(value.value)
        for version in self:
            masses = version._preview_masses()
            known = {
                code: kernel.co2e(masses, values[code])["total"]
                for code in sets.mapped("code")
                if all(gas in values[code] for gas, _kind in masses)
            }
            version.co2e_preview = self._format_preview(known) if masses else False

    @staticmethod
    def _format_preview(known):
        """Return one number where all GWP sets agree, else one per set."""
        shown = {}
        for code, kg in known.items():
            digits = 4 if kg >= 1 else 9
            shown[code] = f"{kg:.{digits}f}".rstrip("0").rstrip(".")
        if len(set(shown.values())) == 1 and len(shown) > 1:
            return next(iter(shown.values()))
        return " · ".join(f"{code} {kg}" for code, kg in shown.items())

    def _preview_masses(self):
        """Return ``{(gas, kind): kg}`` per unit, from what the form shows."""
        masses = defaultdict(Decimal)
        parameter = self.method == "parameter"
        for line in self.gas_line_ids.filtered("gas_id"):
            if not (parameter and line.gas_id.code == "CO2"):
                masses[line.gas_id.code, line.kind] += Decimal(repr(line.kg_per_unit))
        if parameter and self.kg_co2_per_unit:
            masses["CO2", "fossil"] = Decimal(repr(self.kg_co2_per_unit))
        return dict(masses)

    # ------------------------------------------------------------------
    # Constraints and onchange
    # ------------------------------------------------------------------
    @api.constrains("oxidation_rate")
    def _check_oxidation_rate(self):
        for version in self:
            rate = version.oxidation_rate
            if 0 <= rate <= 1:
                continue
            share = rate / 100 if 1 < rate <= 100 else 1
            raise ValidationError(
                self.env._(
                    "The oxidation rate of %(version)s is %(rate)s. It is a share between 0 and 1: write %(share)s.",
                    version=version.display_name,
                    rate=f"{rate:g}",
                    share=f"{share:g}",
                )
            )

    @api.constrains("ncv", "carbon_content", "uncertainty")
    def _check_not_negative(self):
        for version in self:
            for name in ("ncv", "carbon_content", "uncertainty"):
                if version[name] < 0:
                    raise ValidationError(
                        self.env._(
                            "%(field)s of %(version)s is negative. Enter the value printed in the source.",
                            field=self._fields[name]._description_string(self.env),
                            version=version.display_name,
                        )
                    )

    @api.constrains("method", "ncv", "ncv_uom_id", "factor_id", "heating_value_basis")
    def _check_ncv_unit(self):
        for version in self.filtered(lambda v: v.method == "parameter" and v.ncv):
            unit = version.factor_id.uom_id
            if version.ncv_uom_id != unit:
                raise ValidationError(
                    self.env._(
                        "The calorific value of %(version)s is per %(given)s, the"
                        " factor is per %(unit)s. Convert the value or use a factor"
                        " per %(given)s.",
                        version=version.display_name,
                        given=version.ncv_uom_id.name or self.env._("nothing"),
                        unit=unit.name or version.factor_id.currency_id.name,
                    )
                )
            if version.heating_value_basis == "hhv":
                raise ValidationError(
                    self.env._(
                        "%(version)s calculates with a net calorific value, but its"
                        " basis says gross. Enter the net value or choose the net"
                        " basis.",
                        version=version.display_name,
                    )
                )

    @api.onchange("method", "factor_id")
    def _onchange_method(self):
        if self.method == "parameter":
            self.ncv_uom_id = self.ncv_uom_id or self.factor_id.uom_id
            self.heating_value_basis = self.heating_value_basis or "lhv"
            self.oxidation_rate = self.oxidation_rate or 1

    # ------------------------------------------------------------------
    # Basis of the ledger
    # ------------------------------------------------------------------
    _basis_emissions_only = True

    @api.model
    def _basis_fields(self):
        """Approval; the rest is frozen with it."""
        return super()._basis_fields() | {"state"}

    def _basis_companies(self):
        """Return the companies whose sources use the factors of approved versions."""
        factors = self.filtered(lambda version: version.state == "approved").factor_id
        # sudo: a factor may be shared, sources of any company use it
        lines = self.env["carbon.source.factor"].sudo().search([("factor_id", "in", factors.ids)])
        return self.env["res.company"].browse(lines.source_id.company_id.ids)

    # ------------------------------------------------------------------
    # Exact values
    # ------------------------------------------------------------------
    def _get_exact_lines(self):
        """Return gas lines without a detour through floats.

        :return: ``{version id: [(gas code, kind, Decimal kg per unit)]}``
        """
        lines = self.env["carbon.emission.factor.gas"]
        lines.flush_model(["version_id", "gas_id", "kind", "kg_per_unit"])
        rows = self.env.execute_query(
            SQL(
                """SELECT line.version_id, gas.code, line.kind, line.kg_per_unit::text
                     FROM carbon_emission_factor_gas line
                     JOIN carbon_gas gas ON gas.id = line.gas_id
                    WHERE line.version_id IN %s
                    ORDER BY line.version_id, gas.sequence, line.id""",
                tuple(self.ids) or (0,),
            )
        )
        exact = {version_id: [] for version_id in self.ids}
        for version_id, gas, kind, kg in rows:
            exact[version_id].append((gas, kind, Decimal(kg)))
        return exact
