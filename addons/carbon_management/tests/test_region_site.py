import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestRegionSite(CarbonManagementCommon):
    """Regions carry the order in which factors are looked up."""

    def test_the_shipped_tree_is_world_country_grid_province(self):
        self.assertEqual(
            self.region._get_lookup_order().mapped("code"),
            ["CN-JS", "CN-GRID-EAST", "CN", "WORLD"],
        )

    def test_seven_grid_regions_hold_31_provinces(self):
        regions = self.env["carbon.region"]
        china = self.env.ref("carbon_management.region_cn")
        grids = regions.search([("parent_id", "=", china.id)])
        self.assertEqual(len(grids), 7)
        shipped = regions.search([("kind", "=", "province"), ("parent_id", "in", grids.ids)])
        self.assertEqual(len(shipped), 31)
        self.assertEqual(len(shipped.state_id), 31)
        tibet = self.env.ref("carbon_management.region_cn_xz")
        self.assertEqual(tibet.parent_id.code, "CN-GRID-SOUTHWEST")

    def test_a_region_cannot_lie_inside_itself(self):
        world = self.env.ref("carbon_management.region_world")
        with self.assertRaises(UserError):
            world.parent_id = self.region

    def test_a_site_finds_its_region_by_its_address(self):
        guangdong = self.env.ref("base.state_cn_GD")
        partner = self.env["res.partner"].create(
            {
                "name": "Works Guangzhou",
                "country_id": guangdong.country_id.id,
                "state_id": guangdong.id,
            }
        )
        sites = self.env["carbon.site"]
        values = {"company_id": self.company_a.id, "partner_id": partner.id}
        site = sites.create({"name": "GZ", "code": "GZ", **values})
        self.assertEqual(site.region_id.code, "CN-GD")
        partner.write({"state_id": False, "country_id": self.env.ref("base.uk").id})
        site = sites.create({"name": "UK", "code": "UK", **values})
        self.assertEqual(site.region_id.code, "GB")

    def test_a_region_chosen_by_hand_stays(self):
        self.site.partner_id = self.env["res.partner"].create(
            {"name": "Elsewhere", "country_id": self.env.ref("base.us").id}
        )
        self.assertEqual(self.site.region_id.code, "CN-JS")

    def test_codes_of_sites_are_unique_per_company(self):
        self._new_site("NJ1", self.company_b)
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._new_site("NJ1", self.company_a)

    def test_identities_of_sites_differ(self):
        other = self._new_site("NJ2", self.company_a)
        self.assertNotEqual(self.site.uuid, other.uuid)
        self.assertNotEqual(self.site.copy({"code": "NJ3"}).uuid, self.site.uuid)
