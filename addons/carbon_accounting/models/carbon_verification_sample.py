import hashlib
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError

_ACT = object()  # identity of the gate: an RPC context is JSON and cannot carry it
#: Inventories that can be verified: their lines do not change any more.
SAMPLED_STATES = ("checked", "approved", "verified", "restated")
MAX_SIZE = 10_000


class CarbonVerificationSample(models.Model):
    """A verifier's sample of the documents behind one inventory (R-140).

    Rows of activity data are drawn with a probability proportional to their t CO2e, and all above the materiality. The same
    seed draws the same rows for ever, here and elsewhere: :mod:`..tools.sampling` says how. Each row is calculated again from
    its document by the reference kernel, never by the engine that wrote the ledger. Invariant: a sample that was drawn never
    changes but by its re-performance, and is never deleted; nothing here writes into ledger or inventory.
    """

    _name = "carbon.verification.sample"
    _description = "Verification Sample"
    _inherit = ["carbon.verification.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _gate_frozen_states = ("drawn", "performed")
    _verifier_fields = frozenset({"inventory_id", "seed", "size", "stratify", "materiality", "note"})
    _author_field = "user_id"

    inventory_id = fields.Many2one(
        "carbon.inventory",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("state", "in", SAMPLED_STATES)],
    )
    company_id = fields.Many2one(related="inventory_id.company_id", store=True, index=True, precompute=True)
    user_id = fields.Many2one(
        "res.users",
        string="Verifier",
        required=True,
        readonly=True,
        copy=False,
        ondelete="restrict",
        default=lambda self: self.env.user,
    )
    seed = fields.Char(
        required=True,
        default=lambda self: secrets.token_hex(8),
        help="The same seed draws the same rows of the same inventory. Take one that nobody could choose to his liking, for instance "
        "by dice.",
    )
    size = fields.Integer(
        string="Rows to Draw",
        required=True,
        default=30,
        aggregator=None,
        help="Beside those above the materiality, which are all taken.",
    )
    stratify = fields.Selection(
        [("none", "No strata"), ("source", "By source"), ("category", "By emission category")],
        string="Strata",
        required=True,
        default="none",
        help="With strata each gets one row at least; the others are spread by t CO₂e.",
    )
    materiality = fields.Float(
        string="Materiality (%)",
        digits=0,
        aggregator=None,
        compute="_compute_materiality",
        store=True,
        readonly=False,
        precompute=True,
        help="In percent of the inventory's total. Rows above it are taken with certainty, and the projected misstatement is compared "
        "with it.",
    )
    note = fields.Text(help="Scope of the sample and why it has this size.")
    state = fields.Selection(
        [("draft", "Draft"), ("drawn", "Drawn"), ("performed", "Re-performed")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
    )
    drawn_on = fields.Datetime(readonly=True, copy=False)
    performed_on = fields.Datetime(readonly=True, copy=False)
    is_running = fields.Boolean(readonly=True, copy=False, index=True, export_string_translation=False)
    message = fields.Text(readonly=True, copy=False)
    stratum_ids = fields.One2many("carbon.verification.stratum", "sample_id", string="Strata Drawn", copy=False)
    row_ids = fields.One2many("carbon.verification.row", "sample_id", string="Sampled Rows", copy=False)
    finding_ids = fields.One2many("carbon.verification.finding", "sample_id", string="Findings", copy=False)
    has_chinese = fields.Boolean(compute="_compute_has_chinese", export_string_translation=False)

    _size_check = models.Constraint("CHECK(size > 0)", "A sample has one row at least.")
    _materiality_check = models.Constraint(
        "CHECK(materiality > 0 AND materiality <= 100)",
        "The materiality is a percentage above 0, 100 at most.",
    )

    def _compute_has_chinese(self):
        self.has_chinese = "zh_CN" in dict(self.env["res.lang"].get_installed())

    @api.depends("inventory_id")
    def _compute_materiality(self):
        for sample in self:
            sample.materiality = sample.inventory_id.materiality or 5.0

    @api.constrains("size", "seed", "inventory_id")
    def _check_choices(self):
        for sample in self:
            if sample.size > MAX_SIZE:
                raise UserError(self.env._("A sample has %(most)s rows at most.", most=MAX_SIZE))
            if not (sample.seed or "").strip() or "|" in sample.seed:
                raise UserError(self.env._("The seed is a text or number without vertical bar, for instance 20260131."))
            if sample.inventory_id.state not in SAMPLED_STATES:
                raise UserError(
                    self.env._(
                        "%(inventory)s is a draft and may change. It can be sampled once it is checked.",
                        inventory=sample.inventory_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # Who and what
    # ------------------------------------------------------------------
    def write(self, vals):
        """Results are written by the buttons only."""
        if self.env.context.get("carbon_sample_act") is not _ACT:
            self._check_verifier()
            if own := vals.keys() - self._verifier_fields - {"state"}:
                raise UserError(
                    self.env._("%(fields)s of a sample is written by its buttons.", fields=", ".join(sorted(own)))
                )
        return super().write(vals)

    @api.model
    def _gate_unfrozen_fields(self):
        """The progress of the re-performance is no content."""
        return super()._gate_unfrozen_fields() | {"is_running", "message"}

    def _act(self):
        return self.with_context(carbon_sample_act=_ACT)

    def _trail_payload(self):
        """Say what was drawn of what, so that nobody draws until he likes the result."""
        payload = {
            "inventory": self.inventory_id.name,
            "inventory_uuid": self.inventory_id.uuid,
            "seed": self.seed,
            "size": self.size,
            "strata": self.stratify,
            "materiality": repr(self.materiality),
            "rows": len(self.row_ids),
            "ids_sha256": self._ids_digest(),
        }
        if self.performed_on:
            payload["results"] = {name: self[f"{name}_count"] for name in ("pass", "fail", "cannot")}
            payload["projected_t"] = repr(self.projected_t)
        return payload

    def _ids_digest(self):
        """Return the SHA-256 of the ids of the rows, rising, joined by commas."""
        ids = sorted(self.row_ids.mapped("activity_key"))
        return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_draw(self):
        """Draw the sample.

        :return: True
        :raises UserError: where the inventory is not what the ledger says now, or there is nothing to draw
        """
        self._check_verifier()
        for sample in self:
            if sample.state != "draft":
                raise UserError(self.env._("%(sample)s was drawn already.", sample=sample.name))
            sample._check_choices()
            sample._check_still_whole()
            # sudo: strata and rows are written by the draw only
            drawn = sample.sudo()._draw()
            sample._act()._transition(
                "drawn",
                "verification_sample.draw",
                reason=sample.note or None,
                values={"drawn_on": fields.Datetime.now(), **drawn},
            )
        return True

    def _check_still_whole(self):
        """Refuse an inventory whose population cannot be told any more."""
        inventory = self.inventory_id.sudo()  # sudo: freshness looks at tables that a verifier need not read
        sealed = inventory.seal_id
        if (not sealed and inventory._ledger_moved()) or inventory._approvals_moved():
            raise UserError(
                self.env._(
                    "The ledger has changed since %(inventory)s was computed. Ask the accountant to compute it again.",
                    inventory=inventory.name,
                )
            )

    def action_repeat(self):
        """Prepare another sample with the same choices; with the same seed it draws the same rows.

        :return: action that opens it
        """
        self.ensure_one()
        return self._form_action(self.copy())

    def action_view_rows(self):
        """Open the rows; a result in the context narrows them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_verification_row_action")
        domain = [("sample_id", "=", self.id)]
        if result := self.env.context.get("result"):
            domain.append(("result", "=", result))
        return dict(action, name=self.env._("Rows of %(sample)s", sample=self.name), domain=domain, context={})

    def action_view_findings(self):
        """Open the findings of the sample; new ones belong to it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_verification_finding_action")
        context = {"default_sample_id": self.id, "default_inventory_id": self.inventory_id.id}
        return dict(action, domain=[("sample_id", "=", self.id)], context=context)

    def action_download(self):
        """Download the working paper.

        :return: URL action
        """
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/carbon/verification/{self.id}/working_paper", "target": "self"}

    def action_print(self):
        """Print the working paper as PDF, in the language that the context names as ``paper_lang``, else the user's.

        :return: report action
        """
        self.ensure_one()
        self.check_access("read")
        data = {"record_ids": self.ids, "lang": self.env.context.get("paper_lang") or self.env.lang}
        return self.env.ref("carbon_accounting.carbon_report_verification_paper").report_action(
            None, data=data, config=False
        )

    @api.model
    def _form_action(self, sample):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": sample.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
