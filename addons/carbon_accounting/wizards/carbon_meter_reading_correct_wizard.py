from odoo import api, fields, models

from odoo.addons.carbon_management.tools.figures import read_number

from ..models.carbon_meter_reading import plain_number


class CarbonMeterReadingCorrectWizard(models.TransientModel):
    """Asks what is right instead of a wrong reading, and why."""

    _name = "carbon.meter.reading.correct.wizard"
    _description = "Correct a Reading"

    reading_id = fields.Many2one("carbon.meter.reading", required=True, readonly=True, ondelete="cascade")
    equipment_id = fields.Many2one(related="reading_id.equipment_id")
    uom_id = fields.Many2one(related="equipment_id.carbon_uom_id")
    wrong = fields.Char(compute="_compute_wrong")
    nothing = fields.Boolean("Take Back Only", help="Nothing was read: there is no right figure.")
    figure = fields.Char("Right Figure", compute="_compute_right", store=True, readonly=False)
    read_at = fields.Datetime(compute="_compute_right", store=True, readonly=False)
    rollover = fields.Boolean("Counter Restarted", compute="_compute_right", store=True, readonly=False)
    reason = fields.Text(required=True)
    is_closed = fields.Boolean(compute="_compute_is_closed")

    @api.depends("reading_id")
    def _compute_wrong(self):
        for wizard in self:
            reading = wizard.reading_id
            wizard.wrong = reading._phrase() if reading else False

    @api.depends("reading_id")
    def _compute_right(self):
        """Begin with the wrong one: mostly one digit differs."""
        for wizard in self:
            reading = wizard.reading_id
            wizard.figure = (
                plain_number(reading.consumption if reading.value is False else reading.value) if reading else False
            )
            wizard.read_at, wizard.rollover = reading.read_at, reading.rollover

    @api.depends("reading_id", "read_at")
    def _compute_is_closed(self):
        for wizard in self:
            moments = [moment for moment in (wizard.reading_id.read_at, wizard.read_at) if moment]
            days = [wizard.reading_id._local(moment).date() for moment in moments]
            # sudo: whether a month is closed, for technicians too
            periods = self.env["carbon.reporting.period"].sudo()
            wizard.is_closed = any(
                periods.search_count(
                    [
                        ("company_id", "=", wizard.reading_id.company_id.id),
                        ("state", "=", "closed"),
                        ("date_from", "=", day.replace(day=1)),
                    ],
                    limit=1,
                )
                for day in days
            )

    def action_correct(self):
        """Take the wrong reading back, and save the right one.

        :return: action that reloads
        """
        self.ensure_one()
        figure = None
        if not self.nothing:
            figure = read_number(self.figure)
            if figure is None:
                figure = "?"
        self.reading_id._correct(self.reason, figure, self.read_at, self.rollover)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
