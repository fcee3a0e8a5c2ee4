from datetime import date

from .common import CarbonCommon


class InventoryCommon(CarbonCommon):
    """Helpers to fill a year, compute an inventory and approve it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ar4 = cls.env.ref("carbon_accounting.gwp_set_ar4")
        cls.ar5 = cls.env.ref("carbon_accounting.gwp_set_ar5")
        cls.ar6 = cls.env.ref("carbon_accounting.gwp_set_ar6")
        cls.electricity_leaf = cls.env.ref("carbon_accounting.emission_category_purchased_electricity")
        cls.location = cls.env.ref("carbon_accounting.emission_stream_location")
        cls.market = cls.env.ref("carbon_accounting.emission_stream_market")
        cls.approver = cls._user("inv-approver", "group_carbon_manager")
        cls.coal_rule = cls._rule("declared", cls.coal, name="Coal declared")

    @classmethod
    def _gas(cls, code):
        return cls.env["carbon.gas"].search([("code", "=", code)])

    @classmethod
    def _emitter(cls, name, uom, kg, code, stream=None, leaf=None, **values):
        """Return a source with a one-gas factor, and its rule."""
        factor = cls._factor(code, uom, kg, gas=values.pop("gas", None))
        source = cls._source(name, uom, factor, stream=stream, leaf=leaf, **values)
        return source, cls._rule("declared", source, name=f"{name} declared")

    @classmethod
    def _add_stream(cls, source, code, kg, stream):
        factor = cls._factor(code, source.uom_id, kg)
        source.factor_line_ids = [(0, 0, {"stream_id": stream.id, "factor_id": factor.id})]

    @classmethod
    def _inventory(cls, year=2025, **values):
        return cls.env["carbon.inventory"].create(
            {
                "name": values.pop("name", f"Inventory {year}"),
                "company_id": cls.company.id,
                "date_from": f"{year}-01-01",
                "date_to": f"{year}-12-31",
                "gwp_set_id": values.pop("gwp", cls.ar6).id,
                **values,
            }
        )

    def _computed(self, year=2025, **values):
        """Take the declarations into the ledger and compute an inventory."""
        self._commit()
        inventory = self._inventory(year, **values)
        inventory.action_compute()
        return inventory

    def _close_year(self, year=2025):
        periods = self.env["carbon.reporting.period"]._ensure(self.company, date(year, 1, 1), date(year, 12, 31))
        periods.action_close()
        return periods

    def _approved(self, inventory):
        inventory.maker_note = "Checked against bills; nothing missing."
        inventory.issue_note = inventory.issue_count and "Below the materiality."
        inventory.action_check()
        inventory.with_user(self.approver).action_approve()
        return inventory

    @staticmethod
    def _rounded(*values):
        """Return values as a reader sees them, in kg."""
        return tuple(round(value, 3) for value in values)
