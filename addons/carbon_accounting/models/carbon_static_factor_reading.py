from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonStaticFactorReading(models.Model):
    """What a static factor was on a day (R-054). Readings are added, never changed, once the baseline is approved."""

    _name = "carbon.static.factor.reading"
    _description = "Reading of a Static Factor"
    _order = "factor_id, date desc, id desc"
    _rec_name = "date"

    factor_id = fields.Many2one("carbon.static.factor", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="factor_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    value = fields.Float(digits=0, required=True, aggregator=None)
    unit = fields.Char(related="factor_id.unit")
    note = fields.Char("Evidence")

    @api.model_create_multi
    def create(self, vals_list):
        """A reading that crosses the threshold raises a to-do."""
        readings = super().create(vals_list)
        readings.factor_id._raise_crossed()
        return readings

    def write(self, vals):
        """Refuse: a wrong reading is followed by a right one."""
        if vals.keys() & {"factor_id", "date", "value"}:
            self._check_kept()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._check_kept()

    def _check_kept(self):
        # sudo: what is kept is kept, whoever asks
        if kept := self.sudo().filtered(lambda reading: reading.factor_id.baseline_id.state != "draft")[:1]:
            raise UserError(
                self.env._(
                    "Readings of %(factor)s are kept with its approved baseline. Add the right one with its evidence.",
                    factor=kept.factor_id.name,
                )
            )
