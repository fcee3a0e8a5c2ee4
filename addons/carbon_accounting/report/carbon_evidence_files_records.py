import json

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.carbon_management.tools.canonical import HASH_VERSION, HASHED_FIELDS

from ..tools.evidence_zip import safe_name

#: Columns of a trail entry in the pack: whatever enters its hash, then the hashes, so that the chain can be recomputed.
_TRAIL = (
    *(name for name in HASHED_FIELDS[HASH_VERSION] if name != "prev_hash"),
    "hash_version",
    "prev_hash",
    "hash",
)


class CarbonEvidenceFiles(models.AbstractModel):
    """Records that stand behind the figures, and the files of their documents."""

    _inherit = "carbon.evidence.files"

    @api.model
    def _add_table(self, book, path, records, names):
        """Write fields of records as CSV; records by their names."""
        book.add_csv(path, names, ([self._cell(record, name) for name in names] for record in records))

    @api.model
    def _cell(self, record, name):
        value = record[name]
        return ", ".join(value.mapped("display_name")) if record._fields[name].relational else value

    # ------------------------------------------------------------------
    # Factors and methods
    # ------------------------------------------------------------------
    @api.model
    def _add_factors(self, scope, book, missing):
        """Write the factor versions used with their gases, as the workbook tells them."""
        if not scope["inventory"]:
            return
        sheets = self.env["carbon.inventory.workbook"].with_context(report_lang="en_US")
        head = (
            "code",
            "name",
            "region",
            "valid_from",
            "per_unit",
            "ncv",
            "carbon_content",
            "oxidation_rate",
            "gas",
            "kind",
        )
        head += ("kg_per_unit", "gwp", "uncertainty_percent", "data_year", "source_document", "provenance", "licence")
        head += ("uncertainty_below_percent", "uncertainty_above_percent")
        rows = sheets._stream(sheets._sql_factors(scope["inventory"]))
        book.add_csv("factors/factor_versions.csv", head, ((*r[:8], *r[9:13], *r[14:]) for r in rows))
        names = (
            "display_name",
            "state",
            "date_from",
            "date_to",
            "approved_by_id",
            "approved_on",
            "published_on",
            "reporting_years",
        )
        names += ("source_document", "provenance", "confirmation_reason", "zero_reason", "licence", "note")
        self._add_table(book, "factors/approval.csv", scope["factor_versions"], names)

    @api.model
    def _add_methods(self, scope, book, missing):
        """Write the definitions of the calculation methods of the months' activity data."""
        rules = (
            self.env["carbon.activity.rule"]
            .browse(
                [
                    row[0]
                    for row in self.env.execute_query(
                        SQL(
                            "SELECT DISTINCT rule_id FROM carbon_activity_data WHERE company_id = %s AND date BETWEEN %s AND %s "
                            "AND rule_id IS NOT NULL",
                            *(scope["company_id"], scope["date_from"], scope["date_to"]),
                        )
                    )
                ]
            )
            .exists()
        )
        names = ("name", "event_kind", "source_id", "recognition", "outcome", "quality", "uncertainty", "method_id")
        self._add_table(book, "methods/rules.csv", rules.sorted("id"), names)
        self._add_inputs(scope, book)
        book.add_json("methods/methods.json", [self._method(method) for method in rules.method_id.sorted("id")])

    @api.model
    def _add_inputs(self, scope, book):
        """Write what calculation methods were told, with sources, as the workbook tells it."""
        if not scope["inventory"]:
            return
        names = (
            "date",
            "declaration",
            "sources",
            "method",
            "clause",
            "input",
            "row",
            "label",
            "value",
            "unit",
            "choice",
            "basis",
        )
        names += ("role", "provenance", "source", "uncertainty")
        sheets = self.env["carbon.inventory.workbook"].with_context(report_lang="en_US")
        rows = sheets._inputs(scope["inventory"])
        book.add_csv("methods/inputs.csv", names, ([row[name] for name in names] for row in rows))

    @api.model
    def _method(self, method):
        return {
            **{name: method[name] for name in ("code", "version", "name", "state", "formula", "clause", "note")},
            "inputs": [
                {
                    name: line[name]
                    for name in ("code", "name", "kind", "unit", "required", "minimum", "maximum", "default_value")
                }
                for line in method.input_ids
            ],
            "results": [
                {**{name: line[name] for name in ("code", "name", "measure", "kind")}, "unit": line.uom_id.name}
                for line in method.result_ids
            ],
        }

    # ------------------------------------------------------------------
    # Monitoring and control
    # ------------------------------------------------------------------
    @api.model
    def _add_monitoring(self, scope, book, missing):
        plan = scope["plan"]
        if plan:
            head = {name: plan[name] or "" for name in ("number", "name", "version", "state", "date_from", "date_to")}
            items = [item._trail_words() for item in plan.item_ids]
            book.add_json(
                "monitoring/plan.json", {**head, "approved_by": plan.approved_by_id.login or "", "items": items}
            )
        else:
            missing.append("monitoring: 无生效的监测计划 no monitoring plan is in force")
        names = (
            "item_id",
            "source_id",
            "date_from",
            "date_to",
            "state",
            "gap_rule",
            "quantity",
            "uncertainty",
            "reason",
        )
        names += ("explanation", "proposed_by_id", "proposed_on", "decided_by_id", "decided_on", "declaration_id")
        self._add_table(book, "monitoring/gaps.csv", scope["gaps"], names)
        names = ("source_id", "date", "state", "quantity", "previous", "last_year", "z_score", "summary", "comment")
        self._add_table(
            book, "monitoring/anomalies.csv", scope["anomalies"], (*names, "explained_by_id", "explained_on")
        )

    @api.model
    def _add_control(self, scope, book, missing):
        """Write the close of each month: checklist as it is now, overrides and reopenings."""
        periods, checklist = scope["periods"], self.env["carbon.period.checklist"]
        names = ("code", "name", "count", "t", "unknown", "share", "stops")
        months = [
            {
                "month": f"{period.date_from:%Y-%m}",
                "state": period.state,
                "closed_on": period.closed_on and f"{period.closed_on}Z",
                "closed_by": period.closed_by_id.login or "",
                "checklist_now": [{name: line.get(name) for name in names} for line in checklist._weighed(period)],
            }
            for period in periods
        ]
        book.add_json("control/months.json", months)
        names = (
            "period_id",
            "state",
            "summary",
            "reason",
            "requested_by_id",
            "requested_on",
            "confirmed_by_id",
            "confirmed_on",
        )
        self._add_table(book, "control/overrides.csv", periods.override_ids, names)
        names = (
            "period_id",
            "state",
            "reason",
            "requested_by_id",
            "requested_on",
            "approved_by_id",
            "approved_on",
            "closed_on",
        )
        self._add_table(book, "control/reopenings.csv", periods.reopening_ids, names)

    @api.model
    def _add_approvals(self, scope, book, missing):
        """Write the decisions on activity data of the months, where the company approves them."""
        head = ("activity_id", "date", "document", "outcome", "seq", "decided_by", "decided_on", "reason")
        query = SQL(
            """
            SELECT p.activity_id, p.date, a.label, p.outcome, p.seq, u.login, d.decided_on, d.reason
              FROM carbon_data_approval p
              JOIN carbon_data_decision d ON d.id = p.decision_id
              LEFT JOIN res_users u ON u.id = d.user_id
              LEFT JOIN carbon_activity_data a ON a.id = p.activity_id
             WHERE p.company_id = %s AND p.date BETWEEN %s AND %s ORDER BY p.id
            """,
            *(scope["company_id"], scope["date_from"], scope["date_to"]),
        )
        book.add_csv("control/approvals.csv", head, self.env["carbon.inventory.workbook"]._stream(query))

    # ------------------------------------------------------------------
    # Trail
    # ------------------------------------------------------------------
    @api.model
    def _trail_records(self, scope):
        """Return the recordsets whose entries of the trail belong to the pack."""
        inventory = scope["versions"]
        periods = scope["periods"]
        boundaries = inventory.boundary_id | inventory.boundary_id.organisational_id
        return [
            *(inventory, periods, periods.override_ids, periods.reopening_ids, scope["plan"], scope["gaps"]),
            *(scope["anomalies"], scope["factor_versions"], boundaries),
        ]

    @api.model
    def _add_trail(self, scope, book, missing):
        """Write the entries of the trail about these records; each can be hashed again by itself."""
        about = Domain.OR(
            Domain("res_model", "=", records._name) & Domain("res_id", "in", records.ids)
            for records in self._trail_records(scope)
            if records
        )
        entries = self.env["carbon.trail.entry"]
        if about.is_false():
            return
        ids = entries.search(about, order="stream, seq").ids
        utc = SQL("""to_char(t.utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""")
        columns = SQL(", ").join(utc if name == "utc_text" else SQL.identifier("t", name) for name in _TRAIL)
        query = SQL("SELECT %s FROM carbon_trail_entry t WHERE t.id = ANY(%s) ORDER BY t.stream, t.seq", columns, ids)
        stream = self.env["carbon.inventory.workbook"]._stream
        book.add_csv("trail/trail.csv", _TRAIL, stream(query), title="to read")
        # what is hashed is in it exactly, also where a cell of a table would be changed or a NULL be empty
        with book.open("trail/trail.jsonl", title="to hash again") as target:
            for row in stream(query):
                line = json.dumps(dict(zip(_TRAIL, row, strict=True)), ensure_ascii=False)
                target.write(f"{line}\n".encode())

    # ------------------------------------------------------------------
    # Files of documents
    # ------------------------------------------------------------------
    @api.model
    def _attachment_ids(self, scope):
        """Return the ids of files of documents behind the months' activity data, and of records around them."""
        sources = self.env["carbon.event.source"]
        parts = [
            SQL(
                """
                SELECT t.id FROM ir_attachment t
                 WHERE t.res_field IS NULL AND t.type = 'binary' AND (t.res_model, t.res_id) IN (
                       SELECT d.res_model, d.res_id FROM (%(documents)s) d WHERE d.origin_id IN (
                              SELECT a.origin_id FROM carbon_activity_data a
                               WHERE a.company_id = %(company)s AND a.date BETWEEN %(first)s AND %(last)s
                                 AND a.origin_model = %(model)s))
                """,
                documents=sources._sql_documents(name),
                company=scope["company_id"],
                first=scope["date_from"],
                last=scope["date_to"],
                model=name,
            )
            for name in sorted(sources._providers())
        ]
        ids = {row[0] for row in self.env.execute_query(SQL(" UNION ").join(parts))}
        around = [*self._trail_records(scope), scope["plan"].item_ids.equipment_id, scope["factor_versions"].factor_id]
        for records in filter(None, around):
            found = self.env["ir.attachment"].search(
                [
                    ("res_model", "=", records._name),
                    ("res_id", "in", records.ids),
                    ("res_field", "=", False),
                    ("type", "=", "binary"),
                ]
            )
            ids |= set(found.ids)
        # these are in folders of their own
        own = (
            scope["versions"].workbook_id
            | self.env["carbon.report"].search([("inventory_id", "in", scope["versions"].ids)]).attachment_id
        )
        return sorted(ids - set(own.ids))

    @api.model
    def _add_attachments(self, scope, book, missing, told):
        """Write the files one by one, and the list that says whose they are."""
        ids, index = self._attachment_ids(scope), []
        scope["pack"]._expect(len(book.files) + len(ids) + 2)
        for number, attachment_id in enumerate(ids, 1):
            file = self.env["ir.attachment"].browse(attachment_id)
            owner = self.env[file.res_model].browse(file.res_id).exists() if file.res_model in self.env else None
            title = owner.display_name if owner else ""
            raw = file.raw or b""
            path = f"evidence/{safe_name(file.res_model)}/{file.res_id}/{safe_name(file.name)}"
            if len(raw) != (file.file_size or 0):
                missing.append(f"{path}: 文件库中缺失 the file store has lost it")
            else:
                index.append(
                    (book.add(path, raw, title=title), file.res_model, file.res_id, title, file.name, file.mimetype)
                )
            file.invalidate_recordset()  # one file in memory at a time
            if number % 20 == 0:
                told(len(book.files))
        book.add_csv("evidence/index.csv", ("path", "model", "id", "record", "file", "type"), index)
