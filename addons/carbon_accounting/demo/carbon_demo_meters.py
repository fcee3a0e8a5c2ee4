from datetime import datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models

#: Months of readings, and those in which the meter measured more than was billed, in per mille.
MONTHS_READ = 13
MORE = {3: 80}
#: Where the counters of the demo stood at the beginning.
BEGIN = {"meter_em01": 612_400, "meter_gm03": 388_100, "meter_wm01": 71_250}


class CarbonDemo(models.AbstractModel):
    """Readings of the demo meters: they are compared with the bills, which count."""

    _inherit = "carbon.demo"

    @api.model
    def _meter_readings(self):
        """Enter the readings at the ends of the last months, once; quantities depend on the month alone."""
        env = self._as_accountant().env
        readings = env["carbon.meter.reading"]
        meters = {name: env.ref(f"carbon_management.{name}") for name in (*BEGIN, "meter_wb01")}
        if any(meter._carbon_read() for meter in meters.values()):
            return
        months = self._months()[-MONTHS_READ:]
        used = {
            "meter_em01": lambda month, age: round(
                self._quantity("power", 180_000, month) * (1000 + MORE.get(age, 6)) / 1000 / 80
            ),
            "meter_gm03": lambda month, age: self._quantity("heat", 24_000, month),
            "meter_wm01": lambda month, age: self._quantity("work", 900, month),
        }
        for name, begin in BEGIN.items():
            value, top = begin, meters[name].carbon_register_max
            for age, month in zip(range(len(months), 0, -1), months, strict=True):
                turned = value + used[name](month, age) >= top
                if month != months[0]:
                    value = (value + used[name](month, age)) % top
                readings.create(
                    {
                        "equipment_id": meters[name].id,
                        "read_at": self._end_of(month),
                        "value": value,
                        "rollover": turned and month != months[0],
                        "comment": "表计归零 Counter restarted"
                        if turned and month != months[0]
                        else "月末抄表 End of the month",
                    }
                )
        for month in months:
            for day, share in ((6, 55), (19, 45)):
                readings.create(
                    {
                        "equipment_id": meters["meter_wb01"].id,
                        "read_at": self._moment(month, day),
                        "consumption": self._quantity("heat", 24, month) * share / 100,
                        "comment": "煤 Coal",
                    }
                )

    @api.model
    def _end_of(self, month):
        """Return midnight after the last day of a month at the plant, as Odoo stores it."""
        return datetime.combine(month + relativedelta(months=1), time()) - timedelta(hours=8)

    @api.model
    def _monitor(self):
        """Compare meters and bills, and explain the month in which they differ."""
        result = super()._monitor()
        checks = self.env["carbon.cross.check"].sudo()  # sudo: figures are written by the system only
        checks._compare(self._company())
        odd = (
            self._as_accountant()
            .env["carbon.cross.check"]
            .search([("company_id", "=", self._company().id), ("state", "=", "open")])
        )
        odd._explain("账单按 25 日结算，当月抄表到月末。 The bill runs to the 25th, the meter to the end of the month.")
        return result
