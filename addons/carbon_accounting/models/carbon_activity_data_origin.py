from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


def _fact(kind, label, **values):
    """Return a field of the card: read with sudo, and what it says comes from the ledger row's own document only."""
    return kind(string=label, compute="_compute_document", compute_sudo=True, **values)


class CarbonActivityData(models.Model):
    """The way from a row to its document, also for people who may not open documents of that kind.

    A verifier sees what a bill says without being an accountant of the company: nothing but the fields below, of documents
    that the ledger names, of companies that the reader may see. The record rule of the row guards the card: there is no
    other way to it.
    """

    _inherit = "carbon.activity.data"

    document_number = _fact(fields.Char, "Document Number")
    document_date = _fact(fields.Date, "Document Date")
    document_state = _fact(fields.Char, "Document State")
    document_partner = _fact(fields.Char, "Document Partner")
    document_product = _fact(fields.Char, "Document Product")
    document_quantity = _fact(fields.Float, "Document Quantity", digits=0, aggregator=None)
    document_unit = _fact(fields.Char, "Document Unit")
    document_amount = _fact(fields.Float, "Document Amount", digits=(16, 2), aggregator=None)
    document_currency = _fact(fields.Char, "Document Currency")
    document_file_ids = fields.Many2many(
        "ir.attachment", string="Document Files", compute="_compute_document_file_ids", help="Those that you may read."
    )

    def _origin_record(self):
        """Return the record that the row comes from, empty if it is gone, or another company's by now."""
        self.ensure_one()
        model = self.env.get(self.origin_model)
        record = None if model is None else model.browse(self.origin_id).exists()
        # sudo: the company of a document, to compare it with that of the row
        if record and "company_id" in record._fields and record.sudo().company_id.id != self.company_id.id:
            return record.browse()
        return record

    @api.depends("origin_model", "origin_id")
    def _compute_document(self):
        names = [name for name, field in self._fields.items() if field.compute == "_compute_document"]
        for row in self:
            record = row._origin_record()
            facts = self.env["carbon.engine"]._origin_facts(record) if record else {}
            for name in names:
                row[name] = facts.get(name.removeprefix("document_"), False)

    @api.depends("origin_model", "origin_id")
    def _compute_document_file_ids(self):
        for row in self:
            record = row._origin_record()
            # sudo: which document and files there are; kept are those that the user may read
            document = record and self.env["carbon.engine"]._origin_document(record.sudo())
            domain = [("res_model", "=", document._name), ("res_id", "=", document.id)] if document else Domain.FALSE
            files = self.env["ir.attachment"].sudo().search(domain)  # sudo: see above
            row.document_file_ids = files.with_env(self.env)._filtered_access("read")

    def action_open_origin(self):
        """Open the business document that the row comes from, or what it says for those who may not open it.

        :raises UserError: if the document or its addon is gone; the row keeps the frozen label
        """
        self.ensure_one()
        self.check_access("read")
        record = self._origin_record()
        if not record:
            raise UserError(
                self.env._(
                    "The document %(origin)s is no longer in the system. The row keeps its label, date, quantity and unit.",
                    origin=self.origin_display,
                )
            )
        engine = self.env["carbon.engine"]
        # sudo: which document it is, not what it says
        document = engine._origin_document(record.sudo()).with_env(self.env)
        return engine._origin_action(record) if document.has_access("read") else self._card_action()

    def _card_action(self):
        """Return the action that shows the card of the document in a dialog."""
        view = self.env.ref("carbon_accounting.carbon_activity_data_view_form_document")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Document %(number)s", number=self.document_number or ""),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(view.id, "form")],
            "target": "new",
        }
