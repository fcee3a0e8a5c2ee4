from odoo import api, models
from odoo.fields import Domain


class CarbonPeriodChecklist(models.TransientModel):
    """What maintenance put in or took out and nobody has counted yet."""

    _inherit = "carbon.period.checklist"

    @api.model
    def _checklist_lines(self, period, closing=False):
        """Add refills that wait, and those whose declaration is a draft."""
        return [*super()._checklist_lines(period, closing), *self._refill_lines(period)]

    @api.model
    def _refill_lines(self, period):
        waiting = Domain("state", "in", ("draft", "waiting")) | (
            Domain("state", "=", "declared") & Domain("declaration_id.state", "=", "draft")
        )
        domain = waiting & Domain(self._month_domain(period))
        # sudo: whoever closes the month; only numbers of the company whose month it is
        refills = self.env["carbon.refill"].sudo().search(domain)
        weights, unknown = self._refill_weights(refills, period.company_id)
        return [
            {
                "code": "refill",
                "name": self.env._("Refills not counted yet"),
                "count": len(refills),
                "t": weights,
                "unknown": unknown,
                "action": {"xmlid": "carbon_accounting.carbon_refill_action", "domain": list(domain)},
            }
        ]

    @api.model
    def _refill_weights(self, refills, company):
        """Return (t CO2e of what was lost, how many lines have no weight); a line without loss yet weighs what was added."""
        if not refills:
            return 0.0, 0
        engine = self.env["carbon.engine"]
        per_unit = dict(self.env.execute_query(engine._sql_unit_co2e(engine._default_gwp_set(company).id)))
        tonnes, unknown = 0.0, 0
        for refill in refills:
            factor = refill.substance_id
            units = factor and refill.kind != "fuel" and factor._kg_per_unit_of_mass()
            version = units and factor._get_version(refill.date)
            kg = version and per_unit.get(version.id)
            if not kg:
                unknown += 1
                continue
            mass = refill.lost_kg if refill.state != "draft" else refill._kg() * (refill.kind == "added")
            tonnes += mass * float(units) * float(kg) / 1000.0
        return tonnes, unknown
