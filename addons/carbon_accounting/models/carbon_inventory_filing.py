import hashlib
import re
import tempfile

from odoo import api, fields, models
from odoo.exceptions import UserError

from .carbon_inventory import ACT, RESULT_FIELDS
from .carbon_inventory_seal import SEALED_STATES

RESULT_FIELDS |= {"workbook_id", "workbook_sha256"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Up to so many emission rows the workbook is filed in the transaction that approves; larger ones follow at once in their own.
_AT_ONCE = 50_000


class CarbonInventory(models.Model):
    """The workbook that is filed with an approved inventory (R-139, R-140).

    Names of sources, units or categories may be corrected later, and the ledger may get rows of a later version: what was
    approved is told by its own file.
    """

    _inherit = "carbon.inventory"

    workbook_id = fields.Many2one(
        "ir.attachment", string="Filed Workbook", readonly=True, copy=False, ondelete="restrict"
    )
    workbook_sha256 = fields.Char(string="SHA-256 of the Workbook", readonly=True, copy=False)

    def _workbook_name(self):
        """Return the name of the file."""
        self.ensure_one()
        return (re.sub(r"[^\w.-]+", "_", self.name).strip("_") or "inventory") + ".xlsx"

    def _approve_sealed(self, run):
        """File the workbook of a small inventory together with its approval."""
        result = super()._approve_sealed(run)
        if self.ledger_count <= _AT_ONCE:
            self._file_workbook()
        return result

    def _file_workbook(self):
        """Write the workbook of a sealed inventory once, and keep it with its hash in the trail."""
        self.ensure_one()
        if self.workbook_id or self.state not in SEALED_STATES:
            return
        with tempfile.TemporaryFile(prefix="carbon_") as file:
            self.env["carbon.inventory.workbook"]._write(self, file)
            file.seek(0)
            raw = file.read()
        # sudo: the system files it, whoever approved
        inventory = self.sudo().with_context(carbon_inventory_act=ACT)
        filed = inventory._gate_attach(self._workbook_name(), raw, XLSX)
        values = {"workbook_id": filed.id, "workbook_sha256": hashlib.sha256(raw).hexdigest()}
        inventory._gate_write(values, "inventory.workbook")

    @api.model
    def _file_missing_workbooks(self):
        """File the workbooks of inventories too large to be filed by their approval, each in its own transaction."""
        cron = self.env["ir.cron"]
        domain = [("state", "in", SEALED_STATES), ("workbook_id", "=", False), ("seal_ids", "!=", False)]
        for inventory in self.search(domain, order="id"):
            inventory._file_workbook()
            if not cron._commit_progress(1):
                break

    def _filed_workbook(self):
        """Return the filed workbook, or an empty recordset where none was filed.

        :raises UserError: if the file is not the one that was filed
        """
        self.ensure_one()
        # sudo: whoever reads the inventory reads its workbook
        filed = self.sudo().workbook_id
        if filed and hashlib.sha256(filed.raw or b"").hexdigest() != self.workbook_sha256:
            raise UserError(
                self.env._(
                    "The workbook of %(inventory)s is not the one that was filed with it: its SHA-256 differs. Restore the "
                    "file from a backup; the trail names the hash of the right one.",
                    inventory=self.name,
                )
            )
        return filed

    def _trail_payload(self):
        """Name the hash of the workbook."""
        payload = super()._trail_payload()
        return payload | ({"workbook_sha256": self.workbook_sha256} if self.workbook_sha256 else {})
