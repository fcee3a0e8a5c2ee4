import io

from odoo import api, models
from odoo.exceptions import UserError

from ..tools.documents import DOCUMENTS, PAGES


class IrActionsReport(models.Model):
    """The documents of this addon are printed by Chromium; all other reports as Odoo prints them.

    Debian's wkhtmltopdf prints neither headers nor page numbers, and knows no modern page layout.
    """

    _inherit = "ir.actions.report"

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Print each record of a document of ours."""
        report = self._get_report(report_ref)
        if report.report_name not in DOCUMENTS:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        records = self._carbon_records(report, data, res_ids)
        lang = self._carbon_lang(data)
        streams = {}
        for record in records:
            pdf = self._carbon_pdf(report, record, lang)
            streams[record.id] = {"stream": io.BytesIO(pdf), "attachment": None}
        return streams

    def _render_qweb_html(self, report_ref, docids, data=None):
        """Show the page that would be printed."""
        report = self._get_report(report_ref)
        if report.report_name not in DOCUMENTS:
            return super()._render_qweb_html(report_ref, docids, data=data)
        document, lang = self.env["carbon.inventory.document"], self._carbon_lang(data)
        framework = DOCUMENTS[report.report_name]
        pages = [
            document._html(record, framework, lang)
            if framework
            else getattr(document, PAGES[record._name])(record, lang)
            for record in self._carbon_records(report, data, docids)
        ]
        return "".join(pages).encode(), "html"

    @api.model
    def _carbon_records(self, report, data, res_ids):
        """Return the records to print: those of the Print menu, or those that a dialog names.

        :raises UserError: if there is none
        """
        ids = res_ids or (data or {}).get("record_ids") or []
        ids = [ids] if isinstance(ids, int) else [int(number) for number in ids]
        records = self.env[report.model].browse(ids).exists()
        if not records:
            raise UserError(self.env._("There is nothing to print: choose a record first."))
        return records

    @api.model
    def _carbon_lang(self, data):
        """Return the language asked for if it is installed, else the user's."""
        asked = (data or {}).get("lang")
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        return asked if asked in installed else self.env.lang or "en_US"

    @api.model
    def _carbon_pdf(self, report, record, lang):
        framework = DOCUMENTS[report.report_name]
        if framework:
            return self.env["carbon.report"]._pdf(record, framework, lang)
        document = self.env["carbon.inventory.document"]
        return document._print(getattr(document, PAGES[record._name])(record, lang))
