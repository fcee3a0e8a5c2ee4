from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat, LedgerMany2one

SOURCES = [
    ("manual", "Typed"),
    ("qr", "Label scanned"),
    ("import", "Imported"),
    ("api", "Data logger"),
]
FLAGS = [
    ("unusual", "Far from the usual"),
    ("rollover", "Counter restarted"),
    ("again", "Same entry twice"),
    ("late", "Late"),
]


class CarbonMeterReading(models.Model):
    """A reading of a meter: what its counter showed at a moment, or what was used until it (R-131, R-157).

    Invariant: a reading is never changed or deleted, the database refuses it. A wrong one is taken back by a *counter line*
    (``corrects_id``) that carries the same meter and moment and the reason, and the right one is a further reading
    (``replaces_id``). ``value`` is the state of a counter, ``consumption`` what an interval used (with the sign turned in its
    counter line, so that consumption is a plain sum). ``read_at`` is UTC and the end of an interval. In a closed month only
    corrections are accepted, and the engine shows what they move as a late adjustment.

    The same ``key`` of a company is the same reading: sending it again changes nothing.
    """

    _name = "carbon.meter.reading"
    _description = "Meter Reading"
    _log_access = False
    _order = "read_at desc, id desc"
    _rec_name = "read_at"
    # files of a reading stay as they are, see ir.attachment
    _gate_frozen_states = ("saved",)
    _gate_may_add_files = True

    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    equipment_id = LedgerMany2one("maintenance.equipment", string="Meter", required=True)
    read_at = fields.Datetime(required=True, default=fields.Datetime.now)
    value = KnownFloat(string="Reading", digits=0, aggregator=None, help="What the counter shows.")
    consumption = KnownFloat(
        string="Consumption", digits=0, aggregator="sum", help="What was used in the interval that ends at this moment."
    )
    rollover = fields.Boolean(
        string="Counter Restarted",
        help="Since the reading before, the counter passed its highest value and began anew.",
    )
    comment = fields.Text()
    source = fields.Selection(SOURCES, string="Entered By", required=True, default="manual", readonly=True)
    flag = fields.Selection(FLAGS, readonly=True, help="What was odd about it when it was saved.")
    key = fields.Char(readonly=True, help="Number given by who sends it: the same number is the same reading.")
    batch = fields.Char(readonly=True, index="btree_not_null", help="The file or call that brought it.")
    user_id = LedgerMany2one("res.users", string="By", required=True, readonly=True)
    entered_on = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    is_correction = fields.Boolean(string="Correction", readonly=True)
    corrects_id = LedgerMany2one("carbon.meter.reading", string="Counter Line Of", readonly=True)
    replaces_id = LedgerMany2one("carbon.meter.reading", string="Instead Of", readonly=True)

    _key_uniq = models.UniqueIndex("(company_id, key) WHERE key IS NOT NULL")
    _corrects_uniq = models.UniqueIndex("(corrects_id) WHERE corrects_id IS NOT NULL")
    _value_idx = models.Index("(equipment_id, read_at) WHERE value IS NOT NULL")
    _consumption_idx = models.Index("(equipment_id, read_at) WHERE consumption IS NOT NULL")
    _flag_idx = models.Index("(company_id, read_at) WHERE flag IS NOT NULL")
    _one_figure_check = models.Constraint(
        "CHECK((value IS NULL) <> (consumption IS NULL))",
        "A reading says either what the counter shows or what was used.",
    )

    def init(self):
        """Install the guard: no statement changes or removes a reading."""
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION carbon_meter_reading_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'carbon meter readings are kept as they were entered: % refused', TG_OP
                    USING ERRCODE = 'restrict_violation';
            END $$;
            DROP TRIGGER IF EXISTS carbon_meter_reading_guard ON carbon_meter_reading;
            CREATE TRIGGER carbon_meter_reading_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON carbon_meter_reading
                FOR EACH STATEMENT EXECUTE FUNCTION carbon_meter_reading_guard();
            """
        )

    @api.model
    def _sql_stands(self, alias):
        """Return the condition that a reading was not taken back and is no counter line itself."""
        row = SQL.identifier(alias)
        return SQL(
            "(%(r)s.corrects_id IS NULL AND NOT EXISTS (SELECT 1 FROM carbon_meter_reading undo WHERE undo.corrects_id = %(r)s.id))",
            r=row,
        )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------
    def _gate_files_frozen(self):
        """Return all: a photo that came with a reading stays with it."""
        return self

    def write(self, vals):
        """Refused: a reading is corrected by a counter line.

        :raises AccessError: where nothing is to be written and the user may not write at all
        :raises UserError: always, unless nothing is to be written
        """
        if not vals:
            return super().write(vals)
        raise UserError(self._kept())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self._kept())

    def _kept(self):
        return self.env._(
            "%(reading)s is kept as it was entered. Use 'Correct' on the reading: it takes the wrong one back and asks for the reason.",
            reading=self[:1]._phrase(),
        )

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Refused: each reading is read."""
        raise UserError(self.env._("Readings are read, not copied."))

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    @api.depends("equipment_id", "read_at", "value", "consumption")
    def _compute_display_name(self):
        for reading in self:
            reading.display_name = reading._phrase()

    def _phrase(self):
        """Return how people speak of this reading: meter, moment and figure."""
        if not self:
            return self.env._("A reading")
        # sudo: the name of the meter, for whoever reads the reading
        meter = self.sudo().equipment_id
        figure = self.consumption if self.value is False else self.value
        return self.env._(
            "%(meter)s of %(moment)s: %(figure)s %(unit)s",
            meter=meter.carbon_code or meter.name or "?",
            moment=self._local(self.read_at).strftime("%Y-%m-%d %H:%M"),
            figure=plain_number(figure),
            unit=meter.carbon_uom_id.name or "",
        ).strip()

    def _figure_text_of(self):
        """Return the figure with its unit."""
        self.ensure_one()
        figure = self.consumption if self.value is False else self.value
        meter = self.sudo().equipment_id  # sudo: the unit of the meter
        return f"{plain_number(figure)} {meter.carbon_uom_id.name or ''}".strip()

    def _local(self, moment):
        """Return a UTC moment in the time zone of the company, without it."""
        # sudo: the time zone of the company whose meter it is
        system = self.env["carbon.system"].sudo()._get(self.sudo().company_id or self.env.company)
        return fields.Datetime.context_timestamp(self.with_context(tz=system.tz), moment).replace(tzinfo=None)

    @api.model
    def _action_of_months(self, months):
        """Return the action that shows the readings of months of meters: of virtual ones those of their parts."""
        meters = months.equipment_id._carbon_leaves()
        first, last = months._reach(meters)
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_meter_reading_action")
        return dict(
            action,
            domain=[("equipment_id", "in", meters.ids), ("read_at", ">=", first), ("read_at", "<=", last)],
            context={},
        )


def plain_number(number):
    """Return a number as people write it: without trailing zeros, never as a power of ten."""
    text = f"{number or 0:.6f}".rstrip("0").rstrip(".")
    return text if text not in ("", "-0") else "0"
