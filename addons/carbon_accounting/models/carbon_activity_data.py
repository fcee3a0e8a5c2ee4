from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one
from .carbon_event_kind import RECOGNITION

LEDGER_TABLES = ("carbon_activity_data", "carbon_emission_line")
QUALITIES = [
    ("measured", "Measured"),
    ("calculated", "Calculated"),
    ("estimated", "Estimated"),
    ("default", "Default"),
]


class CarbonActivityData(models.Model):
    """Activity data: the ledger of physical facts (R-127).

    One row per origin, part and sequence. A correction never edits a row: a counter row takes the live
    one back and a new one follows. Every total is a plain sum over all rows. Rows are written by the
    set-based engine only; the database refuses changes in opened periods (see :meth:`init`).
    """

    _name = "carbon.activity.data"
    _description = "Activity Data"
    _log_access = False
    _order = "date desc, id desc"
    _rec_name = "label"

    company_id = LedgerMany2one("res.company", required=True)
    date = fields.Date(required=True)
    origin_model = fields.Char(required=True)
    origin_id = fields.Many2oneReference(
        string="Origin record",
        model_field="origin_model",
        required=True,
        aggregator=None,
    )
    origin_part = fields.Char(required=True, default="")
    seq = fields.Integer(string="Sequence", required=True, aggregator=None)
    reverses_id = LedgerMany2one("carbon.activity.data", string="Counter row of")
    kind = fields.Char(string="Event kind", required=True)
    label = fields.Char(string="Document")
    rule_id = LedgerMany2one("carbon.activity.rule", required=True)
    source_id = LedgerMany2one("carbon.source", required=True)
    category_id = LedgerMany2one("carbon.emission.category", required=True)
    product_id = LedgerMany2one("product.product")
    partner_id = LedgerMany2one("res.partner")
    equipment_id = LedgerMany2one("maintenance.equipment", string="Instrument")
    pair_id = fields.Integer(string="Order line", aggregator=None)
    recognition = fields.Selection(RECOGNITION, required=True)
    quantity = fields.Float(digits=0, required=True)
    uom_id = LedgerMany2one("uom.uom", string="Unit")
    currency_id = LedgerMany2one("res.currency")
    origin_quantity = fields.Float(
        digits=0,
        aggregator=None,
        help="What the document says, in its own unit; of a bill that is split by month, the share of the month. In rows kept in "
        "money it is the amount without tax in the currency of the document, and there is no unit.",
    )
    origin_uom_id = LedgerMany2one("uom.uom", string="Unit of origin")
    quality = fields.Selection(QUALITIES, required=True)
    uncertainty = fields.Float(digits=0, aggregator=None)
    collected_on = fields.Datetime(required=True)
    emission_ids = fields.One2many("carbon.emission.line", "activity_id", string="Emissions")
    origin_display = fields.Char(compute="_compute_origin_display", string="Origin document")
    co2e_t = fields.Float(
        compute="_compute_co2e_t",
        string="t CO₂e",
        digits=(16, 6),
        aggregator=None,
        help="With the GWP set of the carbon system and its basis of electricity.",
    )

    _origin_uniq = models.UniqueIndex("(company_id, origin_model, origin_id, origin_part, seq)")
    _reverses_uniq = models.UniqueIndex("(reverses_id) WHERE reverses_id IS NOT NULL")
    _date_idx = models.Index("(company_id, date)")

    def init(self):
        """Install the guard of the ledger: statement-level triggers that check old and new dates against periods.

        * INSERT: the months touched are created on demand and taken ``FOR SHARE``, then none may be closed.
        * UPDATE and DELETE: only in periods in set-up.
        * TRUNCATE: never.

        ``FOR SHARE`` makes a concurrent close wait, and makes a snapshot older than the close fail with a
        serialisation error, which is retried.
        """
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION carbon_ledger_insert() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE bad text;
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM new_rows) THEN RETURN NULL; END IF;
                WITH months AS MATERIALIZED (  -- few days first: DISTINCT over bare columns is the cheaper one
                    SELECT DISTINCT company_id, date_trunc('month', date::timestamp)::date AS month
                      FROM (SELECT DISTINCT company_id, date FROM new_rows) d),
                made AS (
                    INSERT INTO carbon_reporting_period (company_id, date_from, year, state, create_date, write_date, create_uid, write_uid)
                    SELECT m.company_id, m.month, to_char(m.month, 'YYYY'),
                           CASE WHEN s.phase = 'live' THEN 'open' ELSE 'setup' END,
                           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC', 1, 1
                      FROM months m
                      LEFT JOIN carbon_system s ON s.company_id = m.company_id
                     WHERE NOT EXISTS (SELECT 1 FROM carbon_reporting_period p
                                        WHERE p.company_id = m.company_id AND p.date_from = m.month)
                     ORDER BY m.company_id, m.month
                        ON CONFLICT DO NOTHING),
                locked AS (
                    SELECT p.state, p.date_from
                      FROM carbon_reporting_period p JOIN months m ON m.company_id = p.company_id AND m.month = p.date_from
                     ORDER BY p.company_id, p.date_from
                       FOR SHARE OF p)
                SELECT string_agg(to_char(date_from, 'YYYY-MM'), ', ') INTO bad FROM locked WHERE state = 'closed';
                IF bad IS NOT NULL THEN
                    RAISE EXCEPTION 'carbon ledger: period % is closed and accepts no row in %', bad, TG_TABLE_NAME
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NULL;
            END $$;

            CREATE OR REPLACE FUNCTION carbon_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE bad text;
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    RAISE EXCEPTION 'carbon ledger: % cannot be truncated', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
                END IF;
                IF NOT EXISTS (SELECT 1 FROM old_rows) THEN RETURN NULL; END IF;
                WITH months AS (
                    SELECT DISTINCT company_id, date_trunc('month', date)::date AS month FROM old_rows),
                locked AS (
                    SELECT p.state, p.date_from, p.company_id
                      FROM carbon_reporting_period p JOIN months m ON p.company_id = m.company_id AND p.date_from = m.month
                     ORDER BY p.company_id, p.date_from
                       FOR SHARE OF p)
                SELECT string_agg(to_char(m.month, 'YYYY-MM'), ', ') INTO bad
                  FROM months m LEFT JOIN locked l ON l.company_id = m.company_id AND l.date_from = m.month
                 WHERE l.state IS DISTINCT FROM 'setup';
                IF bad IS NOT NULL THEN
                    RAISE EXCEPTION 'carbon ledger: % is append-only, period % is not in set-up', TG_TABLE_NAME, bad
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NULL;
            END $$;

            CREATE OR REPLACE FUNCTION carbon_ledger_update() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE bad text;
            BEGIN
                WITH months AS (
                    SELECT DISTINCT company_id, date_trunc('month', date)::date AS month FROM old_rows
                    UNION SELECT DISTINCT company_id, date_trunc('month', date)::date FROM new_rows),
                locked AS (
                    SELECT p.state, p.date_from, p.company_id
                      FROM carbon_reporting_period p JOIN months m ON p.company_id = m.company_id AND p.date_from = m.month
                     ORDER BY p.company_id, p.date_from
                       FOR SHARE OF p)
                SELECT string_agg(to_char(m.month, 'YYYY-MM'), ', ') INTO bad
                  FROM months m LEFT JOIN locked l ON l.company_id = m.company_id AND l.date_from = m.month
                 WHERE l.state IS DISTINCT FROM 'setup';
                IF bad IS NOT NULL THEN
                    RAISE EXCEPTION 'carbon ledger: % is append-only, period % is not in set-up', TG_TABLE_NAME, bad
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NULL;
            END $$;
            """
        )
        self._install_guard(self._table)

    @api.model
    def _install_guard(self, table):
        """(Re)create the four guard triggers on one ledger table."""
        self.env.cr.execute(  # pylint: disable=sql-injection
            """
            DROP TRIGGER IF EXISTS carbon_ledger_insert ON {t};
            CREATE TRIGGER carbon_ledger_insert AFTER INSERT ON {t}
                REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_ledger_insert();
            DROP TRIGGER IF EXISTS carbon_ledger_update ON {t};
            CREATE TRIGGER carbon_ledger_update AFTER UPDATE ON {t}
                REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION carbon_ledger_update();
            DROP TRIGGER IF EXISTS carbon_ledger_delete ON {t};
            CREATE TRIGGER carbon_ledger_delete AFTER DELETE ON {t}
                REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION carbon_ledger_change();
            DROP TRIGGER IF EXISTS carbon_ledger_truncate ON {t};
            CREATE TRIGGER carbon_ledger_truncate BEFORE TRUNCATE ON {t}
                FOR EACH STATEMENT EXECUTE FUNCTION carbon_ledger_change();
            """.format(t={name: name for name in LEDGER_TABLES}[table])
        )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: only the engine writes the ledger."""
        raise UserError(
            self.env._("Activity data come from business records by rules. Use a declaration to add a quantity.")
        )

    def write(self, vals):  # pylint: disable=method-required-super
        """Refused: the ledger is append-only."""
        raise UserError(
            self.env._(
                "Activity data are never edited. Correct the origin %(origin)s instead.",
                origin=self[:1].label,
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._(
                "Activity data are never deleted. Correct the origin %(origin)s instead.",
                origin=self[:1].label,
            )
        )

    @api.depends("origin_model", "origin_id", "label")
    def _compute_origin_display(self):
        for row in self:
            row.origin_display = row.label or f"{row.origin_model} {row.origin_id}"

    def _compute_co2e_t(self):
        totals = self.env["carbon.engine"]._co2e_by_activity(self.ids)
        for row in self:
            row.co2e_t = totals.get(row.id, 0.0)
