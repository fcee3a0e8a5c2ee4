from odoo import api, models
from odoo.tools import SQL

from ..tools.canonical import GENESIS, HASHED_FIELDS, trail_hash

VERIFY_BATCH = 1000
ALL_FIELDS = sorted({name for names in HASHED_FIELDS.values() for name in names})


class CarbonTrailEntry(models.Model):
    """Verification: walk the chain, then compare with the head and the anchors."""

    _inherit = "carbon.trail.entry"

    @api.model
    def _verify_stream(self, company):
        """Recompute the whole stream of a company in batches.

        :param company: ``res.company`` record
        :return: ``{"ok", "count", "first_bad_seq", "message"}``
        """
        self.flush_model()
        last, last_hash, fault = 0, GENESIS, None
        for row in self._iterate_stream(company):
            fault = self._entry_fault(row, last, last_hash)
            if fault:
                break
            last, last_hash = row["seq"], row["hash"]
        bad, fault = (last + 1, fault) if fault else self._end_fault(company, last)
        return {
            "ok": not fault,
            "count": last,
            "first_bad_seq": bad,
            "message": self._verify_message(company, last, bad, fault),
        }

    @api.model
    def _iterate_stream(self, company):
        """Yield the stored rows in order, a batch at a time, time as text."""
        columns = SQL(", ").join(
            SQL("""to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS utc_text""")
            if name == "utc_text"
            else SQL.identifier(name)
            for name in ("id", "hash", "hash_version", *ALL_FIELDS)
        )
        after, after_id = -(2**31), 0
        while True:
            self.env.cr.execute(
                SQL(
                    """SELECT %s FROM carbon_trail_entry
                       WHERE company_id = %s AND (seq, id) > (%s, %s)
                       ORDER BY seq, id LIMIT %s""",
                    columns,
                    company.id,
                    after,
                    after_id,
                    VERIFY_BATCH,
                )
            )
            rows = self.env.cr.dictfetchall()
            yield from rows
            if len(rows) < VERIFY_BATCH:
                return
            after, after_id = rows[-1]["seq"], rows[-1]["id"]

    @api.model
    def _entry_fault(self, row, last, last_hash):
        """Return what is wrong with one entry, or None."""
        if row["seq"] != last + 1:
            return self.env._("entries are missing or doubled")
        if row["prev_hash"] != last_hash:
            return self.env._("it does not continue the entry before it")
        version = row["hash_version"]
        if version not in HASHED_FIELDS:
            return self.env._("its hash version is unknown")
        if trail_hash(version, row) != row["hash"]:
            return self.env._("its content was changed")
        return None

    @api.model
    def _end_fault(self, company, last):
        """Compare the end of the walk with the head and the anchors.

        :return: (sequence number of the first missing or differing entry, reason)
        """
        self.env.cr.execute(
            SQL(
                """SELECT seq, hash FROM carbon_trail_head
                    WHERE company_id = %(company)s
                    UNION ALL
                   SELECT seq, hash FROM carbon_trail_anchor
                    WHERE company_id = %(company)s
                    ORDER BY seq""",
                company=company.id,
            )
        )
        marks = self.env.cr.fetchall()
        if last and not marks:
            return 1, self.env._("the stream has lost its head")
        for seq, mark in marks:
            if seq > last:
                return last + 1, self.env._("the end of the trail was cut off")
            if mark != self._hash_at(company, seq):
                return seq or 1, self.env._("it differs from what was anchored")
        if marks and marks[-1][0] < last:
            return marks[-1][0] + 1, self.env._("it was added behind the head")
        return None, None

    @api.model
    def _hash_at(self, company, seq):
        if not seq:
            return GENESIS
        self.env.cr.execute(
            SQL(
                "SELECT hash FROM carbon_trail_entry WHERE company_id = %s AND seq = %s",
                company.id,
                seq,
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _verify_message(self, company, count, bad, fault):
        if not fault:
            return self.env._(
                "%(company)s: %(count)s entries verified, no gap, nothing changed.",
                company=company.name,
                count=count,
            )
        return self.env._(
            "%(company)s: entry %(seq)s fails, %(fault)s. Entries before it are whole. "
            "Keep the database as it is and compare it with a backup.",
            company=company.name,
            seq=bad,
            fault=fault,
        )
