from odoo import api, models
from odoo.exceptions import AccessError, UserError

GATE_CONTEXT_KEY = "carbon_gate"
# never frozen: what chatter, activities and reviews keep, which go on after approval
BOOKKEEPING_MIXINS = (
    "mail.thread",
    "mail.thread.main.attachment",
    "mail.activity.mixin",
    "rating.mixin",
    "carbon.review.cycle.mixin",
)


class _Gate:
    """Permission to pass the gate for some records, for one call.

    It is an object handed through the context: a context that comes over RPC is
    JSON and cannot carry one, whatever value it puts under the key. It names its
    records, so nested writes to other records do not pass with it.
    """

    __slots__ = ("_ids", "_model")

    def __init__(self, records):
        self._model = records._name
        self._ids = frozenset(records.ids)

    def _opens(self, model, ids):
        return model == self._model and self._ids.issuperset(ids)


def gate_is_open(env, model, ids):
    """Tell whether the running transition may change these records.

    :param env: environment whose context is examined
    :param model: technical name of the model
    :param ids: iterable of record ids
    :return: True inside ``_transition`` of exactly these records
    """
    gate = env.context.get(GATE_CONTEXT_KEY)
    return type(gate) is _Gate and gate._opens(model, ids)


class CarbonGateMixin(models.AbstractModel):
    """A record whose state and approved content change only by a transition.

    Invariant: neither UI, RPC, import, cron nor sudo can change the state, or a
    frozen field in a frozen state, except ``_transition``, which is private and
    leaves one audit trail entry per record.
    """

    _name = "carbon.gate.mixin"
    _inherit = ["carbon.uuid.mixin"]
    _description = "Record behind a transition gate"

    _gate_state_field = "state"
    _gate_frozen_states = ()
    _gate_second_person = ""  # the Boolean of the carbon system that asks for a second person; empty: nobody asks
    _gate_may_add_files = False  # whether a file may be added to a frozen record; those that it has stay as they are

    # ------------------------------------------------------------------
    # What is frozen
    # ------------------------------------------------------------------
    @api.model
    def _gate_frozen_fields(self):
        """Return the names of fields frozen in the states ``_gate_frozen_states``."""
        unfrozen = self._gate_unfrozen_fields()
        return {name for name, field in self._fields.items() if field.store and name not in unfrozen}

    @api.model
    def _gate_unfrozen_fields(self):
        """Return the names of stored fields that stay open in frozen states.

        By exact names of the mixins: a field that is merely called ``activity_…``
        is content.
        """
        names = {*models.MAGIC_COLUMNS, self._gate_state_field}
        for mixin in BOOKKEEPING_MIXINS:
            if mixin in self.env:
                names.update(self.env[mixin]._fields)
        return names

    def _gate_frozen(self):
        """Return those records of ``self`` that are in a frozen state."""
        name = self._gate_state_field
        return self.filtered(lambda record: record[name] in self._gate_frozen_states)

    def _gate_files_frozen(self):
        """Return those records of ``self`` whose files are frozen."""
        return self._gate_frozen()

    @api.model
    def _gate_initial_state(self):
        """Return the state in which every record of this model is created."""
        default = self._fields[self._gate_state_field].default
        return default(self) if default else False

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Create in the initial state only, whatever defaults the caller brings."""
        name, initial = self._gate_state_field, self._gate_initial_state()
        for vals in vals_list:
            if vals.get(name, initial) != initial:
                raise UserError(
                    self.env._(
                        "A new %(model)s starts as %(state)s. Create it so and use its buttons to move it on.",
                        model=self.env["ir.model"]._get(self._name).name,
                        state=self._gate_state_label(initial),
                    )
                )
        return super().create([{**vals, name: initial} for vals in vals_list])

    def write(self, vals):
        """Refuse changes of state and of frozen content outside a transition."""
        if not gate_is_open(self.env, self._name, self.ids):
            self._gate_check_write(vals)
        return super().write(vals)

    def _gate_check_write(self, vals):
        name = self._gate_state_field
        if name in vals and (moved := self.filtered(lambda r: r[name] != vals[name])):
            raise UserError(
                self.env._(
                    "The state of %(name)s cannot be written. Use its buttons, so "
                    "that the step is checked and recorded.",
                    name=moved[:1].display_name,
                )
            )
        if not self._gate_frozen_states:
            return
        touched = set(vals) & set(self._gate_frozen_fields())
        if touched and (frozen := self._gate_frozen()):
            raise UserError(frozen[:1]._gate_frozen_message(touched))

    def _gate_frozen_message(self, names=()):
        """Return the sentence that refuses a change of this frozen record."""
        labels = [self._fields[name]._description_string(self.env) for name in names]
        return self.env._(
            "%(name)s is %(state)s and its content is frozen%(fields)s. Create a new version instead.",
            name=self.display_name,
            state=self._gate_state_label(self[self._gate_state_field]),
            fields=f" ({', '.join(sorted(labels))})" if labels else "",
        )

    @api.model
    def _gate_state_label(self, state):
        field = self._fields[self._gate_state_field]
        return dict(field._description_selection(self.env)).get(state, state or "")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        if frozen := self._gate_frozen():
            raise UserError(frozen[:1]._gate_frozen_message())

    # ------------------------------------------------------------------
    # Four eyes
    # ------------------------------------------------------------------
    def _makers(self):
        """Return the users who prepared this record."""
        self.ensure_one()
        return self.create_uid

    def _needs_second_person(self):
        """Tell whether the company wants this record approved by somebody who did not prepare it."""
        self.ensure_one()
        if not self._gate_second_person:
            return False
        # sudo: what the company wants is asked for whoever approves
        return self.env["carbon.system"].sudo()._get(self.company_id)[self._gate_second_person]

    def _check_second_person(self):
        """Refuse the approval of one's own work, whatever rights one has: sudo keeps the user.

        :raises AccessError: naming the person and the next step
        """
        for record in self:
            # sudo: who prepared it and what the company wants are asked for whoever approves
            if self.env.user in record.sudo()._makers() and record.sudo()._needs_second_person():
                raise AccessError(
                    self.env._(
                        "%(name)s was prepared by %(person)s, who therefore cannot approve it. "
                        "Ask another carbon manager to approve it.",
                        name=record.display_name,
                        person=self.env.user.name,
                    )
                )

    # ------------------------------------------------------------------
    # The one way through
    # ------------------------------------------------------------------
    def _note_line_change(self):
        """Called on the parents whose lines changed; see ``carbon.gate.line.mixin``."""

    def _transition(self, to_state, event, values=None, reason=None, meaning=None):
        """Move records to a state and record it in the audit trail.

        Checks nothing about who may do so: the caller does, before.

        :param to_state: value of the state field afterwards
        :param event: code of the trail entry, ``<noun>.<verb>``
        :param values: other fields to write in the same step
        :param reason: words of the person who decided
        :param meaning: meaning of a signature, where one was given
        :return: True
        """
        name = self._gate_state_field
        from_states = {record.id: record[name] for record in self}
        gated = self.with_context(**{GATE_CONTEXT_KEY: _Gate(self)})
        gated.write({**(values or {}), name: to_state})
        self.env["carbon.trail.entry"]._append_records(
            self,
            event,
            from_states=from_states,
            to_state=to_state,
            reason=reason,
            meaning=meaning,
        )
        return True

    def _gate_write(self, values, event, reason=None):
        """Write frozen fields without a change of state, with a trail entry.

        :param values: fields to write
        :param event: code of the trail entry
        :param reason: why the frozen content had to change
        :return: True
        """
        for state, records in self.grouped(self._gate_state_field).items():
            records._transition(state, event, values=values, reason=reason)
        return True

    def _gate_attach(self, name, raw, mimetype):
        """Add a file that the system made to a frozen record; it is frozen from then on.

        :param name: name of the file
        :param raw: content
        :param mimetype: type of the content
        :return: the ``ir.attachment``
        """
        self.ensure_one()
        gated = self.env["ir.attachment"].with_context(**{GATE_CONTEXT_KEY: _Gate(self)})
        values = {"name": name, "raw": raw, "mimetype": mimetype, "res_model": self._name, "res_id": self.id}
        return gated.create(values).with_context(**{GATE_CONTEXT_KEY: None})

    def _trail_payload(self):
        """Return what the trail entry of a transition says about this record.

        Plain JSON values by name, no database ids. Extend with what was decided.
        """
        self.ensure_one()
        return {}

    def _trail_snapshot(self, names):
        """Return field values of this record as the trail keeps them.

        :param names: field names
        :return: mapping of name to plain value; records by identity or name
        """
        self.ensure_one()
        record = self.with_context(lang=None)
        return {name: record._trail_value(name) for name in names}

    def _trail_value(self, name):
        value, field = self[name], self._fields[name]
        if not field.relational:
            return False if value is None else value
        texts = [line.uuid if "uuid" in line._fields else line.display_name for line in value]
        return (texts or [None])[0] if field.type == "many2one" else sorted(texts)
