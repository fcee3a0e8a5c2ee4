from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestUncounted(CarbonCommon):
    """A branch whose documents no ledger reads is named where people look (R-129, R-130)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = cls.env["res.company"]
        cls.branch = companies.create({"name": "Branch north", "parent_id": cls.company.id})
        cls.quiet = companies.create({"name": "Branch without documents", "parent_id": cls.company.id})
        cls.stranger = companies.create({"name": "Other entity"})
        cls.rule = cls._rule("declared", cls.coal)
        for company in cls.branch | cls.stranger:
            cls._paper(company)
        cls.accountant = cls._user("branch_accountant", "group_carbon_accountant")
        cls.reader = cls._user("branch_reader", "group_carbon_reader")

    @classmethod
    def _paper(cls, company):
        """Post a document of a company, and leave no rule there that could read it."""
        source = cls.coal.copy({"company_id": company.id, "code": f"S{company.id}"})
        rule = cls._rule("declared", source, company_id=company.id, name="Gone")
        cls._declare(rule, 3, cls.ton, company_id=company.id)
        rule.active = False

    def _as(self, user, company=None):
        company = company or self.company
        return self.env(user=user, context={"allowed_company_ids": company.ids})

    def test_overview_names_branches_with_documents_and_without_rules(self):
        shown = self._as(self.accountant)["carbon.overview"].get_data()["uncounted"]
        self.assertEqual(shown, {"names": ["Branch north"], "action": False})
        self.accountant.company_ids += self.branch
        shown = self._as(self.accountant)["carbon.overview"].get_data()["uncounted"]
        self.assertEqual(shown["action"]["params"], {"company_id": self.branch.id})
        self.reader.company_ids += self.branch
        shown = self._as(self.reader)["carbon.overview"].get_data()["uncounted"]
        self.assertEqual(shown, {"names": ["Branch north"], "action": False}, "the set-up is the accountant's")

    def test_branch_that_is_ticked_beside_a_company_with_figures_is_named_too(self):
        self._declare(self.rule, 5, self.ton)
        self._commit()
        self.accountant.company_ids += self.branch
        data = self._as(self.accountant, self.branch | self.company)["carbon.overview"].get_data()
        self.assertEqual((data["is_empty"], data["uncounted"]["names"]), (False, ["Branch north"]))

    def test_branch_with_a_rule_is_no_longer_named(self):
        self._rule(
            "declared",
            self.env["carbon.source"].search([("company_id", "=", self.branch.id)]),
            company_id=self.branch.id,
        )
        self.assertFalse(self._as(self.accountant)["carbon.overview"].get_data()["uncounted"]["names"])

    def test_branch_does_not_see_the_names_of_companies_above_or_beside_it(self):
        self._paper(self.quiet)
        self.rule.active = False
        self._declare(self._rule("declared", self.coal, name="Next"), 1, self.ton).rule_id.active = False
        keeper = self._user("branch_keeper", "group_carbon_accountant", self.branch)
        shown = self._as(keeper, self.branch)["carbon.overview"].get_data()["uncounted"]
        self.assertEqual(shown["names"], [])
        keeper.company_ids += self.company
        shown = self._as(keeper, self.branch)["carbon.overview"].get_data()["uncounted"]
        self.assertEqual(shown["names"], ["Works"])

    def test_set_up_names_them_and_opens_theirs(self):
        wizards = self._as(self.accountant)["carbon.setup.wizard"]
        wizard = wizards.browse(wizards.action_open()["res_id"])
        self.assertEqual((wizard.uncounted_names, wizard.can_open_uncounted), ("Branch north", False))
        self.accountant.company_ids += self.branch
        wizard.invalidate_recordset()
        self.assertTrue(wizard.can_open_uncounted)
        self.assertEqual(wizard.action_open_uncounted()["params"], {"company_id": self.branch.id})
        wizards = self._as(self.accountant, self.branch | self.company)["carbon.setup.wizard"]
        own = wizards.browse(wizards.action_open()["res_id"])
        self.assertEqual((own.company_id, own.uncounted_names), (self.branch, ""))

    def test_checks_of_the_system_have_a_line_for_them(self):
        def line(system):
            return [item for item in system.pdca_check if "legal entity" in item["label"]]

        system = self.system.with_env(self._as(self.accountant))
        self.assertEqual([(item["count"], item["state"]) for item in line(system)], [(1, "warning")])
        self.assertIn("Branch north", line(system)[0]["label"])
        self.env["carbon.declaration"].search([("company_id", "=", self.branch.id)]).action_cancel()
        system.invalidate_recordset()
        self.assertEqual([(item["count"], item["state"]) for item in line(system)], [(0, "success")])
        alone = self.env["carbon.system"]._get(self.stranger)
        self.assertEqual(line(alone), [], "a company without branches")
