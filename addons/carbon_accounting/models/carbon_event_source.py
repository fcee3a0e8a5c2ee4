from odoo import api, models, tools
from odoo.tools import SQL

#: The columns of the event relation, in order, with their SQL type.
EVENT_COLUMNS = {
    "origin_id": "int4",
    "origin_part": "text",
    "kind": "text",
    "company_id": "int4",
    "date": "date",
    "date_invoice": "date",
    "date_accounting": "date",
    "service_from": "date",
    "service_to": "date",
    "product_id": "int4",
    "partner_id": "int4",
    "account_id": "int4",
    "location_id": "int4",
    "workcenter_id": "int4",
    "equipment_id": "int4",
    "rule_id": "int4",
    "pair_id": "int4",
    "quantity": "numeric",
    "uom_id": "int4",
    "amount": "numeric",
    "currency_id": "int4",
    "amount_booked": "numeric",  # the amount in the currency of the company, where the document itself says it
    "label": "text",
    "problem": "text",  # reason of the worklist why the quantity cannot count as it is
    # what the origin says of its own quantity, in providers with "graded": True only
    "meter_id": "int4",  # the instrument, where the rule is found by another criterion than the instrument itself
    "data_quality": "text",  # the worse of it and the rule's grade counts
    "data_uncertainty": "numeric",  # the larger of it and the rule's counts
    "widening": "numeric",  # factor on the rule's uncertainty
}
#: Columns that only graded providers have: for the others the statement neither reads nor compares them.
GRADED_COLUMNS = ("meter_id", "data_quality", "data_uncertainty", "widening")
#: The columns that the collection itself reads from the table of an origin model: jobs are ranges of ids of one company,
#: and the months between its first and its last date are made before they begin.
PROVIDER_COLUMNS = ("id", "company_id", "date")


