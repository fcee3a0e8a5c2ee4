from odoo import api, models
from odoo.exceptions import UserError

_ACT = object()  # identity of the gate: an RPC context is JSON and cannot carry it


class CarbonActMixin(models.AbstractModel):
    """Records of what the system did: their own buttons and steps write them, nobody else (R-013).

    Invariant: through the ORM no record is created or changed outside of :meth:`_acting`, and none is deleted. The permission
    names the model, so that what a step writes elsewhere is held to the rules of the other model. A model that inherits says
    in its own words why it refuses (:meth:`_refusal`, :meth:`_refusal_unlink`).
    """

    _name = "carbon.act.mixin"
    _description = "Written by Its Steps Only"

    def _refusal(self):
        """Return the text for those who write past the buttons."""
        raise NotImplementedError

    def _refusal_unlink(self):
        """Return the text for those who delete."""
        return self._refusal()

    def _acting(self):
        """Return these records with the permission to write them."""
        return self.with_context(carbon_act=(_ACT, self._name))

    def _act(self, **vals):
        """Write as a step does."""
        return self._acting().write(vals)

    def _is_acting(self):
        return self.env.context.get("carbon_act") == (_ACT, self._name)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to everybody but the steps.

        :raises UserError: with the model's own words
        """
        if not self._is_acting():
            raise UserError(self.browse()._refusal())
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to everybody but the steps.

        :raises UserError: with the model's own words
        """
        if not self._is_acting():
            raise UserError(self._refusal())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acting(self):
        if not self._is_acting():
            raise UserError(self._refusal_unlink())
