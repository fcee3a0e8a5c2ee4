from decimal import Decimal
from math import ceil

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

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
    registry_id = fields.Many2one(
        "carbon.certificate.registry",
        required=True,
        index=True,
        ondelete="restrict",
        help="Who keeps the certificates, such as GEC, I-REC or GO.",
    )
    registry = fields.Char(string="Code of the Registry", related="registry_id.code", store=True)
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

    @api.depends("registry_id", "serial_from", "serial_to")
    def _compute_serial(self):
        for row in self:
            first, last = row._split(row.serial_from), row._split(row.serial_to or row.serial_from)
            row.series = f"{row.registry_id.id}|{first[0]}" if first else False
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

    def _split(self, text):
        """Return ``(words before, digits)`` of a number, None where it does not end in a digit."""
        return self.registry_id._series(text)

    def _number_count(self):
        """Return how many numbers a line names."""
        self.ensure_one()
        return int(self.serial_last) - int(self.serial_first) + 1

    def _worth_problem(self):
        """Say why the numbers of a line are not worth its MWh, or nothing: no more than all of them, and none too many."""
        self.ensure_one()
        unit, count = Decimal(repr(self.registry_id.unit_mwh)), self._number_count()
        needed = ceil(Decimal(repr(self.quantity)) / unit)
        if needed == count:
            return None
        return self.env._(
            "it names %(count)s numbers of %(unit)s MWh each, and %(quantity)s MWh take %(needed)s. Name exactly the numbers that were "
            "retired for this electricity.",
            count=count,
            unit=f"{unit:f}".rstrip("0").rstrip(".") if "." in f"{unit:f}" else f"{unit:f}",
            quantity=self.declaration_id._plain(Decimal(repr(self.quantity))),
            needed=needed,
        )

    @api.constrains("reason")
    def _check_reason(self):
        """A rule of a registry is told in words: a dot is none."""
        for row in self.filtered("reason"):
            letters = [letter for letter in row.reason if letter.isalpha()]
            # a letter of Chinese says as much as three of the alphabet
            if sum(3 if ord(letter) > 0x2E7F else 1 for letter in letters) < 12 or len(set(letters)) < 4:
                raise ValidationError(
                    self.env._(
                        "%(certificate)s: '%(reason)s' names no rule. Write which rule of the registry or programme allows "
                        "certificates of another period or market, with its number or title.",
                        certificate=row.display_name,
                        reason=row.reason,
                    )
                )

    @api.constrains("serial_from", "serial_to", "registry_id")
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
                """
                WITH numbers AS (
                  SELECT c.id, c.registry_id, c.series, c.is_claimed, c.serial_first::numeric AS low, c.serial_last::numeric AS high,
                         c.series LIKE '%%-%%' AS parted, regexp_replace(w.words, '[0-9-]', '', 'g') AS letters,
                         (w.digits || c.serial_first)::numeric AS whole_low, (w.digits || c.serial_last)::numeric AS whole_high
                    FROM carbon_declaration_certificate c
                    CROSS JOIN LATERAL (SELECT split_part(c.series, '|', 2) AS words) p
                    CROSS JOIN LATERAL (SELECT p.words, regexp_replace(p.words, '[^0-9]', '', 'g') AS digits) w)
                SELECT a.id, b.id FROM numbers a JOIN numbers b ON b.registry_id = a.registry_id AND b.id <> a.id AND (
                       (b.series = a.series AND b.low <= a.high AND b.high >= a.low)
                       -- one typed with hyphens between its numbers, the other without any
                       OR (b.parted <> a.parted AND b.letters = a.letters AND b.whole_low <= a.whole_high AND b.whole_high >= a.whole_low))
                 WHERE a.id = ANY(%(ids)s) AND (b.is_claimed OR b.id = ANY(%(ids)s)) ORDER BY a.id, b.id LIMIT 1
                """,
                ids=self.ids,
            )
        )
        # sudo: only the name of the other declaration is told, and only to its own company
        return rows and (self.browse(rows[0][0]), self.sudo().browse(rows[0][1]))
