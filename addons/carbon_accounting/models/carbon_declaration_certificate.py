import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: A number of certificates is a text that ends in digits; the digits are what a range runs over.
_SERIAL = re.compile(r"^(.*?)(\d{1,30})$")
#: Certificates of one series, as a range of numbers that no other range may meet. The series comes first in it, as 60 bits of its MD5.
_SPAN = (
    "numrange(('x' || substr(md5(series), 1, 15))::bit(60)::bigint * 1e30 + serial_first::numeric, "
    "('x' || substr(md5(series), 1, 15))::bit(60)::bigint * 1e30 + serial_last::numeric, '[]')"
)


class CarbonDeclarationCertificate(models.Model):
    """Retired certificates of electricity that a declaration claims: which, how much, generated when and where.

    One certificate backs one claim: while the declaration is posted no other one of any company names a number of the same
    registry again, which the database keeps too. Generation lies in the years of use and in the market of the source; where
    the rules of the registry allow another, the reason says so. Frozen with the declaration.
    """

    _name = "carbon.declaration.certificate"
    _inherit = ["carbon.gate.line.mixin"]
    _description = "Certificate of Electricity"
    _order = "generated_from desc, registry, serial_from, id"
    _rec_name = "serial_from"
    _gate_parent_field = "declaration_id"

    declaration_id = fields.Many2one("carbon.declaration", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="declaration_id.company_id", store=True, index=True)
    state = fields.Selection(related="declaration_id.state")
    date = fields.Date(related="declaration_id.date", string="Used On")
    registry = fields.Char(required=True, help="Who keeps the certificates, such as GEC, I-REC or GO.")
    serial_from = fields.Char(string="First Number", required=True)
    serial_to = fields.Char(string="Last Number", help="Empty: one number only.")
    quantity = fields.Float(string="MWh", digits=0, required=True, aggregator="sum")
    generated_from = fields.Date(required=True)
    generated_to = fields.Date(required=True)
    region_id = fields.Many2one("carbon.region", string="Generated in", required=True, ondelete="restrict")
    reason = fields.Char(
        string="Reason for Another Period or Market",
        help="Which rule of the registry or programme allows it. Without it, generation is of the years and the market of use.",
    )
    series = fields.Char(compute="_compute_serial", store=True, precompute=True, export_string_translation=False)
    serial_first = fields.Char(compute="_compute_serial", store=True, precompute=True, export_string_translation=False)
    serial_last = fields.Char(compute="_compute_serial", store=True, precompute=True, export_string_translation=False)
    is_claimed = fields.Boolean(compute="_compute_is_claimed", store=True, string="Used")

    _dates_check = models.Constraint(
        "CHECK(generated_from <= generated_to)", "The generation of certificates cannot end before it begins."
    )
    _quantity_check = models.Constraint("CHECK(quantity > 0)", "Certificates cover more than 0 MWh. Enter how much.")
    _once = models.Constraint(
        f"EXCLUDE USING gist ({_SPAN} WITH &&) WHERE (is_claimed)",
        "These certificates are used by another declaration. One certificate backs one claim: name others.",
    )

    @api.depends("registry", "serial_from", "serial_to")
    def _compute_serial(self):
        for row in self:
            first, last = row._split(row.serial_from), row._split(row.serial_to or row.serial_from)
            row.series = f"{row._plain(row.registry)}|{first[0]}" if first else False
            row.serial_first, row.serial_last = first and first[1], last and last[1]

    @api.depends("declaration_id.state")
    def _compute_is_claimed(self):
        for row in self:
            row.is_claimed = row.declaration_id.state == "posted"

    @api.depends("registry", "serial_from", "serial_to")
    def _compute_display_name(self):
        for row in self:
            numbers = f"{row.serial_from} – {row.serial_to}" if row.serial_to else row.serial_from
            row.display_name = f"{row.registry} {numbers}"

    @staticmethod
    def _plain(text):
        """Return a text without spaces and in capitals: how people type it does not make two of one."""
        return re.sub(r"\s+", "", text or "").upper()

    @api.model
    def _split(self, text):
        """Return ``(words before, digits)`` of a number, None where it does not end in a digit."""
        found = _SERIAL.match(self._plain(text))
        return found and (found[1], found[2])

    @api.constrains("serial_from", "serial_to")
    def _check_serial(self):
        for row in self:
            first, last = row._split(row.serial_from), row._split(row.serial_to or row.serial_from)
            if first and last and first[0] == last[0] and int(first[1]) <= int(last[1]):
                continue
            raise ValidationError(
                self.env._(
                    "%(certificate)s: numbers end in digits, and the last one continues the first, such as GEC-2025-000101 to "
                    "GEC-2025-000180. Correct them as the statement of the registry prints them.",
                    certificate=row.display_name,
                )
            )

    @api.constrains("generated_from", "generated_to")
    def _check_days(self):
        for row in self:
            days = (row.generated_from, row.generated_to)
            if problem := next(filter(None, map(self.env["carbon.engine"]._day_problem, days)), None):
                raise ValidationError(
                    self.env._("%(certificate)s: %(problem)s", certificate=row.display_name, problem=problem)
                )

    # ------------------------------------------------------------------
    # Makers of the declaration
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Whoever names certificates is a maker of the declaration."""
        rows = super().create(vals_list)
        rows.declaration_id._note_maker()
        return rows

    def write(self, vals):
        """Whoever changes certificates is a maker of the declaration."""
        result = super().write(vals)
        self.declaration_id._note_maker()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_with_maker(self):
        self.declaration_id._note_maker()

    # ------------------------------------------------------------------
    # Claims
    # ------------------------------------------------------------------
    def _claimed_elsewhere(self):
        """Return ``(certificate of self, other certificate)`` where another posted declaration or another line names the same, or None.

        Of every company: a certificate is retired once.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT a.id, b.id FROM carbon_declaration_certificate a JOIN carbon_declaration_certificate b ON b.series = a.series "
                "AND b.id <> a.id AND b.serial_first::numeric <= a.serial_last::numeric "
                "AND b.serial_last::numeric >= a.serial_first::numeric "
                "WHERE a.id = ANY(%(ids)s) AND (b.is_claimed OR b.id = ANY(%(ids)s)) ORDER BY a.id, b.id LIMIT 1",
                ids=self.ids,
            )
        )
        # sudo: only the name of the other declaration is told, and only to its own company
        return rows and (self.browse(rows[0][0]), self.sudo().browse(rows[0][1]))
