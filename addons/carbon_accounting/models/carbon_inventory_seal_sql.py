from odoo import fields, models
from odoo.tools import SQL

from ..tools import seal_form

_TABLES = {
    "activity": "carbon_activity_data",
    "emission": "carbon_emission_line",
    "approval": "carbon_data_approval",
}


class CarbonInventorySealRun(models.Model):
    """The set-based statements of sealing and verifying: rows in scope, batches, first difference."""

    _inherit = "carbon.inventory.seal.run"

    def _pin_settings(self):
        """Fix for this transaction how PostgreSQL writes dates; the canonical text depends on nothing else."""
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL datestyle = 'ISO, YMD'")

    # ------------------------------------------------------------------
    # Rows in scope
    # ------------------------------------------------------------------
    def _sql_rows(self, kind, period=None):
        """Return the relation of the rows of one kind, and of one month, that the seal covers.

        :param kind: a kind of ``seal_form``
        :param period: first day of a month, for kinds of the ledger
        """
        if kind in seal_form.PROPERTIES[self.form_version]:
            return self._sql_properties(kind)
        if kind in seal_form.LEDGER_KINDS:
            return self._sql_ledger_rows(kind, period)
        return SQL(self._relations()[kind], id=self.inventory_id.id)

    def _relations(self):
        """Return the relations of small kinds, by the id of the inventory."""
        lines = "(SELECT DISTINCT {0} FROM carbon_inventory_line WHERE inventory_id = %(id)s)"
        editions = (
            "(SELECT carbon_framework_edition_id FROM carbon_framework_edition_carbon_inventory_rel "
            "WHERE carbon_inventory_id = %(id)s)"
        )
        used = (
            f"SELECT m.framework_category_id FROM carbon_framework_mapping m WHERE m.edition_id IN {editions} "
            f"AND m.emission_category_id IN {lines.format('emission_category_id')}"
        )
        named = "id, code, name->>'en_US' AS name"
        return {
            "category": f"(SELECT * FROM carbon_framework_category WHERE id IN ({used}))",
            "leaf": f"(SELECT * FROM carbon_emission_category WHERE id IN {lines.format('emission_category_id')})",
            "substance": f"(SELECT * FROM carbon_gas WHERE id IN {lines.format('gas_id')})",
            # those that were there: approved versions never change
            "method": "(SELECT m.* FROM carbon_calculation_method m JOIN carbon_inventory i ON i.id = %(id)s "
            "WHERE m.state = 'approved' AND m.approved_on <= i.computed_on AND COALESCE(m.company_id, i.company_id) = i.company_id "
            "AND EXISTS (SELECT 1 FROM carbon_inventory_line l WHERE l.inventory_id = i.id))",
            "category_label": f"(SELECT {named} FROM carbon_framework_category WHERE id IN ({used}))",
            "leaf_label": f"(SELECT {named} FROM carbon_emission_category WHERE id IN {lines.format('emission_category_id')})",
            "substance_label": f"(SELECT {named}, formula FROM carbon_gas WHERE id IN {lines.format('gas_id')})",
            "source_label": f"(SELECT {named} FROM carbon_source WHERE id IN {lines.format('source_id')})",
            "edition": f"(SELECT id, code FROM carbon_framework_edition WHERE id IN {editions})",
            "mapping": "(SELECT m.id, m.edition_id, m.emission_category_id, c.code FROM carbon_framework_mapping m "
            "JOIN carbon_framework_category c ON c.id = m.framework_category_id "
            f"WHERE m.edition_id IN {editions} AND m.emission_category_id IN {lines.format('emission_category_id')})",
            "gwp": "(SELECT v.* FROM carbon_gwp_value v JOIN carbon_inventory i ON i.gwp_set_id = v.gwp_set_id "
            f"WHERE i.id = %(id)s AND v.gas_id IN {lines.format('gas_id')})",
            "factor": "(SELECT v.*, f.code AS factor_code, f.uom_id AS factor_uom_id, f.currency_id AS factor_currency_id "
            "FROM carbon_emission_factor_version v JOIN carbon_emission_factor f ON f.id = v.factor_id "
            f"WHERE v.id IN {lines.format('version_id')})",
            "gas": f"(SELECT * FROM carbon_emission_factor_gas WHERE version_id IN {lines.format('version_id')})",
            "line": "(SELECT * FROM carbon_inventory_line WHERE inventory_id = %(id)s)",
            "intensity": "(SELECT n.id, n.inventory_id, n.sequence, n.name->>'en_US' AS name, n.source_id, n.site_id, n.quantity, "
            "n.unit, n.expected, n.advanced, n.benchmark_id FROM carbon_inventory_intensity n WHERE n.inventory_id = %(id)s)",
            "bridge": "(SELECT * FROM carbon_inventory_bridge WHERE inventory_id = %(id)s)",
            "uncertainty": "(SELECT * FROM carbon_inventory_uncertainty WHERE inventory_id = %(id)s)",
            "interval": "(SELECT * FROM carbon_inventory_uncertainty_result WHERE inventory_id = %(id)s)",
        }

    def _sql_properties(self, kind):
        """Return the relation of one row per property of the head or the boundary."""
        properties = seal_form.PROPERTIES[self.form_version][kind]
        values = SQL(", ").join(
            SQL("(%s, %s, %s)", number, name, SQL(expression))
            for number, (name, expression) in enumerate(properties.items(), 1)
        )
        return SQL(
            "(SELECT v.id, v.name, v.value FROM carbon_inventory i %s CROSS JOIN LATERAL (VALUES %s) AS v(id, name, value) "
            "WHERE i.id = %s)",
            SQL("JOIN carbon_boundary b ON b.id = i.boundary_id") if kind == "boundary" else SQL(),
            values,
            self.inventory_id.id,
        )

    def _ledger_table(self, kind):
        return SQL.identifier(_TABLES[kind])

    def _highest_id(self, kind):
        """Return the highest id of a kind of the ledger that the seal covers."""
        return self[f"{kind}_max_id"]

    def _sql_ledger_rows(self, kind, period):
        """Return the relation of the ledger rows of a month up to the highest id at sealing."""
        return SQL(
            "(SELECT * FROM %s WHERE company_id = %s AND date BETWEEN %s AND %s AND id <= %s)",
            self._ledger_table(kind),
            self.inventory_id.company_id.id,
            period,
            fields.Date.end_of(period, "month"),
            self._highest_id(kind),
        )

    # ------------------------------------------------------------------
    # Sealing
    # ------------------------------------------------------------------
    def _sql_line(self, previous, number):
        """Return the SQL of the hash of a batch ``a``; ``seal_form.chained`` says the same in Python."""
        return SQL(
            "encode(sha256(convert_to(concat_ws('|', %s, %s, a.kind, COALESCE(a.period::text, ''), a.first_key, a.last_key, "
            "a.row_count, a.content_hash), 'UTF8')), 'hex')",
            previous,
            number,
        )

    def _sql_seal_step(self, kind, period):
        """Return the statement that writes the batches of one kind and month.

        :return: SQL of one row: last hash, number of batches, number of rows
        """
        return SQL(
            """
            WITH RECURSIVE source AS MATERIALIZED (
              SELECT r.id, %(digest)s AS digest FROM %(rows)s r),
            cut AS (SELECT s.*, ((row_number() OVER (ORDER BY s.id) - 1) / %(size)s)::int AS part FROM source s),
            batch AS MATERIALIZED (
              SELECT c.part, %(kind)s AS kind, %(period)s::date AS period, min(c.id) AS first_key, max(c.id) AS last_key,
                     count(*)::int AS row_count, encode(sha256(string_agg(c.digest, ''::bytea ORDER BY c.id)), 'hex') AS content_hash,
                     string_agg(int4send(c.id) || substr(c.digest, 1, %(bytes)s), ''::bytea ORDER BY c.id) AS row_index
                FROM cut c GROUP BY c.part),
            chain AS (
              SELECT a.part, %(first)s AS hash FROM batch a WHERE a.part = 0
              UNION ALL
              SELECT a.part, %(next)s FROM chain c JOIN batch a ON a.part = c.part + 1),
            written AS (
              INSERT INTO carbon_inventory_seal_batch
                     (seal_id, company_id, number, kind, period, first_key, last_key, row_count, content_hash, hash, row_index)
              SELECT %(seal)s, %(company)s, %(count)s + a.part + 1, a.kind, a.period, a.first_key, a.last_key, a.row_count,
                     a.content_hash, c.hash, a.row_index
                FROM batch a JOIN chain c USING (part) ORDER BY a.part)
            SELECT (SELECT hash FROM chain ORDER BY part DESC LIMIT 1), (SELECT count(*)::int FROM batch),
                   (SELECT COALESCE(SUM(row_count), 0)::int FROM batch)
            """,
            digest=seal_form.digest(self.form_version, kind),
            rows=self._sql_rows(kind, period),
            size=seal_form.BATCH_ROWS,
            bytes=seal_form.DIGEST_BYTES,
            kind=kind,
            period=period or None,
            first=self._sql_line(SQL("%s", self.chain), SQL("%s", self.batch_count + 1)),
            next=self._sql_line(SQL("c.hash"), SQL("%s + a.part + 1", self.batch_count)),
            seal=self.seal_key,
            company=self.company_id.id,
            count=self.batch_count,
        )

    # ------------------------------------------------------------------
    # Verifying
    # ------------------------------------------------------------------
    def _sql_chain_fault(self):
        """Return SQL of the number of the first batch that does not continue the one before."""
        previous = SQL("COALESCE(lag(a.hash) OVER w, %s)", seal_form.genesis(self.form_version, self.inventory_id.uuid))
        return SQL(
            """
            SELECT min(z.place) FROM (
              SELECT row_number() OVER w AS place, a.number, a.hash, %(hash)s AS expected
                FROM carbon_inventory_seal_batch a WHERE a.seal_id = %(seal)s WINDOW w AS (ORDER BY a.number, a.id)) z
             WHERE z.hash <> z.expected OR z.number <> z.place
            """,
            hash=self._sql_line(previous, SQL("a.number")),
            seal=self.seal_key,
        )

    def _sql_verify_step(self, kind, period):
        """Return SQL of the first batch of a kind and month whose rows are not those that were sealed.

        Rows belong to the batch whose first id is the highest up to theirs; a batch without stored counterpart is
        found too.

        :return: SQL of at most one row: number of the stored batch or NULL, first id, first id of the next batch, and
            whether only the index of the batch differs
        """
        return SQL(
            """
            WITH stored AS MATERIALIZED (
              SELECT b.*, (row_number() OVER (ORDER BY b.number))::int AS part, lead(b.first_key) OVER (ORDER BY b.number) AS next_key
                FROM carbon_inventory_seal_batch b
               WHERE b.seal_id = %(seal)s AND b.kind = %(kind)s AND b.period IS NOT DISTINCT FROM %(period)s::date),
            edges AS MATERIALIZED (SELECT array_agg(first_key ORDER BY number) AS firsts FROM stored),
            source AS MATERIALIZED (
              SELECT r.id, %(digest)s AS digest, GREATEST(width_bucket(r.id, e.firsts), 1) AS part FROM %(rows)s r CROSS JOIN edges e),
            now AS (
              SELECT s.part, encode(sha256(string_agg(s.digest, ''::bytea ORDER BY s.id)), 'hex') AS content_hash,
                     string_agg(int4send(s.id) || substr(s.digest, 1, %(bytes)s), ''::bytea ORDER BY s.id) AS row_index
                FROM source s GROUP BY s.part)
            SELECT b.number, CASE WHEN b.part > 1 THEN b.first_key END, b.next_key,
                   n.content_hash IS NOT DISTINCT FROM b.content_hash
              FROM stored b FULL JOIN now n ON n.part = b.part
             WHERE (n.content_hash, n.row_index) IS DISTINCT FROM (b.content_hash, b.row_index)
             ORDER BY COALESCE(b.part, n.part) LIMIT 1
            """,
            seal=self.seal_key,
            kind=kind,
            period=period or None,
            digest=seal_form.digest(self.form_version, kind),
            rows=self._sql_rows(kind, period),
            bytes=seal_form.DIGEST_BYTES,
        )

    def _sql_later_row(self, kind):
        """Return SQL of the first ledger row added after sealing, in a month that nobody lawfully reopened then.

        The audit trail alone says which months were reopened, and which ids were given out meanwhile.
        """
        inventory = self.inventory_id
        place = 2 * seal_form.LEDGER_KINDS.index(kind)
        return SQL(
            """
            WITH lawful AS MATERIALIZED (
              SELECT a.payload::jsonb->>'month' AS month, (a.payload::jsonb->'ids'->>%(start)s)::int AS after,
                     (c.payload::jsonb->'ids'->>%(end)s)::int AS until
                FROM carbon_trail_entry a
                LEFT JOIN carbon_trail_entry c ON c.company_id = a.company_id AND c.res_uuid = a.res_uuid
                      AND c.res_model = a.res_model AND c.event = 'reopening.close'
               WHERE a.company_id = %(company)s AND a.res_model = 'carbon.period.reopening' AND a.event = 'reopening.approve')
            SELECT r.id FROM %(table)s r
             WHERE r.company_id = %(company)s AND r.date BETWEEN %(first)s AND %(last)s AND r.id > %(bound)s
               AND NOT EXISTS (SELECT 1 FROM lawful l WHERE l.month = to_char(r.date, 'YYYY-MM') AND r.id > l.after
                                  AND (l.until IS NULL OR r.id <= l.until))
             ORDER BY r.id LIMIT 1
            """,
            table=self._ledger_table(kind),
            company=inventory.company_id.id,
            first=inventory.date_from,
            last=inventory.date_to,
            bound=self._highest_id(kind),
            start=place,
            end=place + 1,
        )
