from odoo import fields, models
from odoo.exceptions import UserError

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_consolidation_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state <> NEW.state
       AND (OLD.state, NEW.state) NOT IN
           (('draft', 'checked'), ('checked', 'draft'), ('checked', 'approved'), ('approved', 'superseded')) THEN
        RAISE EXCEPTION 'carbon consolidation % is %: it cannot become %', OLD.name, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'checked' AND NEW.state = 'approved' AND NOT EXISTS (
           SELECT 1 FROM carbon_trail_entry t WHERE t.company_id = OLD.company_id AND t.res_uuid = OLD.uuid
              AND t.event = 'consolidation.check') THEN
        RAISE EXCEPTION 'carbon consolidation %: the audit trail knows of nobody who checked it', OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('approved', 'superseded') AND (TG_OP = 'DELETE'
       OR (OLD.company_id, OLD.boundary_id, OLD.date_from, OLD.date_to, OLD.gwp_set_id, OLD.intended_use,
           OLD.electricity_basis, OLD.content_sha256, OLD.computed_on, OLD.uuid)
          IS DISTINCT FROM
          (NEW.company_id, NEW.boundary_id, NEW.date_from, NEW.date_to, NEW.gwp_set_id, NEW.intended_use,
           NEW.electricity_basis, NEW.content_sha256, NEW.computed_on, NEW.uuid)) THEN
        RAISE EXCEPTION 'carbon consolidation % is %: it cannot be changed', OLD.name, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
DROP TRIGGER IF EXISTS carbon_consolidation_guard ON carbon_consolidation;
CREATE TRIGGER carbon_consolidation_guard BEFORE UPDATE OR DELETE ON carbon_consolidation
    FOR EACH ROW EXECUTE FUNCTION carbon_consolidation_guard();
