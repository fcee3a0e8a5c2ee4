from odoo import api, models

from ..tools.changes import changed_fields


class CarbonBasisMixin(models.AbstractModel):
    """A record that the numbers of the ledger rest on: a rule, a factor of a source, a conversion, …

    What is collected live follows such a record at once, what was collected before with the next collection of
    the history. Each change that can move a number raises the revision of the companies concerned
    (``carbon.system.basis_revision``); a collection run keeps the revision that it found. Names, notes and the
    order of lists move nothing.
    """

    _name = "carbon.basis.mixin"
    _description = "Basis of the carbon ledger"

    _basis_emissions_only = False  # whether activity data stay as they are when such a record changes

    @api.model
    def _basis_fields(self):
        """Return the names of the fields that can move a number of the ledger."""
        return set()

    def _basis_companies(self):
        """Return the companies whose ledgers rest on these records; records not in use name none."""
        return self.filtered("active").company_id

    def _basis_differing(self, vals, names=None):
        """Return those records in which a field gets another value.

        :param names: set of the fields that matter; by default those that can move a number
        """
        names = self._basis_fields() if names is None else names
        return self.filtered(lambda record: changed_fields(record, vals, names))

    def _basis_raise(self, companies):
        self.env["carbon.engine"]._raise_basis_revision(companies, self._basis_emissions_only)

    @api.model_create_multi
    def create(self, vals_list):
        """Raise the revision of the companies concerned."""
        records = super().create(vals_list)
        self._basis_raise(records._basis_companies())
        records._basis_told("create", {record: {} for record in records})
        return records

    def write(self, vals):
        """Raise the revision of the companies concerned before or after the change."""
        differing = self._basis_differing(vals)
        companies = differing._basis_companies()
        before = {record: record._trail_snapshot_of(vals) for record in differing}
        result = super().write(vals)
        self._basis_raise(companies | differing._basis_companies())
        differing._basis_told("change", before)
        return result

    def unlink(self):
        """Raise the revision of the companies concerned."""
        companies = self._basis_companies()
        self._basis_told("delete", {record: record._trail_snapshot_of(self._basis_fields()) for record in self})
        result = super().unlink()
        self._basis_raise(companies)
        return result

    def _trail_snapshot_of(self, names):
        """Return the values of those of the fields that can move a number, as the trail keeps them."""
        record = self.with_context(lang=None)
        return {name: record._basis_value(name) for name in sorted(self._basis_fields() & set(names))}

    def _basis_value(self, name):
        value = self[name]
        if not self._fields[name].relational:
            return value if isinstance(value, int | float | str | bool) else str(value)
        return ", ".join(value.mapped("display_name"))

    def _basis_told(self, verb, before):
        """Leave one entry in the trail for each record; while a company has no ledger there is nothing to tell.

        :param verb: ``create``, ``change`` or ``delete``
        :param before: ``{record: values before}``
        """
        told = {}
        for record, values in before.items():
            company = ("company_id" in record._fields and record.company_id) or self.env.company
            payload = {"before": values}
            if verb != "delete":
                payload["after"] = record._trail_snapshot_of(values or self._basis_fields())
            told.setdefault(company, []).append((record, payload))
        trail = self.env["carbon.trail.entry"]
        for company, entries in told.items():
            if self.env["carbon.engine"]._has_ledger(company):
                trail._append_many(
                    company,
                    [
                        {**trail._record_values(record), "event": f"basis.{verb}", "payload": payload}
                        for record, payload in entries
                    ],
                )
