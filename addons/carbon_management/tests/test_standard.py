import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestStandard(CarbonManagementCommon):
    """The clause catalogue and the statement of applicability (R-002)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls._new_system(
            cls.company_a,
            standard_ids=[Command.set((cls.standard_001 | cls.standard_004).ids)],
        )
        cls.rows = cls.system.applicability_ids

    def _row(self, number, standard=None):
        standard = standard or self.standard_001
        return self.rows.filtered(lambda row: row.standard_id == standard and row.number == number)

    def test_the_catalogue_holds_236_clauses_of_four_standards(self):
        standards = self.env["carbon.standard"].search([("code", "!=", False)])
        shipped = standards.filtered(lambda s: s.code in ("000", "001", "003", "004"))
        self.assertEqual(
            {s.code: (s.clause_count, s.requirement_count) for s in shipped},
            {"000": (85, 59), "001": (51, 37), "003": (70, 48), "004": (30, 22)},
        )
        clauses = shipped.clause_ids
        self.assertEqual(len(clauses), 236)
        self.assertEqual(len(clauses.filtered("is_requirement")), 166)
        title_only = clauses.filtered(lambda c: c.text_basis == "title_only")
        self.assertEqual(len(title_only), 63)

    def test_standards_001_and_004_activate_81_rows_59_of_them_requirements(self):
        # R-002 S1
        self.assertEqual(len(self.rows), 81)
        self.assertEqual(len(self.rows.filtered("is_requirement")), 59)
        self.assertEqual(set(self.rows.standard_id.mapped("code")), {"001", "004"})
        self.assertEqual(self.system.requirement_count, 59)

    def test_a_standard_given_up_hides_its_rows_and_brings_them_back(self):
        row = self._row("8.4")
        row.write({"applicable": False, "reason": "Takes no part in trading"})
        self.system.standard_ids = self.standard_004
        self.assertEqual(len(self.system.applicability_ids), 30)
        self.assertFalse(row.active)
        self.system.standard_ids |= self.standard_001
        self.assertEqual(len(self.system.applicability_ids), 81)
        self.assertEqual(row.reason, "Takes no part in trading")

    def test_all_four_standards_list_all_236_clauses_once(self):
        codes = ("000", "001", "003", "004")
        self.system.standard_ids = self.env["carbon.standard"].search([("code", "in", codes)])
        self.assertEqual(len(self.system.applicability_ids), 236)
        self.system.standard_ids = self.system.standard_ids
        self.assertEqual(len(self.system.applicability_ids), 236)

    def test_rows_cannot_be_hidden_one_by_one(self):
        with self.assertRaises(ValidationError):
            self._row("4.1").write({"active": False})
        with self.assertRaises(UserError):
            self._row("4.1").unlink()

    def test_not_applicable_needs_a_reason(self):
        for reason in (False, "", "   "):
            with (
                self.subTest(reason=reason),
                self.assertRaises(psycopg2.IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self._row("8.4").write({"applicable": False, "reason": reason})
        self._row("8.4").write({"applicable": False, "reason": "No trading"})
        self.assertEqual(self._row("8.4").evidence_state, "not_applicable")
        self.assertEqual(self.system.requirement_count, 58)

    def test_a_decision_is_recorded_in_the_trail(self):
        self._row("8.4").write({"applicable": False, "reason": "No trading"})
        entry = self._trail(self.company_a, "applicability.decide")
        self.assertEqual(len(entry), 1)
        self.assertIn("No trading", entry.payload)
        self.assertIn("CMS-RGU 8.4", entry.payload)

    def test_evidence_is_counted_over_live_records_of_the_company(self):
        row = self._row("4.3")
        row.write({"evidence_model": "carbon.boundary"})
        self.assertEqual((row.evidence_count, row.evidence_state), (0, "missing"))
        self._new_boundary()
        site_b = self._new_site("B1", self.company_b)
        self._new_boundary(company_id=self.company_b.id, site_ids=site_b.ids)
        row.invalidate_recordset()
        self.assertEqual((row.evidence_count, row.evidence_state), (1, "covered"))

    def test_evidence_follows_its_filter(self):
        row = self._row("4.3")
        row.write(
            {
                "evidence_model": "carbon.boundary",
                "evidence_domain": "[('state', '=', 'approved')]",
            }
        )
        boundary = self._new_boundary()
        row.invalidate_recordset()
        self.assertEqual(row.evidence_state, "missing")
        boundary.action_approve()
        row.invalidate_recordset()
        self.assertEqual(row.evidence_state, "covered")

    def test_old_evidence_is_stale(self):
        row = self._row("4.3")
        row.write(
            {
                "evidence_model": "carbon.boundary",
                "evidence_date_field": "date_from",
                "evidence_days": 365,
            }
        )
        self._new_boundary(date_from="2001-01-01")
        row.invalidate_recordset()
        self.assertEqual((row.evidence_count, row.evidence_state), (1, "stale"))
        row.evidence_days = 0
        self.assertEqual(row.evidence_state, "covered")

    def test_evidence_that_no_installed_addon_keeps_is_no_query(self):
        clause = self._row("4.2").clause_id
        clause.evidence_model = "carbon.not.installed"
        self.assertEqual(self._row("4.2").evidence_state, "no_query")
        with self.assertRaises(UserError):
            self._row("4.2").action_view_evidence()

    def test_shared_records_are_evidence_for_every_company(self):
        row = self._row("5.3")
        row.write({"evidence_model": "carbon.role"})
        shared = self.env["carbon.role"].search_count([("company_id", "=", False)])
        self.assertEqual(row.evidence_count, shared)

    def test_a_filter_that_cannot_be_used_is_refused(self):
        row = self._row("4.3")
        row.write({"evidence_model": "carbon.boundary"})
        for domain in ("[('nowhere', '=', 1)]", "__import__('os')", "{}", "[(1,"):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                row.write({"evidence_domain": domain})
        with self.assertRaises(ValidationError):
            row.write({"evidence_model": "no.such.model"})

    def test_evidence_is_no_way_around_access_rights(self):
        row = self._as(self._row("4.3"), "manager")
        with self.assertRaises(AccessError):
            row.write({"evidence_model": "ir.config_parameter"})

    def test_coverage_is_computed_in_a_fixed_number_of_queries(self):
        # all 59 requirements share one query: the number of queries does not grow
        clauses = self.rows.clause_id
        clauses.write({"evidence_model": "carbon.boundary"})
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["carbon.clause.applicability"].browse(self.rows.ids)
        with self.assertQueryCount(6):
            rows.mapped("evidence_state")

    def test_coverage_can_be_searched(self):
        self._row("4.3").write({"evidence_model": "carbon.boundary"})
        self._new_boundary()
        found = self.env["carbon.clause.applicability"].search(
            [("system_id", "=", self.system.id), ("evidence_state", "=", "covered")]
        )
        self.assertIn(self._row("4.3"), found)
        self.assertTrue(all(r.evidence_state == "covered" for r in found))

    def test_chinese_texts_are_there_when_the_language_comes_later(self):
        clause = self._row("4.1").clause_id
        self.assertEqual(clause.number, "4.1")
        self.env["res.lang"]._activate_lang("zh_CN")
        chinese = clause.with_context(lang="zh_CN")
        self.assertRegex(chinese.name, r"[\u4e00-\u9fff]")
        self.assertRegex(chinese.summary, r"[\u4e00-\u9fff]")
        self.assertNotRegex(clause.with_context(lang="en_US").name, r"[\u4e00-\u9fff]")
        standard = self.standard_001.with_context(lang="zh_CN")
        self.assertEqual(standard.name, "碳管理体系 要求及使用指南")

    def test_every_clause_has_its_chinese_title(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        clauses = self.env["carbon.standard.clause"].search([("standard_id.code", "in", ("000", "001", "003", "004"))])
        plain = clauses.with_context(lang="zh_CN").filtered(lambda clause: clause.name.isascii())
        self.assertFalse(plain)

    def test_clauses_hang_under_their_chapter(self):
        clause = self.env.ref("carbon_management.clause_001_9_2_1")
        self.assertEqual(clause.parent_id.number, "9.2")
        self.assertEqual(clause.chapter_id.number, "9")
        chapters = self.standard_001.clause_ids.chapter_id
        self.assertEqual(
            chapters.sorted("sort_key").mapped("number"),
            ["4", "5", "6", "7", "8", "9", "10"],
        )

    def test_a_new_edition_is_another_standard_record(self):
        new = self.env["carbon.standard"].create(
            {
                "code": "001",
                "number": "CMS-RGU",
                "name": "Carbon management system",
                "edition": "2030",
                "previous_id": self.standard_001.id,
            }
        )
        self.assertEqual(self.standard_001.next_ids, new)
        self.assertEqual(len(self.rows), 81)

    def test_a_clause_cannot_lie_in_a_clause_of_another_standard(self):
        other = self.env.ref("carbon_management.clause_004_4")
        with self.assertRaises(ValidationError):
            self._row("4.1").clause_id.parent_id = other
