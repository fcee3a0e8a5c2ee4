from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .carbon_inventory import ACT

CAUSES = [
    ("boundary", "Boundary"),
    ("method", "Method"),
    ("factor", "Factor"),
    ("error", "Error"),
    ("activity", "Activity data"),
]
_GUARD = """
CREATE OR REPLACE FUNCTION carbon_inventory_life_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'carbon inventory %: every inventory begins as a draft', NEW.name USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state = NEW.state THEN
        RETURN NEW;
    END IF;
    IF (NEW.state = 'approved' AND OLD.state <> 'checked')
       OR (NEW.state = 'verified' AND OLD.state <> 'approved')
       OR (NEW.state = 'restated' AND OLD.state NOT IN ('approved', 'verified'))
       OR (NEW.state = 'approved' AND NOT EXISTS (SELECT 1 FROM carbon_inventory_seal s WHERE s.inventory_id = NEW.id)) THEN
        RAISE EXCEPTION 'carbon inventory % is %: it cannot become %', OLD.name, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS carbon_inventory_life_guard ON carbon_inventory;
CREATE TRIGGER carbon_inventory_life_guard BEFORE INSERT OR UPDATE ON carbon_inventory
    FOR EACH ROW EXECUTE FUNCTION carbon_inventory_life_guard();
"""


