from odoo import api, models

from .carbon_performance_value import ACT


class CarbonPerformanceValue(models.Model):
    """How values come about: complete periods, by the version of the parameter in force at their beginning (R-052)."""

    _inherit = "carbon.performance.value"

    @api.model
    def _cron_update(self):
        """Compute the values of all approved parameters, and ask about static factors."""
        parameters = self.env["carbon.performance.parameter"].search([("state", "=", "approved")])
        self._update(parameters)
        self.env["carbon.static.factor"].search([("baseline_id.state", "=", "approved")])._raise_crossed()

    @api.model
    def _update(self, parameters):
        """Compute the values that are not reviewed, of all versions of these parameters.

        :param parameters: any version of each
        """
        done = set()
        for parameter in parameters:
            key = parameter.company_id.id, parameter.code
            if key not in done:
                done.add(key)
                self._update_code(parameter._same_thing().filtered(lambda p: p.state != "draft"))

    @api.model
    def _update_code(self, versions):
        """Compute the values of all versions of one parameter."""
        company, code = versions.company_id[:1], versions[:1].code
        if not versions:
            return
        # sudo: values are written by the computation only; the caller was allowed to update the parameter
        values = self.sudo().with_context(
            carbon_performance=ACT, allowed_company_ids=company.ids, mail_create_nolog=True, tracking_disable=True
        )
        known = values.search([("company_id", "=", company.id), ("code", "=", code)])
        reviewed = known.filtered(lambda value: value.state == "reviewed")
        drafts = {value.date_from: value for value in known - reviewed}
        new = []
        for version in versions.sudo().with_context(allowed_company_ids=company.ids):  # sudo: as above
            for vals in version._period_values(reviewed):
                if draft := drafts.pop(vals["date_from"], None):
                    draft._set_figures(vals)
                else:
                    new.append(vals)
        values.concat(*drafts.values()).unlink()
        values.create(new)

    def _set_figures(self, vals):
        """Write what differs."""
        changed = {name: value for name, value in vals.items() if self._differs(name, value)}
        if changed:
            self.write(changed)

    def _differs(self, name, value):
        field = self._fields[name]
        return (field.convert_to_write(self[name], self) or False) != (value or False)

    def _is_old(self):
        """Tell whether the figures would be different now."""
        self.ensure_one()
        # sudo: the same figures as the computation that is written, whoever asks
        value = self.sudo().with_context(allowed_company_ids=self.company_id.ids)
        months = value.parameter_id._months_between(value.date_from, value.date_to)
        found = value.parameter_id._figures([months])[0]
        return any(value._differs(name, new) for name, new in found.items())
