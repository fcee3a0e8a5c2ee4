from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .carbon_inventory import ACT
from .carbon_inventory_bridge import STRUCTURAL
from .carbon_inventory_seal import SEALED_STATES


class CarbonInventory(models.Model):
    """The base year, and when it has to be calculated again (ISO 14064-1 6.4.2; R-053, R-054).

    Recalculation is proposed when restatements changed by boundary, method, factor or error as much as the threshold of
    the carbon system says. Activity that grew or shrank never counts.
    """

    _inherit = "carbon.inventory"

    is_base_year = fields.Boolean(string="Base Year", readonly=True, copy=False, tracking=True)
    base_year_on = fields.Datetime(string="Base Year Since", readonly=True, copy=False)
    structural_percent = fields.Float(
        string="Structural Change (%)",
        compute="_compute_structural_percent",
        digits=0,
        help="Changes by boundary, method, factor and error that restatements made since the base year was set, each taken "
        "without its sign, as a part of the total before; of the year where they are largest.",
    )
    recalculation_due = fields.Boolean(compute="_compute_structural_percent", export_string_translation=False)

    _base_year_uniq = models.UniqueIndex(
        "(company_id) WHERE is_base_year", "The company has a base year already. Unset it first."
    )

    @api.model
    def _gate_unfrozen_fields(self):
        """Being the base year is no content; it changes by its buttons only."""
        return super()._gate_unfrozen_fields() | {"is_base_year", "base_year_on"}

    @api.depends("is_base_year", "base_year_on")
    def _compute_structural_percent(self):
        for inventory in self:
            percent, due = inventory._structural_change() if inventory.is_base_year else (0.0, False)
            inventory.structural_percent = percent
            inventory.recalculation_due = due

    def _structural_change(self):
        """Return (percent, whether it reaches the threshold), compared exactly in the database."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT SUM(100.0 * b.kg / t.kg), SUM(100.0 * b.kg / t.kg) >= s.base_year_threshold
                  FROM carbon_inventory i
                  JOIN carbon_inventory p ON p.id = i.restates_id
                  CROSS JOIN LATERAL (SELECT SUM(abs(co2e_kg)) AS kg FROM carbon_inventory_bridge
                                       WHERE inventory_id = i.id AND cause IN %(causes)s) b
                  CROSS JOIN LATERAL (SELECT SUM(l.co2e_kg) AS kg FROM carbon_inventory_line l
                                       WHERE l.inventory_id = p.id AND l.treatment = 'total'
                                         AND CASE p.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END) t
                  JOIN carbon_system s ON s.id = %(system)s
                 WHERE i.company_id = %(company)s AND i.state IN %(states)s AND i.approved_on >= %(since)s
                   AND i.id <> %(id)s AND i.date_from >= %(first)s AND t.kg > 0
                 GROUP BY i.date_from, i.date_to, s.base_year_threshold ORDER BY 1 DESC NULLS LAST LIMIT 1
                """,
                causes=STRUCTURAL,
                system=self.env["carbon.system"]._get(self.company_id).id,
                company=self.company_id.id,
                states=SEALED_STATES,
                since=self.base_year_on,
                id=self.id,
                first=self.date_from,
            )
        )
        return (float(rows[0][0] or 0), bool(rows[0][1])) if rows else (0.0, False)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_set_base_year(self):
        """Make an approved inventory the base year of its company.

        :raises UserError: without the role of manager, or before approval
        """
        self.ensure_one()
        self._check_any_group(("group_carbon_manager",))
        self.check_access("write")
        if self.state not in ("approved", "verified"):
            raise UserError(
                self.env._(
                    "%(inventory)s is %(state)s. The base year is an approved or verified inventory.",
                    inventory=self.name,
                    state=self._gate_state_label(self.state),
                )
            )
        current = self._base_year(self.company_id)
        if current == self:
            return True
        current._mark_base_year(False, None)
        self._mark_base_year(True, self.env._("Base year set, instead of %(name)s.", name=current.name or "-"))
        return True

    def action_unset_base_year(self):
        """Leave the company without base year."""
        self._check_any_group(("group_carbon_manager",))
        self.check_access("write")
        self.filtered("is_base_year")._mark_base_year(False, self.env._("Base year unset."))
        return True

    def _mark_base_year(self, value, reason):
        for inventory in self:
            inventory.with_context(carbon_inventory_act=ACT).write(
                {"is_base_year": value, "base_year_on": value and fields.Datetime.now()}
            )
            self.env["carbon.trail.entry"]._append(
                inventory.company_id,
                "inventory.base_year",
                record=inventory,
                payload={"base_year": value},
                reason=reason,
            )
            inventory._check_told()

    @api.model
    def _base_year(self, company):
        return self.search([("company_id", "=", company.id), ("is_base_year", "=", True)], limit=1)

    def action_recalculate_base_year(self):
        """Take the newest approved version as the base year, or begin one.

        :return: window action of the version or of the dialog that begins it
        """
        self.ensure_one()
        self._check_any_group(("group_carbon_manager",))
        newest = self
        while newest.restated_by_id.state in SEALED_STATES:
            newest = newest.restated_by_id
        if newest == self:
            return self.action_restate()
        newest.action_set_base_year()
        # sudo: the to-do belongs to the system, not to whoever solves it
        self.sudo().activity_ids.filtered(lambda a: a.summary == self._recalculation_summary()).action_done()
        return self._form_action(newest)

    @api.model
    def _recalculation_summary(self):
        return self.env._("Base year to be recalculated")

    def _propose_recalculation(self):
        """After a restatement, ask the manager to recalculate the base year if the threshold is reached."""
        for company in self.company_id:
            base = self._base_year(company)
            base.invalidate_recordset(["structural_percent", "recalculation_due"])
            if base.recalculation_due:
                base._alert_manager(
                    self._recalculation_summary(),
                    self.env._(
                        "Restatements changed boundary, method, factors or errors by %(percent)s %% since the base year was "
                        "set. Recalculate it, so that years stay comparable.",
                        percent=f"{base.structural_percent:.2f}",
                    ),
                )
