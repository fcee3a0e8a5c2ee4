import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

METER_KINDS = [
    ("electricity", "Electricity"),
    ("gas", "Gas"),
    ("steam", "Steam"),
    ("heat", "Heat"),
    ("water", "Water"),
    ("fuel", "Fuel"),
    ("weighbridge", "Weighbridge"),
    ("analyser", "Analyser"),
    ("other", "Other"),
]
METER_LEVELS = [("site", "Site"), ("unit", "Unit"), ("device", "Device")]
CALIBRATION_KINDS = [("verification", "Verification"), ("calibration", "Calibration")]
RESULTS = [("pass", "Pass"), ("fail", "Fail")]
#: What only the steps of calibrations write.
STEP_FIELDS = ("carbon_calibrated_on", "carbon_calibration_due_on", "carbon_calibration_result")
#: What decides how readings become quantities and how good they are: each change is in the audit trail.
RECORDED_FIELDS = (
    *("carbon_code", "carbon_meter_kind", "carbon_uom_id", "carbon_register", "carbon_register_max"),
    *("carbon_accuracy_class", "carbon_permissible_error", "carbon_calibration_kind", "carbon_calibration_months"),
    *("carbon_replaces_id", "carbon_in_use_from", "carbon_in_use_to", "active"),
)
_STEP = object()  # identity of the permission: an RPC context is JSON and cannot carry it


