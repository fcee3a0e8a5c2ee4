from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from odoo.addons.carbon_management.tools import chromium
from odoo.addons.carbon_management.tools.pdf_text import with_characters

from ..models.carbon_inventory_seal import SEALED_STATES
from ..tools.document_page import page_style

#: Sections of the report, in the order of each framework. Each is a template ``document_section_<code>``.
SECTIONS = {
    "ISO14064-1": (
        *("organisation", "purpose", "boundaries", "sources", "methods", "results", "electricity", "apart"),
        *(
            "activity",
            "factors",
            "intensity",
            "uncertainty",
            "gaps",
            "base_year",
            "control",
            "verification",
            "statement",
        ),
    ),
    "GBT32150": (
        *("organisation", "purpose", "boundaries", "results", "electricity", "apart", "sources", "activity", "factors"),
        *("methods", "intensity", "uncertainty", "gaps", "base_year", "control", "verification", "statement"),
    ),
}
#: Rows of one table of the document; the workbook has all of them.
MOST_ROWS = 400


class CarbonInventoryDocument(models.AbstractModel):
    """The GHG report of an inventory as a document to print (R-140), in one language and for one framework.

    It says what the workbook says, by the same queries, and lists no rows of the ledger. Whoever may read the inventory may
    print its report.
    """

    _name = "carbon.inventory.document"
    _description = "GHG Report of an Inventory"

    # ------------------------------------------------------------------
    # Rendering
    # ------------------------------------------------------------------
    @api.model
    def _pdf(self, inventory, framework, lang, issue=None):
        """Return the bytes of the report as PDF.

        :param inventory: one ``carbon.inventory`` that the user may read
        :param framework: code of the framework, see :data:`SECTIONS`
        :param lang: code of an installed language
        :param issue: ``{"number": text, "version": text}`` of a report that is filed
        :raises UserError: where Chromium cannot print, saying what to install
        """
        return self._print(self._html(inventory, framework, lang, issue))

    @api.model
    def _html(self, inventory, framework, lang, issue=None):
        """Return the page of the report that :meth:`_pdf` prints."""
        document = self._in_language(inventory, lang)
        own = document.env["carbon.inventory"].browse(inventory.id)
        values = document._values(own, framework, issue)
        return str(document.env["ir.qweb"]._render("carbon_accounting.document_inventory", values))

    @api.model
    def _print(self, html):
        try:
            return with_characters(chromium.print_pdf(html))
        except chromium.ChromiumError as error:
            raise UserError(self._chromium_text(error)) from error

    @api.model
    def _chromium_text(self, error):
        """Return what somebody has to do who cannot print."""
        if error.code == "failed":
            return self.env._("Chromium could not print the report: %(message)s", message=error)
        return self.env._(
            "PDF reports are printed by Chromium %(version)s or later, which this server lacks. Ask its administrator to "
            "install it with a Chinese font, on Debian: apt-get install chromium fonts-noto-cjk. The workbook needs neither.",
            version=chromium.LEAST_VERSION,
        )

    @api.model
    def _in_language(self, record, lang):
        """Return this model in one language, for a record that the user may read.

        :raises AccessError: if the user may not read it
        """
        record.check_access("read")
        # sudo: whoever reads an inventory reads its report, which names sources, plans, persons and documents of its own company
        document = self.sudo().with_context(
            lang=lang,
            report_lang=lang,
            allowed_company_ids=record.company_id.ids,
            active_test=False,
            tz=self._tz(record),
        )
        self.env.flush_all()
        return document

    @api.model
    def _tz(self, record):
        # sudo: the time zone of the company whose record it is
        return self.env["carbon.system"].sudo()._get(record.company_id).tz or "UTC"

    @api.model
    def _edition(self, inventory, framework):
        """Return the edition that the inventory names, else the one in force on its last day.

        :raises UserError: if there is none
        """
        edition = inventory.edition_ids.filtered(lambda e: e.framework_id.code == framework)
        if not edition:
            found = self.env["carbon.framework"].search([("code", "=", framework)], limit=1)
            edition = found and found._edition_at(inventory.date_to)
        if not edition:
            raise UserError(
                self.env._(
                    "No edition of %(framework)s was in force on %(date)s. Choose another framework, or add its edition under "
                    "Configuration, Frameworks.",
                    framework=framework,
                    date=inventory.date_to,
                )
            )
        return edition

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------
    @api.model
    def _values(self, inventory, framework, issue):
        """Return what the templates ask for."""
        edition = self._edition(inventory, framework)
        sections = list(SECTIONS[framework])
        plan = self.env["carbon.monitoring.plan"]._at(inventory.company_id, inventory.date_to)
        values = {
            "inventory": inventory,
            "edition": edition,
            "framework": framework,
            "plan": plan,
            "most_rows": MOST_ROWS,
            **self._helpers(inventory.company_id),
            **self._head(inventory, edition, issue),
        }
        for section in sections:
            values[section] = getattr(self, f"_section_{section}")(inventory, edition)
        if plan:
            sections.append("quality_plan")
            values["quality_plan"] = self._section_quality_plan(plan, inventory.date_from, inventory.date_to)
        values["sections"] = [{"code": code, "title": self._titles()[code]} for code in sections]
        return values | {"style": self._style(values)}

    @api.model
    def _titles(self):
        return {
            "organisation": self.env._("Reporting organisation"),
            "purpose": self.env._("Purpose and intended user"),
            "boundaries": self.env._("Boundaries"),
            "sources": self.env._("Emission sources"),
            "methods": self.env._("Statement of methods"),
            "activity": self.env._("Activity data and their sources"),
            "factors": self.env._("Emission factors and their sources"),
            "results": self.env._("Greenhouse gas emissions"),
            "electricity": self.env._("Purchased energy"),
            "apart": self.env._("Reported apart from the totals"),
            "intensity": self.env._("Emission intensity"),
            "uncertainty": self.env._("Uncertainty and data quality"),
            "gaps": self.env._("Data gaps and open points"),
            "base_year": self.env._("Base year, changes and restatements"),
            "control": self.env._("Internal quality control"),
            "verification": self.env._("Verification"),
            "statement": self.env._("Statement of authenticity"),
            "quality_plan": self.env._("Annex: data quality control plan"),
        }

    @api.model
    def _head(self, inventory, edition, issue):
        """Return title, number, version, seal and what every page says."""
        sealed = inventory.state in SEALED_STATES
        seal = inventory.seal_ids[:1] if sealed else inventory.env["carbon.inventory.seal"]
        mark = False
        if not sealed:
            mark = self.env._("DRAFT")
        elif inventory.state == "restated":
            mark = self.env._("RESTATED")
        return {
            "title": self.env._("Greenhouse gas emission report"),
            "organisation_name": inventory.company_id.name,
            "basis_name": edition.name,
            "period_text": f"{inventory.date_from} – {inventory.date_to}",
            "number": (issue or {}).get("number") or "",
            "version_text": (issue or {}).get("version") or str(inventory.version),
            "state_text": self._label(inventory, "state"),
            "mark": mark,
            "seal": seal,
            "made_on": self._moment(fields.Datetime.now()),
        }

    @api.model
    def _style(self, values):
        """Return the CSS with what stands in the margins of each page."""
        mark = f"{values['mark']} · " if values["mark"] else ""
        number = values["number"] or self.env._("not numbered")
        version = self.env._("version %(version)s", version=values["version_text"])
        seal = values["mark"] or ""
        if values["seal"]:
            seal = self.env._("Seal %(root)s", root=values["seal"].root_hash)
        style = page_style(
            left=f"{values['organisation_name']} · {values['title']}",
            right=f"{mark}{number} · {version}",
            bottom=f"{values['basis_name']} · {values['period_text']}",
            seal=seal,
            page=self.env._("Page {page} of {pages}"),
        )
        return Markup(style)  # the texts in it are escaped for CSS: a style element takes no entities

    # ------------------------------------------------------------------
    # Words and numbers
    # ------------------------------------------------------------------
    @api.model
    def _helpers(self, company):
        book = self.env["carbon.inventory.workbook"]
        return {
            "lang": self.env.lang,
            "html_lang": (self.env.lang or "en_US").replace("_", "-"),
            "t3": self._t3,
            "number_text": self._number,
            "count_text": lambda value: f"{value:,}",
            "percent": self._percent,
            "spread": self._spread,
            "label": self._label,
            "moment": self._moment,
            "day": lambda value: format_date(self.env, value, date_format="yyyy-MM-dd") if value else "–",
            "word": book._word,
            "company": company,
        }

    @api.model
    def _t3(self, value):
        """Return t with three decimals; what would be shown as zero with its first digits."""
        value = float(value or 0)
        if value and abs(value) < 0.0005:
            return f"{value:.2g}"
        return f"{value:,.3f}"

    @api.model
    def _number(self, value):
        """Return a quantity or factor with as many digits as it has, at most ten significant ones."""
        value = float(value or 0)
        if not value:
            return "0"
        if abs(value) >= 1e6:
            return f"{value:,.3f}".rstrip("0").rstrip(".")
        return f"{value:,.10g}"

    @api.model
    def _percent(self, value):
        return f"{float(value or 0):.1f} %"

    @api.model
    def _spread(self, percent, below=None, above=None):
        """Return an uncertainty: ± where both sides are alike, −/+ where they differ."""
        if below and above:
            return f"−{self._percent(below)} / +{self._percent(above)}"
        return f"±{self._percent(percent)}"

    @api.model
    def _label(self, record, name):
        """Return the label of a selection value in the language of the document."""
        value = record[name]
        return dict(record._fields[name]._description_selection(self.env)).get(value, "") if value else ""

    @api.model
    def _moment(self, value):
        """Return a moment in the time zone of the company."""
        if not value:
            return "–"
        return f"{fields.Datetime.context_timestamp(self, value):%Y-%m-%d %H:%M} ({self.env.context.get('tz')})"
