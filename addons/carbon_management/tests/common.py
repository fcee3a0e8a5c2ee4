from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon

GROUPS = {
    "reader": "carbon_management.group_carbon_reader",
    "data_owner": "carbon_management.group_carbon_data_owner",
    "accountant": "carbon_management.group_carbon_accountant",
    "manager": "carbon_management.group_carbon_manager",
    "verifier": "carbon_management.group_carbon_verifier",
    "top": "carbon_management.group_carbon_top_management",
    "technician": "carbon_management.group_carbon_meter_technician",
    "plain": "base.group_user",
}


class CarbonManagementCommon(BaseCommon):
    """Two companies and one user per role; everything dated, nothing from today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        companies = cls.env["res.company"]
        cls.company_a = companies.create({"name": "Carbon A"})
        cls.company_b = companies.create({"name": "Carbon B"})
        cls.env.user.company_ids |= cls.company_a | cls.company_b
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company_a.ids))
        cls.users = {name: cls._new_user(f"carbon_{name}", group, cls.company_a) for name, group in GROUPS.items()}
        cls.manager_b = cls._new_user("carbon_b", GROUPS["manager"], cls.company_b)
        cls.region = cls.env.ref("carbon_management.region_cn_js")
        cls.site = cls._new_site("NJ1", cls.company_a)
        cls.standard_001 = cls.env.ref("carbon_management.standard_001")
        cls.standard_004 = cls.env.ref("carbon_management.standard_004")

    @classmethod
    def _new_user(cls, login, groups, company):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _new_site(cls, code, company):
        return cls.env["carbon.site"].create(
            {
                "name": f"Works {code}",
                "code": code,
                "company_id": company.id,
                "partner_id": company.partner_id.id,
                "region_id": cls.region.id,
            }
        )

    @classmethod
    def _new_system(cls, company, **values):
        return cls.env["carbon.system"].create(
            {
                "name": company.name,
                "company_id": company.id,
                "tz": "Asia/Shanghai",
                **values,
            }
        )

    @classmethod
    def _new_boundary(cls, **values):
        return cls.env["carbon.boundary"].create(
            {
                "name": "Group boundary",
                "company_id": cls.company_a.id,
                "boundary_type": "organisational",
                "date_from": "2025-01-01",
                "site_ids": [Command.set(cls.site.ids)],
                "review_interval_months": 12,
                **values,
            }
        )

    @classmethod
    def _as(cls, record, user):
        """Return a record as another user sees it, in that user's companies."""
        if isinstance(user, str):
            user = cls.users[user]
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    @classmethod
    def _trail(cls, company, event=None):
        domain = [("company_id", "=", company.id)]
        if event:
            domain.append(("event", "=", event))
        return cls.env["carbon.trail.entry"].search(domain, order="seq")
