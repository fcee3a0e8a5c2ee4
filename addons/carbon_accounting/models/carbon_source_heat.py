from odoo import api, fields, models
from odoo.exceptions import ValidationError

HEATING_VALUES = [("lhv", "Net (LHV)"), ("hhv", "Gross (HHV)")]


class CarbonSource(models.Model):
    """Energy of fuel is measured net or gross: about 10 % apart for gas, 5 % for coal and oil. Source and factor say the same."""

    _inherit = "carbon.source"

    heating_value_basis = fields.Selection(
        HEATING_VALUES,
        string="Energy Measured as",
        tracking=True,
        help="Whether meters, bills and conversions give the energy of the fuel by its net or its gross calorific value. The factors must "
        "be of the same.",
    )
    is_energy = fields.Boolean(compute="_compute_is_energy")

    @api.depends("uom_id")
    def _compute_is_energy(self):
        energy = self.env.ref("carbon_accounting.uom_gj")
        for source in self:
            source.is_energy = bool(source.uom_id) and source.uom_id._has_common_reference(energy)

    @api.onchange("factor_line_ids", "uom_id")
    def _onchange_heating_value_basis(self):
        """Propose the basis of the factors, so that the accountant sees it."""
        bases = set(self.factor_line_ids.factor_id.version_ids.mapped("heating_value_basis")) - {False}
        if self.is_energy and not self.heating_value_basis and len(bases) == 1:
            self.heating_value_basis = bases.pop()

    @api.constrains("heating_value_basis", "uom_id", "factor_line_ids")
    def _check_heating_value_basis(self):
        """Refuse factors whose every approved version is of the other calorific value."""
        labels = dict(self._fields["heating_value_basis"]._description_selection(self.env))
        for source in self.filtered(lambda s: s.is_energy and s.heating_value_basis):
            for factor in source.factor_line_ids.factor_id:
                approved = factor.version_ids.filtered(lambda v: v.state == "approved" and v.heating_value_basis)
                if approved and source.heating_value_basis not in approved.mapped("heating_value_basis"):
                    raise ValidationError(
                        self.env._(
                            "The energy of source %(emitter)s is measured as %(own)s, factor %(factor)s is per energy of %(theirs)s. "
                            "Choose a factor of the same basis, or correct how the energy is measured.",
                            emitter=source.display_name,
                            own=labels[source.heating_value_basis],
                            factor=factor.display_name,
                            theirs=labels[approved[0].heating_value_basis],
                        )
                    )
