from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .method_common import MethodCommon


@tagged("post_install", "-at_install")
class TestSink(MethodCommon):
    """Sinks have a register; what they removed has records before and after its buffer (R-035, R-142)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._user("sink-accountant", "group_carbon_accountant")
        cls.manager = cls._user("sink-manager", "group_carbon_manager")

    def _sink(self, carbon="12"):
        """Return a sink whose stock of carbon grew by so many tonnes in 2025."""
        rule = self._use("sink_stock_difference")
        self._calculated(rule, {"opening": "0", "closing": carbon})
        self._commit()
        source = self.env["carbon.source"].search(
            [("company_id", "=", self.company.id), ("kind", "=", "sink")], limit=1
        )
        return (
            self.env["carbon.sink"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Shelter belt",
                    "code": "SNK-1",
                    "company_id": self.company.id,
                    "source_id": source.id,
                    "area_ha": 3.5,
                    "permanence_years": 40,
                    "buffer_percent": 20,
                }
            )
        )

    def _removal(self, sink, **values):
        return (
            self.env["carbon.removal"]
            .with_user(self.accountant)
            .create(
                {
                    "name": "Growth of 2025",
                    "company_id": self.company.id,
                    "sink_id": sink.id,
                    "date_from": "2025-01-01",
                    "date_to": "2025-12-31",
                    "parameters": "Stock survey of 30 plots.",
                    **values,
                }
            )
        )

    def _attach(self, removal):
        self.env["ir.attachment"].with_user(self.accountant).create(
            {"name": "survey.txt", "raw": b"30 plots", "res_model": removal._name, "res_id": removal.id}
        )

    def test_gross_is_the_ledgers_and_net_is_after_the_buffer(self):
        sink = self._sink()
        removal = self._removal(sink)
        self.assertEqual(removal.buffer_percent, 20, "proposed by the sink")
        removal.action_compute()
        # 12 t C × 44/12 = 44 t CO2 (IPCC 2006 V4 ch. 2, stock difference); 20 % set aside
        self.assertAlmostEqual(removal.gross_t, 44, 9)
        self.assertAlmostEqual(removal.net_t, 35.2, 9)
        self._attach(removal)
        removal.with_user(self.manager).action_approve()
        self.assertEqual(removal.state, "approved")
        self.assertAlmostEqual(sink.net_t, 35.2, 9)

    def test_expected_removals_count_nowhere(self):
        sink = self._sink()
        removal = self._removal(sink, status="ex_ante", expected_t=100, date_to="2045-12-31")
        self.assertEqual(removal.net_t, 80)
        removal.with_user(self.manager).action_approve()
        self.assertEqual((removal.state, sink.net_t), ("approved", 0))

    def test_approval_wants_the_ledgers_figure_evidence_and_the_statement(self):
        sink = self._sink()
        removal = self._removal(sink, status="verified", parameters=False)
        with self.assertRaisesRegex(
            UserError, "(?s)was not taken from the ledger.*Attach the evidence.*parameters.*Name the verifier"
        ):
            removal.with_user(self.manager).action_approve()
        removal.action_compute()
        removal.write({"parameters": "Plots", "gross_t": 4000})
        self._attach(removal)
        removal.write(
            {
                "verifier_id": self.env["res.partner"].create({"name": "Verification body"}).id,
                "statement_number": "V-1",
                "statement_date": "2026-02-01",
            }
        )
        with self.assertRaisesRegex(UserError, "The ledger has changed since"):
            removal.with_user(self.manager).action_approve()
        removal.action_compute()
        removal.with_user(self.manager).action_approve()
        self.assertAlmostEqual(removal.gross_t, 44, 9)

    def test_same_days_are_not_recorded_twice(self):
        sink = self._sink()
        first, second = self._removal(sink), self._removal(sink, name="Again", date_from="2025-06-01")
        for removal in first | second:
            removal.action_compute()
            self._attach(removal)
        first.with_user(self.manager).action_approve()
        with self.assertRaisesRegex(UserError, "covers some of these days already"):
            second.with_user(self.manager).action_approve()

    def test_accountant_does_not_approve_and_nobody_approves_their_own(self):
        sink = self._sink()
        removal = self._removal(sink)
        removal.action_compute()
        self._attach(removal)
        with self.assertRaises(AccessError):
            removal.action_approve()
        removal.with_user(self.manager).write({"parameters": "My own words"})
        with self.assertRaisesRegex(AccessError, "prepared by"):
            removal.with_user(self.manager).action_approve()

    def test_approved_removal_keeps_its_figures_and_files(self):
        sink = self._sink()
        removal = self._removal(sink)
        removal.action_compute()
        self._attach(removal)
        removal.with_user(self.manager).action_approve()
        file = self.env["ir.attachment"].search([("res_model", "=", removal._name), ("res_id", "=", removal.id)])
        for act in (
            lambda: removal.write({"buffer_percent": 0}),
            removal.action_compute,
            removal.unlink,
            lambda: file.with_user(self.accountant).unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                act()

    def test_monitored_days_lie_behind_us_and_the_ledgers_sink_is_one(self):
        sink = self._sink()
        with self.assertRaisesRegex(ValidationError, "days to come"):
            self._removal(sink, date_to="2999-12-31")
        with self.assertRaisesRegex(ValidationError, "is no sink"):
            sink.source_id = self.coal

    def test_other_companies_see_neither_sinks_nor_removals(self):
        sink = self._sink()
        removal = self._removal(sink)
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("sink-stranger", "group_carbon_manager", other)
        self.assertFalse(
            sink.with_user(stranger).with_context(allowed_company_ids=other.ids).search([("id", "=", sink.id)])
        )
        self.assertFalse(
            removal.with_user(stranger).with_context(allowed_company_ids=other.ids).search([("id", "=", removal.id)])
        )
        reader = self._user("sink-reader", "group_carbon_reader")
        sink.with_user(reader).read(["net_t"])
        with self.assertRaises(AccessError):
            removal.with_user(reader).write({"name": "Mine"})
