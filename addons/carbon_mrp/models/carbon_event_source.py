from odoo import api, models
from odoo.tools import SQL


class CarbonEventSource(models.AbstractModel):
    """Components, output and by-products of manufacturing and unbuild orders.

    Requirements R-130 and R-141.
    """

    _inherit = "carbon.event.source"

    @api.model
    def _stock_cases(self):
        """Put manufacturing before the other meanings of a move.

        What a subcontractor consumes and makes has kinds of its own: the same coal
        burnt there is not a direct emission of the company, and what is made there is
        bought. An unbuild order turns
        the directions round: components come back, the product goes in.
        """
        side = self._stock_sides()
        own = SQL("(mp.id IS NOT NULL OR o.unbuild_id IS NOT NULL) AND o.scrap_id IS NULL")
        away = SQL("mp.subcontractor_id IS NOT NULL") if self._mrp_subcontracts() else SQL("FALSE")
        component = SQL(
            "(CASE WHEN o.unbuild_id IS NULL THEN o.raw_material_production_id IS NOT NULL ELSE %s END)", side["enters"]
        )
        main = SQL("o.product_id = COALESCE(ub.product_id, mp.product_id)")
        cases = []
        for direction, sign in (("leaves", 1), ("enters", -1)):
            crossing = SQL("%s AND %s", own, side[direction])
            used = SQL("%s AND %s", crossing, component)
            made = SQL("%s AND %s", crossing, main)
            cases += [
                (SQL("%s AND %s", used, away), "mrp.subcontract.consumption", sign),
                (used, "mrp.consumption", sign),
                (SQL("%s AND %s", made, away), "mrp.subcontract.output", -sign),
                (made, "mrp.output", -sign),
                (crossing, "mrp.byproduct", -sign),
            ]
        return cases + super()._stock_cases()

    @api.model
    def _mrp_subcontracts(self):
        """Whether orders know their subcontractor (mrp_subcontracting)."""
        return "subcontractor_id" in self.env["mrp.production"]._fields

    @api.model
    def _stock_partner(self):
        """What is consumed and made at a subcontractor has the subcontractor as partner."""
        partner = super()._stock_partner()
        return SQL("COALESCE(mp.subcontractor_id, %s)", partner) if self._mrp_subcontracts() else partner

    @api.model
    def _stock_columns(self):
        """Add the work centre of the operation, and the order line of what a subcontractor made: its receipt knows that one."""
        columns = super()._stock_columns() | {"workcenter_id": SQL("COALESCE(wo.workcenter_id, op.workcenter_id)")}
        if "pair_id" in columns and self._mrp_subcontracts():
            columns["pair_id"] = SQL(
                "COALESCE(%s, CASE WHEN mp.subcontractor_id IS NOT NULL AND o.production_id IS NOT NULL THEN "
                "(SELECT min(d.purchase_line_id) FROM stock_move_move_rel r JOIN stock_move d ON d.id = r.move_dest_id "
                "WHERE r.move_orig_id = o.id AND d.product_id = o.product_id) END)",
                columns["pair_id"],
            )
        return columns

    @api.model
    def _stock_joins(self):
        """Add the unbuild order, the manufacturing order and the operation."""
        return super()._stock_joins() + [
            SQL("LEFT JOIN mrp_unbuild ub ON ub.id = o.unbuild_id"),
            SQL(
                "LEFT JOIN mrp_production mp ON mp.id = COALESCE("
                "o.raw_material_production_id, o.production_id, ub.mo_id)"
            ),
            SQL("LEFT JOIN mrp_workorder wo ON wo.id = o.workorder_id"),
            SQL("LEFT JOIN mrp_routing_workcenter op ON op.id = o.operation_id"),
        ]
