import json

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.carbon_management.tools.canonical import HASHED_FIELDS, clean_text, trail_hash


class CarbonInventorySealRun(models.Model):
    """What happened to an inventory at and after its sealing, compared with the audit trail.

    State, approver, verification statement, base year and filed workbook cannot be in the seal, which was complete before
    them. The trail tells each of them, in entries that are chained by their hashes.
    """

    _inherit = "carbon.inventory.seal.run"

    def _told_fault(self):
        """Compare what the inventory says of its life with the trail.

        :return: what differs (see :meth:`_fault`), or None
        """
        inventory, entries = self.inventory_id, self._told_entries()
        if changed := next((entry["seq"] for entry in entries if not self._is_intact(entry)), None):
            return self._fault(
                self.env._(
                    "Entry %(number)s of the audit trail, which tells of this inventory, was changed.", number=changed
                ),
                model="carbon.inventory",
                record=inventory.id,
            )
        told, now = self._told(entries), self._now()
        names = [name for name in told if told[name] != now[name]]
        if not names:
            return None
        labels = {name: inventory._fields[name]._description_string(self.env) for name in names}
        parts = [
            self.env._(
                "%(column)s is %(now)s, and the audit trail says %(told)s",
                column=labels[name],
                now=self._word(now[name]),
                told=self._word(told[name]),
            )
            for name in names
        ]
        return self._fault(
            self.env._("Inventory %(name)s was changed: %(parts)s.", name=inventory.name, parts="; ".join(parts)),
            kind="header",
            model="carbon.inventory",
            record=inventory.id,
            columns=names,
        )

    def _word(self, value):
        return self.env._("empty") if value in (None, False, "") else str(value)

    def _told_entries(self):
        """Return the entries of the trail about this inventory, oldest first, as they are stored."""
        names = sorted({name for fields_ in HASHED_FIELDS.values() for name in fields_} - {"utc_text"})
        self.env.cr.execute(
            SQL(
                """
                SELECT %s, e.actor_uid, e.hash, e.hash_version, to_char(e.utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS utc_text,
                       (SELECT n.prev_hash FROM carbon_trail_entry n WHERE n.stream = e.stream AND n.seq = e.seq + 1) AS continued
                  FROM carbon_trail_entry e
                 WHERE e.res_model = 'carbon.inventory' AND e.res_id = %s AND e.res_uuid = %s AND e.company_id = %s
                 ORDER BY e.seq
                """,
                SQL(", ").join(SQL.identifier("e", name) for name in names),
                *(self.inventory_id.id, self.inventory_id.uuid, self.company_id.id),
            )
        )
        return self.env.cr.dictfetchall()

    @staticmethod
    def _is_intact(entry):
        """Whether an entry is what its hash says, and the one after it continues it."""
        version = entry["hash_version"]
        return (
            version in HASHED_FIELDS
            and trail_hash(version, entry) == entry["hash"]
            and entry["continued"] in (None, entry["hash"])
        )

    def _told(self, entries):
        """Return ``{field: value}`` as the trail has it; a field that the trail of an older version does not tell is left out."""
        last, contents = {}, {}
        for entry in entries:
            last[entry["event"]] = entry
            contents[entry["event"]] = json.loads(entry["payload"] or "{}")
        states = [entry["to_state"] for entry in entries if entry["to_state"]]
        approved, verified = last.get("inventory.approve", {}), last.get("inventory.verify", {})
        statement = contents.get("inventory.verify", {}).get("verification", {})
        told = {
            "state": states[-1] if states else "draft",
            "approved_by_id": approved.get("actor_uid"),
            "verified_by_id": verified.get("actor_uid"),
            "is_base_year": bool(contents.get("inventory.base_year", {}).get("base_year")),
            "workbook_sha256": contents.get("inventory.workbook", {}).get("workbook_sha256"),
            "verification_criteria": statement.get("criteria") or None,
            "assurance_level": statement.get("level") or None,
            "verification_materiality": statement.get("materiality") or "0.0",
            "verification_date": statement.get("date") or None,
            "verification_number": statement.get("number") or None,
            "verification_note": verified.get("reason"),
        }
        for name, event, content in (
            ("approved_on", "inventory.approve", contents.get("inventory.approve", {})),
            ("verified_on", "inventory.verify", statement),
        ):
            moment = content.get({"approved_on": "approved_on", "verified_on": "recorded_on"}[name])
            if moment or event not in last:
                told[name] = moment
        if self.inventory_id.verification_body or not verified:
            told["verification_body"] = statement.get("body") or None
        return told

    def _now(self):
        """Return ``{field: value}`` of the inventory, each as the trail would tell it."""
        self.inventory_id.invalidate_recordset()
        inventory = self.inventory_id
        day, moment = fields.Date.to_string, fields.Datetime.to_string
        return {
            "state": inventory.state,
            "approved_by_id": inventory.approved_by_id.id or None,
            "approved_on": moment(inventory.approved_on) or None,
            "verified_by_id": inventory.verified_by_id.id or None,
            "verified_on": moment(inventory.verified_on) or None,
            "is_base_year": inventory.is_base_year,
            "workbook_sha256": inventory.workbook_sha256 or None,
            "verification_body": inventory.verification_body or None,
            "verification_criteria": inventory.verification_criteria or None,
            "assurance_level": inventory.assurance_level or None,
            "verification_materiality": repr(inventory.verification_materiality),
            "verification_date": day(inventory.verification_date) or None,
            "verification_number": inventory.verification_number or None,
            "verification_note": clean_text(inventory.verification_note),
        }
