from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL


class CarbonProductSignificance(models.Model):
    """Share of the emissions of a company that one product carries, over the twelve months up to the last finished one (R-111).

    Written as a whole by its own refresh, daily and by button, so that an order reads one indexed row and never the ledger. It
    is a figure for choosing what matters; no inventory rests on it.
    """

    _name = "carbon.product.significance"
    _description = "Significance of a Product"
    _log_access = False
    _order = "company_id, rank, id"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True, readonly=True, ondelete="cascade", index=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    date_from = fields.Date(required=True, readonly=True)
    date_to = fields.Date(required=True, readonly=True)
    co2e_t = fields.Float("Emissions (t CO₂e)", digits=0, readonly=True)
    share = fields.Float("Share (%)", digits=0, readonly=True, aggregator=None, help="Of all emissions of the company.")
    rank = fields.Integer(readonly=True, aggregator=None)
    computed_on = fields.Datetime(required=True, readonly=True)
    is_significant = fields.Boolean(
        "Matters by Its Share", compute="_compute_is_significant", search="_search_is_significant"
    )

    _product_uniq = models.UniqueIndex("(company_id, product_id)")

    def _compute_is_significant(self):
        limits = {company: self.env["carbon.system"]._get(company).significant_share for company in self.company_id}
        for row in self:
            row.is_significant = row.share >= limits[row.company_id] > 0

    @api.model
    def _search_is_significant(self, operator, value):
        if operator != "in":
            return NotImplemented
        domains = [
            [("company_id", "=", company.id), ("share", ">=", limit)]
            for company in self.env.companies
            if (limit := self.env["carbon.system"]._get(company).significant_share) > 0
        ]
        found = self.env["carbon.product.significance"].search(Domain.OR(domains)) if domains else self.browse()
        return [("id", "in" if True in value else "not in", found.ids)]

    # ------------------------------------------------------------------
    # Refresh
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: the ledger says it."""
        raise UserError(self._refusal())

    def write(self, vals):
        """Refused: the ledger says it."""
        if not vals:
            return super().write(vals)
        raise UserError(self._refusal())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self._refusal())

    @api.model
    def _refusal(self):
        return self.env._("Shares come from the ledger. Press Refresh, or set the flag on the product.")

    @api.model
    def action_refresh(self):
        """Read the ledger again for the companies that are switched on.

        :return: True
        :raises AccessError: for people who are no carbon accountants
        """
        if not self.env.su and not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(self.env._("Shares are refreshed by a carbon accountant. They are also every night."))
        for company in self.env.companies:
            self._refresh(company)
        return True

    @api.model
    def _cron_refresh(self):
        """Refresh all companies, each in a transaction of its own."""
        systems = self.env["carbon.system"].search([("company_id", "!=", False)])
        for done, system in enumerate(systems, 1):
            self._refresh(system.company_id)
            self.env["ir.cron"]._commit_progress(1, remaining=len(systems) - done)

    @api.model
    def _refresh(self, company):
        """Write the rows of a company anew: one statement over twelve months of the ledger.

        :return: number of products
        """
        # sudo: settings of the company whose ledger is read
        system = self.env["carbon.system"].sudo()._get(company)
        engine = self.env["carbon.engine"]
        last = system._today().replace(day=1) - relativedelta(days=1)
        first = last.replace(day=1) - relativedelta(months=11)
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM carbon_product_significance WHERE company_id = %s", company.id))
        with self.env["carbon.overview"]._aggregation():
            self.env.cr.execute(
                SQL(
                    """
                    WITH sums AS (
                      SELECT e.product_id, e.version_id, SUM(e.quantity) AS quantity
                        FROM %(ledger)s e LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                       WHERE e.company_id = %(company)s AND e.date BETWEEN %(first)s AND %(last)s
                         AND (COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends)
                         AND e.source_id IN (SELECT id FROM carbon_source WHERE kind = 'source')
                       GROUP BY 1, 2),
                    tonnes AS (
                      SELECT s.product_id, SUM(s.quantity * u.kg) / 1000.0 AS t FROM sums s JOIN (%(unit)s) u ON u.version_id = s.version_id
                       GROUP BY 1)
                    INSERT INTO carbon_product_significance
                           (company_id, product_id, date_from, date_to, co2e_t, share, rank, computed_on)
                    SELECT %(company)s, p.id, %(first)s, %(last)s, x.t, 100.0 * x.t / w.t,
                           rank() OVER (ORDER BY x.t DESC), now() AT TIME ZONE 'UTC'
                      FROM tonnes x JOIN product_product p ON p.id = x.product_id
                      CROSS JOIN (SELECT SUM(t) AS t FROM tonnes) w
                     WHERE x.t > 0 AND w.t > 0
                    """,
                    ledger=engine._sql_counted("carbon_emission_line", [company.id], first, last),
                    company=company.id,
                    first=first,
                    last=last,
                    basis=system.electricity_basis,
                    unit=engine._sql_unit_co2e(engine._default_gwp_set(company).id),
                )
            )
            count = self.env.cr.rowcount
        self.invalidate_model(flush=False)
        return count