class CarbonInventory(models.Model):
    """Restatement: a new version beside the one it will replace, which stays readable and sealed (R-139)."""

    _inherit = "carbon.inventory"

    version = fields.Integer(readonly=True, default=1, copy=False, aggregator=None)
    restates_id = fields.Many2one(
        "carbon.inventory",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    restated_by_ids = fields.One2many("carbon.inventory", "restates_id", string="Versions That Restate", readonly=True)
    restated_by_id = fields.Many2one("carbon.inventory", compute="_compute_restated_by_id")
    restatement_cause = fields.Selection(CAUSES, string="Reason", readonly=True, copy=False)
    restatement_reason = fields.Text(string="Why Restated", readonly=True, copy=False)
    late_count = fields.Integer(string="Late Adjustments", compute="_compute_late_count")
    reopening_count = fields.Integer(string="Reopened Months", compute="_compute_late_count")

    _restates_uniq = models.UniqueIndex(
        "(restates_id) WHERE restates_id IS NOT NULL", "This inventory is being restated already."
    )

    def init(self):
        """Install the guard: plain SQL can neither approve without seal nor turn a step back."""
        result = super().init()
        self.env.cr.execute(_GUARD)
        return result

    @api.depends("restated_by_ids")
    def _compute_restated_by_id(self):
        for inventory in self:
            inventory.restated_by_id = inventory.restated_by_ids[:1]

    @api.depends("company_id", "date_from", "date_to")
    def _compute_late_count(self):
        issues, reopenings = self.env["carbon.collection.issue"], self.env["carbon.period.reopening"]
        for inventory in self:
            dated = inventory.date_from and inventory.date_to
            inventory.late_count = issues.search_count(inventory._late_domain()) if dated else 0
            inventory.reopening_count = reopenings.search_count(inventory._month_domain("month")) if dated else 0

    def _late_domain(self):
        """Return the domain of what waits for a closed month of the inventory."""
        return list(Domain(self._issue_domain()) & Domain("reason", "=", "late"))

    def _month_domain(self, field):
        self.ensure_one()
        return [
            ("company_id", "=", self.company_id.id),
            (field, ">=", self.date_from),
            (field, "<=", self.date_to),
        ]

    # ------------------------------------------------------------------
    # The new version
    # ------------------------------------------------------------------
    def action_restate(self):
        """Open the dialog that asks why, or the version under way.

        :return: window action
        """
        self.ensure_one()
        if self.restated_by_id:
            return self._form_action(self.restated_by_id)
        self._check_may_restate()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_inventory_restatement_wizard_action"
        )
        return dict(action, context={"default_inventory_id": self.id})

    @api.model
    def _form_action(self, inventory):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": inventory.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def _check_may_restate(self):
        """Only accountants restate, and only what is approved or verified.

        :raises UserError: naming the state or the role
        """
        self._check_any_group(("group_carbon_accountant",))
        for inventory in self:
            if inventory.state not in ("approved", "verified"):
                raise UserError(
                    self.env._(
                        "%(inventory)s is %(state)s. Only an approved or verified inventory is restated.",
                        inventory=inventory.name,
                        state=self._gate_state_label(inventory.state),
                    )
                )

    def _restate(self, cause, reason):
        """Create the next version as a draft beside this one.

        :param cause: code of ``CAUSES``: the main reason, as the person sees it
        :param reason: why, in words
        :return: the draft
        :raises UserError: without reason, or if this is not the newest approved version
        """
        self.ensure_one()
        self._check_may_restate()
        if not (reason or "").strip():
            raise UserError(self.env._("Write why %(inventory)s is restated.", inventory=self.name))
        version = self.version + 1
        draft = self.copy({"name": self._version_name(version)})
        draft.with_context(carbon_inventory_act=ACT).write(
            {
                "version": version,
                "restates_id": self.id,
                "restatement_cause": cause,
                "restatement_reason": reason,
            }
        )
        for row in self.intensity_ids.filtered(lambda row: not row.source_id):
            row.copy({"inventory_id": draft.id})
        self.env["carbon.trail.entry"]._append(
            self.company_id,
            "inventory.restate",
            record=draft,
            payload={"restates": self.uuid, "cause": cause, "version": version},
            reason=reason,
        )
        self.message_post(body=self.env._("Restated by %(name)s: %(reason)s", name=draft.name, reason=reason))
        return draft

    def _version_name(self, version):
        """Return the name of a version: that of the first one, with the number."""
        first = self
        while first.restates_id:
            first = first.restates_id
        return self.env._("%(name)s, version %(version)s", name=first.name, version=version)

    def _approve_sealed(self, run):
        """The approval of a version turns the one before into a restated one."""
        before = self.restates_id
        if before and before.state not in ("approved", "verified"):
            raise UserError(
                self.env._(
                    "%(before)s is %(state)s, so %(inventory)s cannot replace it.",
                    before=before.name,
                    state=self._gate_state_label(before.state),
                    inventory=self.name,
                )
            )
        result = super()._approve_sealed(run)
        if before:
            before.with_context(carbon_inventory_act=ACT)._transition(
                "restated", "inventory.supersede", reason=self.restatement_reason
            )
            self._propose_recalculation()
        return result

    def _trail_payload(self):
        """Name the version, what it replaces, and why the totals differ."""
        payload = super()._trail_payload() | {"version": self.version}
        if self.restates_id:
            payload["restates"] = {
                "inventory": self.restates_id.uuid,
                "cause": self.restatement_cause,
                "bridge": self._exact_bridge(),
            }
        return payload

    # ------------------------------------------------------------------
    # Late adjustments and reopened months
    # ------------------------------------------------------------------
    def action_view_late(self):
        """Open the late adjustments of the inventory's months; each opens its document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_late_adjustment_action")
        return dict(action, domain=self._late_domain(), context={})

    def action_view_reopenings(self):
        """Open the reopenings of the inventory's months."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_period_reopening_action")
        return dict(action, domain=self._month_domain("month"), context={})

    def action_request_reopening(self):
        """Open the dialog that asks to reopen months for this restatement.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_period_reopening_wizard_action"
        )
        return dict(action, context={"default_inventory_id": self.id})

    def action_take_in_late(self):
        """Collect the late adjustments whose months are open now.

        :return: True
        """
        self.ensure_one()
        self._require("group_carbon_accountant", "draft")
        issues = self.env["carbon.collection.issue"].search(self._late_domain())
        opened = set(self._periods().filtered(lambda period: period.state == "open").mapped("date_from"))
        issues.filtered(lambda issue: issue.date.replace(day=1) in opened).action_retry()
        return True
