import re

from odoo import api, fields, models

from .carbon_verification_paper import ALGORITHM, METHOD


class CarbonInventoryDocument(models.AbstractModel):
    """The working paper of a sample as PDF: what its workbook says, in one language (R-140)."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _paper_html(self, sample, lang):
        """Return the page of a working paper.

        :param sample: one ``carbon.verification.sample`` that the user may read
        """
        document = self._in_language(sample, lang)
        own = document.env["carbon.verification.sample"].browse(sample.id)
        return str(document.env["ir.qweb"]._render("carbon_accounting.document_paper", document._paper_values(own)))

    @api.model
    def _paper_values(self, sample):
        """Return what the template asks for."""
        paper, inventory = self.env["carbon.verification.paper"], sample.inventory_id
        values = {
            **self._helpers(sample.company_id),
            "sample": sample,
            "title": self.env._("Verification working paper"),
            "organisation_name": sample.company_id.name,
            "basis_name": inventory.name,
            "period_text": f"{inventory.date_from} – {inventory.date_to}",
            "number": sample.name,
            "version_text": str(inventory.version),
            "mark": False if sample.state == "performed" else self.env._("DRAFT"),
            "seal": inventory.seal_id,
            "made_on": self._moment(fields.Datetime.now()),
            "word": paper._word,
            "facts": [(self._paper_label(label), value) for label, value in paper._sample_facts(sample)],
            "numbers": [(self._paper_label(label), value) for label, value in paper._sample_numbers(sample)],
            "algorithm": [self._paper_line(line) for line in ALGORITHM],
            "method": [self._paper_line(line) for line in METHOD],
            "strata": [(row, paper._bilingual(row.source_id or row.category_id)) for row in sample.stratum_ids],
            **self._paper_rows(paper, sample),
            "streams": {stream.code: stream.name for stream in self.env["carbon.emission.stream"].search([])},
            "findings": sample.finding_ids.sorted("id"),
            "signers": [(paper._one(role), name) for role, name in paper._signers(sample)],
        }
        return values | {"style": self._style(values)}

    @api.model
    def _paper_label(self, label):
        """Return a label in the language of the document, with the unit that stands behind the English words only."""
        own = self.env["carbon.verification.paper"]._one(label)
        unit = re.search(r" (\((?:t CO2e|%|UTC|SHA-256)\))$", label)
        return f"{own} {unit[1]}" if unit and unit[1] not in own else own

    @api.model
    def _paper_line(self, text):
        """Return ``(number or nothing, text)`` of a line of the algorithm in the language of the document."""
        number, rest = re.match(r"(\d+\. )?(.*)", text, re.DOTALL).groups()
        return (number or "").strip(), self.env["carbon.verification.paper"]._one(rest)

    @api.model
    def _paper_rows(self, paper, sample):
        """Return the sampled rows with what differs, both calculations by gas, and the sum that is projected."""
        names = ("activity_key", "date", "label", "source", "stratum", "pick", "size_t", "ledger", "kernel", "unit")
        names += ("book_kg", "kernel_kg", "difference_kg", "interval_t")
        rows, gases = [], []
        for row_id, detail, result, *values in paper._stream(paper._sql_rows(sample)):
            row = dict(zip(names, values, strict=True))
            projected = (
                paper._projected(row["difference_kg"], row["size_t"], row["interval_t"]) if result == "fail" else 0.0
            )
            (reason,) = paper._reasons(detail, [self.env.lang])
            rows.append({**row, "id": row_id, "result": result, "projected_t": projected, "reason": reason})
            gases += [(row, gas) for gas in (detail or {}).get("gases", ())]
        return {"rows": rows, "gases": gases, "projected_t": sum(row["projected_t"] for row in rows)}
