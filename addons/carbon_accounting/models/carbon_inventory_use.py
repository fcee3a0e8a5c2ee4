from odoo import api, models
from odoo.exceptions import UserError

#: In percent, where nothing was said: common practice of verification.
_MATERIALITY = 5.0


class CarbonInventory(models.Model):
    """Inventories are handed on only when they meet what their use asks."""

    _inherit = "carbon.inventory"

    @api.model
    def _requirement(self, company, use):
        # sudo: what a use asks holds for whoever prepares the inventory
        return (
            self.env["carbon.use.requirement"]
            .sudo()
            .search([("company_id", "=", company.id), ("intended_use", "=", use)], limit=1)
        )

    @api.depends("intended_use", "company_id")
    def _compute_materiality(self):
        for inventory in self:
            kept = inventory.state not in (False, "draft") and inventory.materiality
            asked = self._requirement(inventory.company_id, inventory.intended_use)
            inventory.materiality = kept or asked.materiality or inventory.materiality or _MATERIALITY

    def action_check(self):
        """Refuse what does not meet the requirements of its use."""
        for inventory in self:
            if problems := inventory._use_problems():
                raise UserError(
                    self.env._(
                        "%(inventory)s does not meet what its use (%(use)s) asks:\n%(reasons)s",
                        inventory=inventory.name,
                        use=dict(inventory._fields["intended_use"]._description_selection(self.env))[
                            inventory.intended_use
                        ],
                        reasons="\n".join(f"- {text}" for text in problems),
                    )
                )
        return super().action_check()

    def _use_problems(self):
        """Return what its use asks and the inventory lacks, as sentences."""
        self.ensure_one()
        asked = self._requirement(self.company_id, self.intended_use)
        texts = []
        if asked and self.materiality > asked.materiality:
            texts.append(
                self.env._(
                    "A materiality of %(most)g %% at most; it has %(own)g %%.",
                    most=asked.materiality,
                    own=self.materiality,
                )
            )
        if asked.needs_empty_worklist and self.issue_count:
            texts.append(self.env._("An empty worklist; %(count)s records wait there.", count=self.issue_count))
        if asked.needs_boundary and self.boundary_id.state != "approved":
            texts.append(self.env._("An approved accounting boundary."))
        if asked.needs_plan and not self.env["carbon.monitoring.plan"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "approved"),
                ("date_from", "<=", self.date_to),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", self.date_to),
            ],
            limit=1,
        ):
            texts.append(self.env._("A monitoring plan that is in force on its last day."))
        if asked.least_coverage > (self.uncertainty_on and self.uncertainty_coverage or 0.0):
            texts.append(
                self.env._(
                    "An uncertainty that is known of %(least)g %% of the emissions; of %(own)g %% it is. Assess it.",
                    least=asked.least_coverage,
                    own=self.uncertainty_coverage,
                )
            )
        return texts
