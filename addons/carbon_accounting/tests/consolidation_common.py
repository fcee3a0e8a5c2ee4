from datetime import date

from odoo.fields import Command
from odoo.tests import new_test_user

from .inventory_common import InventoryCommon


class ConsolidationCommon(InventoryCommon):
    """Works (parent), Mill (60 %) and Press (50 %, held through Mill); Works sells steam to both, Mill sells steam to Press.

    By hand, in kg CO2e of 2025, each company at 100 %:

    * Works: fuel 100 t × 1,000 = 100,000
    * Mill: fuel 20 t × 1,000 = 20,000; steam 100,000 kWh × 0.1 = 10,000, all of it from Works
    * Press: fuel 10 t × 1,000 = 10,000; steam 40,000 kWh × 0.1 = 4,000 from Mill, 20,000 kWh × 0.1 = 2,000 from outside
    """

    YEAR = 2025

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.works = cls.company
        cls.mill, cls.press = cls.env["res.company"].create(
            [{"name": name, "currency_id": cls.env.ref("base.CNY").id} for name in ("Mill", "Press")]
        )
        cls.group = cls.works + cls.mill + cls.press
        cls.env.user.company_ids |= cls.group
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.group.ids))
        for company in cls.mill + cls.press:
            system = cls.env["carbon.system"]._get(company)
            system.write({"tz": "Asia/Shanghai", "collect_live": True, "phase": "live"})
            cls._since_ever(system)
        cls.steam_leaf = cls.env.ref("carbon_accounting.emission_category_purchased_heat")
        cls.fuel_factor = cls._factor("FUEL", cls.ton, "1000")
        cls.steam_factor = cls._factor("STEAM", cls.kwh, "0.1")
        cls.rules = {}
        for company in cls.group:
            cls._emits(company, "fuel", cls.ton, cls.fuel_factor)
        for company in cls.mill + cls.press:
            cls._emits(company, "steam", cls.kwh, cls.steam_factor, cls.steam_leaf)
        cls.outsider = cls.env["res.partner"].create({"name": "Heat Co"})
        cls.accountant = cls._group_user("con-accountant", "group_carbon_accountant")
        cls.manager = cls._group_user("con-manager", "group_carbon_manager")
        for company in cls.group:
            cls.env["carbon.system"]._get(company).separate_inventory_approval = True

    @classmethod
    def _group_user(cls, login, group, companies=None):
        companies = companies or cls.group
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,carbon_management.{group}",
            company_id=companies[:1].id,
            company_ids=[Command.set(companies.ids)],
        )

    @classmethod
    def _emits(cls, company, name, uom, factor, leaf=None, stream=None):
        """Give a company a source with one factor, and its rule."""
        source = cls._source(f"{company.name} {name}", uom, factor, stream=stream, leaf=leaf, company_id=company.id)
        cls.rules[company, name] = cls._rule("declared", source, name=f"{company.name} {name}", company_id=company.id)
        return source

    @classmethod
    def _tell(cls, company, name, quantity, partner=None, day="2025-03-10"):
        rule = cls.rules[company, name]
        return cls._declare(
            rule,
            quantity,
            rule.source_id.uom_id,
            day,
            company_id=company.id,
            partner_id=partner and partner.id,
            name=f"{company.name} {name} {quantity}",
        )

    @classmethod
    def _fill(cls):
        cls._tell(cls.works, "fuel", 100)
        cls._tell(cls.mill, "fuel", 20)
        cls._tell(cls.press, "fuel", 10)
        cls._tell(cls.mill, "steam", 100_000, cls.works.partner_id)
        cls._tell(cls.press, "steam", 40_000, cls.mill.partner_id)
        cls._tell(cls.press, "steam", 20_000, cls.outsider)

    @classmethod
    def _boundary(cls, approach="operational_control", date_from="2025-01-01", **lines):
        """Return the approved organisational boundary of the group; ``lines`` change what lines say."""
        site = cls.env["carbon.site"].create({"name": "Site", "code": "S", "company_id": cls.works.id})
        values = {
            "works": {"company_id": cls.works.id, "relation": "own"},
            "mill": {"company_id": cls.mill.id, "share": 0.6, "note": "Board majority"},
            "press": {"company_id": cls.press.id, "share": 0.5, "held_by_id": cls.mill.id, "note": "Through Mill"},
        }
        for name, more in lines.items():
            values[name] = {**values.get(name, {}), **more}
        boundary = cls.env["carbon.boundary"].create(
            {
                "name": "Group",
                "company_id": cls.works.id,
                "boundary_type": "organisational",
                "approach": approach,
                "date_from": date_from,
                "site_ids": [Command.set(site.ids)],
                "company_line_ids": [Command.create(line) for line in values.values()],
            }
        )
        boundary.action_approve()
        return boundary

    def _inventories(self, companies=None, approve=False, **values):
        """Compute the inventories of companies, and approve them."""
        self._commit()
        made = {}
        for company in self.group if companies is None else companies:
            inventory = self._inventory(
                self.YEAR, name=f"{company.name} {self.YEAR}", company_id=company.id, boundary_id=False, **values
            )
            inventory.action_compute()
            made[company] = inventory
            if approve:
                self._approve_of(inventory)
        return made

    def _close(self, company):
        periods = self.env["carbon.reporting.period"]._ensure(company, date(self.YEAR, 1, 1), date(self.YEAR, 12, 31))
        periods.filtered(lambda period: period.state != "closed").action_close()

    def _approve_of(self, inventory):
        """Close the months of an inventory and approve it as the group's manager."""
        self._close(inventory.company_id)
        inventory.maker_note = "Checked against bills."
        inventory.action_check()
        inventory.with_user(self.manager).action_approve()
        self.assertEqual(inventory.state, "approved")

    def _consolidation(self, **values):
        return self.env["carbon.consolidation"].create(
            {
                "name": "Group 2025",
                "company_id": self.works.id,
                "date_from": f"{self.YEAR}-01-01",
                "date_to": f"{self.YEAR}-12-31",
                "gwp_set_id": self.ar6.id,
                **values,
            }
        )

    def _consolidated(self, approach="operational_control", lines=None, approve=False, **values):
        """Return a computed consolidated inventory of the filled group."""
        self._boundary(approach, **(lines or {}))
        self._fill()
        self.inventories = self._inventories(approve=approve)
        consolidation = self._consolidation(**values)
        consolidation.with_user(self.accountant).action_compute()
        return consolidation

    def _members(self, consolidation):
        """Return {company: (share, own, eliminated, consolidated in t)}."""
        return {
            member.member_company_id: (
                member.share,
                *self._rounded(member.own_t, member.eliminated_t, member.consolidated_t),
            )
            for member in consolidation.member_ids
        }

    def _flows(self, consolidation):
        """Return {(buyer, seller): (flow, eliminated in kg)}."""
        return {
            (row.buyer_company_id, row.seller_company_id): self._rounded(row.flow_kg, row.eliminated_kg)
            for row in consolidation.elimination_ids
        }

    def _codes(self, consolidation):
        """Return {company: codes of its problems}."""
        problems = consolidation._member_problems()
        return {
            member.member_company_id: [code for code, _text in problems[member.id]]
            for member in consolidation.member_ids
            if member.id in problems
        }

    def _handed_on(self, consolidation):
        consolidation.maker_note = "Compared with the inventories."
        consolidation.with_user(self.accountant).action_check()
        return consolidation
