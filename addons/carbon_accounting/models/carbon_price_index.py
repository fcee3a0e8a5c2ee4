from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .carbon_emission_line_price import UNADJUSTED

_FUNCTION = """
CREATE OR REPLACE FUNCTION carbon_price_ratio(
    _currency int, _company int, _sector varchar, _base int, _year int, OUT ratio_num numeric, OUT ratio_den numeric)
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 1 AS $$
BEGIN
    FOR ratio_num, ratio_den IN
        SELECT b.value, y.value
          FROM carbon_price_index b
          JOIN carbon_price_index y ON y.currency_id = b.currency_id AND COALESCE(y.sector, '') = COALESCE(b.sector, '')
           AND y.company_id IS NOT DISTINCT FROM b.company_id AND y.active AND y.year = _year
         WHERE b.currency_id = _currency AND b.active AND b.year = _base AND (b.company_id IS NULL OR b.company_id = _company)
           AND COALESCE(b.sector, '') IN ('', _sector)
         ORDER BY COALESCE(b.sector, '') DESC, b.company_id NULLS LAST LIMIT 1
    LOOP RETURN NEXT; END LOOP;
END $$
"""
#: What a value that the ledger counted with keeps for ever.
_FIXED = {"currency_id", "company_id", "sector", "year", "value"}


class CarbonPriceIndex(models.Model):
    """The price level of a year in an economy, by which money is brought to the price year of a spend-based factor.

    An index has no unit: only the ratio of two years of one series (company, currency, sector) is used. The series of the factor's
    sector comes before that of the whole economy, the company's own before a shared one. Invariant: a value that the ledger counted
    with is never overwritten or deleted; a wrong one is archived with its reason, and another one entered.
    """

    _name = "carbon.price.index"
    _inherit = ["carbon.shared.mixin", "carbon.basis.mixin"]
    _description = "Price Index"
    _order = "currency_id, sector, year desc, id"
    _rec_name = "year"

    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: shared by all companies.")
    currency_id = fields.Many2one(
        "res.currency",
        string="Prices in",
        required=True,
        index=True,
        ondelete="restrict",
        help="Money of the factor: the index tells how prices in this currency moved.",
    )
    sector = fields.Char(
        help="As the factors name it, such as a NAICS code. Empty: the whole economy, for factors whose sector has no index."
    )
    year = fields.Integer(required=True, aggregator=None)
    value = fields.Float(string="Index", digits=0, required=True, aggregator=None)
    source_document = fields.Char(string="Source", required=True, help="Who publishes it, with table and date.")
    active = fields.Boolean(default=True)
    archive_reason = fields.Char(help="Why a value that was counted with no longer holds.")
    archived_on = fields.Datetime(readonly=True, copy=False)
    is_fixed = fields.Boolean(compute="_compute_is_fixed", string="Counted With")

    _year_uniq = models.UniqueIndex(
        "(currency_id, COALESCE(company_id, 0), COALESCE(sector, ''), year) WHERE active",
        "This year has an index already. Correct it, or archive it with the reason and enter another one.",
    )
    _value_check = models.Constraint("CHECK(value > 0)", "A price index is above 0. Enter the value as published.")
    _year_check = models.Constraint(
        "CHECK(year BETWEEN 1950 AND 2150)", "The year of a price index has four digits, such as 2022."
    )

    def init(self):
        """Install ``carbon_price_ratio``: index of the price year and of the year of spending; no row where one is missing.

        A function, so that statements without money neither plan nor run it: with an argument NULL it is not called.
        """
        result = super().init()
        self.env.cr.execute(_FUNCTION)  # pylint: disable=sql-injection
        return result

    @api.depends("currency_id", "sector", "year")
    def _compute_display_name(self):
        for row in self:
            row.display_name = " · ".join(filter(None, (row.currency_id.name, row.sector, str(row.year))))

    # ------------------------------------------------------------------ basis of the ledger
    _basis_emissions_only = True

    @api.model
    def _basis_fields(self):
        """What decides a ratio."""
        return super()._basis_fields() | _FIXED | {"active"}

    def _basis_companies(self):
        """Return the companies that count money in these currencies."""
        # sudo: an index may be shared, sources of any company use it
        sources = self.env["carbon.source"].sudo().search([("currency_id", "in", self.currency_id.ids)])
        shared = any(not row.company_id for row in self)
        return sources.company_id if shared else sources.company_id & self.company_id

    # ------------------------------------------------------------------ what is kept
    def _compute_is_fixed(self):
        fixed = self._fixed()
        for row in self:
            row.is_fixed = row._origin in fixed

    def _fixed(self):
        """Return those values that rows of the ledger were counted with, in months that have left set-up."""
        if not self.ids:
            return self.browse()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT p.id FROM carbon_price_index p
                 WHERE p.id = ANY(%s) AND EXISTS (
                   SELECT 1 FROM carbon_emission_line e
                     JOIN carbon_activity_data a ON a.id = e.activity_id
                     JOIN carbon_emission_factor_version v ON v.id = e.version_id
                     JOIN carbon_emission_factor f ON f.id = v.factor_id AND f.currency_id = p.currency_id
                     JOIN carbon_reporting_period m ON m.company_id = e.company_id AND m.state <> 'setup'
                      AND m.date_from = date_trunc('month', e.date::timestamp)::date
                    WHERE (p.company_id IS NULL OR e.company_id = p.company_id)
                      AND COALESCE(p.sector, '') IN ('', COALESCE(f.price_sector, ''))
                      AND NOT (%s)
                      AND (f.price_year = p.year AND EXTRACT(year FROM e.date) <> p.year
                           OR f.price_year <> p.year AND e.date BETWEEN make_date(p.year, 1, 1) AND make_date(p.year, 12, 31)))
                """,
                self.ids,
                UNADJUSTED,
            )
        )
        return self.browse(row[0] for row in rows)

    def write(self, vals):
        """Keep what the ledger was counted with; note when a value was archived."""
        changed = self._basis_differing(vals, _FIXED)
        if changed and (fixed := changed._fixed()):
            raise UserError(fixed[0]._fixed_text())
        if vals.get("active") is False:
            vals = {**vals, "archived_on": fields.Datetime.now()}
        result = super().write(vals)
        if "active" in vals:
            self.flush_recordset(["active"])  # another value of the year may follow at once
        return result

    @api.constrains("active", "archive_reason")
    def _check_archive_reason(self):
        for row in self.filtered(lambda r: not r.active and not (r.archive_reason or "").strip()):
            if row._fixed():
                raise ValidationError(
                    self.env._(
                        "The ledger was counted with price index %(name)s. Write why it no longer holds before you archive it.",
                        name=row.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_fixed(self):
        if fixed := self._fixed():
            raise UserError(fixed[0]._fixed_text())

    def _fixed_text(self):
        return self.env._(
            "The ledger was counted with price index %(name)s: it stays. Archive it with the reason and enter another one; closed months "
            "keep what they have, and the difference waits as a late adjustment.",
            name=self.display_name,
        )
