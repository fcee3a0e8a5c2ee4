from odoo.tests import tagged

from .common import CarbonManagementCommon


@tagged("post_install", "-at_install")
class TestExtensionPoint(CarbonManagementCommon):
    def test_without_addons_nothing_is_said(self):
        points = self.env["carbon.extension.point"]
        self.assertEqual(points._get_items("effective_procedure", self.site), [])

    def test_addons_append_well_formed_items(self):
        points = self.env["carbon.extension.point"]
        original = type(points)._get_items

        def with_procedure(model, point, record):
            items = original(model, point, record)
            if point == "effective_procedure":
                items.append(model._item("CP-07", url="/odoo/x", blocking=True))
            return items

        self.patch(type(points), "_get_items", with_procedure)
        self.assertEqual(
            points._get_items("effective_procedure", self.site),
            [{"label": "CP-07", "url": "/odoo/x", "state": "info", "blocking": True}],
        )
        self.assertEqual(points._get_items("raise_nonconformity", self.site), [])
