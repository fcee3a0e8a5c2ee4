from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .carbon_meter_month import DEPTH
from .carbon_meter_reading import plain_number

#: Fields that decide what readings mean or how good they are.
_MEANING = frozenset(
    {
        *(
            "carbon_register",
            "carbon_register_max",
            "carbon_uom_id",
            "carbon_permissible_error",
            "carbon_calibration_months",
        ),
        *("carbon_in_use_from", "carbon_in_use_to", "carbon_replaces_id", "carbon_product_id"),
    }
)


class MaintenanceEquipment(models.Model):
    """Meters whose readings become activity data (R-131)."""

    _inherit = "maintenance.equipment"

    carbon_product_id = fields.Many2one(
        "product.product",
        "Material Measured",
        ondelete="restrict",
        check_company=True,
        index="btree_not_null",
        help="What flows through it. Rules can name it, and its density or calorific value converts what is read.",
    )
    carbon_interval_minutes = fields.Integer(
        "A Value Every (Minutes)",
        aggregator=None,
        help="Of a data logger: how often it sends a value, for instance 15. 0: it is read by people. Loggers that fall silent are listed.",
    )
    carbon_last_reading = fields.Char("Last Reading", compute="_compute_carbon_last_reading", compute_sudo=True)
    carbon_last_read_at = fields.Datetime("Last Read", compute="_compute_carbon_last_reading", compute_sudo=True)
    carbon_may_read = fields.Boolean(compute="_compute_carbon_may_read", export_string_translation=False)
    carbon_rule_ids = fields.One2many(
        "carbon.activity.rule", "equipment_id", "Rules", groups="carbon_management.group_carbon_reader"
    )

    _carbon_interval_check = models.Constraint(
        "CHECK(carbon_interval_minutes IS NULL OR carbon_interval_minutes BETWEEN 0 AND 44640)",
        "A data logger sends a value every 1 to 44,640 minutes (31 days); 0 if people read the meter.",
    )

    def _compute_carbon_last_reading(self):
        """Sudo: what a meter showed last is no secret to whoever sees the meter."""
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id, r.read_at, COALESCE(r.value, r.consumption)::float8 FROM unnest(%s::int[]) m(id) CROSS JOIN LATERAL ("
                "SELECT x.* FROM ((SELECT r.* FROM carbon_meter_reading r WHERE r.equipment_id = m.id AND r.value IS NOT NULL AND %s "
                "ORDER BY r.read_at DESC LIMIT 1) UNION ALL (SELECT r.* FROM carbon_meter_reading r WHERE r.equipment_id = m.id "
                "AND r.consumption IS NOT NULL AND %s ORDER BY r.read_at DESC LIMIT 1)) x ORDER BY x.read_at DESC LIMIT 1) r",
                self.ids,
                self.env["carbon.meter.reading"]._sql_stands("r"),
                self.env["carbon.meter.reading"]._sql_stands("r"),
            )
        )
        found = {row[0]: row[1:] for row in rows}
        for meter in self:
            moment, figure = found.get(meter.id, (False, None))
            meter.carbon_last_read_at = moment
            meter.carbon_last_reading = (
                f"{plain_number(figure)} {meter.carbon_uom_id.name or ''}".strip() if moment else False
            )

    @api.depends_context("uid")
    @api.depends("technician_user_id", "owner_user_id", "maintenance_team_id", "is_carbon_meter", "carbon_register")
    def _compute_carbon_may_read(self):
        mine = self.filtered(
            lambda meter: meter.is_carbon_meter and meter.carbon_register != "virtual"
        )._carbon_readable()
        for meter in self:
            meter.carbon_may_read = meter in mine

    def _carbon_readable(self):
        """Return those of the meters for which the user may enter readings: his own or his team's, all for those who keep the data."""
        user = self.env.user
        if self.env.su or any(
            user.has_group(f"carbon_management.{group}")
            for group in ("group_carbon_data_owner", "group_carbon_metrologist")
        ):
            return self
        if not user.has_group("carbon_management.group_carbon_meter_technician"):
            return self.browse()
        # sudo: members of the team, to see whether the user is one
        return self.filtered(
            lambda meter: (
                user in meter.technician_user_id | meter.owner_user_id | meter.sudo().maintenance_team_id.member_ids
            )
        )

    def _carbon_leaves(self):
        """Return the meters that are read for these: formulas are followed."""
        self.env["carbon.meter.part"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "WITH RECURSIVE tree (id, depth) AS (SELECT id, 0 FROM unnest(%s::int[]) x(id) UNION SELECT p.part_id, t.depth + 1 "
                "FROM tree t JOIN carbon_meter_part p ON p.meter_id = t.id WHERE t.depth < %s) SELECT DISTINCT id FROM tree",
                self.ids,
                DEPTH,
            )
        )
        return self.browse(sorted(row[0] for row in rows))

    # ------------------------------------------------------------------
    # What changes the meaning of readings
    # ------------------------------------------------------------------
    def write(self, vals):
        """Derive the months of meters again whose readings now mean something else; meters with readings stay meters of their company."""
        self._carbon_check_read(vals)
        differing = self.browse()
        if not _MEANING.isdisjoint(vals):
            differing = self.filtered(
                lambda meter: any(
                    meter[name]
                    != meter._fields[name].convert_to_record(
                        meter._fields[name].convert_to_cache(vals[name], meter), meter
                    )
                    for name in _MEANING & vals.keys()
                )
            )
        result = super().write(vals)
        differing._carbon_derive_again()
        return result

    def _carbon_check_read(self, vals):
        leaves = "is_carbon_meter" in vals and not vals["is_carbon_meter"]
        if not leaves and "company_id" not in vals:
            return
        for meter in self.filtered(lambda meter: leaves or meter.company_id.id != vals["company_id"])._carbon_read():
            raise UserError(
                self.env._(
                    "%(meter)s has readings and stays a meter of %(company)s. Take it out of use instead.",
                    meter=meter.display_name,
                    company=meter.company_id.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_read(self):
        for meter in self._carbon_read():
            raise UserError(
                self.env._("%(meter)s has readings and is kept. Archive it instead.", meter=meter.display_name)
            )

    def _carbon_read(self):
        """Return those of the meters that have readings, whoever may see these."""
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id FROM unnest(%s::int[]) m(id) WHERE EXISTS (SELECT 1 FROM carbon_meter_month x WHERE x.equipment_id = m.id)",
                self.ids,
            )
        )
        return self.browse(row[0] for row in rows)

    def _carbon_derive_again(self, first=None):
        """Let the engine read the months of these meters again, and of the virtual ones above them.

        What is collected live follows before the transaction commits; other ledgers wait for their next collection.

        :param first: only from the month of this day on
        """
        if not self.ids:
            return
        # sudo: whoever changed a meter moves what was derived from it
        if self.sudo().env["carbon.meter.month"]._touch_meters(self, first):
            engine = self.env["carbon.engine"]
            engine._raise_basis_revision(
                self.company_id.filtered(lambda company: company.id not in engine._live_companies())
            )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_carbon_readings(self):
        """Show the readings of the meter, of a virtual one those of its parts.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_meter_reading_action")
        context = {"default_equipment_id": self.id} if self.carbon_register != "virtual" else {}
        return dict(action, domain=[("equipment_id", "in", self._carbon_leaves().ids)], context=context)

    def action_carbon_months(self):
        """Show what the meter gave to the ledger, by month.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_meter_month_report_action")
        return dict(action, domain=[("equipment_id", "=", self.id)], context={})
