import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.carbon_management.models import carbon_trail_verify

from .common import CarbonManagementCommon

TABLES = ("carbon_trail_entry", "carbon_trail_head", "carbon_trail_anchor")


@tagged("post_install", "-at_install")
class TestTrail(CarbonManagementCommon):
    """The audit trail cannot be changed, and a change shows (spec c-0.2)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.trail = cls.env["carbon.trail.entry"]
        cls.heads = cls.env["carbon.trail.head"]

    def _fill(self, count=5, company=None):
        company = company or self.company_a
        for index in range(count):
            self.trail._append(company, "test.step", payload={"n": index})
        return self._trail(company, "test.step")

    def _verify(self):
        return self.trail._verify_stream(self.company_a)

    def _tamper(self, query, *params):
        """Do what only the owner of the database could do."""
        for table in TABLES:
            self.env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self.env.cr.execute(query, params)
        for table in TABLES:
            self.env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def _refused(self, query):
        with (
            self.assertRaisesRegex(psycopg2.Error, "carbon: "),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(flush=False),
        ):
            self.env.cr.execute(query)

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------
    def test_entries_are_numbered_without_gap_and_chained(self):
        entries = self._fill(3)
        self.assertEqual(entries.mapped("seq"), [1, 2, 3])
        self.assertEqual(entries[1].prev_hash, entries[0].hash)
        self.assertEqual(entries[2].prev_hash, entries[1].hash)
        self.assertRegex(entries[2].hash, r"^\$1\$[0-9a-f]{64}$")
        self.assertEqual(self._verify()["count"], 3)
        self.assertTrue(self._verify()["ok"])

    def test_each_company_has_its_own_stream(self):
        self._fill(2)
        other = self._fill(1, self.company_b)
        self.assertEqual(other.seq, 1)
        streams = (self._trail(self.company_a) | other).mapped("stream")
        self.assertEqual(len(set(streams)), 2)

    def test_a_rolled_back_step_leaves_no_gap(self):
        self._fill(2)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._fill(1)
            _ = 1 / 0
        entries = self._fill(1)
        self.assertEqual(entries.mapped("seq"), [1, 2, 3])
        self.assertTrue(self._verify()["ok"])

    def test_the_actor_is_kept_as_text_and_survives_the_user(self):
        user = self._new_user("carbon_leaver", "base.group_user", self.company_a)
        self.trail.with_user(user)._append(self.company_a, "test.step")
        entry = self._trail(self.company_a, "test.step")
        self.assertEqual((entry.actor_login, entry.channel), ("carbon_leaver", "system"))
        user.unlink()
        self.env.invalidate_all()
        self.assertEqual(entry.actor_login, "carbon_leaver")
        self.assertTrue(self._verify()["ok"])

    def test_any_text_comes_back_as_it_was_hashed(self):
        # abuse case 22: timestamps, floats, NUL, emoji, NFC/NFD, line ends
        payload = {
            "float": 0.1 + 0.2,
            "small": 1.23e-07,
            "nul": "a\x00b",
            "emoji": "\U0001f331",
            "nfd": "e\u0301",
            "nfc": "\u00e9",
            "lines": "a\r\nb\rc\n",
            "chinese": "碳管理体系",
        }
        self.trail._append(
            self.company_a,
            "test.step",
            payload=payload,
            reason="x\x00\r\n\ud800 碳 \U0001f331 e\u0301",
        )
        self.env.invalidate_all()
        self.assertTrue(self._verify()["ok"], self._verify()["message"])

    def test_time_keeps_its_microseconds(self):
        self._fill(1)
        self.env.cr.execute(
            "SELECT utc, date_trunc('second', utc) FROM carbon_trail_entry WHERE company_id = %s",
            [self.company_a.id],
        )
        utc, second = self.env.cr.fetchone()
        self.assertEqual(utc.replace(microsecond=0), second)
        self.assertTrue(self._verify()["ok"])

    def test_records_are_named_by_identity_not_by_id(self):
        entry = self.trail._append(self.company_a, "test.step", record=self.site)
        self.assertEqual(entry.res_uuid, self.site.uuid)
        self._tamper(
            "UPDATE carbon_trail_entry SET res_id = res_id + 1000, actor_uid = 0 WHERE company_id = %s",
            self.company_a.id,
        )
        # a restore may renumber: ids are for navigation, not part of the proof
        self.assertTrue(self._verify()["ok"])

    # ------------------------------------------------------------------
    # Refusing
    # ------------------------------------------------------------------
    def test_orm_refuses_everybody(self):
        entry = self._fill(1)
        head = self.heads.search([("company_id", "=", self.company_a.id)])
        self.env["carbon.trail.anchor"]._anchor_streams()
        anchor = self.env["carbon.trail.anchor"].search([("company_id", "=", self.company_a.id)])
        for record in (entry, head, anchor):
            with self.subTest(model=record._name):
                with self.assertRaises(UserError):
                    record.sudo().write({"hash": "x"})
                with self.assertRaises(UserError):
                    record.sudo().unlink()
                with self.assertRaises(UserError):
                    record.sudo().create({"company_id": self.company_a.id})
                with self.assertRaises(UserError):
                    record.sudo().copy()

    def test_users_are_refused_by_rights(self):
        entry = self._fill(1)
        for name in ("manager", "verifier", "top"):
            own = self._as(entry, name)
            self.assertEqual(own.event, "test.step")
            with self.subTest(name=name), self.assertRaises(UserError):
                own.write({"event": "x"})
        for name in ("reader", "accountant", "technician", "plain"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._as(entry, name).read(["event"])

    def test_the_database_refuses_update_delete_and_truncate(self):
        self._fill(2)
        self.env["carbon.trail.anchor"]._anchor_streams()
        for table in ("carbon_trail_entry", "carbon_trail_anchor"):
            self._refused(f"UPDATE {table} SET hash = 'x'")
            self._refused(f"UPDATE {table} SET hash = 'x' WHERE false")
            self._refused(f"DELETE FROM {table}")
            self._refused(f"TRUNCATE {table}")
        self._refused("DELETE FROM carbon_trail_head")
        self._refused("TRUNCATE carbon_trail_head")
        self._refused("UPDATE carbon_trail_head SET seq = 0")
        self._refused("UPDATE carbon_trail_head SET hash = 'x'")

    def test_a_fork_is_refused_by_the_database(self):
        entry = self._fill(1)
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(flush=False),
        ):
            self.env.cr.execute(
                """INSERT INTO carbon_trail_entry (company_id, stream, seq, utc, event,
                        hash_version, prev_hash, hash)
                   SELECT company_id, stream, seq + 1, utc, event, hash_version,
                          prev_hash, 'x' FROM carbon_trail_entry WHERE id = %s""",
                [entry.id],
            )

    def test_a_company_with_a_trail_cannot_be_deleted(self):
        self._fill(1, self.company_b)
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute("DELETE FROM res_company WHERE id = %s", [self.company_b.id])

    # ------------------------------------------------------------------
    # Verifying
    # ------------------------------------------------------------------
    def test_a_changed_entry_is_found_and_named(self):
        entries = self._fill(5)
        for column, value in (
            ("event", "forged"),
            ("actor_login", "somebody"),
            ("payload", '{"n":99}'),
            ("reason", "because"),
            ("utc", "2020-01-01 00:00:00"),
            ("res_uuid", "x"),
            ("to_state", "approved"),
            ("channel", "cron"),
        ):
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                self._tamper(
                    f"UPDATE carbon_trail_entry SET {column} = %s WHERE id = %s",
                    value,
                    entries[2].id,
                )
                result = self._verify()
                self.assertFalse(result["ok"])
                self.assertEqual(result["first_bad_seq"], 3)
                self.assertIn("entry 3", result["message"])
                self.assertEqual(result["count"], 2)
                savepoint.rollback()
        self.env.invalidate_all()
        self.assertTrue(self._verify()["ok"])

    def test_a_gap_is_found_and_named(self):
        entries = self._fill(5)
        self._tamper("DELETE FROM carbon_trail_entry WHERE id = %s", entries[3].id)
        result = self._verify()
        self.assertEqual((result["ok"], result["first_bad_seq"]), (False, 4))

    def test_a_rewritten_tail_is_found(self):
        entries = self._fill(4)
        self._tamper(
            "UPDATE carbon_trail_entry SET hash = %s WHERE id = %s",
            "$1$" + "0" * 64,
            entries[3].id,
        )
        self.assertEqual(self._verify()["first_bad_seq"], 4)

    def test_a_cut_off_tail_is_found_by_the_head(self):
        self._fill(5)
        self._tamper(
            "DELETE FROM carbon_trail_entry WHERE company_id = %s AND seq > 3",
            self.company_a.id,
        )
        result = self._verify()
        self.assertEqual((result["ok"], result["first_bad_seq"]), (False, 4))

    def test_a_tail_cut_off_with_its_head_is_found_by_the_anchor(self):
        entries = self._fill(5)
        self.env["carbon.trail.anchor"]._anchor_streams()
        self._tamper(
            "DELETE FROM carbon_trail_entry WHERE company_id = %s AND seq > 3",
            self.company_a.id,
        )
        self._tamper(
            "UPDATE carbon_trail_head SET seq = 3, hash = %s WHERE company_id = %s",
            entries[2].hash,
            self.company_a.id,
        )
        result = self._verify()
        self.assertEqual((result["ok"], result["first_bad_seq"]), (False, 4))

    def test_a_stream_rewritten_from_the_start_is_found_by_the_anchor(self):
        self._fill(2)
        self.env["carbon.trail.anchor"]._anchor_streams()
        self._tamper("DELETE FROM carbon_trail_entry WHERE company_id = %s", self.company_a.id)
        self._tamper("DELETE FROM carbon_trail_head WHERE company_id = %s", self.company_a.id)
        self._fill(2)
        result = self._verify()
        self.assertEqual((result["ok"], result["first_bad_seq"]), (False, 2))

    def test_verification_walks_in_batches(self):
        entries = self._fill(7)
        self.patch(carbon_trail_verify, "VERIFY_BATCH", 3)
        self.assertEqual(self._verify()["count"], len(entries))
        self._tamper("UPDATE carbon_trail_entry SET event = 'x' WHERE id = %s", entries[6].id)
        self.assertEqual(self._verify()["first_bad_seq"], 7)

    def test_an_empty_stream_is_whole(self):
        result = self._verify()
        self.assertEqual((result["ok"], result["count"]), (True, 0))

    def test_anchors_are_made_once_per_growth(self):
        anchors = self.env["carbon.trail.anchor"]
        self._fill(2)
        anchors._anchor_streams()
        anchors._anchor_streams()
        mine = anchors.search([("company_id", "=", self.company_a.id)])
        self.assertEqual((mine.seq, mine.count), (2, 2))
        self._fill(1)
        anchors._anchor_streams()
        mine = anchors.search([("company_id", "=", self.company_a.id)])
        self.assertEqual(mine.mapped("seq"), [3, 2])

    def test_manager_and_verifier_verify_by_a_button(self):
        self._fill(3)
        head = self.heads.search([("company_id", "=", self.company_a.id)])
        for name in ("manager", "verifier"):
            action = self._as(head, name).action_verify()
            self.assertEqual(action["params"]["type"], "success")
            self.assertIn("3 entries", action["params"]["message"])
        for name in ("reader", "top", "technician"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._as(head, name).action_verify()
        self._tamper("UPDATE carbon_trail_entry SET event = 'x' WHERE seq = 2")
        action = self._as(head, "verifier").action_verify()
        self.assertEqual(action["params"]["type"], "danger")
