from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

#: What the values of one material and pair of units have in common.
CHAIN = ("product_id", "category_id", "company_id", "from_uom_id", "to_uom_id")
#: What a value that the ledger may have used keeps for ever.
FIXED = {*CHAIN, "factor", "date_from"}
RECORDED = (*CHAIN, "factor", "date_from", "property_kind", "basis", "source_document", "active", "archive_reason")


class CarbonUnitConversion(models.Model):
    """The values of a conversion in the course of time.

    Invariant: a value that the ledger may have used is never overwritten or deleted. Another one begins on its own day, a
    wrong one is archived with the reason; each of these steps is in the audit trail.
    """

    _inherit = "carbon.unit.conversion"

    date_to = fields.Date(
        string="Valid Until",
        compute="_compute_date_to",
        help="The day before the next value begins; empty: until further notice.",
    )
    is_fixed = fields.Boolean(
        compute="_compute_is_fixed",
        help="The ledger may have used this value: it stays, a new value begins on its own day.",
    )
    value_count = fields.Integer(
        compute="_compute_value_count", string="Values", help="Values so far, with archived ones."
    )
    archive_reason = fields.Char(readonly=True, copy=False, tracking=True)
    archived_on = fields.Datetime(readonly=True, copy=False)

    # ------------------------------------------------------------------ what is shown
    def _chain(self):
        """Return what this value has in common with those before and after it, as a tuple of ids."""
        return tuple(self[name].id for name in CHAIN)

    def _chain_domain(self):
        """Return the domain of the values of the same materials, and maybe more: compare with :meth:`_chain`."""
        return Domain("product_id", "in", [*self.product_id.ids, False]) & Domain(
            "category_id", "in", [*self.category_id.ids, False]
        )

    def _told(self):
        """Return the value with its days and its source document, as the ledger's screens quote it."""
        return self.env._("%(conversion)s (%(document)s)", conversion=self.display_name, document=self.source_document)

    @api.depends("date_from", "active", *CHAIN)
    def _compute_date_to(self):
        # the next value of a company's conversion is of the same company
        begins = {}
        for row in self.search(self._chain_domain() & Domain("active", "=", True) & Domain("date_from", "!=", False)):
            begins.setdefault(row._chain(), []).append(row.date_from)
        for row in self:
            later = [day for day in begins.get(row._chain(), ()) if not row.date_from or day > row.date_from]
            row.date_to = min(later) - timedelta(days=1) if later and row.active else False

    def _compute_value_count(self):
        rows = self.with_context(active_test=False).search(self._chain_domain())
        values = rows.grouped(lambda row: row._chain())
        for row in self:
            row.value_count = len(values.get(row._chain(), ()))

    def _compute_is_fixed(self):
        fixed = self._fixed()
        for row in self:
            row.is_fixed = row._origin in fixed

    def action_view_values(self):
        """Open all values of this material and pair of units, with archived ones."""
        self.ensure_one()
        rows = self.with_context(active_test=False).search(self._chain_domain())
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_unit_conversion_action")
        ids = rows.filtered(lambda row: row._chain() == self._chain()).ids
        return dict(action, domain=[("id", "in", ids)], context={"active_test": False, "create": False})

    # ------------------------------------------------------------------ what may change
    def _fixed(self):
        """Return those values that the ledger may have used.

        In a company that has left set-up, and has collected anything since the value was entered. In set-up rows are
        written anew with every collection, so that trying costs nothing.
        """
        if not self.ids:
            return self.browse()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id FROM carbon_unit_conversion c
                 WHERE c.id = ANY(%s) AND EXISTS (
                   SELECT 1 FROM carbon_system s
                    WHERE (c.company_id IS NULL OR s.company_id = c.company_id)
                      AND (s.phase = 'live' OR EXISTS (
                           SELECT 1 FROM carbon_reporting_period p WHERE p.company_id = s.company_id AND p.state <> 'setup'))
                      AND (EXISTS (
                             SELECT 1 FROM carbon_collection_run r
                              WHERE r.company_id = s.company_id
                                AND (r.state IN ('running', 'paused') OR r.create_date >= COALESCE(c.create_date, '-infinity')))
                           -- the newest row of the ledger, of whichever company: one look into the index
                           OR EXISTS (
                             SELECT 1 FROM carbon_activity_data a
                              WHERE a.id = (SELECT max(l.id) FROM carbon_activity_data l)
                                AND a.collected_on >= COALESCE(c.create_date, '-infinity'))
                             AND EXISTS (SELECT 1 FROM carbon_activity_data o WHERE o.company_id = s.company_id)))
                """,
                self.ids,
            )
        )
        return self.browse(row[0] for row in rows)

    def _check_unused(self):
        """Refuse to change or delete values that the ledger may have used.

        :raises UserError: naming the value and the two ways on
        """
        if used := self._fixed():
            raise UserError(
                self.env._(
                    "%(conversion)s may have been used by the ledger and stays as it is. For another value from a day on press "
                    "'New Value from…'. If it was wrong from its first day, archive it with the reason and enter the right one.",
                    conversion=used[0].display_name,
                )
            )

    @api.model
    def _check_free(self, values_list, ignored):
        """Refuse a value where the same material and units have one of the same first day.

        :param values_list: dicts of the fields of the chain (ids) and ``date_from``
        :param ignored: records that get these values
        :raises ValidationError: naming the value that is there
        """
        days = [(tuple(v[name] or False for name in CHAIN), v["date_from"] or False) for v in values_list]
        products, categories = ({chain[i] for chain, _day in days} for i in (0, 1))
        rows = self.search(
            Domain("product_id", "in", list(products))
            & Domain("category_id", "in", list(categories))
            & Domain("active", "=", True)
            & Domain("id", "not in", ignored.ids)
        )
        taken = {(row._chain(), row.date_from): row.display_name for row in rows}
        seen = set()
        for key in days:
            if key in taken:
                raise ValidationError(self._taken_message(taken[key], key[1]))
            if key in seen:
                raise ValidationError(self._twice_message(*key))
            seen.add(key)

    @api.model
    def _taken_message(self, conversion, day):
        if day:
            return self.env._(
                "%(conversion)s is there already. Choose another first day, or archive that value with the reason if it is wrong.",
                conversion=conversion,
            )
        return self.env._(
            "%(conversion)s is there already. Open it and press 'New Value from…' to continue it with another value from a day on, "
            "or archive it with the reason if it is wrong.",
            conversion=conversion,
        )

    @api.model
    def _twice_message(self, chain, day):
        product, category, _company, from_uom, to_uom = chain
        units = self.env["uom.uom"].browse([from_uom, to_uom])
        material = self.env["product.product"].browse(product) or self.env["product.category"].browse(category)
        return self.env._(
            "%(material)s has two values from %(from_unit)s to %(to_unit)s with the same first day %(date)s. Keep one of them, or give "
            "each its own day.",
            material=material.display_name,
            from_unit=units[0].name,
            to_unit=units[1].name,
            date=day or "–",
        )

    @api.model
    def _prospective(self, vals, row=None):
        """Return the chain and first day that a record gets by values."""

        def value(name):
            if name in vals or row is None:
                return vals.get(name, self.env.context.get(f"default_{name}")) or False
            return row[name].id

        day = fields.Date.to_date(value("date_from") if "date_from" in vals or row is None else row.date_from)
        return {**{name: value(name) for name in CHAIN}, "date_from": day}

    # ------------------------------------------------------------------ writing
    @api.model_create_multi
    def create(self, vals_list):
        """Tell the trail of each new value.

        :raises ValidationError: where a value of the same first day is there
        """
        self._check_free([self._prospective(v) for v in vals_list if v.get("active", True)], self.browse())
        rows = super().create(vals_list)
        rows._tell_trail("unit_conversion.create", [{"after": row._recorded()} for row in rows])
        rows._forget_days(rows)
        return rows

    def write(self, vals):
        """Keep what may have been used; tell the trail what changed, and why a value was archived.

        :raises UserError: when a value that may have been used would change, or be archived without reason
        """
        self._basis_differing(vals, FIXED)._check_unused()
        leaving = self.filtered("active") if not vals.get("active", True) else self.browse()
        coming = self.filtered(lambda row: not row.active) if vals.get("active") else self.browse()
        self._check_reason(leaving, vals)
        if vals.keys() & {*CHAIN, "date_from"} or coming:
            meant = self.filtered("active") - leaving | coming
            self._check_free([self._prospective(vals, row) for row in meant], self)
        before, dated = [row._recorded() for row in self], self.filtered("date_from")
        result = super().write(vals)
        if leaving:
            super(CarbonUnitConversion, leaving).write({"archived_on": self.env.cr.now()})
        if coming:
            super(CarbonUnitConversion, coming).write({"archived_on": False, "archive_reason": False})
        self._tell_changes(before, leaving, coming)
        self._forget_days(dated | self)
        return result

    def _check_reason(self, leaving, vals):
        if not (vals.get("archive_reason") or "").strip() and (used := leaving._fixed()):
            raise UserError(
                self.env._(
                    "%(conversion)s may have been used by the ledger: archive it with the button 'Archive…' and write the reason.",
                    conversion=used[0].display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()
        self._tell_trail("unit_conversion.delete", [{"before": row._recorded()} for row in self])
        self._forget_days(self)

    def action_archive(self):
        """Archive; values that the ledger may have used ask for the reason first.

        :return: window action of the question, or as Odoo does
        """
        if not self.filtered("active")._fixed():
            return super().action_archive()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_unit_conversion_archive_wizard_action"
        )
        return dict(action, context={"default_conversion_ids": self.ids})

    def _forget_days(self, rows):
        """Statements that are remembered know whether any value begins on a day."""
        if rows.filtered("date_from"):
            self.env["carbon.engine"]._forget_known()

    # ------------------------------------------------------------------ audit trail
    def _recorded(self):
        """Return the values that the trail keeps, as plain text by names."""
        self.ensure_one()
        row = self.with_context(lang=None)

        def text(name):
            value = row[name]
            if self._fields[name].relational:
                return value.display_name or None
            return repr(value) if name == "factor" else value

        return {name: text(name) for name in RECORDED}

    def _tell_changes(self, before, leaving, coming):
        for event, rows in (
            ("unit_conversion.archive", leaving),
            ("unit_conversion.restore", coming),
            ("unit_conversion.change", self - leaving - coming),
        ):
            told, payloads = self.browse(), []
            for row, old in zip(self, before, strict=True):
                new = row._recorded() if row in rows else old
                if names := [name for name in RECORDED if old[name] != new[name]]:
                    told += row
                    payloads.append({"before": {n: old[n] for n in names}, "after": {n: new[n] for n in names}})
            told._tell_trail(event, payloads)

    def _basis_told(self, verb, before):
        """Conversions tell it themselves, from the first one on: see :meth:`_tell_trail`."""

    def _tell_trail(self, event, payloads):
        """Append an entry for each record, one round trip for each company; those of shared records go to the user's."""
        entries = self.env["carbon.trail.entry"]
        payload_of = dict(zip(self.ids, payloads, strict=True))
        for company, rows in entries._records_by_company(self).items():
            entries._append_many(
                company,
                [
                    {
                        **entries._record_values(row),
                        "event": event,
                        "reason": row.archive_reason or None if event == "unit_conversion.archive" else None,
                        "payload": payload_of[row.id],
                    }
                    for row in rows
                ],
            )
