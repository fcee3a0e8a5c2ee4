import csv
from decimal import Decimal

from odoo.tests import TransactionCase, new_test_user
from odoo.tools.misc import file_open


class FactorCommon(TransactionCase):
    """A user per role, and helpers to make factors and to read packs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        # who tests alone approves alone; see test_factor_second_person
        cls.env["carbon.system"].search([]).separate_factor_approval = False
        group = "carbon_management.group_carbon_"
        cls.users = {
            role: new_test_user(cls.env, f"factor_{role}", groups=f"{group}{role}")
            for role in (
                "reader",
                "data_owner",
                "accountant",
                "manager",
                "verifier",
                "top_management",
                "meter_technician",
            )
        }
        cls.ton = cls.env.ref("uom.product_uom_ton")
        cls.co2 = cls.env.ref("carbon_accounting.gas_co2")

    @classmethod
    def _factor(cls, code="TEST", **values):
        values = {"name": f"Factor {code}", "uom_id": cls.ton.id, **values}
        return cls.env["carbon.emission.factor"].create({"code": code, **values})

    @classmethod
    def _version(cls, factor, date_from="2024-01-01", kg=None, approve=True, **values):
        if kg is not None:
            line = {"gas_id": cls.co2.id, "kg_per_unit": kg}
            values["gas_line_ids"] = [(0, 0, line)]
        version = cls.env["carbon.emission.factor.version"].create(
            {"factor_id": factor.id, "date_from": date_from, **values}
        )
        if approve:
            version.action_approve()
        return version

    @classmethod
    def _parameters(cls, ncv=20, carbon_content=0.026, oxidation_rate=0.98, **values):
        return {
            "method": "parameter",
            "ncv": ncv,
            "ncv_uom_id": cls.ton.id,
            "carbon_content": carbon_content,
            "oxidation_rate": oxidation_rate,
            **values,
        }

    @classmethod
    def _pack(cls, code):
        return cls.env.ref(f"carbon_accounting.factor_pack_{code}")

    @classmethod
    def _pack_rows(cls, code):
        path = f"carbon_accounting/data/packs/{code}.csv"
        with file_open(path, "r", filter_ext=(".csv",)) as stream:
            return list(csv.DictReader(stream))

    @classmethod
    def _find(cls, code):
        return cls.env["carbon.emission.factor"].search([("code", "=", code)])

    @classmethod
    def _gwp(cls, code):
        values = cls.env["carbon.gwp.value"].search([("gwp_set_id.code", "=", code)])
        return {v.gas_id.code: Decimal(repr(v.value)) for v in values}

    @classmethod
    def _exact(cls, version):
        return version._get_exact_lines()[version.id]
