from odoo import api, models
from odoo.tools import SQL


class CarbonEngineUnmapped(models.AbstractModel):
    """Parts of the worklist's SQL: late adjustments, and what waits for a rule though its kind expects none or another month has one."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_lost(self, origin_model, profile):
        """Return the parts of the worklist that ask for write-offs of materials that count when consumed.

        ``lost`` are the keys of write-offs without rule, ``using_`` the rules that say what counts when consumed. Of the
        rules of one kind the closest to the material decides; 'no emission' does so only where it asks for nothing else.
        """
        if origin_model not in profile["write_offs"]:
            return {"lost": SQL(""), "or_lost": SQL("")}
        dates = SQL("(r.date_from IS NULL OR r.date_from <= k.edate) AND (r.date_to IS NULL OR r.date_to >= k.edate)")
        lost = SQL(
            """
            lost AS MATERIALIZED (
              SELECT k.* FROM keys k JOIN carbon_event_kind ek ON ek.code = k.kind AND ek.is_write_off AND ek.expects_rule IS NOT TRUE
                LEFT JOIN mat m ON m.kid = k.kid WHERE m.kid IS NULL),
            using_ AS (
              SELECT r.* FROM carbon_activity_rule r
                JOIN carbon_event_kind rk ON rk.code = r.event_kind AND rk.recognition = 'consumed' AND rk.is_write_off IS NOT TRUE
               WHERE r.active AND (r.outcome = 'count' OR (%(bare)s))),
            missed AS MATERIALIZED (
              SELECT DISTINCT b.kid FROM (
                SELECT DISTINCT ON (c.kid, c.event_kind) c.kid, c.outcome FROM (
                  SELECT k.kid, r.event_kind, r.outcome, 2147483647 AS depth
                    FROM lost k JOIN using_ r ON r.company_id = k.company_id AND r.product_id = k.product_id WHERE %(dates)s
                  UNION ALL
                  SELECT k.kid, r.event_kind, r.outcome, u.depth
                    FROM lost k JOIN up u ON u.categ_id = k.categ_id
                    JOIN using_ r ON r.company_id = k.company_id AND r.product_id IS NULL AND r.category_id = u.above_id
                   WHERE %(dates)s) c
                 ORDER BY c.kid, c.event_kind, c.depth DESC, c.outcome) b  -- 'count' before 'none'
               WHERE b.outcome = 'count'),
            """,
            bare=self._sql_bare(),
            dates=dates,
        )
        return {"lost": lost, "or_lost": SQL("UNION ALL SELECT k.* FROM lost k JOIN missed s ON s.kid = k.kid")}

    @api.model
    def _sql_unmapped_months(self, profile, kept):
        """Return SQL of the months of service periods that no rule takes, though one takes another month."""
        if "service" not in profile["dated"]:
            return SQL("")
        return SQL(
            """
            UNION ALL
            SELECT ev.company_id, ev.origin_id, concat_ws(' ', NULLIF(ev.part, ''), to_char(sg.day, 'YYYY-MM')), 'unmapped', ev.kind,
                   ev.label, sg.day, ev.product_id, ev.partner_id, round(ev.quantity * (sg.upto - sg.before) / sg.total, 12),
                   ev.uom_id, round(ev.amount * (sg.upto - sg.before) / sg.total, 12), ev.currency_id, NULL, 3, NULL
              FROM ev JOIN split ON split.company_id = ev.company_id AND split.origin_id = ev.origin_id AND split.part = ev.part
              JOIN seg sg ON sg.company_id = ev.company_id AND sg.origin_id = ev.origin_id AND sg.part = ev.part
              JOIN orphan k ON %s
             WHERE (ev.quantity <> 0 OR ev.amount <> 0) %s
            """,
            self._sql_key_is(profile, "k", "ev", "sg"),
            kept,
        )

    @api.model
    def _sql_late_adjustments(self):
        """Return SQL of what a closed month keeps back: the change of its quantity, and of its amount in the same proportion.

        A row that moves to another month changes two: the worklist shows what it does to the closed one, or to the
        first of two, and the message both.
        """
        months = "date_trunc('month', x.date::timestamp) <> date_trunc('month', x.live_date::timestamp)"
        return SQL(
            """
            SELECT a.cid, a.oid, a.opart, 'late', COALESCE(a.kind, l.kind), COALESCE(a.label, l.label),
                   CASE WHEN a.moved AND a.live_state = 'closed' THEN a.live_date ELSE COALESCE(a.date, a.live_date) END,
                   COALESCE(a.product_id, l.product_id), COALESCE(a.partner_id, l.partner_id),
                   CASE WHEN a.moved AND a.live_state = 'closed' THEN -l.quantity WHEN a.moved THEN a.quantity
                        ELSE COALESCE(a.quantity, 0) - COALESCE(l.quantity, 0) END,
                   COALESCE(a.suom, l.uom_id),
                   CASE WHEN a.moved AND a.live_state = 'closed' THEN -a.amount WHEN a.moved OR l.id IS NULL THEN a.amount
                        WHEN a.has_new THEN round(a.amount * (a.quantity - l.quantity) / NULLIF(a.quantity, 0), 12)
                        WHEN l.currency_id IS NOT NULL THEN -l.quantity END,
                   COALESCE(a.currency_id, l.currency_id), COALESCE(a.sid, l.source_id), 0,
                   CASE WHEN a.moved THEN format('%%s: %%s → %%s: +%%s', a.live_date, trim_scale(-l.quantity), a.date,
                                             trim_scale(a.quantity)) END
              FROM (SELECT x.*, %s AS moved FROM act x WHERE x.late) a
              LEFT JOIN carbon_activity_data l ON l.id = a.live_id
            """,
            SQL(f"x.has_new AND x.live_id IS NOT NULL AND {months}"),
        )
