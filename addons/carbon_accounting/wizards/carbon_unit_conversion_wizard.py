from odoo import api, fields, models
from odoo.fields import Domain

from ..models.carbon_unit_conversion_history import CHAIN


class CarbonUnitConversionWizard(models.TransientModel):
    """Continues a conversion with another value from a day on; what came before keeps its own."""

    _name = "carbon.unit.conversion.wizard"
    _description = "New Value of a Unit Conversion"

    conversion_id = fields.Many2one("carbon.unit.conversion", required=True, readonly=True)
    from_uom_id = fields.Many2one(related="conversion_id.from_uom_id")
    to_uom_id = fields.Many2one(related="conversion_id.to_uom_id")
    date_from = fields.Date(string="Valid From", required=True)
    factor = fields.Float(string="New Value", digits=0, required=True)
    basis = fields.Char(
        compute="_compute_basis",
        store=True,
        readonly=False,
        precompute=True,
        help="Reference conditions, for instance 20 °C, or 0 °C and 101.325 kPa.",
    )
    source_document = fields.Char(
        required=True, help="Where the new value comes from: data sheet, standard, laboratory report."
    )
    closed_count = fields.Integer(compute="_compute_closed_count", export_string_translation=False)

    @api.depends("conversion_id")
    def _compute_basis(self):
        for wizard in self:
            wizard.basis = wizard.conversion_id.basis

    @api.depends("date_from", "conversion_id")
    def _compute_closed_count(self):
        """Count closed months that the value would reach: their rows wait as late adjustments."""
        for wizard in self:
            company = wizard.conversion_id.company_id
            wizard.closed_count = 0
            if wizard.date_from:
                domain = Domain("state", "=", "closed") & Domain("date_from", ">=", wizard.date_from.replace(day=1))
                if company:
                    domain &= Domain("company_id", "=", company.id)
                wizard.closed_count = self.env["carbon.reporting.period"].search_count(domain)

    def action_create(self):
        """Create the value and open it.

        :raises ValidationError: where a value begins on that day already
        """
        self.ensure_one()
        before = self.conversion_id
        created = before.create(
            {
                **{name: before[name].id for name in CHAIN},
                "factor": self.factor,
                "date_from": self.date_from,
                "property_kind": before.property_kind,
                "basis": self.basis,
                "source_document": self.source_document,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": created._name,
            "res_id": created.id,
            "view_mode": "form",
        }
