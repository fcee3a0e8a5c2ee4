from odoo import api, fields, models
from odoo.exceptions import AccessError

VERIFIER = "carbon_management.group_carbon_verifier"


class CarbonVerificationMixin(models.AbstractModel):
    """A numbered record that a verifier makes in his own name: a company does not verify itself (R-140).

    Invariant: only what a verifier chooses (``_verifier_fields``) is taken when a record is made, whatever values or defaults of
    a context a caller brings; number and author are the system's.
    """

    _name = "carbon.verification.mixin"
    _description = "Made by a Verifier"
    _inherit = ["carbon.gate.mixin"]

    #: Names of the fields that a verifier writes, and of the one that names him.
    _verifier_fields = frozenset()
    _author_field = None

    name = fields.Char(string="No.", readonly=True, copy=False, default="/", export_string_translation=False)

    @api.model
    def _check_verifier(self):
        """Refuse everybody but a verifier.

        :raises AccessError: to everybody else
        """
        if not self.env.user.has_group(VERIFIER):
            raise AccessError(
                self.env._(
                    "%(record)s: this is the work of a verifier. Ask for the role of verifier.",
                    record=self.env["ir.model"]._get(self._name).name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Take what a verifier chooses, in his own name."""
        self._check_verifier()
        chosen = self._verifier_fields
        numbers = self.env["ir.sequence"].sudo()  # sudo: the number of a record, whatever role makes it
        values = [
            {
                **{name: vals[name] for name in vals if name in chosen},
                "name": numbers.next_by_code(self._name) or "/",
                self._author_field: self.env.uid,
            }
            for vals in vals_list
        ]
        # defaults of a caller's context are held to the same: they are taken away, which keywords cannot
        context = {
            key: value
            for key, value in self.env.context.items()
            if not key.startswith("default_") or key.removeprefix("default_") in chosen
        }
        records = super(CarbonVerificationMixin, self.with_context(context)).create(values)  # pylint: disable=context-overridden
        return records.with_env(self.env)
