"""Fields of ledger tables."""

from odoo import fields
from odoo.tools import SQL


class LedgerMany2one(fields.Many2one):
    """A many2one whose column carries no foreign key.

    Ten foreign keys make a million-row insert about eight times slower, and their ``SET NULL`` (or a
    partner merge, which follows foreign keys) would write into closed periods. The referred records
    that belong to this application refuse deletion while the ledger names them. Records of other
    applications may go: the field then reads as empty, the column and the frozen label stay.
    """

    def update_db_foreign_key(self, model, column):
        """No foreign key: see the class docstring."""

    def to_sql(self, model, alias):
        """Read a record of another application as empty when it is gone, as Odoo does without foreign key.

        Otherwise one merged partner would make every list and group that names it fail.
        """
        column = super().to_sql(model, alias)
        if self.comodel_name.startswith(("carbon.", "res.company")):
            return column
        return SQL(
            "(SELECT ref.id FROM %s ref WHERE ref.id = %s)",
            SQL.identifier(model.env[self.comodel_name]._table),
            column,
        )
