import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one
from .carbon_inventory import STATES
from .carbon_inventory_seal import SEALED_STATES

PDF = "application/pdf"


class CarbonReport(models.Model):
    """A GHG report that was issued: the PDF of a sealed inventory, with number, version and hash (R-140).

    Filed when it is printed for the first time in a state of the inventory, for a framework and in a language; printed again,
    it is the same file. Drafts are printed without number and not filed. All versions of an inventory and its languages have
    one number for each framework; the version is that of the inventory, a point, and which issue of it.
    Invariant: written by printing only, never changed.
    """

    _name = "carbon.report"
    _description = "Issued GHG Report"
    _inherit = ["carbon.act.mixin"]
    _order = "id desc"
    _rec_name = "number"
    _rec_names_search = ["number", "inventory_id"]

    number = fields.Char(required=True, readonly=True, index=True)
    version = fields.Char(required=True, readonly=True)
    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    edition_id = fields.Many2one("carbon.framework.edition", required=True, readonly=True, ondelete="restrict")
    framework_id = fields.Many2one(related="edition_id.framework_id", store=True)
    lang = fields.Char("Language", required=True, readonly=True)
    inventory_state = fields.Selection(
        STATES, required=True, readonly=True, help="Of the inventory when it was issued."
    )
    seal_root = fields.Char("Seal (SHA-256)", readonly=True)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="restrict")
    size = fields.Integer("Size (bytes)", readonly=True, aggregator=None)
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    issued_on = fields.Datetime(required=True, readonly=True)
    issued_by_id = LedgerMany2one("res.users", required=True, readonly=True)

    _issue_uniq = models.UniqueIndex(
        "(inventory_id, edition_id, lang, inventory_state)", "This report was issued already. Print it again to get it."
    )

    @api.depends("number", "version", "lang")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.number} {report.version} {report.lang}"

    # ------------------------------------------------------------------
    # Written by printing only
    # ------------------------------------------------------------------
    def _refusal(self):
        return self.env._("A report is issued by printing an approved inventory.")

    def _refusal_unlink(self):
        return self.env._("An issued report is never deleted. Restate the inventory instead.")

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse to everybody."""
        raise UserError(self.env._("An issued report is never changed. Restate the inventory instead."))

    # ------------------------------------------------------------------
    # Printing
    # ------------------------------------------------------------------
    @api.model
    def _pdf(self, inventory, framework, lang):
        """Return the bytes of the report of an inventory; that of a sealed one is filed the first time.

        :param inventory: one ``carbon.inventory`` that the user may read
        :param framework: code of the framework
        :param lang: code of an installed language
        :raises UserError: if the filed file is not the one that was issued, or nothing can print
        """
        inventory.ensure_one()
        inventory.check_access("read")
        document = self.env["carbon.inventory.document"]
        if inventory.state not in SEALED_STATES:
            return document._pdf(inventory, framework, lang)
        report = self._issued(inventory, framework, lang)
        if report:
            return report._content()
        issue = self._next_issue(inventory, framework)
        raw = document._pdf(inventory, framework, lang, issue)
        self._file(inventory, document._edition(inventory, framework), lang, issue, raw)
        return raw

    @api.model
    def _issued(self, inventory, framework, lang):
        return self.search(
            [
                ("inventory_id", "=", inventory.id),
                ("framework_id.code", "=", framework),
                ("lang", "=", lang),
                ("inventory_state", "=", inventory.state),
            ],
            limit=1,
        )

    def _content(self):
        """Return the bytes of the file.

        :raises UserError: if they are not what was issued
        """
        self.ensure_one()
        # sudo: whoever reads the inventory reads its report
        raw = self.sudo().attachment_id.raw or b""
        if hashlib.sha256(raw).hexdigest() != self.sha256:
            raise UserError(
                self.env._(
                    "The file of report %(report)s is not the one that was issued: its SHA-256 differs. Restore it from a "
                    "backup; the trail names the hash of the right one.",
                    report=self.display_name,
                )
            )
        return raw

    @api.model
    def _next_issue(self, inventory, framework):
        """Return number and version of what is printed now."""
        # sudo: numbers do not depend on who prints
        system = self.sudo()
        versions = system.env["carbon.inventory.document"]._versions(
            system.env["carbon.inventory"].browse(inventory.id)
        )
        domain = [("inventory_id", "in", versions.ids), ("framework_id.code", "=", framework)]
        reports = system.search(domain, order="id")
        number = reports[:1].number or system.env["ir.sequence"].next_by_code("carbon.report")
        own = reports.filtered(lambda r: r.inventory_id == inventory)
        states = list(dict.fromkeys(own.mapped("inventory_state")))
        issue = states.index(inventory.state) if inventory.state in states else len(states)
        return {"number": number, "version": f"{inventory.version}.{issue + 1}"}

    @api.model
    def _file(self, inventory, edition, lang, issue, raw):
        """Keep an issued report with its hash, in the trail too."""
        # sudo: the system files what a reader of the inventory prints for the first time; who it was is kept
        sealed = inventory.sudo()
        filed = sealed._gate_attach(f"{issue['number']}_{issue['version']}_{lang}.pdf", raw, PDF)
        digest = hashlib.sha256(raw).hexdigest()
        values = {
            **issue,
            "inventory_id": inventory.id,
            "company_id": inventory.company_id.id,
            "edition_id": edition.id,
            "lang": lang,
            "inventory_state": inventory.state,
            "seal_root": sealed.seal_ids[:1].root_hash,
            "attachment_id": filed.id,
            "size": len(raw),
            "sha256": digest,
            "issued_on": fields.Datetime.now(),
            "issued_by_id": self.env.uid,
        }
        sealed.env["carbon.report"]._acting().create(values)
        payload = {**issue, "edition": edition.code, "lang": lang, "state": inventory.state, "sha256": digest}
        sealed.env["carbon.trail.entry"]._append(
            inventory.company_id, "inventory.report", record=sealed, payload=payload
        )

    def action_download(self):
        """Download the file that was issued.

        :return: action that fetches it
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": f"/carbon/report/{self.id}", "target": "download"}
