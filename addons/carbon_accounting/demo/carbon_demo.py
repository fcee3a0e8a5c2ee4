from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models

BRIDGES = ("carbon_account", "carbon_purchase", "carbon_stock", "carbon_mrp")
#: Percent of an ordinary month, January to December.
SEASONS = {
    "heat": (180, 170, 130, 80, 40, 20, 15, 15, 40, 90, 140, 180),
    "power": (95, 85, 95, 95, 105, 125, 145, 145, 115, 95, 90, 100),
    "work": (95, 70, 105, 105, 105, 105, 100, 100, 105, 95, 105, 110),
}
#: Standards the company follows, and clauses for which the accountant keeps the evidence.
STANDARDS = ("standard_001", "standard_004")
OWNED_CLAUSES = ("clause_001_4_3", "clause_001_6_1_6", "clause_004_8_5", "clause_004_9_1", "clause_004_9_2")
#: Percent of the first year: the company saves a little every year.
YEARS = (100, 96, 93)


class CarbonDemo(models.AbstractModel):
    """The history of the demo company: used by demo data only, unreachable by RPC.

    It covers the two complete calendar years before this one and the complete months
    of this year. Quantities depend on the month alone, never on chance or on the day of
    installation, so that the sums of a complete year are known numbers.
    """

    _name = "carbon.demo"
    _description = "Demo Company"

    # ------------------------------------------------------------------
    # Calendar and quantities
    # ------------------------------------------------------------------
    @api.model
    def _months(self):
        """Return the first days of the months of the history."""
        this_month = fields.Date.today().replace(day=1)
        month, months = date(this_month.year - 2, 1, 1), []
        while month < this_month:
            months.append(month)
            month += relativedelta(months=1)
        return months

    @api.model
    def _quantity(self, season, base, month):
        """Return a whole number: the base by season and year."""
        year = month.year - self._months()[0].year
        return base * SEASONS[season][month.month - 1] * YEARS[year] // 10000

    @api.model
    def _moment(self, month, day):
        """Return ten in the morning at the plant, as Odoo stores it."""
        return datetime.combine(month + relativedelta(day=day), time(2))

    @api.model
    def _company(self):
        return self.env.ref("base.main_company")

    @api.model
    def _as_accountant(self):
        """Return this model as the person whose name the trail shows."""
        return self.with_user(self.env.ref("base.user_admin"))

    # ------------------------------------------------------------------
    # Set-up
    # ------------------------------------------------------------------
    @api.model
    def _set_up(self):
        """Give the demo company its system: Chinese time, and the GWP set it needs."""
        system = self._as_accountant().env["carbon.system"]._get(self._company())
        system.write(
            {
                "tz": "Asia/Shanghai",
                # factors per amount of money exist as CO2e of AR5 only
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar5").id,
                "electricity_basis": "location",
                # no price index is shipped as a fact: the bills count as they are, and the report says so
                "spend_unadjusted": True,
                "standard_ids": [Command.set([self.env.ref(f"carbon_management.{code}").id for code in STANDARDS])],
            }
        )
        self._decide_clauses(system)

    @api.model
    def _decide_clauses(self, system):
        """Say who answers for clauses whose evidence is kept, and which clause does not apply."""
        rows = {row.clause_id: row for row in system.applicability_ids}
        accountant = self.env.ref("base.user_demo")
        for code in OWNED_CLAUSES:
            rows[self.env.ref(f"carbon_management.{code}")].owner_id = accountant
        rows[self.env.ref("carbon_management.clause_004_8_6")].write(
            {
                "applicable": False,
                "reason": "年排放量低于全国碳市场26,000 t CO2e的门槛，不承担清缴义务。 Below the 26,000 t CO2e a year from which "
                "the national market obliges to surrender allowances; no allowances are held or traded.",
            }
        )

    @api.model
    def _load_packs(self):
        """Load the factor packs that the sources use."""
        packs = (
            "cn_fuel_gbt",
            "cn_grid",
            "cn_heat_process",
            "refrigerants",
            "epa_spend",
        )
        for code in packs:
            self._as_accountant().env.ref(f"carbon_accounting.factor_pack_{code}").action_load()

    # ------------------------------------------------------------------
    # After the flows
    # ------------------------------------------------------------------
    @api.model
    def _finish(self, addon):
        """Collect the history, open and close the periods, compute the inventories.

        The last addon of one installation does it, one installed later does it again.

        :param addon: technical name of the addon whose demo data end
        """
        self.env.flush_all()
        others = [name for name in BRIDGES if name != addon]
        if self.env["ir.module.module"].search_count([("name", "in", others), ("state", "=", "to install")]):
            return
        demo = self._as_accountant()
        demo._reopen()
        demo._collect()
        demo._close()
        demo._translate()
        demo._monitor()

    @api.model
    def _periods(self, year):
        first = self._months()[0] + relativedelta(years=year)
        last = min(first + relativedelta(month=12, day=31), fields.Date.today())
        return self.env["carbon.reporting.period"]._ensure(self._company(), first, last)

    @api.model
    def _inventory(self, year):
        """Return the inventory of a year of the history, made if it is missing."""
        first = self._months()[0] + relativedelta(years=year)
        inventory = self.env["carbon.inventory"].search(
            [("company_id", "=", self._company().id), ("date_from", "=", first)],
            limit=1,
        )
        return inventory or inventory.create(
            {
                "name": f"温室气体排放清单 GHG inventory {first.year}",
                "company_id": self._company().id,
                "date_from": first,
                "date_to": first + relativedelta(month=12, day=31),
                "gwp_set_id": self.env.ref("carbon_accounting.gwp_set_ar5").id,
            }
        )

    @api.model
    def _reopen(self):
        """Open what an earlier installation closed: the history of a new addon."""
        inventory = self._inventory(0)
        if inventory.state == "checked":
            inventory.action_draft()
        self._periods(0).filtered(lambda period: period.state == "closed").action_reopen()

    @api.model
    def _collect(self):
        """Collect the history at once instead of in the background."""
        self.env["carbon.collection.run"]._start(self._company())
        jobs = self.env["carbon.collection.job"].sudo()  # sudo: jobs are taken by the scheduler, not by people
        while jobs._process_next():
            pass
        jobs._finish_runs()

    @api.model
    def _close(self):
        """Close the first year, leave the second one open, both with an inventory."""
        system = self.env["carbon.system"]._get(self._company())
        system.phase = "live"
        for year in (0, 1, 2):
            self._periods(year).action_open()
        self._periods(0).action_close()
        for year in (0, 1):
            inventory = self._inventory(year)
            if inventory.state == "draft":
                inventory.action_compute()
        checked = self._inventory(0)
        if checked.state == "draft":
            checked.maker_note = (
                "已与抄表记录和盘点核对。外购锯材、家具、维修和货运按金额估算。 Compared with meter readings and stock takes. "
                "Purchased timber, furniture, repairs and freight are estimated by amount of money."
            )
            if checked.issue_count:
                checked.issue_note = f"尚未处理 Not yet worked on: {checked.issue_summary}"
            checked.action_check()
