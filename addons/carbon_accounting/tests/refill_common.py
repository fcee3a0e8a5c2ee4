from odoo.tests import freeze_time, new_test_user

from .inventory_common import InventoryCommon


class RefillCommon(InventoryCommon):
    """A chiller of 20 kg R-410A with its source and rule, a technician, and stages of requests. Today is 1 July 2025."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2025-07-01 08:00:00"))
        cls.fugitive = cls.env.ref("carbon_accounting.emission_stream_fugitive")
        cls.fugitive_leaf = cls.env.ref("carbon_accounting.emission_category_fugitive")
        cls.r32, cls.r125, cls.gas_sf6 = (cls._gas(code) for code in ("HFC32", "HFC125", "SF6"))
        cls.r410a = cls._blend("R-410A", {cls.r32: 0.5, cls.r125: 0.5})
        cls.new_stage = cls.env["maintenance.stage"].search([("done", "=", False)], limit=1)
        cls.done_stage = cls.env["maintenance.stage"].search([("done", "=", True)], limit=1)
        cls.team = cls.env["maintenance.team"].create({"name": "Cooling", "company_id": cls.company.id})
        cls.technician = cls._staff("refill-tech", "carbon_management.group_carbon_meter_technician")
        cls.plain = cls._staff("refill-plain")
        cls.accountant = cls._user("refill-accountant", "group_carbon_accountant")
        cls.reader = cls._user("refill-reader", "group_carbon_reader")
        cls.chiller = cls._device("Chiller 1")
        cls.chillers = cls._source(
            "Chiller 1 (R-410A)", cls.kg, cls.r410a, cls.fugitive, cls.fugitive_leaf, equipment_id=cls.chiller.id
        )
        cls.refill_rule = cls._rule("declared", cls.chillers, name="Refills of chiller 1")

    @classmethod
    def _staff(cls, login, *groups):
        return new_test_user(
            cls.env, login=login, groups=",".join(["base.group_user", *groups]),
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip

    @classmethod
    def _blend(cls, code, gases):
        """Return an approved factor of 1 kg of a substance, as the pack of refrigerants has it."""
        factor = cls.env["carbon.emission.factor"].create(
            {
                "code": f"GAS-{code}",
                "name": f"{code}, released",
                "uom_id": cls.kg.id,
                "company_id": cls.company.id,
                "stream_id": cls.fugitive.id,
            }
        )
        lines = [(0, 0, {"gas_id": gas.id, "kg_per_unit": share}) for gas, share in gases.items()]
        factor.version_ids.create(
            {"factor_id": factor.id, "date_from": "2015-01-01", "source_document": "test", "gas_line_ids": lines}
        ).action_approve()
        return factor

    @classmethod
    def _device(cls, name, substance=None, charge=20, **values):
        return cls.env["maintenance.equipment"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "is_emission_device": True,
                "carbon_substance_id": (substance or cls.r410a).id,
                "carbon_charge_kg": charge,
                "effective_date": "2020-01-01",
                **values,
            }
        )

    def _request(self, device=None, user=None, **values):
        """Return a request that a technician has to do, as he sees it."""
        user = user or self.technician
        request = self.env["maintenance.request"].create(
            {
                "name": values.pop("name", "Cools too little"),
                "company_id": self.company.id,
                "equipment_id": (device if device is not None else self.chiller).id,
                "maintenance_team_id": self.team.id,
                "user_id": user.id,
                "stage_id": self.new_stage.id,
                **values,
            }
        )
        request.user_id = user  # the equipment has no technician of its own
        return request.with_user(user)

    def _refill(self, request, quantity, kind="added", **values):
        values = {"date": "2025-06-20", **values}
        return (
            self.env["carbon.refill"]
            .with_user(request.env.user)
            .create({"request_id": request.id, "kind": kind, "quantity": quantity, **values})
        )

    def _done(self, request):
        request.write({"stage_id": self.done_stage.id})

    def _job(self, *lines, device=None, day="2025-06-20", **values):
        """Enter lines (kind, quantity) on a request, close it, and return the refills as the system sees them."""
        request = self._request(device)
        refills = self.env["carbon.refill"]
        for kind, quantity in lines:
            refills |= self._refill(request, quantity, kind, date=day, **values)
        self._done(request)
        return self._seen(refills)

    def _seen(self, refills):
        self.env.invalidate_all()
        return refills.with_user(self.env.user).with_env(self.env)

    def _declarations(self, *states):
        domain = [("refill_request_id", "!=", False), ("company_id", "=", self.company.id)]
        return self.env["carbon.declaration"].search(domain + ([("state", "in", states)] if states else []), order="id")
