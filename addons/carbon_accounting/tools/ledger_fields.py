"""Fields of ledger tables."""

from odoo import fields
from odoo.tools import SQL


def sql_existing(env, comodel, column):
    """Return SQL of a reference of the ledger to another application's record: NULL when the record is gone.

    A partner that was merged reads as the one that stayed.
    """
    found = SQL("(SELECT ref.id FROM %s ref WHERE ref.id = %s)", SQL.identifier(env[comodel]._table), column)
    if comodel != "res.partner":
        return found
    return SQL(
        "COALESCE(%s, (SELECT pm.partner_id FROM carbon_partner_merge pm WHERE pm.merged_id = %s))", found, column
    )


class LedgerMany2one(fields.Many2one):
    """A many2one whose column carries no foreign key.

    Ten foreign keys make a million-row insert about eight times slower, and their ``SET NULL`` (or a
    partner merge, which follows foreign keys) would write into closed periods. The referred records
    that belong to this application refuse deletion while the ledger names them. Records of other
    applications may go: the field then reads as empty, the column and the frozen label stay. A merged
    partner reads as the one that stayed.
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
        return sql_existing(model.env, self.comodel_name, column)

    def _condition_to_sql(self, field_expr, operator, value, model, alias, query):
        """Ask the column as it is written first: looking each of a million rows' records up takes seconds."""
        condition = super()._condition_to_sql(field_expr, operator, value, model, alias, query)
        foreign = not self.comodel_name.startswith(("carbon.", "res.company"))
        if operator != "in" or field_expr != self.name or not foreign or not value or not all(value):
            return condition
        ids, column = tuple(value), super().to_sql(model, alias)  # pylint: disable=super-method-mismatch
        if self.comodel_name != "res.partner":
            return SQL("(%s IN %s AND %s)", column, ids, condition)
        merged = SQL("SELECT pm.merged_id FROM carbon_partner_merge pm WHERE pm.partner_id IN %s", ids)
        return SQL("((%s IN %s OR %s IN (%s)) AND %s)", column, ids, column, merged, condition)


class KnownFloat(fields.Float):
    """A number that may be not known: its column is then NULL, and it reads as False, never as 0.0.

    Screens and exports leave the cell empty. In sums and comparisons of Python False counts as 0: ask ``is False`` first.
    """

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        """Keep what is not known as NULL."""
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        """Keep what is not known as None."""
        return None if value is None or value is False else super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        """Read what is not known as False."""
        return False if value is None else value

    def convert_to_export(self, value, record):
        """Leave the cell of what is not known empty."""
        return "" if value is False else super().convert_to_export(value, record)
