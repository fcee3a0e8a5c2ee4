from odoo.tests import freeze_time

from .common import CarbonCommon

#: Story S3: twelve monthly readings, March is missing.
READINGS = {month: 100 + 10 * month for month in range(1, 13) if month != 3}


class MonitoringCommon(CarbonCommon):
    """A gas boiler read every month, an output, a plan that the manager approved, and people of each role.

    Today is 1 February 2026, so that every month of 2025 is due.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-02-01 08:00:00"))
        cls.reader = cls._user("m-reader", "group_carbon_reader")
        cls.owner = cls._user("m-owner", "group_carbon_data_owner")
        cls.other_owner = cls._user("m-other-owner", "group_carbon_data_owner")
        cls.accountant = cls._user("m-accountant", "group_carbon_accountant")
        cls.second = cls._user("m-second", "group_carbon_accountant")
        cls.manager = cls._user("m-manager", "group_carbon_manager")
        # 2 t CO2 per t: a test value
        cls.gas = cls._source("Gas boiler", cls.ton, cls._factor("GAS", cls.ton, "2000"), code="S1")
        cls.panels = cls._source("Panels", cls.ton, None, kind="output", code="P1")
        cls.gas_rule = cls._rule("declared", cls.gas, name="Gas read")
        cls.panel_rule = cls._rule("declared", cls.panels, name="Panels made")

    @classmethod
    def _plan(cls, items, date_from="2024-01-01", approve=True, **values):
        """Return a plan written by the accountant and approved by the manager."""
        plan = (
            cls.env["carbon.monitoring.plan"]
            .with_user(cls.accountant)
            .create(
                {
                    "name": "Plan",
                    "company_id": cls.company.id,
                    "date_from": date_from,
                    "item_ids": [(0, 0, item) for item in items],
                    **values,
                }
            )
        )
        if approve:
            plan.with_user(cls.manager).action_approve()
        return plan

    @classmethod
    def _item(cls, rule="interpolate", source=None, **values):
        source = source or cls.gas
        return {
            "name": f"Item of {source.name}",
            "kind": "output" if source.kind == "output" else "activity",
            "source_id": source.id,
            "responsible_id": cls.owner.id,
            "gap_rule": rule,
            "gap_uncertainty": 20 if rule != "none" else 0,
            **values,
        }

    def _read(self, quantities, year=2025, rule=None):
        """Declare and collect ``{month: t}``; return the declarations by month."""
        made = {
            month: self._declare(rule or self.gas_rule, quantity, self.ton, f"{year}-{month:02d}-15")
            for month, quantity in quantities.items()
        }
        self._commit()
        return made

    def _expected(self, **where):
        """Return ``{first day: status}`` of the expected data of 2025 of a source."""
        self.env["carbon.monitoring.report"].invalidate_model()
        domain = [("date_from", ">=", "2025-01-01"), ("date_from", "<=", "2025-12-31")]
        domain += [(name, "=", value.id if hasattr(value, "id") else value) for name, value in where.items()]
        return {str(row.date_from): row.status for row in self.env["carbon.monitoring.report"].search(domain)}

    def _gaps(self, *states):
        self.env["carbon.data.gap"]._find(self.company)
        domain = [("company_id", "=", self.company.id), ("state", "in", states or ("open",))]
        return self.env["carbon.data.gap"].search(domain, order="date_from")

    def _proposed(self, gap, user=None, reason="Meter stood still"):
        gap.with_user(user or self.owner)._propose(reason)
        return gap

    def _override(self, period):
        """Let a month be closed over its blockers: the accountant asks, the manager confirms."""
        lines = [line for line in self.env["carbon.period.checklist"]._weighed(period, True) if line["stops"]]
        override = self.env["carbon.period.override"].with_user(self.accountant)._request(period, lines, "Known")
        override.with_user(self.manager).action_confirm()

    def _rows(self, source):
        """Return (date, quantity, quality, uncertainty) of the ledger rows of a source, oldest first."""
        data = self.env["carbon.activity.data"].search([("source_id", "=", source.id)], order="id")
        return [(str(row.date), row.quantity, row.quality, row.uncertainty) for row in data]
