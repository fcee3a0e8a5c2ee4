from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class CarbonMeterPart(models.Model):
    """One meter in the formula of a virtual meter, with its factor: 1 adds it, -1 takes it away.

    Invariant: no meter is part of itself, through however many others; units of both convert into each other; one meter is
    at most once in a formula on any day.
    """

    _name = "carbon.meter.part"
    _description = "Part of a Virtual Meter"
    _order = "meter_id, id"
    _rec_name = "part_id"
    _check_company_auto = True

    meter_id = fields.Many2one("maintenance.equipment", "Virtual Meter", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="meter_id.company_id", store=True, index=True)
    part_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('is_carbon_meter', '=', True), ('id', '!=', meter_id)]",
    )
    factor = fields.Float(
        digits=0, required=True, default=1.0, aggregator=None, help="1 adds the meter, -1 takes it away."
    )
    date_from = fields.Date("From", help="Empty: since ever.")
    date_to = fields.Date("To", help="Last day. Empty: for ever.")

    _factor_check = models.Constraint(
        "CHECK(factor <> 0)", "A part of a formula has a factor other than 0: remove the line instead."
    )
    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "The last day of a part cannot lie before the first.",
    )

    @api.constrains("meter_id", "part_id", "date_from", "date_to")
    def _check_part(self):
        for part in self:
            meter, other = part.meter_id, part.part_id
            names = {"meter": meter.display_name, "part": other.display_name}
            if meter.carbon_register != "virtual":
                raise ValidationError(
                    self.env._("%(meter)s is read itself: only a virtual meter has a formula.", **names)
                )
            if not other.is_carbon_meter:
                raise ValidationError(self.env._("%(part)s is no meter and cannot be part of %(meter)s.", **names))
            if meter.company_id != other.company_id:
                raise ValidationError(self.env._("%(part)s belongs to another company than %(meter)s.", **names))
            if not other.carbon_uom_id._has_common_reference(meter.carbon_uom_id):
                raise ValidationError(
                    self.env._(
                        "%(part)s counts %(unit)s, which do not convert into the %(own)s of %(meter)s.",
                        unit=other.carbon_uom_id.name,
                        own=meter.carbon_uom_id.name,
                        **names,
                    )
                )
        self._check_overlaps()
        self._check_cycles()

    def _check_overlaps(self):
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id FROM carbon_meter_part a
                     JOIN carbon_meter_part b ON b.meter_id = a.meter_id AND b.part_id = a.part_id AND b.id <> a.id
                      AND COALESCE(b.date_from, '-infinity') <= COALESCE(a.date_to, 'infinity')
                      AND COALESCE(a.date_from, '-infinity') <= COALESCE(b.date_to, 'infinity')
                    WHERE a.id = ANY(%s) LIMIT 1""",
                self.ids,
            )
        )
        for (part_id,) in rows:
            part = self.browse(part_id)
            raise ValidationError(
                self.env._(
                    "%(part)s is in the formula of %(meter)s twice on some days.",
                    part=part.part_id.display_name,
                    meter=part.meter_id.display_name,
                )
            )

    def _check_cycles(self):
        """Refuse circles, whatever their dates: a formula that is one on no day is still not understood by anybody."""
        rows = self.env.execute_query(
            SQL(
                """WITH RECURSIVE below AS (
                     SELECT meter_id AS root, part_id FROM carbon_meter_part WHERE meter_id = ANY(%s)
                      UNION SELECT b.root, p.part_id FROM below b JOIN carbon_meter_part p ON p.meter_id = b.part_id)
                   SELECT root FROM below WHERE part_id = root LIMIT 1""",
                self.meter_id.ids,
            )
        )
        for (meter_id,) in rows:
            name = self.meter_id.browse(meter_id).display_name
            raise ValidationError(
                self.env._("%(name)s would be a part of itself. Take it out of the formula.", name=name)
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Tell the audit trail: the formula is what a virtual meter reads."""
        parts = super().create(vals_list)
        parts._record("meter.formula.add")
        return parts

    def write(self, vals):
        """Tell the audit trail, as above."""
        result = super().write(vals)
        self._record("meter.formula.change")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_recorded(self):
        self._record("meter.formula.remove")

    def _record(self, event):
        entries = self.env["carbon.trail.entry"]
        for part in self:
            payload = {
                "part": part.part_id.with_context(lang=None).display_name,
                "factor": part.factor,
                "date_from": part.date_from or None,
                "date_to": part.date_to or None,
            }
            entries._append(part.company_id, event, record=part.meter_id, payload=payload)
