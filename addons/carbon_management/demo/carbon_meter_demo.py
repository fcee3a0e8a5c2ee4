from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models

#: Months ago, error as found, as left (None: not adjusted) by meter: one valid, one due, one overdue, one verified.
HISTORY = {
    "meter_gm03": ((16, 0.6, None), (4, 0.4, None)),
    "meter_em01": ((23, 2.4, 0.4), (11, 0.3, None)),
    "meter_wm01": ((26, 1.1, None),),
    "meter_wb01": ((15, 0.05, None), (3, -0.04, None)),
}
NOMINAL = {"meter_gm03": 160, "meter_em01": 5, "meter_wm01": 15, "meter_wb01": 30}


class CarbonMeterDemo(models.AbstractModel):
    """Calibrations of the demo meters: used by demo data only, unreachable by RPC. Days depend on the month alone."""

    _name = "carbon.meter.demo"
    _description = "Demo Meters"

    @api.model
    def _calibrate(self):
        """Enter the past calibrations of the demo meters, once, and the requests of those that are due."""
        today = fields.Date.today()
        # sudo: demo data
        calibrations = self.with_user(self.env.ref("base.user_admin")).env["carbon.calibration"].sudo()
        for name, history in HISTORY.items():
            meter = calibrations.env.ref(f"carbon_management.{name}")
            if meter.carbon_calibration_ids:
                continue
            for number, (months, found, left) in enumerate(history, start=1):
                day = today + relativedelta(months=-months, day=12)
                point = {"nominal": NOMINAL[name], "error_found": found, "error_left": found if left is None else left}
                calibrations.create(
                    {
                        "equipment_id": meter.id,
                        "date": day,
                        "is_adjusted": left is not None,
                        "point_ids": [Command.create(point)],
                        "certificate_number": f"SZ-{day.year}-{number:02}{meter.id:03}",
                        "reference_standard": "标准表 Reference meter 0.05",
                        "temperature": "23 ± 2 °C",
                        "humidity": "45 – 55 %",
                    }
                ).action_done()
        for system in calibrations.env["carbon.system"].search(
            [("company_id", "=", self.env.ref("base.main_company").id)]
        ):
            for meter, due in calibrations.env["maintenance.equipment"]._carbon_due_without_request(system):
                meter._carbon_make_request(due)
