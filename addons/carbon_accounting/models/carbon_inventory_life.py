from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .carbon_inventory import ACT
from .carbon_inventory_seal import SEALED_STATES

#: Who may verify a seal.
SEAL_GROUPS = ("group_carbon_accountant", "group_carbon_manager", "group_carbon_verifier")


class CarbonInventory(models.Model):
    """The seal of an inventory: made by its approval, verified whenever somebody asks (R-139)."""

    _inherit = "carbon.inventory"

    seal_ids = fields.One2many(
        "carbon.inventory.seal", "inventory_id", string="Seals", readonly=True, export_string_translation=False
    )
    seal_id = fields.Many2one("carbon.inventory.seal", compute="_compute_seal_id")
    seal_root = fields.Char(string="Root (SHA-256)", compute="_compute_seal_id")
    seal_rows = fields.Integer(string="Sealed Rows", compute="_compute_seal_id")
    sealed_on = fields.Datetime(compute="_compute_seal_id")
    seal_run_ids = fields.One2many(
        "carbon.inventory.seal.run", "inventory_id", string="Sealings and Verifications", readonly=True
    )
    seal_run_count = fields.Integer(compute="_compute_seal_run", export_string_translation=False)
    sealing_progress = fields.Float(compute="_compute_seal_run", export_string_translation=False)
    is_sealing = fields.Boolean(compute="_compute_seal_run", export_string_translation=False)
    seal_result = fields.Selection(
        [("ok", "Unchanged"), ("differs", "Differs")], string="Last Verification", compute="_compute_seal_run"
    )
    seal_verified_on = fields.Datetime(compute="_compute_seal_run")
    seal_message = fields.Text(string="Result", compute="_compute_seal_run")

    @api.depends("seal_ids")
    def _compute_seal_id(self):
        for inventory in self:
            seal = inventory.seal_ids[:1]
            inventory.seal_id = seal
            inventory.seal_root = seal.root_hash
            inventory.seal_rows = seal.row_count
            inventory.sealed_on = seal.sealed_on

    @api.depends("seal_run_ids.state", "seal_run_ids.step")
    def _compute_seal_run(self):
        for inventory in self:
            runs = inventory.seal_run_ids.sorted("id", reverse=True)
            sealing = runs.filtered(lambda run: run.kind == "seal" and run.state == "running")[:1]
            last = runs.filtered(lambda run: run.kind == "verify" and run.state in ("ok", "differs"))[:1]
            inventory.seal_run_count = len(runs)
            inventory.is_sealing = bool(sealing)
            inventory.sealing_progress = sealing.progress
            inventory.seal_result = last.state
            inventory.seal_verified_on = last.finished_on
            inventory.seal_message = last.message

    def _get_seal(self):
        """Return the seal of this inventory.

        :raises UserError: if it was never sealed
        """
        self.ensure_one()
        # sudo: whoever may verify reads the seal, whatever else they may read
        seal = self.env["carbon.inventory.seal"].sudo().search([("inventory_id", "=", self.id)], limit=1)
        if not seal:
            raise UserError(
                self.env._("%(inventory)s has no seal. Inventories are sealed when approved.", inventory=self.name)
            )
        return seal

    # ------------------------------------------------------------------
    # Sealing
    # ------------------------------------------------------------------
    def _seal_and_approve(self):
        """Seal a checked inventory; it is approved once the seal is complete.

        Its months are locked against reopening for this transaction.

        :return: the run
        """
        self.ensure_one()
        if self.is_sealing:
            raise UserError(
                self.env._(
                    "%(inventory)s is being sealed. It is approved as soon as that is done.", inventory=self.name
                )
            )
        self._lock_months()
        return self.env["carbon.inventory.seal.run"]._start(self, "seal")

    def _lock_months(self):
        """Make a concurrent reopening wait, and notice one that came before."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "SELECT id FROM carbon_reporting_period WHERE id IN %s ORDER BY id FOR SHARE",
                tuple(self._periods().ids) or (0,),
            )
        )

    def _approve_sealed(self, run):
        """Approve an inventory whose seal is complete.

        :param run: the sealing
        :raises UserError: if the person lost the role, or a month was reopened while sealing
        """
        self._require("group_carbon_manager", "checked")
        self._lock_months()
        moved = self._periods().filtered(lambda p: p.state != "closed" or p.closed_on > run.started_on)
        if moved:
            raise UserError(
                self.env._(
                    "%(month)s was reopened while %(inventory)s was being sealed. Close it and approve again.",
                    month=moved[0].display_name,
                    inventory=self.name,
                )
            )
        self.with_context(carbon_inventory_act=ACT)._transition(
            "approved",
            "inventory.approve",
            reason=self.maker_note,
            values={"approved_on": fields.Datetime.now(), "approved_by_id": self.env.uid},
        )

    def action_draft(self):
        """Back to draft ends a sealing under way."""
        # sudo: runs are written by the system only
        running = self.sudo().seal_run_ids.filtered(lambda run: run.kind == "seal" and run.state == "running")
        result = super().action_draft()
        for run in running:
            run._stop("cancelled", self.env._("The inventory was taken back to draft."))
        return result

    def _trail_payload(self):
        """Name the root of the seal: the trail proves what was sealed."""
        payload = super()._trail_payload()
        # sudo: the payload is the same whoever makes the step
        seal = self.env["carbon.inventory.seal"].sudo().search([("inventory_id", "=", self.id)], limit=1)
        if seal:
            payload["seal"] = {
                "form": seal.form_version,
                "root": seal.root_hash,
                "rows": seal.row_count,
                "batches": seal.batch_count,
            }
            payload["approved_on"] = fields.Datetime.to_string(self.approved_on)
        return payload

    # ------------------------------------------------------------------
    # Verifying the seal
    # ------------------------------------------------------------------
    def action_verify_seal(self):
        """Compare everything the inventory rests on with its seal.

        :return: action that shows the result, or the progress
        :raises UserError: without the role of accountant, manager or verifier, or without seal
        """
        self.ensure_one()
        self._check_any_group(SEAL_GROUPS)
        self._get_seal()
        # sudo: a verifier writes nothing; what the verification found is written by the system
        run = self.env["carbon.inventory.seal.run"]._start(self, "verify")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Seal of %(inventory)s", inventory=self.name),
            "res_model": run._name,
            "res_id": run.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _check_any_group(self, groups):
        """Refuse a step to people without any of these roles."""
        self.check_access("read")
        user = self.env.user
        if self.env.su or any(user.has_group(f"carbon_management.{group}") for group in groups):
            return
        # sudo: the name of a role is no secret
        roles = [self.env.ref(f"carbon_management.{group}").sudo().name for group in groups]
        raise UserError(
            self.env._("This step of an inventory is taken by one of the roles: %(roles)s.", roles=", ".join(roles))
        )

    def action_view_seal_runs(self):
        """Open the sealings and verifications of the inventory."""
        return self._own_action("carbon_inventory_seal_run_action")

    def action_view_seal_batches(self):
        """Open the batches of the seal."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_inventory_seal_batch_action")
        return dict(action, domain=[("seal_id", "=", self._get_seal().id)], context={})

    def _alert_manager(self, summary, note):
        """Give a carbon manager of the company a to-do, once as long as it is open.

        :param summary: title of the activity
        :param note: what happened and what to do
        """
        self.ensure_one()
        # sudo: whoever found it, the manager must learn of it
        inventory = self.sudo()
        if inventory.activity_ids.filtered(lambda activity: activity.summary == summary):
            return
        group = self.env.ref("carbon_management.group_carbon_manager")
        managers = group.sudo().all_user_ids.filtered(  # sudo: as above
            lambda user: user.active and not user.share and inventory.company_id in user.company_ids
        )
        user = inventory.approved_by_id & managers or managers[:1]
        if user:
            inventory.activity_schedule("mail.mail_activity_data_warning", summary=summary, note=note, user_id=user.id)

    @api.model
    def _sealed_over(self, company, month):
        """Return the sealed inventories that cover a month.

        :param company: ``res.company`` record
        :param month: a day of it
        """
        # sudo: whether a month is sealed does not depend on who asks
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "in", SEALED_STATES),
                ("date_from", "<=", month),
                ("date_to", ">=", month),
            ]
        )
