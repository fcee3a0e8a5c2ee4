from odoo import api, fields, models
from odoo.exceptions import UserError


class CarbonRecordMixin(models.AbstractModel):
    """A record retained as evidence: numbered, confirmed once, then locked.

    Set ``_record_sequence`` to a sequence code. Invariant: a confirmed record and
    its files do not change; a correction is a new record. Models with other states
    define ``state`` and ``_gate_frozen_states`` themselves.
    """

    _name = "carbon.record.mixin"
    _inherit = ["mail.thread", "mail.activity.mixin", "carbon.gate.mixin"]
    _description = "Record retained as evidence"
    _mail_post_access = "read"

    _gate_frozen_states = ("confirmed",)
    _record_sequence = "carbon.record"

    number = fields.Char(readonly=True, copy=False, index=True, help="Given once, never reused.")
    state = fields.Selection(
        selection="_selection_state",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    clause_ids = fields.Many2many(
        "carbon.standard.clause",
        string="Clauses",
        help="Clauses of standards for which this record is evidence.",
    )

    @api.model
    def _selection_state(self):
        """Return the states and labels of this model; override for other states."""
        return [
            ("draft", self.env._("Draft")),
            ("confirmed", self.env._("Confirmed")),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        """Number every record from the sequence of its company."""
        numbered = []
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
            numbered.append({**vals, "number": self._next_number(company)})
        return super().create(numbered)

    @api.model
    def _next_number(self, company):
        """Return the next number of this model for a company."""
        # sudo: whoever may create the record may number it; sequences are readable
        # to administrators only
        sequences = self.env["ir.sequence"].sudo().with_company(company)
        return sequences.next_by_code(self._record_sequence)

    @api.depends(lambda self: ["number"] + ["name"] * ("name" in self._fields))
    def _compute_display_name(self):
        """Show number and name, as records are quoted."""
        for record in self:
            parts = [record.number or "", "name" in record and record.name or ""]
            record.display_name = " ".join(filter(None, parts)) or self._description

    def write(self, vals):
        """Refuse to renumber: numbers are quoted on paper."""
        vals = {name: value for name, value in vals.items() if name != "number"}
        return super().write(vals)

    def action_confirm(self):
        """Confirm the records and lock them.

        :return: True
        :raises UserError: for records that go through other states
        """
        self.check_access("write")
        if "confirmed" not in dict(self._fields["state"]._description_selection(self.env)):
            raise UserError(self.env._("%(name)s has other steps. Use its buttons.", name=self[:1].display_name))
        return self._transition("confirmed", "record.confirm")
