from odoo import Command
from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestBasisPartnersUnits(CarbonCommon):
    """Units that get another size and partners that get another company behind them move numbers too (R-129)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule("declared", cls.coal)

    @classmethod
    def _unit(cls, name, size, reference):
        return cls.env["uom.uom"].create({"name": name, "relative_factor": size, "relative_uom_id": reference.id})

    @classmethod
    def _partner(cls, name, parent=None, is_company=True):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": is_company, "parent_id": parent and parent.id}
        )

    def test_unit_of_the_kind_of_a_source_that_gets_another_size_is_said(self):
        skip = self._unit("Skip", 5, self.ton)
        self._unit("Two skips", 2, skip)
        bag = self._unit("Bag", 1, self.env.ref("uom.product_uom_unit"))
        self._collect()
        self._check_said(
            {
                "size": lambda: skip.write({"relative_factor": 6}),
                "reference of the same kind": lambda: skip.write({"relative_uom_id": self.kg.id}),
                "becomes of the kind": lambda: bag.write({"relative_factor": 25, "relative_uom_id": self.kg.id}),
                "leaves the kind": lambda: bag.write({"relative_factor": 1, "relative_uom_id": self.litre.id}),
            },
            True,
        )

    def test_unit_of_a_kind_that_a_conversion_links_is_said(self):
        truss = self.env["uom.uom"].create({"name": "Truss"})
        double = self._unit("Double truss", 2, truss)
        self._collect()
        self._check_said({"no conversion": lambda: double.write({"relative_factor": 2.1})}, False)
        self.env["carbon.unit.conversion"].create(
            {
                "product_id": self.env["product.product"].create({"name": "Straw"}).id,
                "from_uom_id": truss.id,
                "factor": 16,
                "to_uom_id": self.kg.id,
                "property_kind": "weight",
                "source_document": "Scales",
            }
        )
        self._collect()
        self._check_said({"conversion": lambda: double.write({"relative_factor": 2})}, True)

    def test_unit_that_no_rule_converts_is_not_said(self):
        lux = self.env["uom.uom"].create({"name": "Lamp hour"})
        shift = self._unit("Lamp shift", 8, lux)
        self._collect()
        self._check_said(
            {
                "other kind": lambda: shift.write({"relative_factor": 12}),
                "same size": lambda: self.ton.write({"relative_factor": 1000, "relative_uom_id": self.kg.id}),
                "name": lambda: self.ton.write({"name": "tonne"}),
            },
            False,
        )
        self.rule.write({"outcome": "none", "reason": "Sold", "source_id": False})
        self._collect()
        skip = self._unit("Skip", 5, self.ton)
        self._check_said({"no emission": lambda: skip.write({"relative_factor": 6})}, False)

    def test_partner_that_comes_under_or_leaves_a_company_with_a_rule_is_said(self):
        group, vendor = self._partner("Group"), self._partner("Vendor")
        plant = self._partner("Plant", vendor, is_company=False)
        self._rule("declared", self.diesel, partner_id=vendor.id)
        self._collect()
        self._check_said(
            {
                "leaves": lambda: plant.write({"parent_id": group.id}),
                "comes": lambda: plant.write({"parent_id": vendor.id}),
                "becomes a company": lambda: plant.write({"is_company": True}),
                "becomes a contact": lambda: vendor.write(
                    {"child_ids": [Command.update(plant.id, {"is_company": False})]}
                ),
                "vendor itself": lambda: vendor.write({"is_company": False, "parent_id": group.id}),
            },
            True,
        )

    def test_partner_that_no_rule_names_is_not_said(self):
        group, vendor, other = self._partner("Group"), self._partner("Vendor"), self._partner("Other")
        contact = self._partner("Contact", other, is_company=False)
        self._rule("declared", self.diesel, partner_id=vendor.id)
        self._collect()
        self._check_said(
            {
                "other": lambda: contact.write({"parent_id": group.id}),
                "company under a group stays its own": lambda: vendor.write({"parent_id": group.id}),
                "same": lambda: vendor.write({"is_company": True, "parent_id": group.id}),
                "name": lambda: vendor.write({"name": "Vendor Ltd"}),
            },
            False,
        )

    def test_changes_are_said_to_the_companies_that_look_at_them_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env["carbon.system"]._get(other)
        self._collect(), self._collect(other)
        vendor, group = self._partner("Vendor"), self._partner("Group")
        self._rule("declared", self.diesel, partner_id=vendor.id)
        self._collect()
        skip = self._unit("Skip", 5, self.ton)
        vendor.write({"is_company": False, "parent_id": group.id})
        skip.relative_factor = 6
        self.env.flush_all()
        self.assertEqual(self.env["carbon.engine"]._basis_changed(self.company | other), self.company)
