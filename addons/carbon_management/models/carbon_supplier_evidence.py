from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools import file_kind
from .carbon_gate_mixin import gate_is_open


class CarbonSupplierEvidence(models.Model):
    """A certificate or another proof of a supplier, with the days it holds (R-113).

    Invariants: what a supplier sends counts once a person accepted it; accepted and rejected evidence and its files do not
    change; an expired one proves nothing, whatever its state.
    """

    _name = "carbon.supplier.evidence"
    _description = "Supplier Evidence"
    _inherit = ["carbon.company.mixin", "mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _order = "partner_id, date_to desc, id desc"
    _rec_names_search = ["number", "partner_id", "certificate_type_id", "issuer"]
    _check_company_auto = True
    _mail_post_access = "read"

    _gate_frozen_states = ("accepted", "rejected")
    _gate_second_person = "separate_supplier_approval"

    state = fields.Selection(
        [("submitted", "To Check"), ("accepted", "Accepted"), ("rejected", "Rejected")],
        required=True,
        readonly=True,
        default="submitted",
        copy=False,
        tracking=True,
        index=True,
    )
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, ondelete="restrict", tracking=True, check_company=True
    )
    certificate_type_id = fields.Many2one(
        "carbon.certificate.type",
        "Type",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="[('company_id', 'in', (company_id, False))]",
    )
    number = fields.Char(tracking=True, help="Number of the certificate or report, as printed on it.")
    issuer = fields.Char("Issued By", tracking=True)
    date_from = fields.Date("Valid From", tracking=True)
    date_to = fields.Date("Valid Until", tracking=True, index=True, help="The last day. Empty: it does not expire.")
    is_expired = fields.Boolean("Expired", compute="_compute_is_expired", search="_search_is_expired")
    validity = fields.Selection(
        [
            ("valid", "Valid"),
            ("expired", "Expired"),
            ("future", "Not Yet Valid"),
            ("submitted", "To Check"),
            ("rejected", "Rejected"),
        ],
        compute="_compute_is_expired",
        help="What it is worth today.",
    )
    source = fields.Selection(
        [("person", "Entered by us"), ("portal", "Sent by the supplier")],
        "Origin",
        required=True,
        default="person",
        readonly=True,
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "carbon_supplier_evidence_file_rel",
        string="Files",
        copy=False,
        help="PDF, photo, XLSX, DOCX or JSON.",
    )
    note = fields.Text()
    reject_reason = fields.Char("Why It Was Rejected", readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", "Checked By", readonly=True, copy=False, ondelete="restrict")
    decided_on = fields.Datetime("Checked On", readonly=True, copy=False)

    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_from <= date_to)", "Evidence cannot end before it begins."
    )
    _partner_type_idx = models.Index("(company_id, partner_id, certificate_type_id) WHERE state = 'accepted'")

    @api.depends("state", "date_from", "date_to")
    def _compute_is_expired(self):
        for evidence in self:
            day = evidence._today()
            evidence.is_expired = bool(evidence.date_to and evidence.date_to < day)
            evidence.validity = evidence._validity(day)

    @api.model
    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        expired = Domain("date_to", "<", fields.Date.context_today(self))
        return expired if True in value else ~expired

    def _today(self):
        # sudo: today in the time of the company, whose settings a supplier does not read
        return self.env["carbon.system"].sudo()._get(self.company_id or self.env.company)._today()

    def _validity(self, day):
        """Return what this evidence is worth on a day: its state, or for accepted ones valid, expired, future."""
        self.ensure_one()
        if self.state != "accepted":
            return self.state
        if self.date_to and self.date_to < day:
            return "expired"
        return "future" if self.date_from and self.date_from > day else "valid"

    @api.depends("certificate_type_id", "number", "partner_id")
    def _compute_display_name(self):
        """Show type, number and supplier, as a certificate is quoted."""
        for evidence in self:
            parts = (evidence.certificate_type_id.name, evidence.number, evidence.partner_id.name)
            evidence.display_name = " · ".join(filter(None, parts)) or self._description

    @api.constrains("certificate_type_id", "company_id")
    def _check_type(self):
        for evidence in self:
            # sudo: only the company of the type is compared
            company = evidence.sudo().certificate_type_id.company_id
            if company and company != evidence.company_id:
                raise ValidationError(
                    self.env._(
                        "%(name)s has a certificate type of another company. Choose another type.",
                        name=evidence.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """File evidence under the company that trades, take its files over, and let open evaluations look at it."""
        partners = self.env["res.partner"]
        records = super().create(
            [
                {
                    **{name: value for name, value in vals.items() if name not in self._decision_fields()},
                    **(
                        {"partner_id": partners._carbon_supplier_id(vals["partner_id"])}
                        if vals.get("partner_id")
                        else {}
                    ),
                }
                for vals in vals_list
            ]
        )
        records._keep_files()
        records._reassess()
        return records

    def write(self, vals):
        """As at creation; who decided is written by the decision alone."""
        vals = {
            name: value for name, value in vals.items() if name not in self._decision_fields() or self._is_deciding()
        }
        if vals.get("partner_id"):
            vals["partner_id"] = self.env["res.partner"]._carbon_supplier_id(vals["partner_id"])
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._keep_files()
        if vals.keys() & {"state", "date_from", "date_to", "certificate_type_id", "partner_id"}:
            self._reassess()
        return result

    @api.model
    def _decision_fields(self):
        return {"decided_by_id", "decided_on", "reject_reason"}

    def _keep_files(self):
        """Make files that were uploaded for this evidence its own, so that they are kept and frozen with it."""
        for evidence in self:
            # sudo: only links are read; what belongs to another record is refused
            for file in evidence.sudo().attachment_ids:
                if not file.res_id and file.res_model in (False, self._name):
                    file.write({"res_model": self._name, "res_id": evidence.id})
                elif (file.res_model, file.res_id) != (self._name, evidence.id):
                    raise UserError(
                        self.env._("%(file)s belongs to another record. Upload the file here.", file=file.name)
                    )

    def _reassess(self):
        """Score open evaluations of these suppliers anew."""
        evaluations = self.env["carbon.supplier.evaluation"].search(
            [
                *(("company_id", "in", self.company_id.ids), ("partner_id", "in", self.partner_id.ids)),
                ("state", "in", ("draft", "requested", "answered")),
            ]
        )
        evaluations._assess()

    # ------------------------------------------------------------------
    # Decisions
    # ------------------------------------------------------------------
    def _check_decider(self):
        """Refuse people who may enter evidence but not accept it, portal users first of all."""
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._(
                    "%(name)s is checked by a carbon accountant or manager. Ask one to look at it.",
                    name=self[:1].display_name,
                )
            )

    def action_accept(self):
        """Accept the evidence: from now on it counts, and neither it nor its files change.

        :return: True
        :raises UserError: if it is decided already, has no file, a file that is not what its name says, or expired
        """
        self._check_decider()
        self._check_second_person()
        for evidence in self:
            if evidence.state != "submitted":
                raise UserError(self.env._("%(name)s is not waiting to be checked.", name=evidence.display_name))
            if problem := evidence._acceptance_problem():
                raise UserError(problem)
        return self._decide("accepted")

    def _acceptance_problem(self):
        """Return the sentence that refuses to accept this evidence, None if nothing is the matter."""
        if self.is_expired:
            return self.env._(
                "%(name)s expired on %(day)s. Ask the supplier for a new one.", name=self.display_name, day=self.date_to
            )
        # sudo: the files of this record
        files = self.sudo().attachment_ids
        if not files:
            return self.env._("%(name)s has no file. Add the certificate before you accept it.", name=self.display_name)
        for file in files:
            problem = file_kind.problem(file.name, file.raw)
            if problem:
                return self._file_problem(file.name, problem)
        return None

    @api.model
    def _file_problem(self, name, problem):
        """Return the sentence for a problem of ``tools/file_kind.py``."""
        values = {"file": name, "kinds": ", ".join(sorted(file_kind.KINDS))}
        if problem == "renamed":
            return self.env._(
                "%(file)s is not what its name says: its content is of another type. Ask for the original file.",
                **values,
            )
        if problem == "type":
            return self.env._("%(file)s is of a type that is not taken. Ask for one of: %(kinds)s.", **values)
        if problem == "size":
            return self.env._("%(file)s is larger than %(size)s MB.", size=file_kind.MAX_SIZE // 1024**2, **values)
        return self.env._("%(file)s is empty.", **values)

    def action_reject(self):
        """Ask why, then reject.

        :return: window action of the dialog
        """
        self._check_decider()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reject Evidence"),
            "res_model": "carbon.supplier.evidence.reject",
            "view_mode": "form",
            "target": "new",
            "context": {"default_evidence_ids": self.ids},
        }

    def _reject(self, reason):
        """Reject evidence with a reason, also such that was accepted before.

        :raises UserError: without reason, or if it is rejected already
        """
        self._check_decider()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why it is rejected: the supplier reads it."))
        if done := self.filtered(lambda evidence: evidence.state == "rejected"):
            raise UserError(self.env._("%(name)s is rejected already.", name=done[:1].display_name))
        return self._decide("rejected", reason.strip())

    def _decide(self, state, reason=None):
        values = {"decided_by_id": self.env.uid, "decided_on": fields.Datetime.now(), "reject_reason": reason or False}
        return self._transition(state, f"supplier_evidence.{state}", values=values, reason=reason)

    def _is_deciding(self):
        return gate_is_open(self.env, self._name, self.ids)

    def _trail_payload(self):
        """Keep what was decided about, with the hashes of its files."""
        # sudo: hashes of its own files
        files = self.sudo().attachment_ids.mapped("checksum")
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(["number", "issuer", "date_from", "date_to", "source"]),
            "supplier": self.with_context(lang=None).partner_id.display_name,
            "type": self.with_context(lang=None).certificate_type_id.name,
            "files": sorted(checksum or "" for checksum in files),
        }

    @api.model
    def _best(self, partner, company, certificate_type, day):
        """Return the evidence that proves most on a day: valid before expired, the longest validity first."""
        candidates = self.search(
            [
                *(("company_id", "=", company.id), ("partner_id", "=", partner.id)),
                ("certificate_type_id", "=", certificate_type.id),
            ]
        )
        rank = {"valid": 0, "submitted": 1, "future": 2, "expired": 3, "rejected": 4}
        far = fields.Date.to_date("9999-12-31")
        return candidates.sorted(lambda e: (-rank[e._validity(day)], e.date_to or far, e.id), reverse=True)[:1]
