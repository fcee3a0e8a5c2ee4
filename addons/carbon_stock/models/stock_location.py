from odoo import models


class StockLocation(models.Model):
    """Where a location lies decides which rules meet it, its usage what a move from or to it means."""

    _inherit = "stock.location"

    def write(self, vals):
        """Say that ledgers wait for a collection when a location gets another usage, company or parent."""
        engine = self.env["carbon.engine"]
        turned = self.filtered(
            lambda place: (
                vals.get("usage", place.usage) != place.usage
                or vals.get("company_id", place.company_id.id) != place.company_id.id
            )
        )
        companies = turned.company_id if all(place.company_id for place in turned) else None
        moving = self.filtered(lambda place: vals.get("location_id", place.location_id.id) != place.location_id.id)
        before = {place.id: place._carbon_above() for place in moving}
        result = super().write(vals)
        if turned:
            engine._raise_for_origin("stock.move", companies and companies | turned.company_id)
        if moving:
            # a rule on a location above both places meets what it met
            changed = (set(before[place.id]) ^ set(place._carbon_above()) for place in moving)
            engine._raise_for_criterion("location_id", set().union(*changed))
        return result

    def _carbon_above(self):
        """Return the ids of the locations above this one."""
        return [int(part) for part in (self.parent_path or "").split("/")[:-2]]
