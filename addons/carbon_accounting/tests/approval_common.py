from datetime import date

from .seal_common import SealCommon


class ApprovalCommon(SealCommon):
    """A company that approves its data, a clerk who declares, and two checkers.

    Coal 1.868533333333333 t CO2 per t, diesel 3.09591 t per t: test values.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._user("ap-clerk", "group_carbon_accountant")
        cls.checker = cls._user("ap-checker", "group_carbon_accountant")
        cls.reader = cls._user("ap-reader", "group_carbon_reader")

    def _switch_on(self, past="approve"):
        self.system.with_user(self.manager)._switch_on_data_approval(past, "Third-party verification")

    def _enter(self, quantity, day="2025-03-10", rule=None, user=None, name=None):
        """Declare and collect a quantity as a person; return the declaration."""
        declaration = (
            self.env["carbon.declaration"]
            .with_user(user or self.clerk)
            .create(
                {
                    "name": name or f"D {quantity}",
                    "company_id": self.company.id,
                    "rule_id": (rule or self.coal_rule).id,
                    "quantity": quantity,
                    "uom_id": self.ton.id,
                    "date": day,
                }
            )
        )
        declaration.action_post()
        self._commit()
        return declaration.sudo(False)

    def _rows_of(self, declaration):
        return self.env["carbon.activity.data"].search([("origin_id", "=", declaration.id)], order="seq")

    def _status(self, declaration):
        """Return [(quantity, approval)] of the rows of a declaration, oldest first."""
        rows = self._rows_of(declaration)
        rows.invalidate_recordset(["approval"])
        return [(row.quantity, row.approval) for row in rows]

    def _groups(self, status="pending", user=None):
        self.env.invalidate_all()
        report = self.env["carbon.data.approval.report"].with_user(user or self.checker)
        return report.search([("status", "=", status), ("company_id", "=", self.company.id)], order="date, source_id")

    def _total(self, year=2025):
        """Return t CO2e of a year as an inventory counts it, to the kg."""
        return round(self._computed(year).total_t, 3)

    def _month(self, month, year=2025):
        return date(year, month, 1)
