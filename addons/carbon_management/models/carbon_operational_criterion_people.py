from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonOperationalCriterion(models.Model):
    """Criteria reach the people concerned, who acknowledge them (R-103)."""

    _inherit = "carbon.operational.criterion"

    def action_approve(self):
        """Approve, then tell the people concerned.

        :return: True
        """
        result = super().action_approve()
        self._tell()
        return result

    def action_tell(self):
        """Tell those who were not told yet: somebody may hold a role since yesterday.

        :return: True
        """
        self.check_access("write")
        for criterion in self.filtered(lambda row: row.state != "approved"):
            raise UserError(
                self.env._("%(name)s is not approved: people are told what is valid.", name=criterion.display_name)
            )
        self._tell()
        return True

    def _people(self):
        """Return the users whom this criterion concerns: who is responsible, named, holds a role, or keeps the equipment."""
        self.ensure_one()
        # sudo: who holds which role is known to the system
        criterion = self.sudo()
        holders = criterion.role_ids.assignment_ids.filtered(
            lambda row: row.is_current and row.company_id == criterion.company_id
        )
        people = (
            criterion.responsible_id | criterion.user_ids | holders.user_id | criterion.equipment_ids.technician_user_id
        )
        return people.filtered(lambda user: user.active and not user.share and criterion.company_id in user.company_ids)

    def _tell(self):
        """Ask each person concerned, once, to acknowledge; a new version asks again."""
        # sudo: what was told to whom is written by this step alone
        rows = self.env["carbon.operational.acknowledgement"].sudo()
        for criterion in self:
            people = criterion._people() - rows.search([("criterion_id", "=", criterion.id)]).user_id
            rows.create([{"criterion_id": criterion.id, "user_id": user.id} for user in people])
            for user in people:
                # sudo: activities of other people
                criterion.sudo().activity_schedule(
                    "carbon_management.mail_activity_criterion",
                    user_id=user.id,
                    summary=self.env._("Read and acknowledge %(name)s", name=criterion.display_name),
                )

    def action_acknowledge(self):
        """Acknowledge criteria that one was told.

        :return: True
        :raises UserError: if the user was not asked
        """
        for criterion in self:
            criterion.check_access("read")
            # sudo: nobody may write acknowledgements; this is one's own
            mine = criterion.sudo().acknowledgement_ids.filtered(lambda row: row.user_id == self.env.user)
            if not mine:
                raise UserError(
                    self.env._("%(name)s asks others to acknowledge it, not you.", name=criterion.display_name)
                )
            if mine.acknowledged_on:
                continue
            mine.acknowledged_on = fields.Datetime.now()
            criterion.sudo().activity_feedback(  # sudo: one's own activity
                ["carbon_management.mail_activity_criterion"], user_id=self.env.uid
            )
            self.env["carbon.trail.entry"]._append(
                criterion.company_id,
                "criterion.acknowledge",
                record=criterion,
                payload={"person": self.env.user.name, "login": self.env.user.login},
            )
        return True

    @api.model
    def _items_of(self, equipment):
        """Return what is valid today for equipment, as items of the ``carbon_items`` widget.

        :param equipment: ``maintenance.equipment``
        :return: {equipment id: list of items}
        """
        found = {device.id: [] for device in equipment}
        if not equipment.ids:
            return found
        # sudo: criteria are for everybody who works with the equipment
        valid = self.sudo().search(
            self._valid_domain(fields.Date.context_today(self)) & self._equipment_domain(equipment), order="code"
        )
        for criterion in valid:
            item = criterion._item()
            for device in criterion.equipment_ids:
                if device.id in found:
                    found[device.id].append(item)
        return found

    @api.model
    def _equipment_domain(self, equipment):
        return fields.Domain("equipment_ids", "in", equipment.ids)

    def _item(self):
        """Return this criterion as it is shown on other documents."""
        self.ensure_one()
        level = dict(self._fields["control_level"]._description_selection(self.env))[self.control_level]
        label = self.env._(
            "%(parameter)s: %(limit)s (%(level)s, %(person)s)",
            parameter=self.parameter,
            limit=self.description if self.limit_kind == "statement" else self.limit_text,
            level=level,
            person=self.responsible_id.name,
        )
        if self.asks_me:
            label = self.env._("%(criterion)s – please acknowledge it", criterion=label)
        return self.env["carbon.extension.point"]._item(
            label, url=f"/odoo/carbon-criteria/{self.id}", state="warning" if self.asks_me else "info"
        )
