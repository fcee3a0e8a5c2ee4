from odoo.tests import tagged

from .common import CarbonStockCommon


@tagged("post_install", "-at_install")
class TestBasisLocations(CarbonStockCommon):
    """A location that moves comes under other rules; another usage changes what its moves mean (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        places = cls.env["stock.location"]
        own = {"usage": "internal", "location_id": cls.stock.id, "company_id": cls.company.id}
        cls.north, cls.south = places.create([{"name": "North", **own}, {"name": "South", **own}])
        cls.tank = places.create({**own, "name": "Tank", "location_id": cls.north.id})

    def test_location_that_leaves_or_comes_under_a_place_with_a_rule_is_said(self):
        rule = self._rule("stock.receipt", self.diesel, product_id=self.diesel_product.id, location_id=self.north.id)
        move = self._receive(self.diesel_product, 10, dest=self.tank).move_ids
        self._commit()
        self.assertEqual(self._quantities(), [("stock.receipt", 10)])
        self._collect()
        self._check_said({"leaves": lambda: self.tank.write({"location_id": self.south.id})}, True)
        self.assertEqual(self._quantities(), [("stock.receipt", 10), ("stock.receipt", -10)], "collected by the check")
        self._check_said({"comes": lambda: self.tank.write({"location_id": self.north.id})}, True)
        data = self.env["carbon.activity.data"].search([("origin_id", "=", move.id), ("rule_id", "=", rule.id)])
        self.assertEqual(sum(data.mapped("quantity")), 10)

    def test_location_with_another_usage_is_said_where_a_rule_listens_to_moves(self):
        rule = self._rule("declared", self.diesel)
        self._collect()
        self._check_said({"no rule on moves": lambda: self.south.write({"usage": "inventory"})}, False)
        rule.active = False
        self._rule("stock.consumption", self.diesel, product_id=self.diesel_product.id)
        self._collect()
        self._check_said({"rule on moves": lambda: self.south.write({"usage": "internal"})}, True)

    def test_location_below_all_places_with_rules_is_not_said(self):
        self._rule("stock.receipt", self.diesel, location_id=self.stock.id)
        self._rule("stock.receipt", self.coal, location_id=self.tank.id)
        self._collect()
        self._check_said(
            {
                "stays below the rule": lambda: self.tank.write({"location_id": self.south.id}),
                "same place and usage": lambda: self.tank.write({"location_id": self.south.id, "usage": "internal"}),
                "name": lambda: self.tank.write({"name": "Tank 2"}),
            },
            False,
        )

    def test_location_of_another_company_is_not_said(self):
        self._rule("stock.receipt", self.diesel, product_id=self.diesel_product.id)
        self._collect()
        other = self.env["res.company"].create({"name": "Other"})
        place = self.env["stock.location"].create({"name": "Yard", "usage": "internal", "company_id": other.id})
        shared = self.env["stock.location"].create({"name": "On the way", "usage": "transit", "company_id": False})
        self._check_said({"other company": lambda: place.write({"usage": "inventory"})}, False)
        self._check_said({"of all companies": lambda: shared.write({"usage": "supplier"})}, True)
