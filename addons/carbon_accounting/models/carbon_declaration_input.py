from odoo import api, fields, models
from odoo.exceptions import UserError

from .carbon_calculation_input import BASES, HEATING_VALUES, parse_decimal

#: Rows of tables sort after each other below their first input.
_TABLE, _ROW = 1_000_000, 1_000


class CarbonDeclarationInput(models.Model):
    """The value of one input of a declaration's method, as a person stated it.

    Kept as text: exact, and an empty value is no zero. Frozen while the declaration is posted or cancelled.
    """

    _name = "carbon.declaration.input"
    _description = "Input of a Declaration"
    _order = "declaration_id, rank, id"
    _rec_name = "input_id"

    declaration_id = fields.Many2one("carbon.declaration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="declaration_id.company_id", store=True, index=True)
    input_id = fields.Many2one("carbon.calculation.input", required=True, ondelete="restrict")
    rank = fields.Integer(compute="_compute_rank", store=True, precompute=True)
    row = fields.Integer(default=0, help="Row of the table that the input belongs to; 0 for inputs asked once.")
    label = fields.Char(help="What the row is about, for instance a material or a leg.")
    value = fields.Char()
    choice_id = fields.Many2one(
        "carbon.calculation.choice", ondelete="restrict", domain="[('id', 'in', allowed_choice_ids)]"
    )
    uom_id = fields.Many2one(
        "uom.uom", string="Other Unit", ondelete="restrict", domain="[('id', 'in', allowed_uom_ids)]"
    )
    basis = fields.Selection(BASES)
    unit = fields.Char(related="input_id.unit")
    kind = fields.Selection(related="input_id.kind")
    is_list = fields.Boolean(related="input_id.is_list")
    expected_basis = fields.Selection(related="input_id.basis", string="Basis Expected")
    allowed_choice_ids = fields.Many2many(related="input_id.choice_ids")
    allowed_uom_ids = fields.Many2many("uom.uom", compute="_compute_allowed_uom_ids")
    plausible = fields.Char(compute="_compute_plausible")

    _row_uniq = models.UniqueIndex(
        "(declaration_id, input_id, row)", "A declaration has one value of each input and row."
    )

    @api.depends("input_id.sequence", "input_id.table", "row")
    def _compute_rank(self):
        for line in self:
            definition = line.input_id
            if not definition.table:
                line.rank = definition.sequence * _TABLE
                continue
            same = definition.method_id.input_ids.filtered(lambda i, table=definition.table: i.table == table)
            line.rank = min(same.mapped("sequence")) * _TABLE + line.row * _ROW + definition.sequence

    @api.depends("input_id.uom_id")
    def _compute_allowed_uom_ids(self):
        units = self.env["uom.uom"].with_context(active_test=False)
        for line in self:
            unit = line.input_id.uom_id
            root = (unit.parent_path or "").split("/")[0]
            line.allowed_uom_ids = units.search([("parent_path", "=like", f"{root}/%")]) if root else units

    @api.depends("input_id.minimum", "input_id.maximum")
    def _compute_plausible(self):
        for line in self:
            definition = line.input_id
            line.plausible = definition._range_text() if definition.minimum or definition.maximum else False

    # ------------------------------------------------------------------
    # Frozen with the declaration
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Create first, then check: the declaration may come from a default."""
        lines = super().create(vals_list)
        lines._check_draft()
        lines.declaration_id._note_maker()
        return lines

    def write(self, vals):
        """Refuse changes of what was posted."""
        self._check_draft()
        result = super().write(vals)
        if "declaration_id" in vals:
            self._check_draft()
        self.declaration_id._note_maker()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_posted(self):
        self._check_draft()
        self.declaration_id._note_maker()

    def _check_draft(self):
        # sudo: only the state of the declaration is read, to refuse the change
        for declaration in self.sudo().declaration_id:
            if declaration.state != "draft":
                raise UserError(
                    self.env._(
                        "Declaration %(name)s is posted: its inputs are frozen. Cancel it, set it back to draft and"
                        " declare the right values.",
                        name=declaration.name,
                    )
                )

    def action_add_row(self):
        """Add an empty row to the table of this input."""
        self.ensure_one()
        self.declaration_id._add_row(self.input_id.table)
        return True

    def action_remove_row(self):
        """Remove this row of the table; the last one is emptied instead."""
        self.ensure_one()
        table = self.declaration_id.input_ids.filtered(lambda line: line.input_id.table == self.input_id.table)
        same = table.filtered(lambda line: line.row == self.row)
        if same == table:
            same.write({"value": False, "label": False})
        else:
            same.unlink()
        return True

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------
    def _is_empty(self):
        return not (self.choice_id if self.kind == "choice" else (self.value or "").strip())

    def _title(self):
        """Return the name of the field as messages say it: with its row."""
        name = self.input_id.name
        if not self.row:
            return name
        return self.env._(
            "%(name)s, row %(row)s", name=name, row=f"{self.row} {self.label}" if self.label else self.row
        )

    def _exact(self):
        """Return the value in the unit of the method, exactly.

        :return: ``Decimal``, the code of a choice, or None where nothing was entered
        :raises UserError: naming field, value, plausible range and the next step
        """
        self.ensure_one()
        if self._is_empty():
            return None
        if self.kind == "choice":
            return self._exact_choice()
        number = parse_decimal(self.value)
        if number is None:
            raise UserError(self._not_a_number())
        self._check_basis()
        number = self._converted(number)
        low, high = self.input_id._range()
        if (low is not None and number < low) or (high is not None and number > high):
            raise UserError(self._not_plausible(number, low, high))
        return number

    def _exact_choice(self):
        if self.choice_id not in self.input_id.choice_ids:
            raise UserError(
                self.env._(
                    "%(field)s: %(value)s is no answer to it. Choose one of: %(choices)s.",
                    field=self._title(),
                    value=self.choice_id.name,
                    choices=", ".join(self.input_id.choice_ids.mapped("name")),
                )
            )
        return self.choice_id.code

    def _not_a_number(self):
        text = self.value.strip()
        share = parse_decimal(text.rstrip("%％"))
        if text[-1:] in "%％" and share is not None:
            return self._share_message(text, share / 100)
        return self.env._(
            "%(field)s: %(value)s is no number. Write it with digits and a point, such as 1250.5.",
            field=self._title(),
            value=text,
        )

    def _share_message(self, value, share):
        return self.env._(
            "%(field)s is %(value)s. It is a share, plausible from %(range)s: write %(share)s.",
            field=self._title(),
            value=value,
            range=self.input_id._range_text(),
            share=f"{share.normalize():f}",
        )

    def _check_basis(self):
        expected, given = self.input_id.basis, self.basis
        if expected in HEATING_VALUES and not given:
            raise UserError(
                self.env._(
                    "%(field)s: say whether %(value)s is the net or the gross value, as the certificate or bill prints it. The column Basis"
                    " takes it.",
                    field=self._title(),
                    value=self.value,
                )
            )
        if not expected or not given or expected == given:
            return
        bases = dict(self._fields["basis"]._description_selection(self.env))
        advice = self.env._("Enter the value on that basis.")
        if {expected, given} == {"lhv", "hhv"}:
            advice = self.env._(
                "Enter the net value; it is about 0.90 of the gross one for gas and 0.95 for coal and oil,"
                " the exact ratio is on the certificate of analysis."
            )
        raise UserError(
            self.env._(
                "%(field)s is %(value)s on the basis %(given)s, and the formula expects %(expected)s. %(advice)s",
                field=self._title(),
                value=self.value,
                given=bases[given],
                expected=bases[expected],
                advice=advice,
            )
        )

    def _converted(self, number):
        """Convert from the unit of the line to that of the method; units of another kind are refused."""
        own, theirs = self.uom_id, self.input_id.uom_id
        if not own or own == theirs:
            return number
        if not theirs or not own._has_common_reference(theirs):
            raise UserError(
                self.env._(
                    "%(field)s is asked in %(unit)s and cannot be converted from %(own)s. Enter it in %(unit)s.",
                    field=self._title(),
                    unit=self.unit or theirs.name,
                    own=own.name,
                )
            )
        sizes = own | theirs
        sizes.flush_recordset(["factor"])
        return number * parse_decimal(repr(own.factor)) / parse_decimal(repr(theirs.factor))

    def _not_plausible(self, number, low, high):
        value = f"{self.value} {(self.uom_id.name or self.unit or '')}".strip()
        if self.kind == "fraction" and high is not None and high < number <= 100 and number / 100 >= (low or 0):
            return self._share_message(value, number / 100)
        return self.env._(
            "%(field)s is %(value)s. Plausible is %(range)s %(unit)s. %(advice)s",
            field=self._title(),
            value=value,
            range=self.input_id._range_text(),
            unit=self.unit or "",
            advice=self.input_id.advice
            or self.env._(
                "Check number and unit; if the value is right, ask an accountant for a version of the method"
                " with another range."
            ),
        )
