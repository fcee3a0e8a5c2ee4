from itertools import combinations

from odoo import models
from odoo.tools import SQL

from ..tools import seal_form
from .carbon_inventory_seal_batch import SEAL_KINDS

#: Model that people know the rows of a kind by.
MODELS = {
    "header": "carbon.inventory",
    "boundary": "carbon.boundary",
    "edition": "carbon.framework.edition",
    "mapping": "carbon.framework.mapping",
    "gwp": "carbon.gwp.value",
    "factor": "carbon.emission.factor.version",
    "gas": "carbon.emission.factor.gas",
    "line": "carbon.inventory.line",
    "intensity": "carbon.inventory.intensity",
    "bridge": "carbon.inventory.bridge",
    "uncertainty": "carbon.inventory.uncertainty",
    "interval": "carbon.inventory.uncertainty.result",
    "category": "carbon.framework.category",
    "leaf": "carbon.emission.category",
    "substance": "carbon.gas",
    "method": "carbon.calculation.method",
    "category_label": "carbon.framework.category",
    "leaf_label": "carbon.emission.category",
    "substance_label": "carbon.gas",
    "source_label": "carbon.source",
    "activity": "carbon.activity.data",
    "emission": "carbon.emission.line",
    "approval": "carbon.data.approval",
}

#: What the system keeps of a row elsewhere: SELECTs of (column, value) by the id of the row and of the inventory. A value
#: that gives the sealed digest when put into its column proves what was changed.
WITNESSES = {
    "activity": """
        SELECT v.* FROM carbon_emission_line e CROSS JOIN LATERAL (VALUES ('date', e.date::text), ('company_id', e.company_id::text),
               ('source_id', e.source_id::text), ('product_id', e.product_id::text), ('partner_id', e.partner_id::text),
               ('category_id', e.category_id::text), ('quantity', trim_scale(e.quantity)::text)) v
         WHERE e.activity_id = %(row)s
        UNION SELECT v.* FROM carbon_activity_data x JOIN carbon_activity_data o ON o.company_id = x.company_id AND o.id <> x.id AND (
               (o.origin_model = x.origin_model AND o.origin_id = x.origin_id) OR o.reverses_id = x.id OR o.id = x.reverses_id
               OR o.id BETWEEN x.id - 5 AND x.id + 5) CROSS JOIN LATERAL (%(own)s) v
         WHERE x.id = %(row)s
        UNION SELECT v.* FROM carbon_activity_data x CROSS JOIN LATERAL (VALUES ('quantity', trim_scale(x.origin_quantity)::text),
               ('origin_quantity', trim_scale(x.quantity)::text)) v WHERE x.id = %(row)s""",
    "emission": """
        SELECT v.* FROM carbon_emission_line x JOIN carbon_activity_data a ON a.id = x.activity_id CROSS JOIN LATERAL (
               VALUES ('date', a.date::text), ('company_id', a.company_id::text), ('source_id', a.source_id::text),
               ('category_id', a.category_id::text), ('product_id', a.product_id::text), ('partner_id', a.partner_id::text),
               ('quantity', trim_scale(a.quantity)::text)) v WHERE x.id = %(row)s
        UNION SELECT v.* FROM carbon_emission_line x JOIN carbon_emission_line o ON o.id <> x.id AND (
               o.activity_id = x.activity_id OR o.reverses_id = x.id OR o.id = x.reverses_id OR o.id BETWEEN x.id - 5 AND x.id + 5)
               CROSS JOIN LATERAL (%(own)s) v WHERE x.id = %(row)s""",
    "gas": """
        SELECT v.* FROM carbon_emission_factor_gas x JOIN carbon_inventory_line l ON l.inventory_id = %(inventory)s
           AND l.version_id = x.version_id CROSS JOIN LATERAL (VALUES ('kg_per_unit', trim_scale(l.kg_per_unit)::text),
               ('gas_id', l.gas_id::text), ('kind', l.gas_kind)) v WHERE x.id = %(row)s""",
    "gwp": """
        SELECT DISTINCT 'value', trim_scale(l.gwp)::text FROM carbon_gwp_value x JOIN carbon_inventory_line l
            ON l.inventory_id = %(inventory)s AND l.gas_id = x.gas_id WHERE x.id = %(row)s""",
    "line": """
        SELECT v.* FROM carbon_inventory_line x
          LEFT JOIN carbon_emission_factor_gas g ON g.version_id = x.version_id AND g.gas_id = x.gas_id AND g.kind = x.gas_kind
          LEFT JOIN carbon_inventory i ON i.id = x.inventory_id
          LEFT JOIN carbon_gwp_value w ON w.gwp_set_id = i.gwp_set_id AND w.gas_id = x.gas_id
         CROSS JOIN LATERAL (VALUES ('kg_per_unit', trim_scale(g.kg_per_unit)::text), ('gwp', trim_scale(w.value)::text),
               ('mass_kg', trim_scale(round(x.quantity * x.kg_per_unit * x.share, 12))::text),
               ('co2e_kg', trim_scale(round(x.mass_kg * x.gwp, 12))::text),
               ('co2e_kg', trim_scale(round(round(x.quantity * x.kg_per_unit * x.share, 12) * x.gwp, 12))::text),
               ('quantity', (SELECT trim_scale(SUM(x2.quantity))::text FROM carbon_emission_line x2
                   WHERE x2.company_id = x.company_id AND x2.source_id = x.source_id AND x2.stream = x.stream
                     AND x2.version_id = x.version_id AND x2.category_id = x.emission_category_id AND x2.id <= %(bound)s
                     AND x2.date BETWEEN x.period AND (x.period + interval '1 month - 1 day')::date))) v
         WHERE x.id = %(row)s
        UNION SELECT v.* FROM carbon_inventory_line x JOIN carbon_inventory_line o ON o.inventory_id = x.inventory_id AND o.id <> x.id
           AND o.source_id = x.source_id CROSS JOIN LATERAL (VALUES ('share', trim_scale(o.share)::text), ('treatment', o.treatment),
               ('segment', o.segment), ('period', o.period::text), ('version_id', o.version_id::text)) v WHERE x.id = %(row)s""",
}


