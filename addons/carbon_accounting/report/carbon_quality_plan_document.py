from odoo import api, fields, models
from odoo.tools import html2plaintext


class CarbonInventoryDocument(models.AbstractModel):
    """The data quality control plan (数据质量控制计划) of a monitoring plan, by itself or as an annex of a report."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _plan_pdf(self, plan, lang):
        """Return the bytes of the data quality control plan as PDF.

        :param plan: one ``carbon.monitoring.plan`` that the user may read
        :raises UserError: where Chromium cannot print, saying what to install
        """
        return self._print(self._plan_html(plan, lang))

    @api.model
    def _plan_html(self, plan, lang):
        document = self._in_language(plan, lang)
        own = document.env["carbon.monitoring.plan"].browse(plan.id)
        return str(document.env["ir.qweb"]._render("carbon_accounting.document_plan", document._plan_values(own)))

    @api.model
    def _plan_values(self, plan):
        """Return what the template of the plan by itself asks for."""
        first = plan.date_from
        last = plan.date_to or fields.Date.end_of(max(first, fields.Date.context_today(self)), "year")
        values = {
            **self._helpers(plan.company_id),
            "plan": plan,
            "title": self.env._("Data quality control plan"),
            "organisation_name": plan.company_id.name,
            "basis_name": plan.name,
            "period_text": f"{plan.date_from} – {plan.date_to or ''}",
            "number": plan.number or "",
            "version_text": str(plan.version),
            "mark": False if plan.state in ("approved", "superseded") else self.env._("DRAFT"),
            "seal": False,
            "state_text": self._label(plan, "state"),
            "made_on": self._moment(fields.Datetime.now()),
            "quality_plan": self._section_quality_plan(plan, first, last),
        }
        return values | {"style": self._style(values)}

    @api.model
    def _section_quality_plan(self, plan, first, last):
        """Return the parameters of a plan in three groups, with their instruments, methods and controls.

        :param first: first day of the period whose records are named
        :param last: last day of it
        """
        items = plan.item_ids
        return {
            "plan": plan,
            "note": html2plaintext(plan.note or "").strip(),
            "groups": [
                (self._kind_label(kind), items.filtered(lambda item, k=kind: item.kind == k))
                for kind in ("activity", "factor", "output")
            ],
            "instruments": items.equipment_id.sorted("id"),
            "methods": self._plan_methods(items),
            "factors": self._plan_factors(items, last),
            "system": self.env["carbon.system"]._get(plan.company_id),
            "frequencies": dict(items._fields["frequency"]._description_selection(self.env)),
        }

    @api.model
    def _kind_label(self, kind):
        return dict(self.env["carbon.monitoring.item"]._fields["kind"]._description_selection(self.env))[kind]

    @api.model
    def _plan_methods(self, items):
        """Return (source, formula, clause) of the calculation of each source."""
        rows = []
        for source in items.source_id.filtered(lambda s: s.kind != "output"):
            methods = source.rule_ids.filtered(lambda r: r.active and r.outcome == "count").method_id
            if methods:
                rows += [(source.name, method.formula, method.clause) for method in methods]
            else:
                rows.append((source.name, self.env._("activity data × emission factor"), ""))
        return rows

    @api.model
    def _plan_factors(self, items, day):
        """Return (source, factor version in force on a day or the newest before it, its document)."""
        rows = []
        for source in items.source_id:
            for factor in source.factor_line_ids.factor_id:
                versions = factor.version_ids.filtered(lambda v: v.state == "approved" and v.date_from <= day)
                newest = versions.sorted("date_from")[-1:]
                rows.append((source.name, newest.display_name or factor.name, newest.source_document or ""))
        return rows
