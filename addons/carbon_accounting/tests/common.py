from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from odoo.tests import TransactionCase, new_test_user

from odoo.addons.carbon_accounting.models.carbon_event_source import EVENT_COLUMNS  # noqa: F401 - for bridges' tests


class CarbonCommon(TransactionCase):
    """One company with a system, a diesel source and a coal source, and helpers to run the road."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, mail_create_nolog=True))
        cls.company = cls.env["res.company"].create({"name": "Works", "currency_id": cls.env.ref("base.CNY").id})
        cls.env.ref("base.CNY").active = True
        cls.env.user.company_ids += cls.company
        cls.env.user.company_id = cls.company
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        # whoever tests alone approves factors alone, in every company of a test; see test_factor_second_person
        cls.env["ir.default"].set("carbon.system", "separate_factor_approval", False)
        cls.system = cls.env["carbon.system"]._get(cls.company)
        cls.system.write(
            {
                "tz": "Asia/Shanghai",
                "collect_live": True,
                "phase": "live",
                "separate_factor_approval": False,
                "spend_unadjusted": True,  # prices have tests of their own, see test_price_index
            }
        )
        cls._since_ever(cls.system)
        cls.ton = cls.env.ref("uom.product_uom_ton")
        cls.kg = cls.env.ref("uom.product_uom_kgm")
        cls.litre = cls.env.ref("uom.product_uom_litre")
        cls.kwh = cls.env.ref("uom.product_uom_kwh")
        cls.gas_co2 = cls.env["carbon.gas"].search([("code", "=", "CO2")]) or cls.env["carbon.gas"].create(
            {"code": "CO2", "name": "Carbon dioxide"}
        )
        cls.stream = cls.env["carbon.emission.stream"].search([("code", "=", "combustion")]) or cls.env[
            "carbon.emission.stream"
        ].create({"code": "combustion", "name": "Combustion"})
        cls.leaf = cls.env["carbon.emission.category"].search([("code", "=", "stationary_combustion")]) or cls.env[
            "carbon.emission.category"
        ].create({"code": "stationary_combustion", "name": "Stationary combustion"})
        cls.gwp = cls.env["carbon.gwp.set"].search([("code", "=", "AR6")])
        # 20 GJ/t x 0.026 tC/GJ x 0.98 x 44/12 = 1.868533333333 t/t (story S2: test values, not published data)
        cls.coal_factor = cls._factor("COAL", cls.ton, "1868.533333333333")
        cls.diesel_factor = cls._factor("DIESEL", cls.ton, "3095.910")
        cls.coal = cls._source("Coal boiler", cls.ton, cls.coal_factor)
        cls.diesel = cls._source("Diesel engine", cls.ton, cls.diesel_factor)

    @classmethod
    def _since_ever(cls, system):
        """Let companies have collected from their first document on, as if it had been switched on years ago."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE carbon_system SET collect_live_from = NULL WHERE id = ANY(%s)", [system.ids])
        system.invalidate_recordset(["collect_live_from"])

    @classmethod
    def _begin_in_set_up(cls):
        """Take the system back to its beginning, which people cannot: live is one way."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE carbon_system SET phase = 'setup' WHERE id = %s", [cls.system.id])
        cls.system.invalidate_recordset(["phase"])

    @classmethod
    def _factor(cls, code, uom, kg, date_from="2015-01-01", region=None, gas=None, company=None):
        """Return an approved factor with one version of ``kg`` of a gas per unit."""
        factor = cls.env["carbon.emission.factor"].create(
            {
                "code": f"TEST-{code}",
                "name": code.title(),
                "uom_id": uom.id,
                "company_id": company and company.id,
            }
        )
        cls._version(factor, kg, date_from, region, gas)
        return factor

    @classmethod
    def _version(cls, factor, kg, date_from, region=None, gas=None):
        """Add an approved version to a factor."""
        version = cls.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": date_from,
                "region_id": region and region.id,
                "source_document": "test",
                "gas_line_ids": [
                    (
                        0,
                        0,
                        {"gas_id": (gas or cls.gas_co2).id, "kg_per_unit": float(kg)},
                    )
                ],
            }
        )
        version.action_approve()
        return version

    @classmethod
    def _source(cls, name, uom, factor, stream=None, leaf=None, **values):
        return cls.env["carbon.source"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "category_id": (leaf or cls.leaf).id,
                "uom_id": uom.id,
                "factor_line_ids": [
                    (
                        0,
                        0,
                        {
                            "stream_id": (stream or cls.stream).id,
                            "factor_id": factor.id,
                        },
                    )
                ]
                if factor
                else [],
                **values,
            }
        )

    @classmethod
    def _rule(cls, kind, source=None, **values):
        kind = cls.env["carbon.event.kind"].search([("code", "=", kind)])
        return cls.env["carbon.activity.rule"].create(
            {
                "name": values.pop("name", f"{kind.code} rule"),
                "company_id": cls.company.id,
                "event_kind_id": kind.id,
                "source_id": source and source.id,
                "quality": "measured",  # the tests declare what meters and scales say
                **values,
            }
        )

    @classmethod
    def _declare(cls, rule, quantity, uom=None, day="2025-03-10", **values):
        """Post a declaration; it is collected by :meth:`_commit` or :meth:`_collect`."""
        declaration = cls.env["carbon.declaration"].create(
            {
                "name": values.pop("name", f"D {quantity}"),
                "company_id": cls.company.id,
                "rule_id": rule.id,
                "quantity": quantity,
                "uom_id": uom and uom.id,
                "date": day,
                **values,
            }
        )
        declaration.action_post()
        return declaration

    def _commit(self):
        """Run what Odoo runs before a transaction commits."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _collect(self, company=None, chunk=1000):
        """Collect the whole history of the company, as the jobs do."""
        return self._work_off(self.env["carbon.collection.run"]._start(company or self.company, chunk=chunk))

    def _collect_changes(self):
        """Collect as the button of the overview does: only what waits."""
        runs = self.env["carbon.collection.run"]
        return self._work_off(runs.browse(runs.action_collect_changes()["res_id"]))

    def _work_off(self, run):
        jobs = self.env["carbon.collection.job"].sudo()
        while jobs._process_next():
            pass
        jobs._finish_runs()
        self.env.invalidate_all()
        self.assertEqual(run.state, "done", run.job_ids.mapped("message"))
        return run

    def _ledger(self, company=None, **where):
        """Return the ledger as exact tuples (origin id, part, seq, date, source, quantity), oldest first."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT origin_id, origin_part, seq, date, source_id, quantity::text FROM carbon_activity_data "
                "WHERE company_id = %s ORDER BY origin_id, origin_part, seq",
                (company or self.company).id,
            )
        )
        return [(*row[:5], Decimal(row[5])) for row in rows]

    def _sum(self, source, company=None):
        """Return the exact sum of the activity data of a source."""
        row = self.env.execute_query(
            self._sql(
                "SELECT COALESCE(SUM(quantity), 0)::text FROM carbon_activity_data WHERE source_id = %s",
                source.id,
            )
        )[0]
        return Decimal(row[0])

    def _kg(self, source):
        """Return the exact kg of CO2 of a source over all its emission rows."""
        row = self.env.execute_query(
            self._sql(
                "SELECT COALESCE(SUM(e.quantity * g.kg_per_unit), 0)::text FROM carbon_emission_line e "
                "JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id WHERE e.source_id = %s",
                source.id,
            )
        )[0]
        return Decimal(row[0])

    def _issues(self):
        """Return {(label, reason)} of open worklist rows of the company."""
        return {
            (issue.label, issue.reason)
            for issue in self.env["carbon.collection.issue"].search(
                [("company_id", "=", self.company.id), ("state", "=", "open")]
            )
        }

    @staticmethod
    def _sql(code, *params):
        from odoo.tools import SQL  # noqa: PLC0415

        return SQL(code, *params)

    @classmethod
    def _user(cls, login, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,carbon_management.{group}",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    def _check_said(self, changes, said):
        """Assert of each change (name: function) whether the company's ledger is said to wait for a collection after it."""
        engine = self.env["carbon.engine"]
        for name, change in changes.items():
            with self.subTest(name):
                self.assertFalse(engine._basis_changed(self.company), "before")
                change()
                self.env.flush_all()
                self.assertEqual(bool(engine._basis_changed(self.company)), said, "after")
                self._collect()

    def _close_anyway(self, *days):
        """Close months over their blockers: an accountant asks, a manager confirms."""
        asks, confirms = (
            self._user("close-asks", "group_carbon_accountant"),
            self._user("close-says", "group_carbon_manager"),
        )
        for day in days:
            period = self._period(day)
            lines = [line for line in self.env["carbon.period.checklist"]._weighed(period, True) if line["stops"]]
            request = self.env["carbon.period.override"].with_user(asks)._request(period, lines, "Later")
            request.with_user(confirms).action_confirm()
            period.with_user(asks).action_close()

    def _period(self, day):
        """Return the reporting period of a day."""
        day = date.fromisoformat(day) if isinstance(day, str) else day
        return self.env["carbon.reporting.period"]._ensure(self.company, day, day)

    @contextmanager
    def _refused_by_database(self):
        from psycopg2 import Error  # noqa: PLC0415

        from odoo.tools import mute_logger  # noqa: PLC0415

        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(Error) as caught,
            self.env.cr.savepoint(),
        ):
            yield caught
