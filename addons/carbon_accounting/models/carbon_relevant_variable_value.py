from odoo import api, fields, models
from odoo.exceptions import UserError

#: Identity of the drawing: an RPC context is JSON and cannot carry it.
ACT = object()


class CarbonRelevantVariableValue(models.Model):
    """The value of a variable in one month (R-051, R-055).

    Invariant: a value that a reviewed parameter value or an approved regression rests on does not change.
    """

    _name = "carbon.relevant.variable.value"
    _description = "Value of a Relevant Variable"
    _order = "variable_id, date desc, id"
    _rec_name = "date"

    variable_id = fields.Many2one("carbon.relevant.variable", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="variable_id.company_id", store=True, index=True)
    date = fields.Date("Month", required=True)
    value = fields.Float(digits=0, required=True)
    unit = fields.Char(related="variable_id.unit")
    is_drawn = fields.Boolean("Drawn", readonly=True, help="Came from records; not typed or imported.")
    note = fields.Char("Evidence")

    _month_uniq = models.UniqueIndex("(variable_id, date)", "This month has a value already.")
    _month_start = models.Constraint(
        "CHECK(date = date_trunc('month', date)::date)", "A value belongs to a month: enter its first day."
    )

    def _kept_by(self):
        """Return those values on which something approved or reviewed rests."""
        if not self:
            return self
        # sudo: what is kept is kept, whoever asks
        parameters = self.env["carbon.performance.parameter"].sudo()._using(self.variable_id)
        kept = self.browse()
        for line in self:
            mine = parameters.filtered(lambda parameter, line=line: line.variable_id in parameter._variables())
            if mine and mine._rests_on(line.variable_id, line.date):
                kept |= line
        return kept

    def _check_kept(self):
        if kept := self._kept_by()[:1]:
            raise UserError(
                self.env._(
                    "%(variable)s of %(month)s is part of a reviewed value or of an approved parameter and cannot be changed.",
                    variable=kept.variable_id.name,
                    month=f"{kept.date:%Y-%m}",
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        """What is typed is not drawn."""
        drawn = self.env.context.get("carbon_draw") is ACT
        lines = super().create([vals if drawn else {**vals, "is_drawn": False} for vals in vals_list])
        lines._check_drawn(drawn)
        return lines

    def write(self, vals):
        """Refuse to change what is kept, and to type over what is drawn."""
        if vals.keys() & {"value", "date", "variable_id", "is_drawn"}:
            self._check_kept()
            drawn = self.env.context.get("carbon_draw") is ACT
            if not drawn:
                vals = {name: value for name, value in vals.items() if name != "is_drawn"}
            self._check_drawn(drawn)
        return super().write(vals)

    def _check_drawn(self, drawn):
        if not drawn and (line := self.filtered(lambda line: line.variable_id.origin != "typed")[:1]):
            raise UserError(
                self.env._(
                    "%(variable)s is drawn from records. Correct them, or make it a variable that is typed in.",
                    variable=line.variable_id.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        self._check_kept()
