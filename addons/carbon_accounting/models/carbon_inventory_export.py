import hashlib
import logging
import tempfile
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one
from .carbon_inventory_filing import XLSX

_logger = logging.getLogger(__name__)
_ACT = object()  # identity of the gate: an RPC context is JSON and cannot carry it
#: A process that is stopped while it writes begins once more; after that a person has to look.
_ATTEMPTS = 2
#: Days for which a file is kept that can be written again; what is filed with an inventory stays for ever.
_KEPT_DAYS = 30


class _Cancelled(Exception):
    """Somebody pressed Cancel."""


class CarbonInventoryExport(models.Model):
    """A workbook that takes longer than a request may: written in the background, with its progress (R-140).

    Invariant: written by its buttons and its scheduled action only, which Odoo runs once at a time. A file that is filed
    with an approved inventory is kept by the inventory; others are made anew when somebody asks.
    """

    _name = "carbon.inventory.export"
    _description = "Workbook in the Background"
    _order = "id desc"
    _rec_name = "inventory_id"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    user_id = LedgerMany2one("res.users", string="Asked by", required=True, readonly=True)
    is_filing = fields.Boolean("Filed with the Approval", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Being Written"),
            ("done", "Ready"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )
    computed_on = fields.Datetime("Inventory Computed on", readonly=True)
    started_on = fields.Datetime(readonly=True)
    finished_on = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    row_count = fields.Integer("Rows", readonly=True, aggregator=None, help="Emission rows that the inventory counts.")
    row_done = fields.Integer("Rows Written", readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress", aggregator=None)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="set null")
    size = fields.Integer("Size (bytes)", related="attachment_id.file_size")
    sha256 = fields.Char("SHA-256", readonly=True)
    message = fields.Text(readonly=True)

    _one_under_way = models.UniqueIndex(
        "(inventory_id) WHERE state IN ('waiting', 'running')",
        "The workbook of this inventory is being written already.",
    )

    @api.depends("row_count", "row_done", "state")
    def _compute_progress(self):
        for export in self:
            share = export.row_done / export.row_count if export.row_count else 0
            export.progress = 100.0 if export.state == "done" else min(99.0, 100.0 * share)

    # ------------------------------------------------------------------
    # Nobody writes through the ORM but the buttons and the action
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to everybody but the buttons."""
        self._check_act()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to everybody but the steps."""
        self._check_act()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_vacuum(self):
        self._check_act()

    def _check_act(self):
        if self.env.context.get("carbon_export_act") is not _ACT:
            raise UserError(self.env._("Workbooks in the background are written by their buttons only."))

    def _act(self):
        # sudo: readers ask for a file, they have no right to write records
        return self.sudo().with_context(carbon_export_act=_ACT)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    @api.model
    def _request(self, inventory, is_filing=False):
        """Ask for the workbook of one inventory; one that waits, is being written or is of today's lines answers too.

        :param inventory: one ``carbon.inventory`` that the user may read
        :return: the export
        """
        inventory.check_access("read")
        same = [("inventory_id", "=", inventory.id), ("computed_on", "=", inventory.computed_on)]
        found = self.search([*same, ("state", "in", ("waiting", "running"))], limit=1)
        found = found or self.search([*same, ("state", "=", "done"), ("attachment_id", "!=", False)], limit=1)
        if found and not is_filing:
            return found
        if is_filing:
            # what somebody waits for tells the draft: the filed one takes its place
            waiting = [("inventory_id", "=", inventory.id), ("state", "in", ("waiting", "running"))]
            self.search(waiting)._act().write({"state": "cancelled", "finished_on": fields.Datetime.now()})
            self.env.flush_all()
        export = self._act().create(
            {
                "inventory_id": inventory.id,
                "company_id": inventory.company_id.id,
                "user_id": self.env.uid,
                "is_filing": is_filing,
                "computed_on": inventory.computed_on,
                "row_count": inventory.ledger_count,
            }
        )
        self._wake()
        return self.browse(export.id)

    @api.model
    def _wake(self):
        # sudo: whoever asks may not read scheduled actions
        self.env.ref("carbon_accounting.ir_cron_export").sudo()._trigger()

    def _form_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Workbook"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_download(self):
        """Download the file.

        :raises UserError: while it is not ready
        """
        self.ensure_one()
        self.check_access("read")
        if self.state != "done":
            raise UserError(self.env._("The workbook of %(inventory)s is not ready.", inventory=self.inventory_id.name))
        return self.inventory_id._workbook_url(self)

    def action_cancel(self):
        """Stop waiting; a file that is being written is thrown away.

        :return: True
        """
        self.check_access("read")
        for export in self.filtered(lambda e: e.state in ("waiting", "running")):
            if export.is_filing:
                raise UserError(
                    self.env._(
                        "The workbook of %(inventory)s is filed with its approval and cannot be cancelled.",
                        inventory=export.inventory_id.name,
                    )
                )
            export._act().write({"state": "cancelled", "finished_on": fields.Datetime.now()})
        return True

    def action_retry(self):
        """Write the file again.

        :return: True
        """
        self.check_access("read")
        self.filtered(lambda e: e.state in ("failed", "cancelled"))._act().write(
            {"state": "waiting", "attempts": 0, "row_done": 0, "message": False, "finished_on": False}
        )
        self._wake()
        return True

    # ------------------------------------------------------------------
    # Background
    # ------------------------------------------------------------------
    @api.model
    def _cron_process(self):
        """Write the files that wait, one after the other; one whose process was stopped begins again."""
        cron = self.env["ir.cron"]
        while export := self.search([("state", "in", ("waiting", "running"))], order="id", limit=1):
            if export._begin():
                # committed at once: the progress is written beside the transaction that reads a million rows
                cron._commit_progress(0)
                export._work()
            if not cron._commit_progress(1):
                break

    def _begin(self):
        """Count the attempt; give up on a file during which the process was stopped before.

        :return: whether to go on
        """
        if self.attempts >= _ATTEMPTS:
            self._fail(
                self.env._(
                    "The server stopped the work %(count)s times before the file was ready. Raise limit_time_real_cron and "
                    "limit_time_cpu in the configuration of Odoo, then press Write Again.",
                    count=self.attempts,
                )
            )
            return False
        begun = {"state": "running", "attempts": self.attempts + 1, "started_on": fields.Datetime.now(), "row_done": 0}
        self._act().write(begun)
        return True

    def _work(self):
        """Write the file in one transaction that only reads, and hand it over in the next."""
        # the rights of the person who asked decide what is read
        inventory = self.inventory_id.with_user(self.user_id.id).with_context(
            allowed_company_ids=self.company_id.ids, lang=self.user_id.lang
        )
        try:
            with tempfile.TemporaryFile(prefix="carbon_") as file:
                inventory.invalidate_recordset()
                computed_on = inventory.computed_on
                self.env["carbon.inventory.workbook"].with_env(inventory.env)._write(inventory, file, told=self._told)
                file.seek(0)
                # the progress has changed this row meanwhile: a transaction as old as the first row read could not
                self.env["ir.cron"]._commit_progress(0)
                self._hand_over(inventory, computed_on, file.read())
                self.env.flush_all()
        except _Cancelled:
            self.env.cr.rollback()
        except Exception as error:  # one broken file must not stop the others
            _logger.warning("workbook %s failed", self.id, exc_info=True)
            self.env.cr.rollback()
            self.invalidate_recordset(flush=False)
            self._fail(str(error)[:2000])

    def _told(self, rows):
        """Show how far it is, from a transaction of its own.

        :raises _Cancelled: if somebody pressed Cancel
        """
        with self.env.registry.cursor() as cr:
            cr.execute(
                "UPDATE carbon_inventory_export SET row_done = %s WHERE id = %s AND state = 'running'", [rows, self.id]
            )
            if not cr.rowcount:
                raise _Cancelled

    def _hand_over(self, inventory, computed_on, raw):
        """Keep the file with the inventory, or here, and tell the person who asked."""
        self.invalidate_recordset(flush=False)
        if self.state != "running":
            raise _Cancelled
        if self.is_filing:
            inventory._keep_workbook(raw)
            attachment = self.inventory_id.workbook_id
        else:
            attachment = self.env["ir.attachment"].create(
                {
                    "name": inventory._workbook_name(),
                    "raw": raw,
                    "mimetype": XLSX,
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
        done = {"state": "done", "finished_on": fields.Datetime.now(), "attachment_id": attachment.id}
        self._act().write(
            {**done, "computed_on": computed_on, "row_done": self.row_count, "sha256": hashlib.sha256(raw).hexdigest()}
        )
        self.user_id._bus_send(
            "simple_notification",
            {
                "type": "success",
                "sticky": True,
                "title": inventory.env._("Workbook ready"),
                "message": inventory.env._(
                    "The workbook of %(inventory)s is ready: press Workbook on the inventory.", inventory=inventory.name
                ),
            },
        )

    def _fail(self, message):
        self._act().write({"state": "failed", "finished_on": fields.Datetime.now(), "message": message})

    @api.autovacuum
    def _gc_files(self):
        """Throw away files that can be written again."""
        limit = fields.Datetime.now() - timedelta(days=_KEPT_DAYS)
        domain = [("is_filing", "=", False), ("state", "not in", ("waiting", "running")), ("finished_on", "<", limit)]
        old = self.search(domain)._act()
        old.attachment_id.unlink()
        old.unlink()
