from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestBasisProducts(CarbonCommon):
    """Products and their categories move numbers too (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        categories = cls.env["product.category"]
        cls.materials, cls.other = categories.create([{"name": "Materials"}, {"name": "Other"}])
        cls.metals = categories.create({"name": "Metals", "parent_id": cls.materials.id})
        cls.steel, cls.pen = cls.env["product.product"].create(
            [{"name": "Steel", "categ_id": cls.metals.id}, {"name": "Pen", "categ_id": cls.other.id}]
        )
        cls.rule = cls._rule("declared", cls.coal, name="Metals", category_id=cls.materials.id)

    def test_changed_weight_or_category_of_a_product_under_a_rule_is_said(self):
        self._collect()
        self._check_said(
            {
                "weight": lambda: self.steel.write({"weight": 7.8}),
                "volume of the template": lambda: self.steel.product_tmpl_id.write({"volume": 0.2}),
                "leaves its category": lambda: self.steel.write({"categ_id": self.other.id}),
                "comes under a rule": lambda: self.steel.write({"categ_id": self.metals.id}),
                "category leaves": lambda: self.metals.write({"parent_id": self.other.id}),
                "category comes": lambda: self.metals.write({"parent_id": self.materials.id}),
            },
            True,
        )

    def test_products_that_no_rule_looks_at_are_not_said(self):
        self._collect()
        self._check_said(
            {
                "same weight": lambda: self.steel.write({"weight": self.steel.weight, "categ_id": self.metals.id}),
                "name": lambda: self.steel.write({"name": "Steel sheet", "list_price": 5}),
                "weight elsewhere": lambda: self.pen.write({"weight": 0.01}),
                "category elsewhere": lambda: self.pen.write(
                    {"categ_id": self.env["product.category"].create({"name": "P"}).id}
                ),
            },
            False,
        )
