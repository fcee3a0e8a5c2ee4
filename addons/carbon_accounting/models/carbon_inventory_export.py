import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .carbon_inventory_filing import XLSX

#: Days for which a file is kept that can be written again; what is filed with an inventory stays for ever.
_KEPT_DAYS = 30


class CarbonInventoryExport(models.Model):
    """A workbook that takes longer than a request may: written in the background, with its progress (R-140).

    A file that is filed with an approved inventory is kept by the inventory; others are made anew when somebody asks.
    """

    _name = "carbon.inventory.export"
    _description = "Workbook in the Background"
    _inherit = ["carbon.export.mixin"]
    _order = "id desc"
    _rec_name = "inventory_id"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, index=True, ondelete="cascade")
    is_filing = fields.Boolean("Filed with the Approval", readonly=True)
    computed_on = fields.Datetime("Inventory Computed on", readonly=True)
    row_count = fields.Integer(help="Emission rows that the inventory counts.")

    _one_under_way = models.UniqueIndex(
        "(inventory_id) WHERE state IN ('waiting', 'running')",
        "The workbook of this inventory is being written already.",
    )

    @api.model
    def _cron(self):
        return "carbon_accounting.ir_cron_export"

    @api.model
    def _refusal(self):
        return self.env._("Workbooks in the background are written by their buttons only.")

    def _check_may_cancel(self):
        if self.is_filing:
            raise UserError(
                self.env._(
                    "The workbook of %(inventory)s is filed with its approval and cannot be cancelled.",
                    inventory=self.inventory_id.name,
                )
            )

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
            self.search(waiting)._acting().write({"state": "cancelled", "finished_on": fields.Datetime.now()})
            self.env.flush_all()
        export = self._acting().create(
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

    def _form_action(self):
        return dict(super()._form_action(), name=self.env._("Workbook"))

    def action_download(self):
        """Download the file.

        :raises UserError: while it is not ready
        """
        self.ensure_one()
        self.check_access("read")
        if self.state != "done":
            raise UserError(self.env._("The workbook of %(inventory)s is not ready.", inventory=self.inventory_id.name))
        return self.inventory_id._workbook_url(self)

    # ------------------------------------------------------------------
    # Background
    # ------------------------------------------------------------------
    def _write_file(self, file):
        """Write the workbook.

        :return: when the inventory was computed that it tells
        """
        inventory = self.inventory_id
        inventory.invalidate_recordset()
        computed_on = inventory.computed_on
        self.env["carbon.inventory.workbook"]._write(inventory, file, told=self._told)
        return computed_on

    def _hand_over(self, person, file, told):
        """Keep the file with the inventory, or here, and tell the person who asked."""
        inventory, raw = person.inventory_id, file.read()
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
        self._acting().write(
            {**done, "computed_on": told, "row_done": self.row_count, "sha256": hashlib.sha256(raw).hexdigest()}
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

    @api.autovacuum
    def _gc_files(self):
        """Throw away files that can be written again."""
        limit = fields.Datetime.now() - timedelta(days=_KEPT_DAYS)
        domain = [("is_filing", "=", False), ("state", "not in", ("waiting", "running")), ("finished_on", "<", limit)]
        old = self.search(domain)._acting()
        old.attachment_id.unlink()
        old.unlink()
