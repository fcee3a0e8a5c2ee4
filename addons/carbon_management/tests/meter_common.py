from datetime import date

from odoo import Command

from .common import CarbonManagementCommon

TODAY = "2026-06-15"


class MeterCommon(CarbonManagementCommon):
    """A gas meter, an electricity meter, and the people who keep them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kwh = cls.env.ref("uom.product_uom_kwh")
        cls.m3 = cls.env.ref("uom.product_uom_cubic_meter")
        cls.users["metrologist"] = cls._new_user(
            "carbon_metrologist", "carbon_management.group_carbon_metrologist", cls.company_a
        )
        cls.users["technician2"] = cls._new_user(
            "carbon_technician2", "carbon_management.group_carbon_meter_technician", cls.company_a
        )
        cls.users["metrologist2"] = cls._new_user(
            "carbon_metrologist2", "carbon_management.group_carbon_metrologist", cls.company_a
        )
        cls.metrologist_b = cls._new_user(
            "carbon_metrologist_b", "carbon_management.group_carbon_metrologist", cls.company_b
        )
        cls.system = cls._new_system(cls.company_a)
        cls.team = cls.env["maintenance.team"].create({"name": "Metering A", "company_id": cls.company_a.id})
        cls.laboratory = cls.env["res.partner"].create({"name": "Institute of Metrology"})
        cls.em = cls._new_meter("EM-01", technician_user_id=cls.users["technician"].id)
        cls.gm = cls._new_meter("GM-03", carbon_meter_kind="gas", carbon_uom_id=cls.m3.id)
        cls.stage_new = cls.env.ref("maintenance.stage_0")
        cls.stage_done = cls.env.ref("maintenance.stage_3")

    @classmethod
    def _new_meter(cls, code, **values):
        return cls.env["maintenance.equipment"].create(
            {
                "name": f"Meter {code}",
                "company_id": cls.company_a.id,
                "is_carbon_meter": True,
                "carbon_code": code,
                "carbon_meter_kind": "electricity",
                "carbon_uom_id": cls.kwh.id,
                "carbon_register": "cumulative",
                "carbon_permissible_error": 1.0,
                "carbon_calibration_months": 12,
                "carbon_in_use_from": "2024-01-01",
                "maintenance_team_id": cls.team.id,
                **values,
            }
        )

    @classmethod
    def _calibration(cls, meter, day, found=0.4, left=None, **values):
        """Return a draft with one test point; ``left`` given means that the meter was adjusted."""
        point = {"nominal": 100.0, "error_found": found}
        if left is not None:
            point["error_left"] = left
        return cls.env["carbon.calibration"].create(
            {
                "equipment_id": meter.id,
                "date": day,
                "is_adjusted": left is not None,
                "point_ids": [Command.create(point)],
                **values,
            }
        )

    @classmethod
    def _done(cls, meter, day, found=0.4, left=None, **values):
        calibration = cls._calibration(meter, day, found, left, **values)
        calibration.action_done()
        return calibration

    def _spans(self, meter):
        """Return the spans of a meter as text, easy to read in a failing test."""
        return [
            (str(start), end and str(end), state)
            for start, end, state in self.env["carbon.calibration"]._states(meter)[meter.id]
        ]

    def _request(self, meter, **values):
        return self.env["maintenance.request"].create(
            {
                "name": f"Calibrate {meter.display_name}",
                "equipment_id": meter.id,
                "company_id": meter.company_id.id,
                "maintenance_team_id": self.team.id,
                "is_carbon_calibration": True,
                "maintenance_type": "preventive",
                "user_id": self.users["technician"].id,
                **values,
            }
        )

    @staticmethod
    def _day(text):
        return date.fromisoformat(text)
