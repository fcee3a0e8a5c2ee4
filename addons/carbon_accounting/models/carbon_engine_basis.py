from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CarbonEngineBasis(models.AbstractModel):
    """Whether rules and factors changed since the ledger was collected.

    Revisions are counted, not dated: a change whose transaction ends after a collection began is never taken
    for older than it.
    """

    _inherit = "carbon.engine"

    @api.model
    def _raise_basis_revision(self, companies, emissions_only=False):
        """Count a change of what the ledgers of companies rest on; without a ledger there is nothing to tell.

        :param emissions_only: whether activity data stay as they are: factors changed, and nothing else
        """
        if not companies:
            return
        systems = self.env["carbon.system"]
        systems.flush_model(["company_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE carbon_system s SET basis_revision = COALESCE(s.basis_revision, 0) + 1,
                       activity_revision = COALESCE(s.activity_revision, 0) + %s
                 WHERE s.company_id = ANY(%s)
                   AND (EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.company_id = s.company_id)
                        OR EXISTS (SELECT 1 FROM carbon_collection_run r WHERE r.company_id = s.company_id))
                """,
                int(not emissions_only),
                companies.ids,
            )
        )
        systems.invalidate_model(["basis_revision", "activity_revision"], flush=False)

    @api.model
    def _has_ledger(self, company):
        """Whether a company ever collected anything."""
        return self.env.execute_query(
            SQL(
                "SELECT EXISTS (SELECT 1 FROM carbon_activity_data WHERE company_id = %(c)s) "
                "OR EXISTS (SELECT 1 FROM carbon_collection_run WHERE company_id = %(c)s)",
                c=company.id,
            )
        )[0][0]

    @api.model
    def _basis_revision(self, company):
        """Return the revisions of what the ledger of a company rests on: of all of it, and without factors."""
        rows = self.env.execute_query(
            SQL(
                "SELECT COALESCE(basis_revision, 0), COALESCE(activity_revision, 0) FROM carbon_system WHERE company_id = %s",
                company.id,
            )
        )
        return rows[0] if rows else (0, 0)

    @api.model
    def _only_factors_changed(self, company):
        """Whether the ledger of a company waits for new factors and for nothing else: its activity data are up to date.

        Runs of a version that did not count this tell nothing.
        """
        if self._collection_pending(company).get(company) != "changed":
            return False
        return self.env.execute_query(
            SQL(
                """
                SELECT COALESCE((SELECT r.activity_revision = COALESCE(s.activity_revision, 0) FROM carbon_collection_run r
                                  WHERE r.company_id = s.company_id AND r.state = 'done' ORDER BY r.id DESC LIMIT 1), FALSE)
                  FROM carbon_system s WHERE s.company_id = %s
                """,
                company.id,
            )
        )[0][0]

    @api.model
    def _basis_changed(self, companies):
        """Return those companies whose rules or factors changed after their last finished collection began.

        Their ledgers then wait for the next collection.
        """
        self.env["carbon.collection.run"].flush_model(["company_id", "state", "basis_revision"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.company_id FROM carbon_system s
                 WHERE s.company_id = ANY(%s) AND COALESCE(s.basis_revision, 0) <> COALESCE((
                       SELECT r.basis_revision FROM carbon_collection_run r
                        WHERE r.company_id = s.company_id AND r.state = 'done' ORDER BY r.id DESC LIMIT 1), 0)
                """,
                companies.ids,
            )
        )
        return companies.browse(row[0] for row in rows)

    @api.model
    def _sql_has_dated_conversions(self, companies):
        """Return SQL of whether a conversion that companies use begins on a date: then the day that a rule counts by decides."""
        return SQL(
            "EXISTS (SELECT 1 FROM carbon_unit_conversion uc WHERE uc.active AND uc.date_from IS NOT NULL "
            "AND (uc.company_id IS NULL OR uc.company_id = ANY(%s)))",
            list(companies),
        )

    @api.model
    def _has_dated_conversions(self, companies):
        """Whether a conversion that companies use begins on a date."""
        return self.env.execute_query(SQL("SELECT %s", self._sql_has_dated_conversions(companies)))[0][0]

    @api.model
    def _raise_for_products(self, products, categories=None):
        """Count a change of products for the companies whose rules look at them.

        :param products: variants that changed; rules on them, or on a category above them, look at them
        :param categories: None: weights or volumes changed, which convert quantities; else further categories, whose
            members changed
        """
        above = (products.categ_id | self.env["product.category"].browse(categories or ())).mapped("parent_path")
        tree = {int(part) for path in above for part in (path or "").split("/") if part}
        # sudo: rules of every company
        rules = self.env["carbon.activity.rule"].sudo()
        domain = Domain("product_id", "in", products.ids) | Domain("category_id", "in", list(tree))
        if categories is None:
            domain &= Domain("quantity_basis", "=", "quantity")
        found = rules.search(domain)
        self._raise_basis_revision(found.company_id)

    @api.model
    def _raise_for_criterion(self, name, ids):
        """Count a change of what events carry for the companies with a rule on one of these records.

        :param name: criterion of rules, for instance ``partner_id``
        :param ids: ids of the records that events carried before or carry now
        """
        # sudo: rules of every company
        rules = self.env["carbon.activity.rule"].sudo()
        self._raise_basis_revision(rules.search([(name, "in", list(ids))]).company_id)

    @api.model
    def _raise_for_origin(self, origin_model, companies=None):
        """Count a change of what the records of a model mean, for the companies with a rule on them.

        :param companies: None for all
        """
        domain = Domain("event_kind_id.origin_model", "=", origin_model)
        if companies is not None:
            domain &= Domain("company_id", "in", companies.ids)
        # sudo: rules of every company
        self._raise_basis_revision(self.env["carbon.activity.rule"].sudo().search(domain).company_id)

    @api.model
    def _raise_for_units(self, references):
        """Count a change of the size of units for the companies whose rules convert quantities of their kinds.

        A rule does where its source is kept in such a unit, or where the unit's kind can become the source's by a property
        of the material: an own conversion, or Odoo's weight and volume.

        :param references: reference units of the units that changed, before and after
        """
        # sudo: rules and conversions of every company
        rules = self.env["carbon.activity.rule"].sudo()
        conversions = self.env["carbon.unit.conversion"].sudo()
        within = Domain("id", "child_of", references.ids)
        counting = Domain("outcome", "=", "count") & Domain("quantity_basis", "=", "quantity")
        companies = rules.search(counting & Domain("source_id.uom_id", "any", within)).company_id
        measured = self.env["uom.uom"].browse(self._product_measure_uoms())
        if measured.filtered_domain(within):
            companies = rules.search(counting).company_id
        else:
            linked = conversions.search(Domain("from_uom_id", "any", within) | Domain("to_uom_id", "any", within))
            concerned = linked._basis_companies()
            companies |= rules.search(counting & Domain("company_id", "in", concerned.ids)).company_id
        self._raise_basis_revision(companies)

    @api.model
    def _raise_for_rates(self, rates):
        """Count a change of exchange rates for the companies whose ledgers have converted money on the days of the rates.

        The ledger keeps the converted amount and the one of the document, not the currency of the document. What documents
        are booked at stays as it is, so money of theirs in the currency of the company depends on no rate.
        """
        booked = [
            name for name, provider in self.env["carbon.event.source"]._providers().items() if provider.get("booked")
        ]
        rates.flush_recordset()
        self.env["res.currency.rate"].flush_model(["name", "currency_id", "company_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT s.company_id
                  FROM res_currency_rate r
                  JOIN carbon_system s ON TRUE
                  JOIN res_company c ON c.id = s.company_id
                 WHERE r.id = ANY(%s) AND (r.company_id IS NULL OR r.company_id = split_part(c.parent_path, '/', 1)::int)
                   AND EXISTS (
                     SELECT 1 FROM carbon_activity_data a
                      WHERE a.company_id = s.company_id AND a.date >= r.name AND a.date < COALESCE((
                              SELECT min(n.name) FROM res_currency_rate n
                               WHERE n.currency_id = r.currency_id AND n.company_id IS NOT DISTINCT FROM r.company_id
                                 AND n.name > r.name), 'infinity')
                        AND a.currency_id IS NOT NULL AND a.quantity <> a.origin_quantity
                        AND NOT (a.currency_id = c.currency_id AND a.origin_model = ANY(%s)))
                """,
                rates.ids,
                booked,
            )
        )
        self._raise_basis_revision(self.env["res.company"].browse(row[0] for row in rows))
