from odoo import fields, models


class CarbonInventory(models.Model):
    """What verifiers drew and found, seen from the inventory (R-140)."""

    _inherit = "carbon.inventory"

    sample_ids = fields.One2many("carbon.verification.sample", "inventory_id", string="Samples", readonly=True)
    finding_ids = fields.One2many("carbon.verification.finding", "inventory_id", string="Findings", readonly=True)
    sample_count = fields.Integer(compute="_compute_verification_counts", export_string_translation=False)
    finding_count = fields.Integer(compute="_compute_verification_counts", export_string_translation=False)
    open_finding_count = fields.Integer(string="Open Findings", compute="_compute_verification_counts")

    def _compute_verification_counts(self):
        domain = [("inventory_id", "in", self.ids)]
        samples = dict(self.env["carbon.verification.sample"]._read_group(domain, ["inventory_id"], ["__count"]))
        findings = self.env["carbon.verification.finding"]._read_group(domain, ["inventory_id", "state"], ["__count"])
        for inventory in self:
            own = {state: count for record, state, count in findings if record == inventory}
            inventory.sample_count = samples.get(inventory, 0)
            inventory.finding_count = sum(own.values())
            inventory.open_finding_count = sum(count for state, count in own.items() if state != "closed")

    def action_draw_sample(self):
        """Open a new sample of the inventory.

        :return: window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Sample"),
            "res_model": "carbon.verification.sample",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {"default_inventory_id": self.id},
        }

    def action_view_samples(self):
        """Open the samples of the inventory."""
        return self._desk_action("carbon_verification_sample_action")

    def action_view_findings(self):
        """Open the findings on the inventory."""
        return self._desk_action("carbon_verification_finding_action")

    def _desk_action(self, name):
        return dict(self._own_action(name), context={"default_inventory_id": self.id})