class CarbonInventorySealRun(models.Model):
    """Naming the first row that differs: which record, what happened to it, and what it was where that can be proven."""

    _inherit = "carbon.inventory.seal.run"

    def _find_difference(self, kind, month, number, first, after, index_only):
        """Return the fault of the first row of a batch that differs.

        :param number: number of the stored batch, None if rows appeared where there were none
        :param first: first id that belongs to the batch, None for all below
        :param after: first id of the next batch, None for all above
        :param index_only: whether the rows are those that were sealed
        """
        if index_only:
            return self._fault(
                self.env._("Batch %(number)s of the seal itself was changed, added or removed.", number=number),
                model="carbon.inventory.seal.batch",
                record=self._batch_at(number),
            )
        rows = self._current_rows(kind, month, first, after)
        now = {key: seal_form.row_digest(texts) for key, texts in rows.items()}
        sealed = self._sealed_rows(number)
        for key in sorted(now.keys() | sealed.keys()):
            if now.get(key) != sealed.get(key):
                return self._describe(kind, key, rows.get(key), sealed.get(key))
        # content and index disagree although every row is in the index as it is: the index was written anew
        return self._fault(
            self.env._("A row of batch %(number)s was changed, and the seal's index with it.", number=number),
            kind=kind,
            model="carbon.inventory.seal.batch",
            record=self._batch_at(number),
        )

    def _current_rows(self, kind, month, first, after):
        """Return ``{id: canonical texts}`` of the rows that belong to a batch now."""
        texts = SQL(", ").join(seal_form.pieces(self.form_version, kind).values())
        rows = self.env.execute_query(
            SQL(
                "SELECT r.id, ARRAY[%s] FROM %s r WHERE r.id >= COALESCE(%s, r.id) AND r.id < COALESCE(%s, r.id + 1) ORDER BY r.id",
                *(texts, self._sql_rows(kind, month), first, after),
            )
        )
        return dict(rows)

    def _sealed_rows(self, number):
        """Return ``{id: beginning of the digest}`` as the seal keeps them."""
        rows = self.env.execute_query(
            SQL(
                "SELECT row_index FROM carbon_inventory_seal_batch WHERE seal_id = %s AND number = %s",
                self.seal_key,
                number or 0,
            )
        )
        return seal_form.read_index(bytes(rows[0][0] or b"")) if rows else {}

    def _describe(self, kind, key, texts, digest):
        """Return the fault of one row.

        :param key: id of the row
        :param texts: canonical texts now, None if it is not in scope any more
        :param digest: beginning of the digest when sealed, None if it was not there
        """
        record, name = self._name_of(kind, key, texts)
        if digest is None:
            message, columns = self.env._("%(row)s was added after sealing.", row=name), ()
        elif texts is None:
            message, columns = self._describe_missing(kind, key, name)
        else:
            message, columns = self._describe_changed(kind, key, name, texts, digest)
        return self._fault(message, kind=kind, model=MODELS[kind], record=record, columns=columns)

    def _describe_missing(self, kind, key, name):
        """A row that left the scope still exists somewhere, or was deleted."""
        if kind not in seal_form.LEDGER_KINDS:
            return self.env._("%(row)s is missing: it was deleted or moved away.", row=name), ()
        rows = self.env.execute_query(
            SQL("SELECT company_id, date::text FROM %s WHERE id = %s", self._ledger_table(kind), key)
        )
        if not rows:
            return self.env._("%(row)s is missing: it was deleted.", row=name), ()
        moved = "company_id" if rows[0][0] != self.company_id.id else "date"
        value = rows[0][0] if moved == "company_id" else rows[0][1]
        return self.env._(
            "%(row)s was moved away: its %(column)s is %(now)s now.", row=name, column=moved, now=value
        ), (moved,)

    def _describe_changed(self, kind, key, name, texts, digest):
        """Tell what was sealed, where another place in the system proves it."""
        names = list(seal_form.FORMS[self.form_version][kind])
        if kind in seal_form.PROPERTIES[self.form_version]:
            column = texts[1].partition(":")[2]
            return self.env._("%(row)s was changed.", row=name), (column,)
        found = self._prove(kind, key, dict(zip(names, texts, strict=True)), digest)
        if not found:
            return self.env._("%(row)s was changed; which of its columns cannot be told.", row=name), ()
        values = dict(zip(names, texts, strict=True))
        parts = [
            self.env._(
                "%(column)s was %(sealed)s when sealed and is %(now)s now",
                column=column,
                sealed=self._readable(kind, column, text),
                now=self._readable(kind, column, values[column]),
            )
            for column, text in found.items()
        ]
        return self.env._("%(row)s was changed: %(parts)s.", row=name, parts="; ".join(parts)), tuple(found)

    def _readable(self, kind, column, text):
        if text == seal_form.NULL:
            return self.env._("empty")
        return text.partition(":")[2] if seal_form.FORMS[self.form_version][kind][column] == "text" else text

    def _prove(self, kind, key, values, digest):
        """Return ``{column: sealed text}`` of the one or two columns that give the sealed digest back, or nothing."""
        place = list(values).index
        candidates = [
            (column, text) for column, text in self._candidates(kind, key, values) if values.get(column, text) != text
        ]
        candidates.sort(key=lambda candidate: (place(candidate[0]), candidate[1]))
        attempts = [(one,) for one in candidates]
        attempts += [pair for pair in combinations(candidates, 2) if pair[0][0] != pair[1][0]]
        for attempt in attempts:
            if seal_form.row_digest({**values, **dict(attempt)}.values()) == digest:
                return dict(attempt)
        return {}

    def _candidates(self, kind, key, values):
        """Return {(column, canonical text)} that the row may have had, from its witnesses.

        Every value may have been empty, and every number may stand with the other sign on a counter row.
        """
        form = seal_form.FORMS[self.form_version][kind]
        found = {(column, seal_form.NULL) for column in values}
        for column, text in self._witnesses(kind, key):
            if text is None:
                continue
            if form.get(column) == "text":
                text = f"{len(text)}:{text}"
            found.add((column, text))
            if form.get(column) == "number":
                found.add((column, text[1:] if text.startswith("-") else f"-{text}"))
        return found

    def _witnesses(self, kind, key):
        """Return (column, value) pairs that other records keep of a row."""
        if kind not in WITNESSES:
            return []
        own = " UNION ALL ".join(
            f"SELECT '{name}', " + (f"trim_scale(o.{name})::text" if form == "number" else f"o.{name}::text")
            for name, form in seal_form.FORMS[self.form_version][kind].items()
            if name not in ("id", "seq", "reverses_id")
        )
        statement = WITNESSES[kind].replace("%(own)s", own)
        return self.env.execute_query(
            SQL(statement, row=key, inventory=self.inventory_id.id, bound=self.emission_max_id)
        )

    # ------------------------------------------------------------------
    # Names
    # ------------------------------------------------------------------
    def _name_of(self, kind, key, texts=None):
        """Return (id of the record, its name for people) of a row."""
        label = dict(self.env["carbon.inventory.seal.batch"]._fields["kind"]._description_selection(self.env))[kind]
        if kind == "header":
            return self.inventory_id.id, f"{label} {self.inventory_id.name}{self._property(texts)}"
        if kind == "boundary":
            boundary = self.inventory_id.boundary_id
            return boundary.id, f"{label} {boundary.display_name or ''}{self._property(texts)}"
        record = self.env[MODELS[kind]].browse(key).exists()
        document = self._document(kind, record) if record else ""
        return key, f"{label} {key}{document and f' ({document})'}"

    @staticmethod
    def _property(texts):
        return f", {texts[1].partition(':')[2]}" if texts else ""

    def _document(self, kind, record):
        """Return the label of the document or of the reference datum behind a row."""
        if kind == "activity":
            return record.origin_display
        if kind in ("emission", "approval"):
            activity = record.activity_id.exists()
            return activity.origin_display if activity else record.display_name
        if kind == "gas":
            return f"{record.version_id.display_name}, {record.gas_id.code}"
        if kind == "gwp":
            return f"{record.gwp_set_id.code}, {record.gas_id.code}"
        if kind == "line":
            return f"{record.period:%Y-%m}, {record.source_id.display_name}, {record.gas_id.code}"
        return record.display_name

    def _find_later(self, kind, key):
        """Return the fault of a ledger row that came after sealing without a lawful reopening."""
        record, name = self._name_of(kind, key)
        return self._fault(
            self.env._("%(row)s was added after sealing, while its month was closed.", row=name),
            kind=kind,
            model=MODELS[kind],
            record=record,
        )


assert set(MODELS) == {kind for kind, _label in SEAL_KINDS}
