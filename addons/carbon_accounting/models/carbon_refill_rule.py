from odoo import api, models

from ..tools.refills import balance_inputs

#: Recognition points at which a source counts its material by itself.
_BY_MATERIAL = ("billed", "received", "consumed", "metered")


class CarbonRefill(models.Model):
    """Which rule takes the loss of a job, and what stands against it with the next step. Nothing is ever guessed."""

    _inherit = "carbon.refill"

    def _rule(self, job):
        """Return the one rule that takes what a job shows as lost.

        :return: ``(carbon.activity.rule, False, False)``, or ``(None, code of the problem, names it concerns)``
        """
        equipment, day = self.equipment_id[:1], max(self.mapped("date"))
        is_fuel = self[:1].kind == "fuel"
        sources = equipment._carbon_sources(day, self.company_id[:1], is_fuel)
        if not sources:
            return None, "source", equipment.display_name
        if len(sources) > 1:
            return None, "sources", ", ".join(sources.mapped("display_name"))
        if not is_fuel and not any(
            self[:1].substance_id._is_same_substance(f) for f in sources.factor_line_ids.factor_id
        ):
            return None, "substance_other", sources.display_name
        return self._rule_of(sources, day, job)

    def _rule_of(self, source, day, job):
        rules = source.rule_ids.filtered(
            lambda rule: (
                rule.active
                and rule.outcome == "count"
                and (not rule.date_from or rule.date_from <= day)
                and (not rule.date_to or day <= rule.date_to)
            )
        )
        by_material = rules.filtered(lambda rule: rule.recognition in _BY_MATERIAL)
        if by_material:
            return None, "double", by_material[0].display_name
        mine = rules.filtered(
            lambda rule: (
                rule.event_kind == "declared"
                and not rule.main_rule_id
                and not rule.is_gap_rule
                and rule.quantity_basis == "quantity"
            )
        )
        if len(mine) != 1:
            return None, "rules" if mine else "rule", source.display_name
        if not self._fits_method(mine.method_id, job):
            return None, "method", mine.method_id.display_name
        return mine, False, False

    def _fits_method(self, method, job):
        if not method:
            return True
        if self[:1].kind == "fuel":
            return bool(self._fuel_input(method))
        return balance_inputs(method.code, job) is not None

    # ------------------------------------------------------------------
    # What to do
    # ------------------------------------------------------------------
    @api.depends("problem", "problem_detail", "state", "is_request_done")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for refill in self:
            refill.next_step = refill._next_step()

    def _next_step(self):
        """Say in one sentence what an accountant does next."""
        if self.state == "draft" and not self.is_request_done:
            return self.env._("The request is still open: nothing counts before it is done.")
        if self.state == "declared" and self.declaration_state == "draft":
            return self.env._("Check the declaration and post it: it counts from then on.")
        if self.state == "declared" and self.declaration_state == "cancel":
            return self.env._("The declaration was cancelled: this refill counts nothing.")
        if self.state != "waiting":
            return False
        names = {
            "device": self.equipment_id.display_name or "",
            "name": self.problem_detail or "",
            "substance": self.substance_name or "",
        }
        texts = {**self._device_texts(names), **self._source_texts(names)}
        return texts.get(self.problem, self.problem_detail)

    def _device_texts(self, names):
        return {
            "device": self.env._("The request names no equipment: choose the device on the request."),
            "substance": self.env._("Say on %(device)s which substance it holds, then press 'Try Again'.", **names),
            "charge": self.env._(
                "%(device)s was taken out of service: enter its nominal charge, so that what was not taken out is known, "
                "then press 'Try Again'.",
                **names,
            ),
            "cancel": self.env._("Nothing was lost any more, but declaration %(name)s is posted: cancel it.", **names),
            "failed": self.env._(
                "Preparing the declaration failed (%(name)s). Correct what it says and press 'Try Again'.", **names
            ),
        }

    def _source_texts(self, names):
        return {
            "source": self.env._(
                "Refill without source: no emission source takes %(device)s. Press 'Propose Source', "
                "or name the device on a source or its emission unit.",
                **names,
            ),
            "sources": self.env._(
                "Several sources could take %(device)s: %(name)s. Name the device on one of them.", **names
            ),
            "substance_other": self.env._(
                "%(device)s holds %(substance)s, but source %(name)s has a factor of something else.", **names
            ),
            "rule": self.env._(
                "Source %(name)s has no rule for declared quantities: create one, then press 'Try Again'.", **names
            ),
            "rules": self.env._(
                "Source %(name)s has several rules for declared quantities: keep one of them active.", **names
            ),
            "double": self.env._(
                "Rule %(name)s of the source counts bottles when they are bought or used. Press 'Counted Elsewhere' if this bottle was "
                "among them; else give the device a source of its own.",
                **names,
            ),
            "method": self.env._(
                "%(name)s does not work with single refills, so that both would count the same loss. Use 'Released gas' "
                "or a mass balance, or press 'Counted Elsewhere'.",
                **names,
            ),
        }
