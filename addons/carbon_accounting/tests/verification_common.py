from decimal import Decimal

from odoo.tools import SQL

from .seal_common import SealCommon


class VerificationCommon(SealCommon):
    """Helpers to draw a sample of an inventory and to re-perform it, as a verifier."""

    def _sample(self, inventory, size=3, seed="2025", user=None, **values):
        """Return a drawn sample."""
        samples = self.env["carbon.verification.sample"].with_user(user or self.verifier)
        sample = samples.create({"inventory_id": inventory.id, "size": size, "seed": seed, **values})
        sample.action_draw()
        return sample

    def _performed(self, inventory, size=3, **values):
        sample = self._sample(inventory, size, **values)
        sample.action_perform()
        return sample

    def _row_of(self, sample, declaration):
        return sample.row_ids.filtered(lambda row: row.origin_id == declaration.id)

    def _exact(self, record, column):
        """Return a number of a record as the database keeps it."""
        query = SQL(
            "SELECT %s::text FROM %s WHERE id = %s", SQL.identifier(column), SQL.identifier(record._table), record.id
        )
        text = self.env.execute_query(query)[0][0]
        return None if text is None else Decimal(text)
