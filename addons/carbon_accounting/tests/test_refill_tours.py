from odoo.tests import HttpCase, new_test_user, tagged

from .refill_common import RefillCommon


@tagged("post_install", "-at_install")
class TestRefillTourPhone(RefillCommon, HttpCase):
    """Story S10 at phone size: the technician enters and closes, the accountant posts (R-131)."""

    browser_size = "390x844"
    touch_enabled = True

    def _person(self, login, groups):
        return new_test_user(
            self.env,
            login=login,
            password=login,
            groups=groups,
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

    def test_technician_refills_and_closes_on_a_phone(self):
        technician = self._person("phone_technician", "base.group_user,carbon_management.group_carbon_meter_technician")
        request = self._request(user=technician)
        action = self.env.ref("maintenance.hr_equipment_request_action")
        self.start_tour(
            f"/odoo/action-{action.id}/{request.id}", "carbon_refill_technician_tour", login="phone_technician"
        )
        self.env.invalidate_all()
        declaration = self._declarations()
        self.assertEqual((len(declaration), declaration.state, declaration.quantity), (1, "draft", 5))
        self.assertEqual(declaration.refill_ids.user_id, technician)


@tagged("post_install", "-at_install")
class TestRefillTour(RefillCommon, HttpCase):
    """The accountant's half of story S10, on a desk."""

    def test_accountant_posts_the_declaration(self):
        new_test_user(
            self.env, login="desk_accountant", password="desk_accountant",
            groups="base.group_user,carbon_management.group_carbon_accountant",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self._job(("added", 5))
        self.start_tour("/odoo/carbon-refills", "carbon_refill_accountant_tour", login="desk_accountant")
        self.env.invalidate_all()
        self.assertEqual(self._declarations().state, "posted")
