import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CarbonUuidMixin(models.AbstractModel):
    """An identity that survives export, restore and renumbering of ids.

    Invariant: set once at creation, never copied, never changed, unique per model.
    """

    _name = "carbon.uuid.mixin"
    _description = "Record with a stable identity"

    uuid = fields.Char(
        string="Stable Identity",
        default=lambda self: str(uuid.uuid4()),
        required=True,
        readonly=True,
        copy=False,
        export_string_translation=False,
    )

    _uuid_uniq = models.UniqueIndex("(uuid)", "Two records have the same identity.")

    def _init_column(self, column_name):
        """Give every existing row its own value: the default would be shared by all."""
        if column_name != "uuid":
            return super()._init_column(column_name)
        query = "UPDATE %s SET uuid = gen_random_uuid()::text WHERE uuid IS NULL"
        return self.env.cr.execute(SQL(query, SQL.identifier(self._table)))

    @api.model_create_multi
    def create(self, vals_list):
        """Ignore identities that come from outside."""
        return super().create([{name: vals[name] for name in vals if name != "uuid"} for vals in vals_list])

    def write(self, vals):
        """Refuse to change an identity: the audit trail names records by it."""
        if "uuid" in vals and any(record.uuid != vals["uuid"] for record in self):
            raise UserError(
                self.env._(
                    "The identity of %(name)s cannot be changed. Create another record instead.",
                    name=self[:1].display_name,
                )
            )
        return super().write(vals)
