from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError

from .carbon_gate_mixin import gate_is_open


class IrAttachment(models.Model):
    """Attachments of a frozen record are frozen with it.

    Odoo asks only for write access on the record, which its ``write`` override
    never hears of; so the refusal has to stand here as well.
    """

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to add files to frozen records, where their model does not allow it."""
        self._carbon_check_frozen(
            self._carbon_closed((vals.get("res_model"), vals.get("res_id")) for vals in vals_list)
        )
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change, detach or re-point files of frozen records."""
        changed = self._carbon_gated().filtered(
            lambda file: any(name not in file._fields or file[name] != value for name, value in vals.items())
        )
        targets = [(file.res_model, file.res_id) for file in changed]
        if "res_model" in vals or "res_id" in vals:
            targets += self._carbon_closed(
                (vals.get("res_model", file.res_model), vals.get("res_id", file.res_id))
                for file in self.sudo()  # sudo: only the link to the record is read
            )
        self._carbon_check_frozen(targets)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_carbon_frozen(self):
        self._carbon_check_frozen((file.res_model, file.res_id) for file in self._carbon_gated())

    def _carbon_gated(self):
        """Return the files of models that have frozen states."""
        # sudo: only the link to the record is read, to refuse the change
        return self.sudo().filtered(lambda file: file.res_id and self._carbon_is_gated(file.res_model))

    @api.model
    def _carbon_closed(self, targets):
        """Return those of the (model, id) pairs to which no file may be added once they are frozen."""
        return [
            (model, res_id)
            for model, res_id in targets
            if self._carbon_is_gated(model) and not self.env[model]._gate_may_add_files
        ]

    @api.model
    def _carbon_is_gated(self, model):
        return bool(model and model in self.env and getattr(self.env[model], "_gate_frozen_states", None))

    @api.model
    def _carbon_check_frozen(self, targets):
        """Refuse when one of the (model, id) pairs is a frozen record."""
        ids_by_model = defaultdict(set)
        for model, res_id in targets:
            if res_id and self._carbon_is_gated(model):
                ids_by_model[model].add(res_id)
        for model, ids in ids_by_model.items():
            if gate_is_open(self.env, model, ids):
                continue
            # sudo: only the state of the record is read, to refuse the change
            records = self.env[model].sudo().browse(ids).exists()
            if frozen := records._gate_files_frozen():
                raise UserError(
                    self.env._(
                        "%(name)s is frozen and so are its files. Create a new "
                        "version to add, replace or remove a file.",
                        name=frozen[:1].display_name,
                    )
                )
