from odoo import api, models
from odoo.exceptions import UserError

ALLOW_UNINSTALL = "carbon.allow_uninstall_with_evidence"


class IrModuleModule(models.Model):
    """Uninstalling an addon that holds evidence asks for an explicit decision."""

    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Refuse while evidence would be lost and nobody has said so on purpose."""
        self._carbon_check_uninstall()
        return super().button_uninstall()

    def _carbon_check_uninstall(self):
        """Look at everything that would go, not only at what was clicked."""
        # sudo: the parameter is readable to administrators only, as is uninstalling
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param(ALLOW_UNINSTALL) == "1":
            return
        evidence = self._carbon_evidence()
        leaving = self | self.downstream_dependencies()
        if lost := [evidence[m.name] for m in leaving if evidence.get(m.name)]:
            raise UserError(
                self.env._(
                    "Uninstalling would delete evidence:\n%(evidence)s\nExport it "
                    "first (list views, Export). Then set the system parameter "
                    "%(parameter)s to 1 and uninstall again.",
                    evidence="\n".join(f"- {text}" for text in lost),
                    parameter=ALLOW_UNINSTALL,
                )
            )

    @api.model
    def _carbon_evidence(self):
        """Return what evidence the installed addons hold.

        Addons extend it: ``{**super()._carbon_evidence(), "carbon_x": "3 reports"}``.

        :return: mapping of module name to a description, empty if there is none
        """
        # sudo: only the number of entries is told
        count = self.env["carbon.trail.entry"].sudo().search_count([])
        if not count:
            return {}
        text = self.env._("%(count)s entries of the audit trail", count=count)
        return {"carbon_management": text}
