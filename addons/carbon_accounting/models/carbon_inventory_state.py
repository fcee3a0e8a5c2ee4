from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import seal_form
from .carbon_inventory import ACT

#: Frozen from the approval on, and what a verification fills once, with its own step. The verification body itself may be merged with
#: another contact; its name as the statement has it is frozen.
_SEALED = tuple(name for name, text in seal_form.PROPERTIES[seal_form.VERSION]["header"].items() if f"i.{name}" in text)
_APPROVAL = ("approved_on", "approved_by_id")
_VERIFICATION = (
    *("verification_body", "verification_criteria", "assurance_level", "verification_materiality", "verification_date"),
    *("verification_number", "verification_note", "verified_on", "verified_by_id"),
)
_GUARD = """
CREATE OR REPLACE FUNCTION carbon_inventory_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('approved', 'verified', 'restated') THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' OR NEW.state IN ('draft', 'checked')
       OR ({sealed_old}) IS DISTINCT FROM ({sealed_new})
       OR (NOT (OLD.state = 'approved' AND NEW.state = 'verified')
           AND ({verified_old}) IS DISTINCT FROM ({verified_new})) THEN
        RAISE EXCEPTION 'carbon inventory % is %: it cannot be changed',
            OLD.name, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER IF EXISTS carbon_inventory_guard ON carbon_inventory;
CREATE TRIGGER carbon_inventory_guard BEFORE UPDATE OR DELETE ON carbon_inventory
    FOR EACH ROW EXECUTE FUNCTION carbon_inventory_guard();
""".format(
    **{
        f"{group}_{row}": ", ".join(f"{row.upper()}.{name}" for name in names)
        for group, names in (("sealed", (*_SEALED, *_APPROVAL)), ("verified", _VERIFICATION))
        for row in ("old", "new")
    }
)