class MaintenanceEquipment(models.Model):
    """Equipment that measures: a meter of the carbon management system (R-061, R-076).

    Invariants: a meter belongs to one company for good and says what it measures in which unit; its calibration dates are
    written by the steps of its calibrations only. All fields are plain columns: the app's own table computes nothing more.
    """

    _inherit = "maintenance.equipment"
    _rec_names_search = ["name", "carbon_code", "serial_no"]

    is_carbon_meter = fields.Boolean("Carbon Meter", index=True, help="Measures what becomes activity data.")
    carbon_code = fields.Char(
        "Meter Number", copy=False, index="btree_not_null", help="The plant's own number, as GM-03."
    )
    carbon_meter_kind = fields.Selection(METER_KINDS, "Measures")
    carbon_uom_id = fields.Many2one("uom.uom", "Unit of the Reading", ondelete="restrict")
    carbon_register = fields.Selection(
        [
            ("cumulative", "Counter that reads on"),
            ("interval", "Consumption of an interval"),
            ("virtual", "Formula of other meters"),
        ],
        "Register",
        default="cumulative",
        help="Counter: consumption is the difference of two readings. Interval: each entry is a consumption. "
        "Formula: a sum or difference of other meters, never read itself.",
    )
    carbon_register_max = fields.Float(
        "Counter Restarts At",
        digits=0,
        aggregator=None,
        help="Highest value that the counter shows and one step more: 100,000 for five digits. 0: it never restarts.",
    )
    carbon_range_min = fields.Float("Range From", digits=0, aggregator=None)
    carbon_range_max = fields.Float("Range To", digits=0, aggregator=None)
    carbon_resolution = fields.Float(
        "Resolution", digits=0, aggregator=None, help="Smallest step that can be read, in the meter's unit."
    )
    carbon_accuracy_class = fields.Char("Accuracy Class", help="As printed on the meter: 0.5S, 1, 1.5.")
    carbon_permissible_error = fields.Float(
        "Permissible Error (%)",
        digits=0,
        aggregator=None,
        help="Largest error, in either direction, with which a calibration is passed.",
    )
    carbon_level = fields.Selection(
        METER_LEVELS, "Level", help="Whether it measures a site, a unit of it, or one device."
    )
    carbon_site_id = fields.Many2one(
        "carbon.site", "Site", check_company=True, ondelete="restrict", index="btree_not_null"
    )
    carbon_location = fields.Char("Mounting Place", help="Where it hangs, so that somebody new finds it.")
    carbon_token = fields.Char(
        "Label Token",
        copy=False,
        readonly=True,
        groups="carbon_management.group_carbon_meter_technician",
        export_string_translation=False,
    )
    carbon_calibration_kind = fields.Selection(
        CALIBRATION_KINDS,
        "Kind of Check",
        default="calibration",
        help="Verification (检定) is required by law for trade and settlement, calibration (校准) by the company.",
    )
    carbon_calibration_months = fields.Integer(
        "Calibrate Every (Months)",
        aggregator=None,
        help="0: this meter needs no calibration. A changed interval counts from the next calibration on.",
    )
    carbon_laboratory_id = fields.Many2one(
        "res.partner", "Laboratory", check_company=True, ondelete="restrict", index="btree_not_null"
    )
    carbon_replaces_id = fields.Many2one(
        "maintenance.equipment",
        "Replaces",
        check_company=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="The meter whose place it took: the readings continue with this one.",
    )
    carbon_in_use_from = fields.Date("In Use From", copy=False)
    carbon_in_use_to = fields.Date("In Use To", copy=False, help="Last day of use.")
    carbon_calibrated_on = fields.Date("Last Calibration", readonly=True, copy=False)
    carbon_calibration_due_on = fields.Date("Calibration Due", readonly=True, copy=False, index="btree_not_null")
    carbon_calibration_result = fields.Selection(RESULTS, "Result of Last Calibration", readonly=True, copy=False)
    carbon_multiplier_ids = fields.One2many("carbon.meter.multiplier", "equipment_id", "Multipliers")
    carbon_part_ids = fields.One2many("carbon.meter.part", "meter_id", "Formula")
    carbon_calibration_ids = fields.One2many("carbon.calibration", "equipment_id", "Calibrations")

    _carbon_code_uniq = models.UniqueIndex(
        "(company_id, carbon_code) WHERE carbon_code IS NOT NULL", "This company already has a meter with this number."
    )
    _carbon_token_uniq = models.UniqueIndex(
        "(carbon_token) WHERE carbon_token IS NOT NULL", "Two meters have the same label."
    )
    _carbon_replaces_uniq = models.UniqueIndex(
        "(carbon_replaces_id) WHERE carbon_replaces_id IS NOT NULL", "Another meter replaces this one already."
    )
    _carbon_meter_company_check = models.Constraint(
        "CHECK(is_carbon_meter IS NOT TRUE OR company_id IS NOT NULL)", "A meter belongs to a company: choose one."
    )
    _carbon_numbers_check = models.Constraint(
        "CHECK(COALESCE(carbon_register_max, 0) >= 0 AND COALESCE(carbon_resolution, 0) >= 0 "
        "AND COALESCE(carbon_permissible_error, 0) >= 0 AND COALESCE(carbon_calibration_months, 0) >= 0)",
        "Restart value, resolution, permissible error and calibration interval of a meter cannot be negative.",
    )
    _carbon_range_check = models.Constraint(
        "CHECK(COALESCE(carbon_range_min, 0) <= COALESCE(carbon_range_max, 0) OR COALESCE(carbon_range_max, 0) = 0)",
        "The range of a meter ends above where it begins.",
    )
    _carbon_in_use_check = models.Constraint(
        "CHECK(carbon_in_use_to IS NULL OR carbon_in_use_from IS NULL OR carbon_in_use_from <= carbon_in_use_to)",
        "The last day of use of a meter cannot lie before the first.",
    )

    @api.depends("name", "serial_no", "carbon_code", "is_carbon_meter")
    def _compute_display_name(self):
        """Show the plant's number of meters first, as people on the shop floor say it."""
        result = super()._compute_display_name()
        for meter in self.filtered(lambda equipment: equipment.is_carbon_meter and equipment.carbon_code):
            meter.display_name = f"{meter.carbon_code} {meter.name or ''}".strip()
        return result

    # ------------------------------------------------------------------
    # What a meter must say
    # ------------------------------------------------------------------
    @api.constrains(
        "is_carbon_meter", "carbon_meter_kind", "carbon_uom_id", "carbon_register", "carbon_calibration_months"
    )
    def _check_carbon_meter(self):
        for meter in self.filtered("is_carbon_meter"):
            if not (meter.carbon_meter_kind and meter.carbon_uom_id and meter.carbon_register):
                raise ValidationError(
                    self.env._(
                        "%(name)s is a meter: say what it measures, in which unit, and how it is read.",
                        name=meter.display_name,
                    )
                )
            if meter.carbon_register == "virtual" and meter.carbon_calibration_months:
                raise ValidationError(
                    self.env._(
                        "%(name)s is a formula of other meters. Only those are calibrated: set its calibration interval to 0.",
                        name=meter.display_name,
                    )
                )

    @api.constrains("is_carbon_meter", "carbon_uom_id", "carbon_register", "carbon_part_ids")
    def _check_carbon_parts(self):
        """Formulas belong to virtual meters, and add up what has one kind of unit."""
        for meter in self.filtered(lambda meter: meter.carbon_part_ids and meter.carbon_register != "virtual"):
            raise ValidationError(
                self.env._(
                    "%(name)s has a formula of other meters: remove its lines before it is read itself.",
                    name=meter.display_name,
                )
            )
        # sudo: parts of virtual meters that the user may not see must keep their units too
        parts = (
            self.env["carbon.meter.part"]
            .sudo()
            .search(["|", ("meter_id", "in", self.ids), ("part_id", "in", self.ids)])
        )
        parts._check_part()

    @api.constrains("carbon_replaces_id", "carbon_uom_id")
    def _check_carbon_replaces(self):
        if self._has_cycle("carbon_replaces_id"):
            raise ValidationError(self.env._("A meter cannot replace itself, nor a meter that came after it."))
        for meter in self.filtered("carbon_replaces_id"):
            old = meter.carbon_replaces_id
            if not (old.is_carbon_meter and old.carbon_uom_id._has_common_reference(meter.carbon_uom_id)):
                raise ValidationError(
                    self.env._(
                        "%(name)s cannot continue the readings of %(old)s: both are meters whose units convert into each other.",
                        name=meter.display_name,
                        old=old.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Give every meter its label, and tell the audit trail of it."""
        for vals in vals_list:
            if any(vals.get(name) for name in STEP_FIELDS):
                raise UserError(self._carbon_step_refusal())
            vals.pop("carbon_token", None)
        equipment = super().create(vals_list)
        meters = equipment.filtered("is_carbon_meter")
        meters._carbon_label()
        meters._carbon_record("meter.create", RECORDED_FIELDS)
        return equipment

    def write(self, vals):
        """Keep calibration dates and labels from being typed, and tell the audit trail what changed of a meter."""
        stepping = self.env.context.get("carbon_meter_step") is _STEP
        if not stepping and self._carbon_types_steps(vals):
            raise UserError(self._carbon_step_refusal())
        if "carbon_token" in vals and not stepping:
            vals = {name: value for name, value in vals.items() if name != "carbon_token"}
        self._carbon_check_kept(vals)
        recorded = [name for name in RECORDED_FIELDS if name in vals]
        before = {meter.id: meter._carbon_values(recorded) for meter in self if recorded and meter.is_carbon_meter}
        result = super().write(vals)
        if vals.get("is_carbon_meter"):
            self._carbon_label()
            new = self.filtered(lambda meter: meter.id not in before)
            new._carbon_record("meter.create", RECORDED_FIELDS)
        if before:
            changed = self.filtered(lambda m: m.id in before and m._carbon_values(recorded) != before[m.id])
            changed._carbon_record("meter.change", recorded)
        return result

    def _carbon_types_steps(self, vals):
        """Tell whether the values would change what only steps write. Forms send unchanged values too."""
        given = {name: vals[name] or False for name in STEP_FIELDS if name in vals}
        return any(
            fields.Date.to_date(meter[name]) != fields.Date.to_date(value)
            if name != STEP_FIELDS[-1]
            else meter[name] != value
            for name, value in given.items()
            for meter in self
        )

    @api.model
    def _carbon_step_refusal(self):
        return self.env._(
            "Calibration dates and results are not typed: they come from the calibrations of the meter. Record one."
        )

    def _carbon_check_kept(self, vals):
        """Refuse to take calibrated meters out of sight: their history decides how good past readings are."""
        leaves = "is_carbon_meter" in vals and not vals["is_carbon_meter"]
        moves = "company_id" in vals
        if not (leaves or moves):
            return
        # sudo: calibrations that the user may not see keep their meter too
        for meter in self.sudo().filtered("is_carbon_meter"):
            moved = moves and meter.company_id.id != vals["company_id"]
            if (leaves or moved) and meter.carbon_calibration_ids:
                raise UserError(
                    self.env._(
                        "%(name)s has calibrations and stays a meter of %(company)s. Take it out of use instead.",
                        name=meter.display_name,
                        company=meter.company_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # Label and trail
    # ------------------------------------------------------------------
    def _carbon_step(self):
        """Return these meters with the permission to write what steps write."""
        # sudo: a technician takes the step of a calibration without being allowed to edit equipment
        return self.sudo().with_context(carbon_meter_step=_STEP)

    def _carbon_label(self):
        """Give meters without label one: random, so that an address tells nothing and cannot be counted through."""
        # sudo: whoever makes a meter gives it its label, which only some people may read
        for meter in self.sudo().filtered(lambda meter: meter.is_carbon_meter and not meter.carbon_token):
            meter._carbon_step().carbon_token = secrets.token_urlsafe(12)

    def _carbon_values(self, names):
        """Return values as the audit trail keeps them, without database ids."""
        self.ensure_one()
        record, values = self.with_context(lang=None), {}
        for name in names:
            value = record[name]
            values[name] = value.display_name or None if isinstance(value, models.BaseModel) else value or None
        return values

    def _carbon_record(self, event, names):
        """Append one entry for each meter to the trail of its company."""
        entries = self.env["carbon.trail.entry"]
        for company, meters in self.grouped("company_id").items():
            entries._append_many(
                company,
                [{**entries._record_values(m), "event": event, "payload": m._carbon_values(names)} for m in meters],
            )

    # ------------------------------------------------------------------
    # Calibration
    # ------------------------------------------------------------------
    def _carbon_calibration_done(self, calibration):
        """Called when a calibration of this meter is finished, passed or not. Extended by what acts on readings.

        :param calibration: the ``carbon.calibration``, done
        """

    def _carbon_calibration_failed(self, calibration):
        """Called when a meter was found outside its permissible error: what it read since the last pass is in doubt.

        :param calibration: the ``carbon.calibration``, done, its ``as_found`` is ``fail``
        """

    def _carbon_refresh_calibration(self):
        """Write what the newest finished calibration of each meter says: day, result, next due.

        A meter that was left outside its permissible error is due at once.
        """
        for meter, last in self.env["carbon.calibration"]._last_done(self).items():
            due = last.next_due if last.as_left == "pass" else last.date
            meter._carbon_step().write(
                {
                    "carbon_calibrated_on": last.date,
                    "carbon_calibration_result": last.as_left,
                    "carbon_calibration_due_on": due,
                }
            )
