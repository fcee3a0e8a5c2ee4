from .inventory_common import InventoryCommon


class UncertaintyCommon(InventoryCommon):
    """Declared tonnes with uncertainties of their own, and what the assessment says of them."""

    def _burn(self, name, tonnes, activity=0.0, factor=0.0, kg=1000, shared=None, rule=None, **values):
        """Declare tonnes on a source of its own, with a factor of its own unless one is shared."""
        factor_ = shared or self._uncertain(name, kg, factor)
        source = self._source(name, self.ton, factor_, **values)
        declared = self._rule("declared", source, name=name, uncertainty=activity, **(rule or {}))
        self._declare(declared, tonnes, self.ton, name=name)
        return source

    def _uncertain(self, name, kg, percent):
        """Return a factor whose approved version says its uncertainty, a percentage or ``(below, above)``."""
        factor = self.env["carbon.emission.factor"].create(
            {"code": f"U-{name}", "name": name, "uom_id": self.ton.id, "company_id": self.company.id}
        )
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": "2015-01-01",
                "source_document": "test",
                **(
                    {"uncertainty_low": percent[0], "uncertainty_high": percent[1]}
                    if isinstance(percent, tuple)
                    else {"uncertainty": percent}
                ),
                "gas_line_ids": [(0, 0, {"gas_id": self.gas_co2.id, "kg_per_unit": kg})],
            }
        )
        version.action_approve()
        return factor

    def _assessed(self):
        inventory = self._computed()
        inventory.action_assess_uncertainty()
        return inventory

    def _results(self, inventory, level):
        return {row.display_name: row for row in inventory.uncertainty_result_ids if row.level == level}
