from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .carbon_relevant_variable_value import ACT


class CarbonRelevantVariable(models.Model):
    """Something that emissions depend on and that is measured every month: output, degree days, revenue (R-051).

    Values are typed, imported, or drawn: from the ledger of activity data, which holds what manufacturing orders and
    receipts brought, or from what other addons know.
    """

    _name = "carbon.relevant.variable"
    _description = "Relevant Variable"
    _inherit = ["carbon.company.mixin", "mail.thread"]
    _order = "company_id, sequence, name, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    name = fields.Char(required=True, translate=True, tracking=True)
    unit = fields.Char(required=True, tracking=True, help="For instance t, 10⁴ CNY or °C·d.")
    origin = fields.Selection(
        [("typed", "Typed or imported"), ("ledger", "Activity data")],
        required=True,
        default="typed",
        tracking=True,
        help="Activity data: the monthly sum of a source, for instance production output from manufacturing orders.",
    )
    source_id = fields.Many2one(
        "carbon.source",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('company_id', '=', company_id)]",
    )
    divisor = fields.Float(
        digits=0,
        default=1.0,
        required=True,
        aggregator=None,
        tracking=True,
        help="What is drawn is divided by it, for instance by 10,000 for 10⁴ CNY.",
    )
    note = fields.Text("Meaning", help="Why it matters, and where its values come from.")
    value_ids = fields.One2many("carbon.relevant.variable.value", "variable_id", "Values")
    value_count = fields.Integer(compute="_compute_value_count")

    _name_uniq = models.UniqueIndex("(company_id, name)", "There is a variable with this name already.")
    _divisor_check = models.Constraint("CHECK(divisor > 0)", "What is drawn is divided by a number above zero.")

    @api.depends("value_ids")
    def _compute_value_count(self):
        counts = dict(
            self.env["carbon.relevant.variable.value"]._read_group(
                [("variable_id", "in", self.ids)], ["variable_id"], ["__count"]
            )
        )
        for variable in self:
            variable.value_count = counts.get(variable, 0)

    @api.constrains("origin", "source_id")
    def _check_origin(self):
        for variable in self:
            if variable.origin == "ledger" and not variable.source_id:
                raise ValidationError(
                    self.env._(
                        "%(variable)s is drawn from activity data. Choose the source whose monthly sum it is.",
                        variable=variable.name,
                    )
                )

    def write(self, vals):
        """What values mean stays as it was once some of them are kept."""
        guarded = {"unit", "origin", "source_id", "divisor", "company_id"} & vals.keys()
        for variable in self if guarded else ():
            changed = any(
                self._fields[name].convert_to_write(variable[name], variable) != vals[name] for name in guarded
            )
            if changed and variable.value_ids._kept_by():
                raise UserError(
                    self.env._(
                        "Values of %(variable)s are part of reviewed values or of an approved parameter. Create another variable.",
                        variable=variable.name,
                    )
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept(self):
        if kept := self.filtered(lambda variable: variable.value_ids._kept_by()):
            raise UserError(self.env._("%(variable)s has values that are kept. Archive it.", variable=kept[0].name))

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------
    def _values(self, months):
        """Return {(variable id, month): value} of months that have one."""
        rows = self.env["carbon.relevant.variable.value"].search_fetch(
            [("variable_id", "in", self.ids), ("date", "in", list(months))], ["variable_id", "date", "value"]
        )
        return {(row.variable_id.id, row.date): row.value for row in rows}

    def _drawn(self, first, last):
        """Return {first day of month: value} as its origin gives it; a month without records is missing.

        Addons that know another origin override it.

        :param first: first day of the first month
        :param last: last day of the last month
        """
        self.ensure_one()
        if self.origin != "ledger":
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT date_trunc('month', a.date::timestamp)::date, SUM(a.quantity) FROM %s a "
                "WHERE a.company_id = %s AND a.source_id = %s AND a.date BETWEEN %s AND %s GROUP BY 1",
                self.env["carbon.engine"]._sql_counted("carbon_activity_data", self.company_id.ids, first, last),
                self.company_id.id,
                self.source_id.id,
                first,
                last,
            )
        )
        return {month: float(total) for month, total in rows}

    def _draw(self, first, last):
        """Take the drawn values of months, except those that are kept.

        A month that was drawn and has no records any more loses its value: nothing is silently kept.
        """
        lines = self.env["carbon.relevant.variable.value"].with_context(carbon_draw=ACT)
        for variable in self.filtered(lambda v: v.origin != "typed"):
            found = {month: value / variable.divisor for month, value in variable._drawn(first, last).items()}
            known = lines.search([("variable_id", "=", variable.id), ("date", ">=", first), ("date", "<=", last)])
            new = found.keys() - set(known.mapped("date"))
            changed = known.filtered(lambda line, found=found: line.value != found.get(line.date) or not line.is_drawn)
            for line in changed - changed._kept_by():
                if line.date in found:
                    line.write({"value": found[line.date], "is_drawn": True})
                else:
                    line.unlink()
            lines.create(
                [
                    {"variable_id": variable.id, "date": month, "value": found[month], "is_drawn": True}
                    for month in sorted(new)
                ]
            )

    def action_draw(self):
        """Draw the values of the last five years.

        :return: True
        """
        self.check_access("write")
        last = fields.Date.context_today(self).replace(day=1) - relativedelta(days=1)
        self._draw(last.replace(month=1, day=1) - relativedelta(years=5), last)
        return True

    def action_view_values(self):
        """Open the values by month."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_relevant_variable_value_action"
        )
        context = {"default_variable_id": self.id}
        return dict(action, domain=[("variable_id", "in", self.ids)], context=context)
