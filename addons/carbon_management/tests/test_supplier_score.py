from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.carbon_management.tools import file_kind, supplier_score

SHARE = {"kind": "low_carbon_energy", "best": 100, "worst": 20}
FOOTPRINT = {"kind": "footprint", "best": 1, "worst": 3, "ceiling": 2.5}
LOOSE = {"kind": "footprint", "best": 1, "worst": 3, "ceiling": None}
FEWER = {"kind": "question", "answer_type": "number", "best": 0, "worst": 10}
YES = {"kind": "question", "answer_type": "yes_no", "good_answer": "yes"}
NO = {"kind": "question", "answer_type": "yes_no", "good_answer": "no"}
TEXT = {"kind": "question", "answer_type": "text"}
FREE = {"kind": "restricted"}
PROVED = {**YES, "evidence_needed": True}
CERTIFICATE = {"kind": "certificate"}

#: criterion, answer, score in percent, met, code of the reason
TABLE = [
    (SHARE, {}, "0.00", False, "no_answer"),
    (SHARE, {"number": 0}, "0.00", False, "beyond"),
    (SHARE, {"number": 19.99}, "0.00", False, "beyond"),
    (SHARE, {"number": 20}, "0.00", True, "scale"),
    (SHARE, {"number": 60}, "50.00", True, "scale"),
    (SHARE, {"number": 46.6667}, "33.33", True, "scale"),
    (SHARE, {"number": 100}, "100.00", True, "scale"),
    (FOOTPRINT, {"number": 0.2}, "100.00", True, "scale"),
    (FOOTPRINT, {"number": 2}, "50.00", True, "scale"),
    (FOOTPRINT, {"number": 2.5}, "25.00", True, "scale"),
    (FOOTPRINT, {"number": 2.51}, "0.00", False, "ceiling"),
    (FOOTPRINT, {"number": -1}, "100.00", True, "scale"),
    (FOOTPRINT, {}, "0.00", False, "no_answer"),
    (LOOSE, {"number": 2.51}, "24.50", True, "scale"),
    (LOOSE, {"number": 3.01}, "0.00", False, "beyond"),
    (FEWER, {"number": 0}, "100.00", True, "scale"),
    (FEWER, {"number": 2.5}, "75.00", True, "scale"),
    (YES, {"yes_no": "yes"}, "100.00", True, "good"),
    (YES, {"yes_no": "no"}, "0.00", False, "bad"),
    (YES, {}, "0.00", False, "no_answer"),
    (NO, {"yes_no": "no"}, "100.00", True, "good"),
    (TEXT, {"text": " "}, "0.00", False, "no_answer"),
    (TEXT, {"text": "We plant trees"}, "0.00", False, "not_judged"),
    (TEXT, {"text": "We plant trees", "judgement": 25}, "25.00", True, "judged"),
    (TEXT, {"text": "We plant trees", "judgement": 0}, "0.00", False, "judged"),
    (FREE, {"yes_no": "yes"}, "100.00", True, "free"),
    (FREE, {"yes_no": "no"}, "0.00", False, "not_free"),
    (PROVED, {"yes_no": "yes"}, "0.00", False, "evidence_none"),
    (PROVED, {"yes_no": "yes", "evidence": "submitted"}, "0.00", False, "evidence_submitted"),
    (PROVED, {"yes_no": "yes", "evidence": "expired"}, "0.00", False, "evidence_expired"),
    (PROVED, {"yes_no": "yes", "evidence": "valid"}, "100.00", True, "good"),
    (PROVED, {"evidence": "valid"}, "0.00", False, "no_answer"),
    (CERTIFICATE, {}, "0.00", False, "evidence_none"),
    (CERTIFICATE, {"evidence": "rejected"}, "0.00", False, "evidence_rejected"),
    (CERTIFICATE, {"evidence": "future"}, "0.00", False, "evidence_future"),
    (CERTIFICATE, {"evidence": "valid"}, "100.00", True, "evidence_valid"),
]


@tagged("post_install", "-at_install")
class TestSupplierScore(BaseCase):
    """Scores by table (R-113)."""

    def test_every_answer_is_worth_what_the_table_says(self):
        for criterion, answer, score, met, code in TABLE:
            with self.subTest(criterion=criterion, answer=answer):
                result = supplier_score.score(criterion, answer)
                self.assertEqual((result.score, result.met, result.code), (Decimal(score), met, code))

    def test_scales_are_exact(self):
        self.assertEqual(supplier_score.scale_score(0.3, best=0.1, worst=0.5), Decimal("50.00"))
        self.assertEqual(supplier_score.scale_score("1e-9", best=0, worst="2e-9"), Decimal("50.00"))

    def test_weights_are_relative(self):
        self.assertEqual(supplier_score.total([(2, 100), (1, 0)]), Decimal("66.67"))
        self.assertEqual(supplier_score.total([(20, 100), (10, 0)]), Decimal("66.67"))
        self.assertIsNone(supplier_score.total([]))

    def test_grades_change_at_their_limits(self):
        limits = (85, 70, 50)
        for score, grade in (
            ("100", "A"),
            ("85", "A"),
            ("84.99", "B"),
            ("70", "B"),
            ("69.99", "C"),
            ("49.99", "D"),
            ("0", "D"),
        ):
            self.assertEqual(supplier_score.grade(score, limits), grade, score)
        self.assertEqual(supplier_score.grade("100", limits, unmet_must=True), "D")

    def test_files_are_known_by_their_content(self):
        for name, content, problem in (
            ("a.PDF", b"%PDF-1.4", None),
            ("a.png", b"\x89PNG\r\n\x1a\n.", None),
            ("a.jpg", b"\xff\xd8\xff\xe0", None),
            ("a.pdf", b"<html>", "renamed"),
            ("a.png", b"%PDF-1.4", "renamed"),
            ("a.pdf", b"", "empty"),
            ("a.exe", b"MZ", "type"),
            ("pdf", b"%PDF-", None),
            ("a.json", b"[1]", None),
        ):
            self.assertEqual(file_kind.problem(name, content), problem, name)
