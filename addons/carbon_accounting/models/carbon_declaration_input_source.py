from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.kernel_methods.roles import role
from .carbon_calculation_input import parse_decimal
from .carbon_emission_factor_version import PROVENANCES

#: Grades of a parameter, the worst first.
GRADES = ("recalled_unverified", "published_secondary", "published", "computed", "supplier", "measured")


class CarbonDeclarationInput(models.Model):
    """Where the value of an input comes from: document and edition, kind, and how certain it is (R-127, R-128).

    A parameter that a person types is a factor: without its source it is unverified. The evidence is among the files of the
    declaration, which are frozen with it.
    """

    _inherit = "carbon.declaration.input"

    source = fields.Char(
        string="Source Document",
        help="Document and edition that the value is from, such as a laboratory report, the certificate of a supplier or a table of a "
        "guideline. Attach it to the declaration.",
    )
    provenance = fields.Selection(
        PROVENANCES, string="Kind of Value", help="Measured, of the supplier, or a published default."
    )
    uncertainty = fields.Char(
        string="Uncertainty (±%)",
        help="Half the 95 % interval in per cent of the value. Empty: not known. 0: exact.",
    )

    @api.constrains("uncertainty")
    def _check_uncertainty(self):
        for line in self.filtered("uncertainty"):
            percent = parse_decimal(line.uncertainty)
            if percent is None or not 0 <= percent <= 1000:
                raise ValidationError(
                    self.env._(
                        "%(field)s has the uncertainty %(value)s. Write half the 95 %% interval in per cent, such as 2.5; 0 where it is "
                        "exact; nothing where it is not known.",
                        field=line._title(),
                        value=line.uncertainty,
                    )
                )

    def _role(self):
        return role(self.input_id.method_id.code, self.input_id.code)

    def _is_default(self):
        """Whether the value is the one that the method proposes: its clause is the source then."""
        return bool(self.value) and parse_decimal(self.value) == parse_decimal(self.input_id.default_value)

    def _percent(self):
        """Return the uncertainty as a float, None where it is not known."""
        percent = parse_decimal(self.uncertainty)
        return None if percent is None else float(percent)

    def _grade(self):
        """Return the grade of the value as that of a factor: unverified where nobody says where it comes from."""
        if (self.source or "").strip():
            return self.provenance or "recalled_unverified"
        return "published" if self._is_default() else "recalled_unverified"

    def _trail_words(self):
        """Return what the audit trail keeps of this input."""
        words = [
            self.input_id.code,
            self.row,
            self.choice_id.code or self.value or "",
            self.uom_id.with_context(lang=None).name or "",
        ]
        said = [self.basis or "", self.source or "", self.provenance or "", self.uncertainty or ""]
        return words + said if any(said[1:]) else words
