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
#: Up to so many the workbook is written in the request that asks for it; Odoo stops requests after two minutes.
_IN_REQUEST = 200_000


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

    export_ids = fields.One2many("carbon.inventory.export", "inventory_id", string="Workbooks in the Background")
    export_state = fields.Selection(
        [("waiting", "Waiting"), ("running", "Being written"), ("done", "Ready"), ("failed", "Failed")],
        string="Workbook",
        compute="_compute_export_state",
    )

    @api.depends("export_ids.state")
    def _compute_export_state(self):
        for inventory in self:
            state = inventory.export_ids[:1].state
            inventory.export_state = state if state != "cancelled" else False

    def _clear_lines(self):
        """What was written in the background tells lines that are gone."""
        exports = self.env["carbon.inventory.export"].search([("inventory_id", "in", self.ids)])
        exports._acting().write({"computed_on": False})
        return super()._clear_lines()

    def action_view_exports(self):
        """Open the workbooks that were written in the background."""
        return self._own_action("carbon_inventory_export_action")

    def _workbook_name(self):
        """Return the name of the file."""
        self.ensure_one()
        return (re.sub(r"[^\w.-]+", "_", self.name).strip("_") or "inventory") + ".xlsx"

    def _approve_sealed(self, run):
        """File the workbook of a small inventory together with its approval."""
        result = super()._approve_sealed(run)
        if self.ledger_count <= _AT_ONCE:
            self._file_workbook()
        else:
            self.env["carbon.inventory.export"]._request(self, is_filing=True)
        return result

    def _file_workbook(self):
        """Write the workbook of a sealed inventory once, and keep it with its hash in the trail."""
        self.ensure_one()
        with tempfile.TemporaryFile(prefix="carbon_") as file:
            self.env["carbon.inventory.workbook"]._write(self, file)
            file.seek(0)
            self._keep_workbook(file.read())

    def _keep_workbook(self, raw):
        """File these bytes with a sealed inventory that has no workbook.

        :param raw: content of the xlsx file
        """
        self.ensure_one()
        # sudo: the system files it, whoever approved
        sealed = self.sudo()
        if sealed.workbook_id or sealed.state not in SEALED_STATES:
            return
        inventory = sealed.with_context(carbon_inventory_act=ACT)
        filed = inventory._gate_attach(self._workbook_name(), raw, XLSX)
        values = {"workbook_id": filed.id, "workbook_sha256": hashlib.sha256(raw).hexdigest()}
        inventory._gate_write(values, "inventory.workbook")

    def action_export_xlsx(self):
        """Download the workbook; a large one that is not filed is written in the background first.

        :return: action that fetches the file, or that shows how far it is
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: whoever reads the inventory reads its workbook
        if self.ledger_count <= _IN_REQUEST or self.sudo().workbook_id:
            return self._workbook_url()
        export = self.env["carbon.inventory.export"]._request(self)
        return self._workbook_url(export) if export.state == "done" else export._form_action()

    def _workbook_url(self, export=None):
        self.ensure_one()
        query = f"?export={export.id}" if export else ""
        return {
            "type": "ir.actions.act_url",
            "url": f"/carbon/inventory/{self.id}/workbook{query}",
            "target": "download",
        }

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

    def _exported_workbook(self, export):
        """Return the file that was written in the background, or an empty recordset.

        :param export: id of the export, as a text from outside, or None
        """
        self.ensure_one()
        number = int(export) if str(export or "").isdecimal() else 0
        found = self.env["carbon.inventory.export"].search([("id", "=", number), ("inventory_id", "=", self.id)])
        # sudo: whoever reads the export reads its file
        return found.sudo().attachment_id

    def _trail_payload(self):
        """Name the hash of the workbook."""
        payload = super()._trail_payload()
        return payload | ({"workbook_sha256": self.workbook_sha256} if self.workbook_sha256 else {})
