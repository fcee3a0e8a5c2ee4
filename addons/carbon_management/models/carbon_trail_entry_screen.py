from odoo import api, fields, models


class CarbonTrailEntry(models.Model):
    """Words for what the trail keeps as codes: the entry itself is the same in every language."""

    _inherit = "carbon.trail.entry"

    event_label = fields.Char(string="What Happened", compute="_compute_labels")
    from_label = fields.Char(string="From State", compute="_compute_labels")
    to_label = fields.Char(string="To State", compute="_compute_labels")

    @api.model
    def _event_nouns(self):
        """Return ``{noun of an event: word}``; what is missing reads as its code."""
        return {
            "applicability": self.env._("Applicability"),
            "record": self.env._("Record"),
            "review": self.env._("Review"),
            "role": self.env._("Role"),
            "system": self.env._("System"),
        }

    @api.model
    def _event_verbs(self):
        """Return ``{verb of an event: word}``."""
        return {
            "approve": self.env._("approved"),
            "change": self.env._("changed"),
            "check": self.env._("checked"),
            "close": self.env._("closed"),
            "configure": self.env._("configured"),
            "confirm": self.env._("confirmed"),
            "create": self.env._("created"),
            "decide": self.env._("decided"),
            "delete": self.env._("deleted"),
            "done": self.env._("done"),
            "draft": self.env._("taken back to draft"),
            "failed": self.env._("failed"),
            "load": self.env._("loaded"),
            "open": self.env._("opened"),
            "refuse": self.env._("refused"),
            "reopen": self.env._("reopened"),
            "request": self.env._("requested"),
            "ship": self.env._("shipped"),
            "start": self.env._("started"),
            "verify": self.env._("verified"),
        }

    @api.depends("event", "res_model", "from_state", "to_state")
    @api.depends_context("lang")
    def _compute_labels(self):
        nouns, verbs, states = self._event_nouns(), self._event_verbs(), {}
        for entry in self:
            noun, _dot, verb = (entry.event or "").partition(".")
            entry.event_label = self.env._("%(noun)s: %(verb)s", noun=nouns.get(noun, noun), verb=verbs.get(verb, verb))
            if entry.res_model not in states:
                states[entry.res_model] = self._state_words(entry.res_model)
            words = states[entry.res_model]
            entry.from_label = words.get(entry.from_state, entry.from_state)
            entry.to_label = words.get(entry.to_state, entry.to_state)

    @api.model
    def _state_words(self, model):
        """Return ``{state: word}`` of a model; empty if it has none, or is gone."""
        if not model or model not in self.env:
            return {}
        field = self.env[model]._fields.get(getattr(self.env[model], "_gate_state_field", "state"))
        return dict(field._description_selection(self.env)) if field is not None and field.type == "selection" else {}
