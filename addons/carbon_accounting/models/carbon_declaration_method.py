from decimal import localcontext

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.kernel_methods import METHODS, Refusal, evaluate
from .carbon_calculation_input import HEATING_VALUES


class CarbonDeclaration(models.Model):
    """Declarations that are calculated with a method.

    The form asks for the inputs of the method. When the declaration is posted, the kernel calculates, the results are
    kept, and each becomes an event: rule, source and factor make activity data and emissions of it as of any event.
    """

    _inherit = "carbon.declaration"

    method_id = fields.Many2one(
        "carbon.calculation.method",
        string="Calculation Method",
        compute="_compute_method_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The version of the rule's method when the rule was chosen; it stays when the rule changes.",
    )
    method_formula = fields.Char(related="method_id.formula")
    method_clause = fields.Char(related="method_id.clause")
    method_note = fields.Text(related="method_id.note", string="When the Method Applies")
    input_ids = fields.One2many("carbon.declaration.input", "declaration_id", string="Inputs", copy=True)
    result_ids = fields.One2many("carbon.declaration.result", "declaration_id", string="Results", copy=False)
    has_rows = fields.Boolean(compute="_compute_has_columns")
    has_choices = fields.Boolean(compute="_compute_has_columns")
    has_basis = fields.Boolean(compute="_compute_has_columns")
    method_warning = fields.Text(string="Warnings", readonly=True, copy=False)

    @api.depends("rule_id")
    def _compute_method_id(self):
        for declaration in self:
            declaration.method_id = declaration.rule_id.method_id

    @api.depends("method_id")
    def _compute_has_columns(self):
        """Tell the form which columns the inputs of the method need."""
        for declaration in self:
            definitions = declaration.method_id.input_ids
            declaration.has_rows = any(definitions.mapped("is_list"))
            declaration.has_choices = "choice" in definitions.mapped("kind")
            declaration.has_basis = any(definitions.mapped("basis"))

    @api.onchange("rule_id")
    def _onchange_rule_id_inputs(self):
        if self.input_ids.input_id.method_id != self.method_id:
            self.input_ids = [fields.Command.clear()] + [
                fields.Command.create(values) for values in self._missing_inputs(empty=True)
            ]

    # ------------------------------------------------------------------
    # Inputs
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Ask for what the method needs: inputs that were not given are added with their defaults."""
        declarations = super().create(vals_list)
        declarations._add_missing_inputs()
        return declarations

    def _add_missing_inputs(self):
        values = [
            {**row, "declaration_id": declaration.id}
            for declaration in self.filtered("method_id")
            for row in declaration._missing_inputs()
        ]
        self.env["carbon.declaration.input"].create(values)

    def _missing_inputs(self, empty=False):
        """Return values of the inputs that the method asks for and the declaration does not hold.

        :param empty: as if the declaration held none
        """
        known = set() if empty else {(line.input_id, line.row) for line in self.input_ids}
        rows = {}
        for definition, row in known:
            rows.setdefault(definition.table, set()).add(row)
        return [
            self._input_values(definition, row)
            for definition in self.method_id.input_ids
            for row in (sorted(rows.get(definition.table) or {1}) if definition.table else [0])
            if (definition, row) not in known
        ]

    @api.model
    def _input_values(self, definition, row):
        return {
            "input_id": definition.id,
            "row": row,
            "value": definition.default_value,
            # net or gross is what people mix up: they say it, nothing is filled in for them
            "basis": definition.basis not in HEATING_VALUES and definition.basis,
            "uom_id": definition.uom_id.id,
        }

    def _add_row(self, table):
        """Add an empty row to a table of inputs."""
        self.ensure_one()
        lines = self.input_ids.filtered(lambda line: line.input_id.table == table)
        row = max(lines.mapped("row"), default=0) + 1
        self.env["carbon.declaration.input"].create(
            [
                {**self._input_values(definition, row), "declaration_id": self.id}
                for definition in self.method_id.input_ids
                if definition.table == table
            ]
        )

    def _kernel_inputs(self):
        """Return the exact inputs of the formula as people stated them; rows that nobody filled in are left out.

        :return: ``{name: Decimal, word, or list of Decimals}``
        :raises UserError: naming the field that is missing, implausible or no number
        """
        self.ensure_one()
        formula = METHODS[self.method_id.code]
        given = {name: [] for name in formula.lists}
        for line in self._stated_lines():
            value = line._exact()
            if value is None and line.input_id.required:
                raise UserError(self._missing_message(line._title()))
            if line.is_list:
                given[line.input_id.code].append(0 if value is None else value)
            elif value is not None:
                given[line.input_id.code] = value
        for definition in self.method_id.input_ids:
            if definition.code in formula.required and given.get(definition.code, []) == []:
                raise UserError(self._missing_message(definition.name))
        return given

    def _stated_lines(self):
        """Return the lines that the formula takes, in the order in which it takes them."""
        return self.input_ids - self._empty_rows()

    def _empty_rows(self):
        """Return the lines of table rows that hold defaults at most."""
        rows = self.input_ids.filtered("is_list").grouped(lambda line: (line.input_id.table, line.row))
        empty = (
            lines
            for lines in rows.values()
            if all(line._is_empty() or line.value == line.input_id.default_value for line in lines)
        )
        return self.env["carbon.declaration.input"].union(*empty)

    def _missing_message(self, title):
        return self.env._(
            "%(field)s of declaration %(name)s is missing. Enter it; where it is nothing, write 0.",
            field=title,
            name=self.name or "",
        )

    # ------------------------------------------------------------------
    # Calculation
    # ------------------------------------------------------------------
    def _exact_inputs(self):
        with localcontext() as context:
            context.prec = 60
            return self._kernel_inputs()

    def _calculate(self):
        """Calculate the results from the inputs as they are now.

        :return: ``(list of (carbon.calculation.result, Decimal), list of warnings)``
        :raises UserError: in the words of the field that cannot be right
        """
        self.ensure_one()
        inputs = self._exact_inputs()
        self._check_tolerance(inputs)
        try:
            outcome = evaluate(self.method_id.code, inputs)
        except Refusal as refusal:
            raise UserError(self._refusal_message(refusal)) from refusal
        results = [
            (result, outcome.results[result.code])
            for result in self.method_id.result_ids
            if outcome.results.get(result.code)
        ]
        return results, [self._warning_message(*warning) for warning in outcome.warnings] + self._input_warnings()

    def _input_names(self, codes):
        names = {definition.code: definition.name for definition in self.method_id.input_ids}
        return ", ".join(names.get(code, code) for code in codes)

    def _refusal_message(self, refusal):
        """Return the sentence of a refusal of the kernel: fields, values and the next step."""
        values = {name: self._plain(value) for name, value in refusal.values.items()}
        fields_ = self._input_names(refusal.inputs)
        env = self.env
        sentences = {
            "rows_differ": lambda: env._("The rows of a table are not complete. Fill in every field of each row."),
            "stock_negative": lambda: env._(
                "The stock does not balance: %(fields)s give %(value)s, less than zero. Count the stocks again and look"
                " for a movement that was entered twice or forgotten.",
                fields=fields_,
                value=values["value"],
            ),
            "balance_negative": lambda: env._(
                "More carbon leaves than enters: the balance is %(value)s t C, and its uncertainty allows -%(allowed)s"
                " t C at most (%(fields)s). Look for a stream that is missing or counted twice, and for carbon"
                " contents on another basis.",
                fields=fields_,
                value=values["value"],
                allowed=values["allowed"],
            ),
            "part_exceeds": lambda: env._(
                "%(fields)s: the part is %(part)s and more than the whole, %(whole)s. Correct one of them.",
                fields=fields_,
                part=values["part"],
                whole=values["whole"],
            ),
            "shares_above_one": lambda: env._(
                "%(fields)s add up to %(total)s, more than 1. Correct the shares; each is a part of the whole.",
                fields=fields_,
                total=values["total"],
            ),
            "not_above_zero": lambda: env._(
                "%(fields)s is %(value)s and must be above zero. Enter the value.",
                fields=fields_,
                value=values["value"],
            ),
            "basis_differs": lambda: env._(
                "%(fields)s: energy and factors are on different heating values. Convert one: a net value is about 0.90"
                " of the gross one for gas and 0.95 for coal and oil.",
                fields=fields_,
            ),
            "atoms_not_whole": lambda: env._(
                "%(fields)s is %(value)s. A molecule has whole atoms: list each component by itself, methane with 1, ethane with 2,"
                " nitrogen and hydrogen with 0.",
                fields=fields_,
                value=values["value"],
            ),
            "age_not_whole": lambda: env._(
                "%(fields)s is %(value)s. Write whole years; decay begins in the year after the deposit, which is 1.",
                fields=fields_,
                value=values["value"],
            ),
        }
        return sentences[refusal.key]()

    def _warning_message(self, key, name, values):
        values = {word: self._plain(value) for word, value in values.items()}
        title = self._input_names([name])
        if key == "outside_table":
            return self.env._(
                "%(field)s is %(value)s, outside the table (%(minimum)s to %(maximum)s). The nearest value was used,"
                " %(used)s kJ/kg; better enter the enthalpy with another method.",
                field=title,
                **values,
            )
        if key == "shares_incomplete":
            return self.env._(
                "%(field)s adds up to %(total)s: the remaining %(rest)s of the gas counts as free of carbon. Add what is missing, also"
                " nitrogen and hydrogen with 0 atoms, so that the shares add up to 1.",
                field=title,
                **values,
            )
        return self.env._(
            "The carbon balance is negative, %(value)s t C, within its uncertainty of %(allowed)s t C. It counts as it"
            " is; look at the streams with the largest uncertainty.",
            **values,
        )

    @staticmethod
    def _plain(value):
        """Return a number without exponent and without the digits of an endless division."""
        if isinstance(value, str) or not hasattr(value, "normalize"):
            return str(value)
        return f"{round(value, 6).normalize():f}"
