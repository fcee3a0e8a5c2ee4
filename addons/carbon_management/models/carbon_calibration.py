from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .maintenance_equipment import CALIBRATION_KINDS, RESULTS


class CarbonCalibration(models.Model):
    """One calibration or verification of a meter: how it was found, how it was left, and until when that holds (R-155).

    Invariants: results follow from the errors at the test points and the permissible error, they are not chosen; a finished
    calibration and its files do not change. What it means for readings is told by :meth:`_sql_states` alone.
    """

    _name = "carbon.calibration"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _description = "Calibration"
    _order = "date desc, id desc"
    _rec_names_search = ["number", "equipment_id", "certificate_number"]
    _check_company_auto = True
    _mail_post_access = "read"

    _gate_frozen_states = ("recorded", "done", "cancelled")
    _gate_second_person = "separate_calibration_approval"

    number = fields.Char(readonly=True, copy=False, index=True, help="Given once, never reused.")
    state = fields.Selection(
        [("draft", "Draft"), ("recorded", "Recorded"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    equipment_id = fields.Many2one(
        "maintenance.equipment",
        "Meter",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('is_carbon_meter', '=', True), ('carbon_register', '!=', 'virtual')]",
    )
    company_id = fields.Many2one(related="equipment_id.company_id", store=True, index=True)
    request_id = fields.Many2one(
        "maintenance.request",
        "Maintenance Request",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        copy=False,
        domain="[('equipment_id', '=', equipment_id), ('is_carbon_calibration', '=', True)]",
    )
    kind = fields.Selection(
        CALIBRATION_KINDS,
        required=True,
        compute="_compute_from_meter",
        store=True,
        readonly=False,
        precompute=True,
        help="Verification (检定) is required by law for trade and settlement, calibration (校准) by the company.",
    )
    date = fields.Date(required=True, default=lambda self: self._default_date(), copy=False, tracking=True, index=True)
    laboratory_id = fields.Many2one(
        "res.partner",
        check_company=True,
        ondelete="restrict",
        compute="_compute_from_meter",
        store=True,
        readonly=False,
        precompute=True,
    )
    reference_standard = fields.Char(help="What it was compared with: name, number and certificate of the standard.")
    temperature = fields.Char(help="As certified, e.g. 23 ± 2 °C.")
    humidity = fields.Char(help="As certified, e.g. 45 – 55 %.")
    method = fields.Char(help="Procedure that was followed, e.g. JJG 596.")
    certificate_number = fields.Char(copy=False, tracking=True)
    certificate_ids = fields.Many2many(
        "ir.attachment",
        "carbon_calibration_certificate_rel",
        copy=False,
        help="The certificate as file or photo.",
    )
    uncertainty = fields.Float(
        "Expanded Uncertainty (%)",
        digits=0,
        aggregator=None,
        help="Of the calibration itself (k = 2), where the certificate states it.",
    )
    point_ids = fields.One2many("carbon.calibration.point", "calibration_id", "Test Points", copy=True)
    permissible_error = fields.Float(
        "Permissible Error (%)",
        digits=0,
        aggregator=None,
        compute="_compute_from_meter",
        store=True,
        readonly=False,
        precompute=True,
        help="Of the meter. A test point may have its own.",
    )
    is_defective = fields.Boolean(
        "Found Defective",
        copy=False,
        help="It was found in a state in which no error could be measured: what it read before is in doubt.",
    )
    is_adjusted = fields.Boolean(
        "Adjusted or Repaired",
        copy=False,
        help="Its errors were measured again afterwards (as left). Otherwise it was left as found.",
    )
    conclusion = fields.Selection(
        RESULTS,
        "Conclusion of the Certificate",
        copy=False,
        help="Needed where the certificate names no errors; a fail is never overruled by errors.",
    )
    as_found = fields.Selection(RESULTS, compute="_compute_results", store=True, tracking=True)
    as_left = fields.Selection(RESULTS, compute="_compute_results", store=True, tracking=True)
    error_found = fields.Float(
        "Largest Error as Found (%)", digits=0, aggregator=None, compute="_compute_results", store=True
    )
    error_left = fields.Float(
        "Largest Error as Left (%)", digits=0, aggregator=None, compute="_compute_results", store=True
    )
    next_due = fields.Date(
        compute="_compute_next_due",
        store=True,
        readonly=False,
        copy=False,
        help="Last day on which this result holds. Empty: it holds until the next calibration.",
    )
    recorded_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    approved_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    note = fields.Text()

    _number_uniq = models.UniqueIndex("(number) WHERE number IS NOT NULL", "Two calibrations have the same number.")
    _equipment_date_idx = models.Index("(equipment_id, date, id) WHERE state = 'done'")
    _due_check = models.Constraint(
        "CHECK(next_due IS NULL OR next_due > date)", "A calibration is due again after its own day."
    )
    _numbers_check = models.Constraint(
        "CHECK(COALESCE(permissible_error, 0) >= 0 AND COALESCE(uncertainty, 0) >= 0)",
        "Permissible error and uncertainty cannot be negative.",
    )

    # ------------------------------------------------------------------
    # Defaults and results
    # ------------------------------------------------------------------
    @api.model
    def _default_date(self):
        # sudo: today in the time of the company, whose settings a technician does not read
        return self.env["carbon.system"].sudo()._get(self.env.company)._today()

    @api.depends("equipment_id")
    def _compute_from_meter(self):
        """Take over what the meter says now; nothing of the meter is a dependency, so a calibration keeps what it says."""
        for calibration in self:
            meter = calibration.equipment_id
            calibration.kind = meter.carbon_calibration_kind or "calibration"
            calibration.laboratory_id = meter.carbon_laboratory_id
            calibration.permissible_error = meter.carbon_permissible_error

    @api.depends("date", "equipment_id")
    def _compute_next_due(self):
        for calibration in self:
            months = calibration.equipment_id.carbon_calibration_months
            day = calibration.date
            calibration.next_due = day + relativedelta(months=months) if day and months else False

    @api.depends(
        "point_ids.error_found",
        "point_ids.is_measured",
        "point_ids.error_left",
        "point_ids.permissible_error",
        "is_adjusted",
        "is_defective",
        "conclusion",
    )
    def _compute_results(self):
        """Compare every test point with its permissible error (R-155).

        As found fails if the meter was defective, one point is outside, or the certificate says so and nothing was adjusted.
        As left is as found where nothing was adjusted. Without points the certificate's conclusion stands for both.
        """
        for calibration in self:
            points = calibration.point_ids
            found = points._verdict("error_found")
            left = points._verdict("error_left") if calibration.is_adjusted else found
            if calibration.conclusion:
                left = "fail" if "fail" in (calibration.conclusion, left) else left or "pass"
                if not calibration.is_adjusted:
                    found = left
            if calibration.is_defective:
                found = "fail"
                left = left if calibration.is_adjusted else "fail"
            calibration.as_found, calibration.as_left = found, left
            calibration.error_found = points._largest("error_found")
            calibration.error_left = points._largest("error_left" if calibration.is_adjusted else "error_found")

    @api.depends("number", "equipment_id")
    def _compute_display_name(self):
        """Show number and meter, as a calibration is quoted."""
        for calibration in self:
            parts = [calibration.number, calibration.equipment_id.carbon_code or calibration.equipment_id.name]
            calibration.display_name = " ".join(filter(None, parts)) or self._description

    @api.constrains("equipment_id", "request_id")
    def _check_meter(self):
        for calibration in self:
            meter = calibration.equipment_id
            if not meter.is_carbon_meter or meter.carbon_register == "virtual":
                raise ValidationError(
                    self.env._(
                        "%(name)s is no meter that can be calibrated: choose one that is read itself.",
                        name=meter.display_name,
                    )
                )
            # sudo: a technician may calibrate for a request of somebody else
            request = calibration.sudo().request_id
            if request and request.equipment_id != meter:
                raise ValidationError(
                    self.env._(
                        "%(request)s is about another meter than %(meter)s.",
                        request=request.display_name,
                        meter=meter.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Files and numbers
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Number every calibration and take its certificates over."""
        numbered = []
        for vals in vals_list:
            meter = self.env["maintenance.equipment"].browse(
                vals.get("equipment_id") or self.env.context.get("default_equipment_id")
            )
            # sudo: whoever may create a calibration may number it; sequences are readable to administrators only
            sequences = self.env["ir.sequence"].sudo().with_company(meter.company_id or self.env.company)
            numbered.append({**vals, "number": sequences.next_by_code("carbon.calibration")})
        calibrations = super().create(numbered)
        calibrations._keep_certificates()
        return calibrations

    def write(self, vals):
        """Refuse to renumber, and take new certificates over."""
        result = super().write({name: value for name, value in vals.items() if name != "number"})
        if "certificate_ids" in vals:
            self._keep_certificates()
        return result

    def _keep_certificates(self):
        """Make files that were uploaded for a calibration its own, so that they are kept and frozen with it."""
        for calibration in self:
            # sudo: only links are read; what belongs to another record is refused
            for file in calibration.sudo().certificate_ids:
                if not file.res_id and file.res_model in (False, self._name):
                    file.write({"res_model": self._name, "res_id": calibration.id})
                elif (file.res_model, file.res_id) != (self._name, calibration.id):
                    raise UserError(
                        self.env._(
                            "%(file)s belongs to another record. Upload the certificate here.",
                            file=file.name,
                        )
                    )

    @api.model
    def _from_request(self, request):
        """Return the values of a calibration for a maintenance request."""
        return {"equipment_id": request.equipment_id.id, "request_id": request.id}

    @api.model
    def _first_points(self, meter):
        """Return lines for the test points at which a meter was calibrated last; their errors are still to be measured."""
        last = self.search(
            [("equipment_id", "=", meter.id), ("state", "=", "done"), ("point_ids", "!=", False)], limit=1
        )
        return [
            Command.create({"nominal": point.nominal, "own_permissible": point.own_permissible})
            for point in last.point_ids
        ]

    def _trail_payload(self):
        """Keep what was found, so that the trail proves it by itself."""
        names = [
            "number",
            "kind",
            "date",
            "certificate_number",
            "as_found",
            "as_left",
            "is_adjusted",
            "is_defective",
            "next_due",
        ]
        # sudo: hashes of its own files
        files = self.sudo().certificate_ids.mapped("checksum")
        return {
            **self._trail_snapshot(names),
            "meter": self.with_context(lang=None).equipment_id.display_name,
            "permissible_error": self.permissible_error,
            "points": [[p.nominal, p.error_found, p.error_left, p.permissible_error] for p in self.point_ids],
            "files": sorted(checksum or "" for checksum in files),
        }
