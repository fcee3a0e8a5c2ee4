"""What a ledger says, exactly: sums as PostgreSQL prints them, compared between databases as text."""

#: Columns that tell one collection from another or count upwards.
_FACTS = (
    "company_id, date, origin_model, origin_id, origin_part, seq, kind, label, rule_id, source_id, category_id, product_id, "
    "partner_id, recognition, quantity::text, uom_id, origin_quantity::text, quality"
)


def ledger(odoo, database):
    """Return everything that two collections of the same history must agree on."""
    ask = odoo.psql
    return {
        "rows": ask("SELECT count(*) FROM carbon_activity_data", database),
        "sums": ask(
            "SELECT source_id, count(*), SUM(quantity)::text FROM carbon_activity_data GROUP BY 1 ORDER BY 1",
            database,
        ),
        "facts": ask(
            f"SELECT count(*), md5(string_agg(f::text, '|' ORDER BY f::text)) FROM (SELECT {_FACTS} FROM carbon_activity_data) f",
            database,
        ),
        "emissions": ask(
            "SELECT source_id, stream, version_id, lends IS TRUE, count(*), SUM(quantity)::text FROM carbon_emission_line "
            "GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
            database,
        ),
        "issues": ask(
            "SELECT count(*), md5(string_agg(concat_ws(':', origin_model, origin_id, origin_part, reason, state), '|' "
            "ORDER BY origin_model, origin_id, origin_part)) FROM carbon_collection_issue",
            database,
        ),
    }


def doubled(odoo, database):
    """Return origins that count twice, emissions without activity and activities without emission."""
    return odoo.psql(
        "SELECT 'twice', origin_model, origin_id, origin_part FROM carbon_activity_data WHERE reverses_id IS NULL "
        "GROUP BY 1, company_id, 2, 3, 4 HAVING count(*) > (SELECT 1 + count(*) FROM carbon_activity_data r "
        "JOIN carbon_activity_data o ON o.id = r.reverses_id WHERE o.origin_id = carbon_activity_data.origin_id "
        "AND o.origin_model = carbon_activity_data.origin_model AND o.origin_part = carbon_activity_data.origin_part) "
        "UNION ALL SELECT 'no activity', e.stream, e.id, '' FROM carbon_emission_line e "
        "WHERE NOT EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.id = e.activity_id) "
        "UNION ALL SELECT 'no emission', a.kind, a.id, '' FROM carbon_activity_data a "
        "WHERE NOT EXISTS (SELECT 1 FROM carbon_emission_line e WHERE e.activity_id = a.id)",
        database,
    )


def jobs(odoo, database):
    """Return {state: number} of the jobs."""
    rows = odoo.psql("SELECT state, count(*) FROM carbon_collection_job GROUP BY 1", database)
    return {line.split("|")[0]: int(line.split("|")[1]) for line in rows.splitlines()}
