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
            "reporter": self._company_facts(plan.company_id),
            "boundary": self._plan_boundary(plan, max(plan.date_from, first)),
            "revisions": self._plan_revisions(plan),
            "facilities": self._plan_facilities(items),
            "instruments": self._plan_instruments(items),
            "months": self._plan_months(items, first, last),
            "methods": self._plan_methods(items, last),
            "factors": self._plan_factors(items, last),
            "system": self.env["carbon.system"]._get(plan.company_id),
            "frequencies": dict(items._fields["frequency"]._description_selection(self.env)),
        }

    @api.model
    def _kind_label(self, kind):
        return dict(self.env["carbon.monitoring.item"]._fields["kind"]._description_selection(self.env))[kind]

    @api.model
    def _plan_methods(self, items, day):
        """Return (source, formula, clause) of the calculation of each source; of a plain factor, where the factor is from.

        :param day: on which factors are looked up
        """
        rows = []
        for source in items.source_id.filtered(lambda s: s.kind != "output"):
            methods = source.rule_ids.filtered(lambda r: r.active and r.outcome == "count").method_id
            if methods:
                rows += [(source.name, method.formula, method.clause) for method in methods]
            else:
                versions = [version for _line, version in self._plan_versions(source, day) if version]
                origins = dict.fromkeys(version.source_document for version in versions if version.source_document)
                rows.append((source.name, self.env._("activity data × emission factor"), "; ".join(origins)))
        return rows

    @api.model
    def _plan_factors(self, items, day):
        """Return (source, stream and factor version that its calculation takes on a day, document of the version)."""
        rows = []
        for source in items.source_id:
            for line, version in self._plan_versions(source, day):
                words = version.display_name or self.env._(
                    "%(factor)s: no approved version for this site", factor=line.factor_id.display_name
                )
                rows.append((source.name, f"{line.stream_id.name}: {words}", version.source_document or ""))
        return rows

    @api.model
    def _plan_versions(self, source, day):
        """Return (factor line, version that the engine takes for the site of the source on a day) of each stream."""
        region = source.site_id.region_id
        return [(line, line.factor_id._get_version(day, region)) for line in source.factor_line_ids]
