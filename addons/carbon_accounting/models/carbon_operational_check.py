from odoo import models


class CarbonOperationalCheck(models.Model):
    """A check outside its limits opens a deviation (R-104)."""

    _inherit = "carbon.operational.check"

    def _open_deviation(self):
        """Open the deviation of this check, once.

        :return: the ``carbon.deviation``
        """
        self.ensure_one()
        super()._open_deviation()
        # sudo: whoever answers a check opens its deviation, and need not see any other
        deviations, criterion = self.env["carbon.deviation"].sudo(), self.sudo().criterion_id
        if found := deviations.search([("check_id", "=", self.id)], limit=1):
            return found
        owner = criterion.responsible_id
        deviation = deviations.create(
            {
                "name": self._deviation_name(criterion),
                "company_id": self.company_id.id,
                "date": self.env["carbon.system"].sudo()._get(self.company_id)._today(),  # sudo: the company's day
                "equipment_id": self.equipment_id.id,
                "check_id": self.id,
                "value": self.value,
                "limit": self._broken_limit(criterion),
                "unit": criterion.unit,
                "is_serious": self.is_serious,
                "owner_id": owner.id,
            }
        )
        deviation.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=owner.id,
            summary=self.env._("Find the cause, and decide what is done about it"),
        )
        # sudo: a switch of the company
        if self.env["carbon.system"].sudo()._get(self.company_id).nonconformity_on_deviation:
            self.env["carbon.extension.point"]._get_items("raise_nonconformity", deviation)
        return deviation

    def _deviation_name(self, criterion):
        place = self.sudo().equipment_id.display_name  # sudo: as above
        what = f"{criterion.parameter} ({place})" if place else criterion.parameter
        if criterion.limit_kind == "statement":
            return self.env._("%(what)s: not as described", what=what)
        return self.env._(
            "%(what)s: %(value)s outside %(limit)s",
            what=what,
            value=f"{self.value:.12g} {criterion.unit or ''}".strip(),
            limit=criterion.limit_text,
        )

    def _broken_limit(self, criterion):
        """Return the limit that the value lies beyond."""
        if criterion.limit_kind == "min" or (criterion.limit_kind == "range" and self.value < criterion.limit_low):
            return criterion.limit_low
        return criterion.limit_high

    def _compute_deviations(self):
        """Show the deviation to those who may read it."""
        super()._compute_deviations()
        deviations = self.env["carbon.deviation"]
        if not deviations.has_access("read"):
            return
        points = self.env["carbon.extension.point"]
        states = dict(deviations._fields["state"]._description_selection(self.env))
        for deviation in deviations.search([("check_id", "in", self.ids)]):
            item = points._item(
                self.env._("Deviation: %(name)s (%(state)s)", name=deviation.name, state=states[deviation.state]),
                url=f"/odoo/carbon-deviations/{deviation.id}",
                state="danger" if deviation.state == "open" else "success",
            )
            check = deviation.check_id
            check.deviations = [*(check.deviations or []), item]
