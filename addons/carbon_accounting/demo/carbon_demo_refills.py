from odoo import api, models

REQUESTS = ("demo_request_chiller_1", "demo_request_chiller_2")


class CarbonDemo(models.AbstractModel):
    """Two maintenance jobs of the demo company: one is declared in draft, one waits because its bottles count elsewhere.

    A draft counts nothing, so no figure of the demo depends on them.
    """

    _inherit = "carbon.demo"

    @api.model
    def _close_requests(self):
        """Let the technician finish both jobs; done twice it changes nothing."""
        requests = self.env["maintenance.request"].browse(
            self.env.ref(f"carbon_accounting.{name}").id for name in REQUESTS
        )
        open_ones = requests.filtered(lambda request: not request.stage_id.done)
        open_ones.with_user(self.env.ref("base.user_demo")).write({"stage_id": self.env.ref("maintenance.stage_3").id})

    @api.model
    def _finish(self, addon):
        """Look again at refills that wait, as the rules of bridges came later."""
        result = super()._finish(addon)
        waiting = [("company_id", "=", self._company().id), ("state", "=", "waiting")]
        self._as_accountant().env["carbon.refill"].search(waiting).action_try_again()
        return result
