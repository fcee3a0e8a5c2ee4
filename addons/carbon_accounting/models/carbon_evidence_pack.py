import hashlib
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.documents import DOCUMENTS
from ..tools.evidence_zip import EvidenceZip, safe_name
from .carbon_inventory_seal import SEALED_STATES

_logger = logging.getLogger(__name__)
ZIP = "application/zip"
GROUPS = ("group_carbon_accountant", "group_carbon_verifier", "group_carbon_manager")
_CHUNK = 1 << 20


class CarbonEvidencePack(models.Model):
    """Everything that an inventory, or a month, rests on, as one zip with a manifest of hashes (R-140).

    Written in the background with the rights of the person who asked. Its SHA-256 is kept here and in the audit trail; the file
    is kept as long as the record, which nobody deletes.
    """

    _name = "carbon.evidence.pack"
    _description = "Evidence Pack"
    _inherit = ["carbon.export.mixin"]
    _order = "id desc"

    inventory_id = fields.Many2one("carbon.inventory", readonly=True, index="btree_not_null", ondelete="restrict")
    period_id = fields.Many2one(
        "carbon.reporting.period", "Month", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    date_from = fields.Date("First Day", required=True, readonly=True)
    date_to = fields.Date("Last Day", required=True, readonly=True)
    row_count = fields.Integer("Files Expected")
    row_done = fields.Integer("Files Written")
    file_count = fields.Integer("Files", readonly=True, aggregator=None)
    missing_count = fields.Integer(
        "Missing", readonly=True, aggregator=None, help="What could not be put in; the README of the pack names it."
    )
    manifest_sha256 = fields.Char("SHA-256 of the Manifest", readonly=True)

    _one_of_both = models.Constraint(
        "CHECK((inventory_id IS NULL) <> (period_id IS NULL))", "An evidence pack is of one inventory or of one month."
    )
    _one_under_way = models.UniqueIndex(
        "(inventory_id, period_id) NULLS NOT DISTINCT WHERE state IN ('waiting', 'running')",
        "This evidence pack is being written already.",
    )

    @api.depends("inventory_id", "period_id")
    def _compute_display_name(self):
        for pack in self:
            of = pack.inventory_id.name or pack.period_id.display_name
            pack.display_name = self.env._("Evidence pack %(id)s: %(of)s", id=pack.id, of=of)

    @api.model
    def _cron(self):
        return "carbon_accounting.ir_cron_evidence_pack"

    @api.model
    def _refusal(self):
        return self.env._("Evidence packs are written by their buttons only.")

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    @api.model
    def _request(self, record):
        """Ask for the pack of an inventory or a month; one that waits or is being written answers too.

        :param record: one ``carbon.inventory`` or ``carbon.reporting.period`` that the user may read
        :return: the pack
        :raises UserError: without one of the roles, or for an inventory without figures
        """
        record.ensure_one()
        record.check_access("read")
        self.env["carbon.inventory"]._check_any_group(GROUPS)
        name = "inventory_id" if record._name == "carbon.inventory" else "period_id"
        if name == "inventory_id" and not record.computed_on:
            raise UserError(self.env._("%(inventory)s has no figures yet. Press Compute first.", inventory=record.name))
        under_way = self.search([(name, "=", record.id), ("state", "in", ("waiting", "running"))], limit=1)
        if under_way:
            return under_way
        pack = self._acting().create(
            {
                name: record.id,
                "company_id": record.company_id.id,
                "user_id": self.env.uid,
                "date_from": record.date_from,
                "date_to": record.date_to,
            }
        )
        self._wake()
        return self.browse(pack.id)

    def action_download(self):
        """Download the zip.

        :raises UserError: while it is not ready
        """
        self.ensure_one()
        self.check_access("read")
        if self.state != "done" or not self.attachment_id:
            raise UserError(self.env._("%(pack)s is not ready.", pack=self.display_name))
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    # ------------------------------------------------------------------
    # Background
    # ------------------------------------------------------------------
    def _prepare(self):
        """Issue the reports of a sealed inventory, in a transaction of their own: writing the pack only reads."""
        if self.inventory_id.state not in SEALED_STATES:
            return
        for lang in self.env["carbon.evidence.files"]._langs():
            for framework in filter(None, DOCUMENTS.values()):
                self._issue(framework, lang)

    def _issue(self, framework, lang):
        try:
            self.env["carbon.report"]._pdf(self.inventory_id, framework, lang)
        except UserError as error:  # the README of the pack names what is missing
            _logger.info("evidence pack %s: %s", self.id, error)

    def _write_file(self, file):
        """Write the zip.

        :return: what the record keeps of it
        """
        self.check_access("read")
        self.env["carbon.inventory"]._check_any_group(GROUPS)
        (self.inventory_id or self.period_id).check_access("read")
        missing = []
        book = EvidenceZip(file)
        self.env["carbon.evidence.files"]._write(self, book, missing, told=self._told)
        manifest = book.close(**self._about(missing))
        file.seek(0)
        digest = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        return {
            "sha256": digest.hexdigest(),
            "manifest_sha256": manifest,
            "file_count": len(book.files),
            "missing_count": len(missing),
        }

    def _about(self, missing):
        """Return what the manifest says of the pack."""
        return {
            "of": self.inventory_id.name or self.period_id.with_context(lang=None).display_name,
            "company": self.company_id.name,
            "period": f"{self.date_from}/{self.date_to}",
            "state": (self.inventory_id or self.period_id).state,
            # sudo: the seal of an inventory that the user reads
            "seal": self.inventory_id.sudo().seal_ids[:1].root_hash or None,
            "made_by": self.env.user.login,
            "made_on": f"{fields.Datetime.now()}Z",
            "hash": "SHA-256",
            "missing": missing,
        }

    def _hand_over(self, person, file, told):
        """Keep the zip, its hash here and in the trail, and tell the person who asked."""
        name = safe_name(f"evidence_{self.inventory_id.name or self.date_from.strftime('%Y-%m')}_{self.id}") + ".zip"
        attachment = self._attach(name, file, ZIP)
        done = {"state": "done", "finished_on": fields.Datetime.now(), "attachment_id": attachment.id}
        self._acting().write({**done, **told, "row_done": self.row_count})
        # sudo: the entry is of the person who asked; the trail is written by the system
        self.env["carbon.trail.entry"].with_user(self.user_id.id).sudo()._append(
            self.company_id,
            "evidence_pack.write",
            record=self.inventory_id or self.period_id,
            payload={"period": f"{self.date_from}/{self.date_to}", **told},
        )
        self.user_id._bus_send(
            "simple_notification",
            {
                "type": "success",
                "sticky": True,
                "title": person.env._("Evidence pack ready"),
                "message": person.env._(
                    "%(pack)s is ready: download it under Evidence Packs.", pack=person.display_name
                ),
            },
        )

    def _expect(self, count):
        """Say how many files there will be, from a transaction of its own: this one only reads."""
        with self.env.registry.cursor() as cr:
            cr.execute("UPDATE carbon_evidence_pack SET row_count = %s WHERE id = %s", [count, self.id])