"""


class CarbonConsolidation(models.Model):
    """The steps of a consolidated inventory: draft → checked → approved → superseded by a new version."""

    _inherit = "carbon.consolidation"

    def init(self):
        """Install the guard: plain SQL can neither delete nor change nor reopen an approved one."""
        self.env.cr.execute(_GUARD)

    def _require(self, group, *states):
        """Check role, state and companies before a step; the gate checks nothing about who."""
        self.check_access("write")
        user = self.env.user
        if not self.env.su and not user.has_group(f"carbon_management.{group}"):
            # sudo: the name of a role is no secret
            role = self.env.ref(f"carbon_management.{group}").sudo().name
            raise UserError(
                self.env._("This step of a consolidated inventory is taken by the role %(role)s.", role=role)
            )
        for record in self:
            record._check_may_see()
            if record.state not in states:
                raise UserError(
                    self.env._(
                        "%(name)s is %(state)s. This step begins at %(expected)s.",
                        name=record.name,
                        state=self._gate_state_label(record.state),
                        expected=self._gate_state_label(states[0]),
                    )
                )

    def _makers(self):
        """Who set it up, and who computed it last."""
        return super()._makers() | self.computed_by_id

    def _require_fresh(self):
        """Refuse what was never computed, or what rests on other inventories than those of today."""
        for record in self:
            if not record.computed_on:
                raise UserError(
                    self.env._("%(name)s was never computed. Press 'Compute', then go on.", name=record.name)
                )
            if record.is_stale:
                raise UserError(
                    self.env._(
                        "%(reason)s Take %(name)s to draft and compute it again.",
                        reason=record.stale_reason,
                        name=record.name,
                    )
                )
            waiting = record.decision_ids.filtered(lambda decision: decision.state == "requested")
            if waiting:
                raise UserError(
                    self.env._(
                        "%(count)s decisions on flows of %(name)s wait for a second person. Confirm or refuse them first.",
                        count=len(waiting),
                        name=record.name,
                    )
                )

    def _require_complete(self, but=()):
        """Refuse while the inventory of a company stands in the way.

        :param but: codes of problems that do not matter at this step
        """
        for record in self:
            texts = [text for code, text in record._all_problems() if code not in but]
            if texts:
                raise UserError(
                    self.env._(
                        "%(name)s is not complete:\n%(reasons)s",
                        name=record.name,
                        reasons="\n".join(f"- {text}" for text in texts),
                    )
                )

    def action_check(self):
        """Hand a draft on as checked, with the maker's note.

        :return: True
        :raises UserError: without note, or if a company has no usable inventory
        """
        self._require("group_carbon_accountant", "draft")
        self._require_fresh()
        self._require_complete(but=("draft", "checked"))
        for record in self:
            if not (record.maker_note or "").strip():
                raise UserError(
                    self.env._(
                        "Write in the maker's note of %(name)s what was checked and what is missing.", name=record.name
                    )
                )
            record._act()._transition(
                "checked",
                "consolidation.check",
                reason=record.maker_note,
                values={
                    "checked_on": fields.Datetime.now(),
                    "checked_by_id": self.env.uid,
                    "content_sha256": record._content_hash(),
                },
            )
        return True

    def action_draft(self):
        """Take a checked consolidated inventory back to draft.

        :return: True
        """
        self._require("group_carbon_accountant", "checked")
        self._act()._transition(
            "draft",
            "consolidation.draft",
            values={"checked_on": False, "checked_by_id": False, "content_sha256": False},
        )
        return True

    def action_approve(self):
        """Approve what was checked: it rests on approved inventories only, and is frozen from now on.

        :return: True
        :raises UserError: if an inventory of a company is not approved, or changed since
        :raises AccessError: if the company wants a second person and this one prepared it
        """
        self._require("group_carbon_manager", "checked")
        self._check_second_person()
        self._require_fresh()
        self._require_complete()
        for record in self:
            if record._content_hash() != record.content_sha256:
                raise UserError(
                    self.env._(
                        "The rows of %(name)s are not those that were checked. Take it to draft and compute it again.",
                        name=record.name,
                    )
                )
            before = record.replaces_id
            if before.state == "approved":
                before._act()._transition("superseded", "consolidation.supersede", reason=record.maker_note)
                before.flush_recordset()
            record._act()._transition(
                "approved",
                "consolidation.approve",
                reason=record.maker_note,
                values={"approved_on": fields.Datetime.now(), "approved_by_id": self.env.uid},
            )
        return True

    def action_new_version(self):
        """Open the draft that will replace this approved version, made if it is missing.

        :return: window action
        """
        self.ensure_one()
        self._require("group_carbon_accountant", "approved")
        draft = self.search([("replaces_id", "=", self.id)], limit=1)
        if not draft:
            name = self.env._("%(name)s, version %(version)s", name=self._first_name(), version=self.version + 1)
            draft = self.copy({"name": name})
            draft._act().write({"version": self.version + 1, "replaces_id": self.id})
            for decision in self.decision_ids.filtered(lambda d: d.state == "confirmed"):
                decision.copy({"consolidation_id": draft.id})
            self.env["carbon.trail.entry"]._append(
                self.company_id,
                "consolidation.restate",
                record=draft,
                payload={"replaces": self.uuid, "version": draft.version},
            )
        return {"type": "ir.actions.act_window", "res_model": self._name, "res_id": draft.id, "view_mode": "form"}

    def _first_name(self):
        first = self
        while first.replaces_id:
            first = first.replaces_id
        return first.name

    def action_verify(self):
        """Compare the rows with the hash that the audit trail keeps.

        :return: action that shows the result
        :raises UserError: before the check
        """
        self.ensure_one()
        self.check_access("read")
        self._check_may_see()
        if not self.content_sha256:
            raise UserError(self.env._("%(name)s was not checked yet.", name=self.name))
        same = self._content_hash() == self.content_sha256
        text = (
            self.env._("The rows are those that were checked: their SHA-256 is the one in the audit trail.")
            if same
            else self.env._("The rows differ from those that were checked: their SHA-256 is another one.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success" if same else "danger", "message": text, "sticky": not same},
        }

    def _trail_payload(self):
        """Name what it rests on and the hash of its rows; no figures, which not everybody who reads the trail may see."""
        record = self.sudo()  # sudo: the payload is the same whoever makes the step
        return {
            **record._trail_snapshot(["name", "version", "boundary_id", "intended_use", "electricity_basis"]),
            "date_from": fields.Date.to_string(record.date_from),
            "date_to": fields.Date.to_string(record.date_to),
            "gwp_set": record.gwp_set_id.code,
            "rows_sha256": record.content_sha256 or None,
            "members": [
                [m.entity_name, repr(m.share), repr(m.counted_part), m.inventory_id.uuid or None]
                for m in record.member_ids
            ],
            "flows": [
                [d.kind, d.buyer_company_id.name, d.seller_company_id.name, d.source_id.name, d.reason]
                for d in record.decision_ids
                if d.state == "confirmed"
            ],
        }
