from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestPeriodGuards(CarbonCommon):
    """The ledger of a live system never becomes erasable, and a closed month opens by its button only (R-139)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._user("guard-accountant", "group_carbon_accountant")
        cls.manager = cls._user("guard-manager", "group_carbon_manager")
        cls.periods = cls.env["carbon.reporting.period"]

    def test_new_month_of_a_live_system_is_open_whatever_is_asked_for(self):
        periods = self.periods.with_user(self.accountant)
        made = periods.create({"company_id": self.company.id, "date_from": "2030-01-01", "state": "setup"})
        made += periods.with_context(default_state="setup").create({"date_from": "2030-02-01"})
        self.assertEqual(made.mapped("state"), ["open", "open"])
        loaded = periods.load(["date_from", "state"], [["2030-03-01", "Set-up"]])
        if loaded["ids"]:
            self.assertEqual(periods.browse(loaded["ids"]).state, "open")
        self.assertFalse(self.periods.search([("company_id", "=", self.company.id), ("state", "=", "setup")]))
        with self._refused_by_database():
            self.env.cr.execute(
                "INSERT INTO carbon_reporting_period (company_id, date_from, year, state) VALUES (%s, '2030-04-01', '2030', 'setup')",
                [self.company.id],
            )

    def test_new_month_of_a_system_in_set_up_is_in_set_up(self):
        self._begin_in_set_up()
        period = self.periods.create({"company_id": self.company.id, "date_from": "2030-01-01", "state": "open"})
        self.assertEqual(period.state, "setup")

    def test_live_is_one_way(self):
        for system in (self.system, self.system.with_user(self.manager), self.system.sudo()):
            with self.assertRaisesRegex(UserError, "is live and does not return to set-up"):
                system.write({"phase": "setup"})
        result = (
            self.env["carbon.system"].with_user(self.manager).load([".id", "phase"], [[str(self.system.id), "Set-up"]])
        )
        self.assertFalse(result["ids"])
        self.assertEqual(self.system.phase, "live")
        with self.assertRaises(UserError):
            self.system.unlink()
        self.system.with_user(self.manager).write({"phase": "live", "cycle_year": 2027})

    def test_going_live_opens_the_months_in_set_up(self):
        self._begin_in_set_up()
        period = self.periods.create({"company_id": self.company.id, "date_from": "2030-01-01"})
        other = self.env["res.company"].create({"name": "Other works"})
        untouched = self.periods.sudo().create({"company_id": other.id, "date_from": "2030-01-01"})
        self.system.with_user(self.manager).phase = "live"
        self.env.invalidate_all()
        self.assertEqual((period.state, untouched.state), ("open", "setup"))

    def test_closed_month_opens_by_its_button_and_not_by_sql(self):
        period = self._period("2025-03-01")
        reopen = self._sql("UPDATE carbon_reporting_period SET state = 'open' WHERE id = %s", period.id)
        forge = self._sql(
            "UPDATE carbon_reporting_period SET state = 'open', reopen_count = -5 WHERE id = %s", period.id
        )
        for number in (1, 2):
            period.action_close()
            self.env.flush_all()
            for statement in (reopen, forge):
                with self._refused_by_database():
                    self.env.cr.execute(statement)
            period.with_user(self.manager).action_reopen()
            self.env.invalidate_all()
            self.assertEqual((period.state, period.reopen_count), ("open", number))
        with self.assertRaises(UserError):
            period.with_user(self.manager).write({"reopen_count": 0})
        self.env.cr.execute(self._sql("UPDATE carbon_reporting_period SET reopen_count = 0 WHERE id = %s", period.id))
        self.env.invalidate_all()
        self.assertEqual(period.reopen_count, 2, "counted by the database")

    def test_approved_factor_does_not_change_by_sql(self):
        version = self.coal_factor.version_ids
        draft = version.copy(
            {"date_from": "2026-01-01", "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": 2})]}
        )
        self.env.flush_all()
        for statement in (
            "UPDATE carbon_emission_factor_gas SET kg_per_unit = 1 WHERE version_id = %s",
            "DELETE FROM carbon_emission_factor_gas WHERE version_id = %s",
            "UPDATE carbon_emission_factor_version SET date_from = '2026-06-01' WHERE id = %s",
            "UPDATE carbon_emission_factor_version SET state = 'draft' WHERE id = %s",
            "UPDATE carbon_emission_factor_version SET source_document = 'x' WHERE id = %s",
            "DELETE FROM carbon_emission_factor_version WHERE id = %s",
            "INSERT INTO carbon_emission_factor_gas (version_id, gas_id, kind, kg_per_unit) "
            "SELECT version_id, gas_id, 'biogenic', 5 FROM carbon_emission_factor_gas WHERE version_id = %s",
        ):
            with self.subTest(statement), self._refused_by_database():
                self.env.cr.execute(statement, [version.id])
        move = "UPDATE carbon_emission_factor_gas SET version_id = %s, kind = 'biogenic' WHERE version_id = %s"
        with self._refused_by_database():
            self.env.cr.execute(move, [version.id, draft.id])
        for table in (
            "carbon_emission_factor_gas",
            "carbon_emission_factor_version CASCADE",
            "carbon_reporting_period CASCADE",
        ):
            with self.subTest(table), self._refused_by_database():
                self.env.cr.execute(f"TRUNCATE {table}")
        draft.gas_line_ids.kg_per_unit = 7
        draft.unlink()
        self.assertEqual(self._kg(self.coal), 0)
