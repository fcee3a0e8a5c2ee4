from odoo import api, fields, models


class CarbonMeterMultiplier(models.Model):
    """What a reading is multiplied with from a day on: ratio of transformers, pulses, pressure (R-131).

    Invariant: one per meter and first day; it holds until the next one begins. Without any, a meter counts once.
    """

    _name = "carbon.meter.multiplier"
    _description = "Meter Multiplier"
    _order = "equipment_id, date_from desc"
    _rec_name = "date_from"

    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_carbon_meter", "=", True)],
    )
    company_id = fields.Many2one(related="equipment_id.company_id", store=True, index=True)
    date_from = fields.Date("From", required=True)
    multiplier = fields.Float(digits=0, required=True, default=1.0, aggregator=None)
    reason = fields.Char(required=True, help="What was changed: transformer, gear, gas pressure.")

    _from_uniq = models.UniqueIndex("(equipment_id, date_from)", "This meter has a multiplier from this day already.")
    _multiplier_check = models.Constraint("CHECK(multiplier > 0)", "A multiplier lies above 0.")

    @api.model_create_multi
    def create(self, vals_list):
        """Tell the audit trail: a multiplier changes what every reading means."""
        rows = super().create(vals_list)
        rows._record("meter.multiplier.add")
        return rows

    def write(self, vals):
        """Tell the audit trail, as above."""
        result = super().write(vals)
        self._record("meter.multiplier.change")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_recorded(self):
        self._record("meter.multiplier.remove")

    def _record(self, event):
        entries = self.env["carbon.trail.entry"]
        for row in self:
            payload = {"date_from": row.date_from, "multiplier": row.multiplier, "reason": row.reason}
            entries._append(row.company_id, event, record=row.equipment_id, payload=payload)
