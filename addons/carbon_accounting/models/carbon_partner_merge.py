from odoo import api, fields, models
from odoo.tools import SQL

#: Up to so many records are collected again in the transaction of the merge, more of them in the background.
_AT_ONCE = 20_000


class CarbonPartnerMerge(models.Model):
    """Which partner a merged one became (R-129).

    The ledger keeps the number of the partner it was written with: rows of closed months never change.
    Screens and sums read that number through this table, so that they follow every merge; Odoo's own
    wizard moves :attr:`partner_id` on when the partner that stayed is merged again.
    """

    _name = "carbon.partner.merge"
    _description = "Merged Partner"
    _order = "id desc"

    merged_id = fields.Integer(string="Number of the merged partner", required=True, readonly=True, aggregator=None)
    name = fields.Char(string="Former name", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True, ondelete="set null", index="btree_not_null")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="set null")

    _merged_uniq = models.UniqueIndex("(merged_id)", "This partner has been merged already.")

    @api.model
    def _record(self, merged, partner):
        """Remember that partners became another one, and let their rules follow.

        The rules go through their own checks and are tracked; Odoo's wizard would move them silently.

        :raises ValidationError: if a rule would tie with one of the partner that stays
        :return: whether rules have moved
        """
        rules = self.env["carbon.activity.rule"].with_context(active_test=False)
        moved = rules.search([("partner_id", "in", merged.ids)])
        if moved:
            moved.write({"partner_id": partner.id})
        self.create(
            [
                {
                    "merged_id": old.id,
                    "name": old.display_name,
                    "partner_id": partner.id,
                    "company_id": old.company_id.id,
                }
                for old in merged
            ]
        )
        return bool(moved)

    @api.model
    def _recollect(self, partner_ids, closed):
        """Collect again what the ledger and the worklist hold of these partners.

        Few records are derived at the end of the transaction, many of them by a run in the background.

        :param closed: also rows of closed months, where a rule has moved: what changes there is a late adjustment
        """
        engine = self.env["carbon.engine"]
        rows = self.env.execute_query(self._sql_origins(partner_ids, closed))
        runs = self.env["carbon.collection.run"]
        many = sum(len(origins) for _company, _model, origins in rows) > _AT_ONCE
        for company_id, origin_model, origin_ids in rows:
            if not many:
                engine._queue(origin_model, origin_ids, [company_id])
            elif not runs.search_count(
                [("company_id", "=", company_id), ("state", "in", ("running", "paused"))], limit=1
            ):
                runs._start(self.env["res.company"].browse(company_id))

    @api.model
    def _sql_origins(self, partner_ids, closed):
        """Return SQL of (company, origin model, origin ids) that name these partners and may change."""
        return SQL(
            """
            SELECT x.company_id, x.origin_model, array_agg(DISTINCT x.origin_id)
              FROM (SELECT a.company_id, a.origin_model, a.origin_id
                      FROM carbon_activity_data a
                      LEFT JOIN carbon_reporting_period p
                             ON p.company_id = a.company_id AND p.date_from = date_trunc('month', a.date)::date
                     WHERE a.partner_id = ANY(%(partners)s) AND (p.state IS DISTINCT FROM 'closed' OR %(closed)s)
                    UNION ALL
                    SELECT i.company_id, i.origin_model, i.origin_id
                      FROM carbon_collection_issue i
                     WHERE i.partner_id = ANY(%(partners)s) AND i.state = 'open') x
             WHERE x.company_id = ANY(%(companies)s) AND x.origin_model = ANY(%(models)s)
             GROUP BY 1, 2
            """,
            partners=list(partner_ids),
            closed=closed,
            companies=list(self.env["carbon.engine"]._live_companies()),
            models=list(self.env["carbon.event.source"]._providers()),
        )
