import hashlib
import logging
import os
import shutil
import tempfile

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.ledger_fields import LedgerMany2one

_logger = logging.getLogger(__name__)
#: A process that is stopped while it writes begins once more; after that a person has to look.
_ATTEMPTS = 2
_CHUNK = 1 << 20


class Cancelled(Exception):
    """Somebody pressed Cancel."""


class CarbonExportMixin(models.AbstractModel):
    """A file that takes longer to write than a request may: written in the background, with its progress.

    Invariant: written by its buttons and its scheduled action only, which Odoo runs once at a time. A model that inherits says
    how its file is written (:meth:`_write_file`) and kept (:meth:`_hand_over`), and which action runs it (:meth:`_cron`).
    """

    _name = "carbon.export.mixin"
    _description = "File Written in the Background"
    _inherit = ["carbon.act.mixin"]

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    user_id = LedgerMany2one("res.users", string="Asked by", required=True, readonly=True)
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
    started_on = fields.Datetime(readonly=True)
    finished_on = fields.Datetime(readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None)
    row_count = fields.Integer("Rows", readonly=True, aggregator=None)
    row_done = fields.Integer("Rows Written", readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress", aggregator=None)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="set null")
    size = fields.Integer("Size (bytes)", related="attachment_id.file_size")
    sha256 = fields.Char("SHA-256", readonly=True)
    message = fields.Text(readonly=True)

    @api.depends("row_count", "row_done", "state")
    def _compute_progress(self):
        for export in self:
            share = export.row_done / export.row_count if export.row_count else 0
            export.progress = 100.0 if export.state == "done" else min(99.0, 100.0 * share)

    # ------------------------------------------------------------------
    # What a model says
    # ------------------------------------------------------------------
    @api.model
    def _cron(self):
        """Return the external id of the scheduled action."""
        raise NotImplementedError

    def _write_file(self, file):
        """Write the file with the rights of the person who asked, without changing anything.

        :param file: binary file object
        :return: what :meth:`_hand_over` wants to know
        """
        raise NotImplementedError

    def _hand_over(self, person, file, told):
        """Keep the file and tell the person.

        :param person: this record with the rights and language of the person who asked
        :param file: binary file object at its beginning
        :param told: what :meth:`_write_file` returned
        """
        raise NotImplementedError

    def _prepare(self):
        """Do what has to be done once before the file is written, with the rights of the person who asked."""

    def _check_may_cancel(self):
        """Refuse to cancel what has to be written.

        :raises UserError: with the reason
        """

    def _acting(self):
        """Readers ask for a file, cancel it and have it written again: they have no right to write records."""
        return super(CarbonExportMixin, self.sudo())._acting()  # sudo: see above

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    @api.model
    def _wake(self):
        # sudo: whoever asks may not read scheduled actions
        self.env.ref(self._cron()).sudo()._trigger()

    def _form_action(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self._description,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def action_cancel(self):
        """Stop waiting; a file that is being written is thrown away.

        :return: True
        """
        self.check_access("read")
        for export in self.filtered(lambda e: e.state in ("waiting", "running")):
            export._check_may_cancel()
            export._acting().write({"state": "cancelled", "finished_on": fields.Datetime.now()})
        return True

    def action_retry(self):
        """Write the file again.

        :return: True
        """
        self.check_access("read")
        self.filtered(lambda e: e.state in ("failed", "cancelled"))._acting().write(
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
        self._acting().write(begun)
        return True

    def _work(self):
        """Write the file in one transaction that only reads, and hand it over in the next."""
        # the rights of the person who asked decide what is read
        person = self.with_user(self.user_id.id).with_context(
            allowed_company_ids=self.company_id.ids, lang=self.user_id.lang
        )
        try:
            person._prepare()
            self.env["ir.cron"]._commit_progress(0)
            with tempfile.TemporaryFile(prefix="carbon_") as file:
                told = person._write_file(file)
                file.seek(0)
                # the progress has changed this row meanwhile: a transaction as old as the first row read could not
                self.env["ir.cron"]._commit_progress(0)
                self.invalidate_recordset(flush=False)
                if self.state != "running":
                    raise Cancelled
                self._hand_over(person, file, told)
                self.env.flush_all()
        except Cancelled:
            self.env.cr.rollback()
        except Exception as error:  # one broken file must not stop the others
            _logger.warning("%s %s failed", self._name, self.id, exc_info=True)
            self.env.cr.rollback()
            self.invalidate_recordset(flush=False)
            self._fail(str(error)[:2000])

    def _told(self, rows):
        """Show how far it is, from a transaction of its own.

        :raises Cancelled: if somebody pressed Cancel
        """
        with self.env.registry.cursor() as cr:
            cr.execute(
                SQL(
                    "UPDATE %s SET row_done = %s WHERE id = %s AND state = 'running'",
                    SQL.identifier(self._table),
                    rows,
                    self.id,
                )
            )
            if not cr.rowcount:
                raise Cancelled

    def _fail(self, message):
        self._acting().write({"state": "failed", "finished_on": fields.Datetime.now(), "message": message})

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------
    def _attach(self, name, file, mimetype):
        """Keep a file with this record; it is copied to the filestore piece by piece and never read as a whole.

        :param file: binary file object at its beginning
        :return: the ``ir.attachment``
        """
        self.ensure_one()
        attachments = self.env["ir.attachment"]
        values = {"name": name, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
        if attachments._storage() != "file":
            return attachments.create({**values, "raw": file.read()})
        digest, size = hashlib.sha1(usedforsecurity=False), 0  # Odoo names files of the filestore so
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        place = f"{digest.hexdigest()[:2]}/{digest.hexdigest()}"
        path = attachments._full_path(place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file.seek(0)
        with open(path, "wb") as target:
            shutil.copyfileobj(file, target, _CHUNK)
        attachments._mark_for_gc(place)
        attachment = attachments.create(values)
        attachment.flush_recordset()
        # the ORM writes these columns from the content alone
        self.env.cr.execute(
            SQL(
                "UPDATE ir_attachment SET store_fname = %s, file_size = %s, checksum = %s, db_datas = NULL WHERE id = %s",
                place,
                size,
                digest.hexdigest(),
                attachment.id,
            )
        )
        attachment.invalidate_recordset(flush=False)
        return attachment
