from odoo import api, models
from odoo.tools import SQL


class CarbonEnginePending(models.AbstractModel):
    """Whether the ledger of a company still has to follow its documents."""

    _inherit = "carbon.engine"

    @api.model
    def _collection_pending(self, companies, date_from=None):
        """Return why documents of companies may be missing from their ledgers or may stand there by old rules.

        ``unfinished``: a collection was begun, and neither ended nor cancelled; ``off``: transactions are not collected
        as they happen; ``unread``: they are, but nobody collected what happened before that was switched on;
        ``changed``: rules or factors changed after the last collection.

        :param companies: ``res.company``
        :param date_from: ``{company: date}``, first day that matters; by default all days do
        :return: ``{company: reason}``, without the companies where nothing is pending
        """
        date_from = date_from or {}
        self.env["carbon.collection.run"].flush_model(["company_id", "state", "basis_revision", "started_on"])
        self.env["carbon.system"].flush_model(["company_id", "collect_live", "collect_live_from"])
        found = {}
        for company_id, changed, off, unfinished, unread in self.env.execute_query(self._sql_pending(companies)):
            company = companies.browse(company_id)
            before = unread and (company not in date_from or date_from[company] <= unread)
            reasons = {"unfinished": unfinished, "off": off, "unread": before, "changed": changed}
            if reason := next((name for name, holds in reasons.items() if holds), None):
                found[company] = reason
        return found

    @api.model
    def _sql_pending(self, companies):
        return SQL(
            """
            SELECT s.company_id, COALESCE(s.basis_revision, 0) <> COALESCE(r.basis_revision, 0), s.collect_live IS NOT TRUE,
                   EXISTS (SELECT 1 FROM carbon_collection_run o WHERE o.company_id = s.company_id
                              AND o.state IN ('running', 'paused', 'failed') AND o.id > COALESCE(r.id, 0)),
                   CASE WHEN r.id IS NULL OR r.started_on < s.collect_live_from
                        THEN (s.collect_live_from AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(s.tz, 'UTC'))::date END
              FROM carbon_system s
              LEFT JOIN LATERAL (SELECT d.id, d.basis_revision, d.started_on FROM carbon_collection_run d
                                  WHERE d.company_id = s.company_id AND d.state = 'done' ORDER BY d.id DESC LIMIT 1) r ON TRUE
             WHERE s.company_id = ANY(%s)
            """,
            companies.ids,
        )

    @api.model
    def _pending_text(self, reason, company):
        """Return what is missing, and what to do about it.

        :param reason: as :meth:`_collection_pending` says
        """
        texts = {
            "unfinished": self.env._(
                "A collection of %(company)s is not finished. Let it finish, resume it or cancel it (Collect ▸ Collection Runs).",
                company=company.name,
            ),
            "off": self.env._(
                "Transactions of %(company)s are not collected as they happen. Collect the history, which switches that on.",
                company=company.name,
            ),
            "unread": self.env._(
                "What happened in %(company)s before transactions were collected as they happen is not in the ledger. Collect "
                "the history.",
                company=company.name,
            ),
            "changed": self.env._(
                "Rules or factors of %(company)s changed after the last collection. Collect the history again.",
                company=company.name,
            ),
        }
        return texts[reason]