class CarbonEventSource(models.AbstractModel):
    """The queries that turn business records into events.

    Each bridge adds its origin models to :meth:`_providers` and contributes one query per origin model.
    A query never stores anything; the same query serves one document and ten years of history.
    """

    _name = "carbon.event.source"
    _description = "Carbon Event Source"

    @api.model
    def _providers(self):
        """Return the origin models with their query.

        :return: dict ``{origin model: {"table": str, "query": method(predicate) -> SQL, "where": SQL}}``.
            ``query`` gets a predicate on ``o`` (the origin's table) and returns a SELECT of
            :data:`EVENT_COLUMNS`; ``where`` is the condition on ``o`` that says which records may be events.
            With ``"scoped": True`` the query gets a second argument: the function from a column to the
            predicate on origin ids, to restrict a table of lines in the same way. With ``"booked": True`` the documents say
            their amounts in the currency of the company (``amount_booked``). With ``"graded": True`` they say how good their
            own quantity is (:data:`GRADED_COLUMNS`). With ``"hashed": True`` many rows are summed by hashing.
            ``table`` needs the columns :data:`PROVIDER_COLUMNS`.
        """
        return {
            "carbon.declaration": {
                "table": "carbon_declaration",
                "query": self._events_declaration,
                "where": SQL("o.state = 'posted'"),
                "flush": {"carbon.declaration": None, "carbon.declaration.result": None},
            }
        }

    @api.model
    def _sql_made_by(self, origin_model, user_id):
        """Return SQL of the ids of the origins that a person made: created, changed or posted, as far as their table tells.

        Who made a document does not approve its data. Bridges add what they know of the document around a line.
        Of declarations it is who entered them; older ones name who created them.
        """
        if origin_model == "carbon.declaration":
            return SQL(
                "SELECT m.carbon_declaration_id FROM carbon_declaration_maker_rel m WHERE m.res_users_id = %(user)s UNION "
                "SELECT o.id FROM carbon_declaration o WHERE o.create_uid = %(user)s AND o.gap_id IS NULL",
                user=user_id,
            )
        return SQL(
            "SELECT o.id FROM %s o WHERE %s IN (o.create_uid, o.write_uid)",
            SQL.identifier(self.env[origin_model]._table),
            user_id,
        )

    @api.model
    def _sql_has_file(self, origin_model, column):
        """Return the condition that an origin has a file as its evidence; None where records of this kind need none.

        :param column: SQL of the id of the origin
        """
        if origin_model != "carbon.declaration":
            return None
        # the evidence of a filled gap is the gap
        return SQL(
            "(EXISTS (SELECT 1 FROM ir_attachment t WHERE t.res_model = 'carbon.declaration' AND t.res_id = %(id)s) "
            "OR EXISTS (SELECT 1 FROM carbon_declaration d WHERE d.id = %(id)s AND d.gap_id IS NOT NULL))",
            id=column,
        )

    @api.model
    def _sql_documents(self, origin_model):
        """Return SQL of the records whose files are the evidence of origins: ``origin_id``, ``res_model``, ``res_id``.

        Bridges name the document around a line.
        """
        return SQL(
            "SELECT o.id AS origin_id, %s AS res_model, o.id AS res_id FROM %s o",
            origin_model,
            SQL.identifier(self.env[origin_model]._table),
        )

    @api.model
    def _sql_without_evidence(self, where):
        """Return SQL of the ids of activity data whose document has no file and should have one.

        :param where: condition on activity data ``a``
        """
        parts = []
        for name in sorted(self._providers()):
            has_file = self._sql_has_file(name, SQL("a.origin_id"))
            if has_file is not None:
                parts.append(
                    SQL(
                        "SELECT a.id FROM carbon_activity_data a WHERE a.origin_model = %s AND %s AND a.reverses_id IS NULL "
                        "AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id) AND NOT %s",
                        name,
                        where,
                        has_file,
                    )
                )
        return SQL(" UNION ALL ").join(parts)

    @api.model
    def _check_provider(self, origin_model, provider):
        """Refuse an origin model whose table the collection cannot read.

        :raises ValueError: naming the table and the columns that it lacks
        """
        columns = tools.sql.table_columns(self.env.cr, provider["table"])
        if missing := [name for name in PROVIDER_COLUMNS if name not in columns]:
            raise ValueError(
                f"carbon event source {origin_model}: table {provider['table']} has no column {', '.join(missing)}. "
                "Name a table or view that has it in _providers()."
            )

    @api.model
    def _select(self, columns, body):
        """Compose an event query: ``SELECT <all event columns> <body>``.

        :param columns: dict from event column to SQL expression; the others become NULL
        :param body: SQL from ``FROM`` on
        :raises ValueError: for a name that is no event column
        """
        unknown = columns.keys() - EVENT_COLUMNS.keys()
        if unknown:
            raise ValueError(f"not event columns: {', '.join(sorted(unknown))}")
        parts = [
            SQL(
                "(%s)::%s AS %s",
                columns.get(name, SQL("NULL")),
                SQL(sqltype),
                SQL.identifier(name),
            )
            for name, sqltype in EVENT_COLUMNS.items()
        ]
        return SQL("SELECT %s %s", SQL(", ").join(parts), body)

    @api.model
    def _local_date(self, column):
        """Return SQL of the local date of a UTC timestamp, in the time zone of the company's system (``sys``)."""
        return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(sys.tz, 'UTC'))::date", column)

    @api.model
    def _events_declaration(self, predicate):
        """Events of declared quantities: one for each posted declaration, or for each result of its method."""
        common = {
            "origin_id": SQL("o.id"),
            "kind": SQL("'declared'"),
            "company_id": SQL("o.company_id"),
            "date": SQL("o.date"),
            "service_from": SQL("o.date_from"),
            "service_to": SQL("o.date_to"),
            "product_id": SQL("o.product_id"),
            "partner_id": SQL("o.partner_id"),
            "label": SQL("o.name"),
        }
        stated = self._select(
            {
                **common,
                "rule_id": SQL("o.rule_id"),
                "quantity": SQL("o.quantity"),
                "uom_id": SQL("o.uom_id"),
                "amount": SQL("o.amount"),
                "currency_id": SQL("o.currency_id"),
            },
            SQL("FROM carbon_declaration o WHERE o.state = 'posted' AND o.method_id IS NULL AND %s", predicate),
        )
        calculated = self._select(
            {
                **common,
                "origin_part": SQL("r.code"),
                "rule_id": SQL("r.rule_id"),
                "quantity": SQL("r.quantity"),
                "uom_id": SQL("r.uom_id"),
            },
            SQL(
                "FROM carbon_declaration o JOIN carbon_declaration_result r ON r.declaration_id = o.id "
                "WHERE o.state = 'posted' AND o.method_id IS NOT NULL AND %s",
                predicate,
            ),
        )
        return SQL("%s UNION ALL %s", stated, calculated)
