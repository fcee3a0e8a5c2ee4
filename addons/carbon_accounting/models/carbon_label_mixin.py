from contextlib import contextmanager

from odoo import api, models


class CarbonLabelMixin(models.AbstractModel):
    """A record whose name reports print beside sealed figures.

    A name may be corrected at any time. Where the company has a seal, the trail keeps what it was and what it is, so that
    the verification of a seal tells a correction from a change behind the back of the system.
    """

    _name = "carbon.label.mixin"
    _description = "Names beside Sealed Figures"

    @api.model
    def _label_fields(self):
        """Return the names of the fields that reports print."""
        return ["code", "name"]

    def _labels(self):
        """Return ``{record: {field: text}}`` in the language of the source."""
        plain = self.with_context(lang="en_US")
        return {record: {name: record[name] or "" for name in self._label_fields()} for record in plain}

    @contextmanager
    def _tell_labels(self):
        """Tell the trail which of these records have another name after the block."""
        before = self._labels()
        yield
        after = self._labels()
        for record, labels in after.items():
            if labels == before[record]:
                continue
            # sudo: the trail of a company tells what its seals rest on, whoever changed it
            seals = self.env["carbon.inventory.seal"].sudo()
            domain = [("company_id", "=", record.company_id.id)] if "company_id" in record and record.company_id else []
            for (company,) in seals._read_group(domain, ["company_id"]):
                self.env["carbon.trail.entry"]._append(
                    company, "label.change", record=record, payload={"before": before[record], "after": labels}
                )

    def write(self, vals):
        """Tell the trail, where a name changes."""
        if not set(self._label_fields()) & vals.keys():
            return super().write(vals)
        with self._tell_labels():
            return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=""):
        """Tell the trail, where a translation changes the name in the language of the source."""
        with self._tell_labels():
            return super().update_field_translations(field_name, translations, source_lang)
