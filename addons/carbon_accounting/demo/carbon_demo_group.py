from dateutil.relativedelta import relativedelta

from odoo import api, models


class CarbonDemo(models.AbstractModel):
    """A subsidiary that buys its steam from the demo company, and the consolidated inventory of both."""

    _inherit = "carbon.demo"

    @api.model
    def _subsidiary(self):
        return self.env.ref("carbon_accounting.demo_subsidiary")

    @api.model
    def _set_up_group(self):
        """Give the subsidiary its system: the same time and GWP set as the group."""
        system = self._as_accountant().env["carbon.system"]._get(self._subsidiary())
        system.write(
            {
                "tz": "Asia/Shanghai",
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar5").id,
                "electricity_basis": "location",
                "spend_unadjusted": True,
            }
        )

    @api.model
    def _group_flows(self):
        """Declare the steam and the diesel of the subsidiary, month by month."""
        declarations = self._as_accountant().env["carbon.declaration"]
        company = self._subsidiary()
        known = set(declarations.search([("company_id", "=", company.id)]).mapped("name"))
        flows = {
            "demo_group_rule_steam": ("蒸汽结算单 Steam statement", "heat", 60, "carbon_accounting.uom_gj"),
            "demo_group_rule_forklifts": ("叉车加油记录 Forklift log", "work", 400, "uom.product_uom_kgm"),
        }
        new = []
        for rule, (name, season, base, unit) in flows.items():
            values = {
                "company_id": company.id,
                "rule_id": self.env.ref(f"carbon_accounting.{rule}").id,
                "uom_id": self.env.ref(unit).id,
                "partner_id": rule == "demo_group_rule_steam" and self._company().partner_id.id,
            }
            new += [
                {
                    **values,
                    "name": f"{name} {month:%Y-%m}",
                    "date": month + relativedelta(day=28),
                    "quantity": self._quantity(season, base, month),
                }
                for month in self._months()
                if f"{name} {month:%Y-%m}" not in known
            ]
        declarations.create(new).action_post()

    @api.model
    def _collect(self):
        """Collect the history of the subsidiary too."""
        self.env["carbon.collection.run"]._start(self._subsidiary())
        return super()._collect()

    @api.model
    def _monitor(self):
        """Compute the inventories of the subsidiary and the consolidated inventory of the first year."""
        result = super()._monitor()
        self.env["carbon.system"]._get(self._subsidiary()).phase = "live"
        for year in (0, 1):
            inventory = self._group_inventory(year)
            if inventory.state == "draft":
                inventory.action_compute()
        first = self._months()[0]
        groups = self.env["carbon.consolidation"]
        group = groups.search([("company_id", "=", self._company().id), ("date_from", "=", first)], limit=1)
        group = group or groups.create(
            {
                "name": f"集团合并清单 Group inventory {first.year}",
                "company_id": self._company().id,
                "boundary_id": self.env.ref("carbon_accounting.demo_boundary_organisational").id,
                "date_from": first,
                "date_to": first + relativedelta(month=12, day=31),
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar5").id,
            }
        )
        if group.state == "draft":
            group.action_compute()
        return result

    @api.model
    def _group_inventory(self, year):
        """Return the inventory of the subsidiary for a year of the history, made if it is missing."""
        first = self._months()[0] + relativedelta(years=year)
        inventories = self.env["carbon.inventory"]
        found = inventories.search([("company_id", "=", self._subsidiary().id), ("date_from", "=", first)], limit=1)
        return found or inventories.create(
            {
                "name": f"家具厂排放清单 Inventory of the furniture works {first.year}",
                "company_id": self._subsidiary().id,
                "date_from": first,
                "date_to": first + relativedelta(month=12, day=31),
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar5").id,
            }
        )
