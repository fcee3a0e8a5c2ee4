from odoo import models


class CarbonInventory(models.Model):
    """What a restatement or a new base year means to baselines, and intensities in the chart (R-054, R-056)."""

    _inherit = "carbon.inventory"

    def _propose_recalculation(self):
        """Ask also for an adjustment of baselines that rest on the restated inventory."""
        result = super()._propose_recalculation()
        # sudo: whoever restated, the manager of the baseline must learn of it
        baselines = self.env["carbon.baseline"].sudo()
        for inventory in self.filtered("restates_id"):
            before = inventory.restates_id
            baselines.search([("state", "=", "approved"), ("inventory_ids", "in", before.ids)])._alert(
                self.env._("Baseline rests on a restated inventory"),
                self.env._(
                    "%(before)s was restated by %(after)s. Adjust the baseline, or approve a new version from the new inventory.",
                    before=before.name,
                    after=inventory.name,
                ),
            )
        return result

    def _get_chart_data(self):
        """Add the intensities that have an advanced or expected value, in percent of it."""
        data = super()._get_chart_data()
        data["intensities"] = [
            {"id": row.id, "name": row.name, "t": 100.0 * row._compared() / target}
            for row in self.intensity_ids
            if (target := row.advanced or row.expected) and row.quantity
        ]
        return data
