from odoo import fields, models


class CarbonOperationalCriterion(models.Model):
    """Criteria of emission units."""

    _inherit = "carbon.operational.criterion"

    emission_unit_id = fields.Many2one(
        "carbon.emission.unit",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The part of the plant that it keeps within limits.",
    )

    def _trail_payload(self):
        """The emission unit belongs to what was approved."""
        return {**super()._trail_payload(), **self._trail_snapshot(["emission_unit_id"])}