class CarbonInventory(models.Model):
    """The steps of an inventory from draft to approved."""

    _inherit = "carbon.inventory"

    def init(self):
        """Install the guard: plain SQL cannot delete, reopen or rewrite an approved one."""
        self.env.cr.execute(_GUARD)

    def _require(self, group, state):
        """Check role and state before a step; the gate checks nothing about who."""
        self.check_access("write")
        user = self.env.user
        if not self.env.su and not user.has_group(f"carbon_management.{group}"):
            # sudo: the name of a role is no secret
            role = self.env.ref(f"carbon_management.{group}").sudo().name
            raise UserError(
                self.env._(
                    "This step of an inventory is taken by the role %(role)s.",
                    role=role,
                )
            )
        if wrong := self.filtered(lambda inventory: inventory.state != state):
            raise UserError(
                self.env._(
                    "%(inventory)s is %(state)s. This step begins at %(expected)s.",
                    inventory=wrong[0].name,
                    state=self._gate_state_label(wrong[0].state),
                    expected=self._gate_state_label(state),
                )
            )

    def _makers(self):
        """Who set the inventory up, and who computed it last."""
        return super()._makers() | self.computed_by_id

    def _require_fresh(self):
        """Refuse what was never computed, or is older than the ledger, than rules and factors or than the GWP values."""
        for inventory in self:
            if inventory.is_gwp_stale:
                raise UserError(
                    self.env._(
                        "Values of GWP set %(set)s changed since %(inventory)s was computed. Press 'Compute', then go on.",
                        set=inventory.gwp_set_id.name,
                        inventory=inventory.name,
                    )
                )
            if inventory.awaits_collection:
                raise UserError(
                    self.env._(
                        "%(reason)s Then compute %(inventory)s.",
                        reason=inventory.awaits_reason,
                        inventory=inventory.name,
                    )
                )
            if not inventory.computed_on or inventory.is_stale:
                raise UserError(
                    self.env._(
                        "%(inventory)s does not show the ledger of today. Press 'Compute', then go on.",
                        inventory=inventory.name,
                    )
                )

    def _require_acknowledged(self):
        """Refuse open worklist rows that nobody accepted in words, or more of them than were accepted.

        Counts and amounts by reason are compared with those of the check; what was resolved since does not matter.
        """
        for inventory in self:
            worklist = inventory._worklist()
            if worklist and not (inventory.issue_note or "").strip():
                raise UserError(
                    self.env._(
                        "Records of %(inventory)s wait on the worklist: %(summary)s. Resolve them, or write in "
                        "'Open Worklist Accepted Because' why it is handed on without them.",
                        inventory=inventory.name,
                        summary=inventory.issue_summary,
                    )
                )
            if inventory.state == "checked" and inventory._exceeds_acknowledged(worklist):
                raise UserError(
                    self.env._(
                        "More records of %(inventory)s wait on the worklist than when it was checked: %(summary)s. Resolve them, "
                        "or take it back to draft and write why it is handed on without them.",
                        inventory=inventory.name,
                        summary=inventory.issue_summary,
                    )
                )

    def _exceeds_acknowledged(self, worklist):
        """Whether a reason has more rows, or more of an amount, than was accepted at the check."""
        known = self.acknowledged_issues or {}
        for reason, now in worklist.items():
            before = known.get(reason, {})
            if now["count"] > before.get("count", 0):
                return True
            for currency, amount in now.get("amount", {}).items():
                if abs(Decimal(amount)) > abs(Decimal(before.get("amount", {}).get(currency, "0"))):
                    return True
        return False

    def action_collect(self):
        """Collect the history again, because rules or factors changed.

        :return: action that shows the progress
        """
        return self.env["carbon.collection.run"]._collect_changes(self.company_id)

    def action_check(self):
        """Hand a draft on as checked, with the maker's note.

        :raises UserError: without note, if the ledger changed since the computation, or if records of its months wait
            on the worklist and nobody says why that is accepted
        """
        self._require("group_carbon_accountant", "draft")
        self._require_fresh()
        for inventory in self:
            if not (inventory.maker_note or "").strip():
                raise UserError(
                    self.env._(
                        "Write in the maker's note of %(inventory)s what was checked and what is missing.",
                        inventory=inventory.name,
                    )
                )
            inventory._require_acknowledged()
            inventory.with_context(carbon_inventory_act=ACT)._transition(
                "checked",
                "inventory.check",
                reason=inventory.maker_note,
                values={
                    "checked_on": fields.Datetime.now(),
                    "checked_by_id": self.env.uid,
                    "acknowledged_issues": inventory._worklist(),
                },
            )

    def action_draft(self):
        """Take a checked inventory back to draft."""
        self._require("group_carbon_accountant", "checked")
        self.with_context(carbon_inventory_act=ACT)._transition(
            "draft",
            "inventory.draft",
            values={"checked_on": False, "checked_by_id": False, "acknowledged_issues": False},
        )

    def action_approve(self):
        """Seal checked inventories and approve them: from now on immutable.

        :raises UserError: if a month is not closed, the ledger changed since the computation, or more waits on the
            worklist than was accepted when it was checked
        :raises AccessError: if the company wants a second person and this one prepared it
        """
        self._require("group_carbon_manager", "checked")
        self._check_second_person()
        for inventory in self:
            if months := inventory._months_not_closed():
                raise UserError(
                    self.env._(
                        "%(inventory)s cannot be approved while months are open: "
                        "%(months)s. Close these reporting periods first.",
                        inventory=inventory.name,
                        months=", ".join(f"{month:%Y-%m}" for month in months),
                    )
                )
            inventory._require_fresh()
            inventory._require_acknowledged()
            inventory._seal_and_approve()

    @api.model
    def _fixed_name(self, domain):
        """Return the name of an inventory beyond draft, of any company, that rests on something; None if there is none.

        :param domain: what it rests on
        """
        # sudo: also inventories that the user may not see keep what they rest on
        found = self.sudo().search(Domain("state", "!=", "draft") & domain, limit=1)
        if not found:
            return None
        own = found.company_id in self.env.user.company_ids
        return found.name if own else self.env._("An inventory of another company")

    def _periods(self):
        """Return the reporting periods that exist for the inventory's months."""
        self.ensure_one()
        return self.env["carbon.reporting.period"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("date_from", ">=", self.date_from),
                ("date_from", "<=", self.date_to),
            ]
        )

    def _months_not_closed(self):
        """Return the months without a closed reporting period."""
        closed = self._periods().filtered(lambda period: period.state == "closed")
        done = set(closed.mapped("date_from"))
        return [month for month in self._months() if month not in done]
