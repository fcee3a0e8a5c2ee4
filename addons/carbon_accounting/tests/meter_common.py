import base64
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import Command

from .common import CarbonCommon

ZONE = ZoneInfo("Asia/Shanghai")


class MeterReadingCommon(CarbonCommon):
    """An electricity and a gas meter of a plant in Shanghai time, their technician, and the sources that they feed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.m3 = cls.env.ref("uom.product_uom_cubic_meter")
        cls.mwh = cls.env["uom.uom"].create(
            {"name": "MWh test", "relative_uom_id": cls.kwh.id, "relative_factor": 1000}
        )
        cls.technician = cls._user("meter-tech", "group_carbon_meter_technician")
        cls.colleague = cls._user("meter-tech-2", "group_carbon_meter_technician")
        cls.metrologist = cls._user("meter-metro", "group_carbon_metrologist")
        cls.metrologist_2 = cls._user("meter-metro-2", "group_carbon_metrologist")
        cls.accountant = cls._user("meter-acc", "group_carbon_accountant")
        cls.team = cls.env["maintenance.team"].create(
            {"name": "Metering", "company_id": cls.company.id, "member_ids": [Command.set(cls.technician.ids)]}
        )
        cls.power = cls._source("Power", cls.kwh, cls._factor("POWER", cls.kwh, "0.5"))
        cls.boiler = cls._source("Gas boiler", cls.m3, cls._factor("GAS", cls.m3, "2"))
        cls.em = cls._meter("EM-01")
        cls.gm = cls._meter("GM-03", carbon_meter_kind="gas", carbon_uom_id=cls.m3.id, carbon_register_max=100000)
        cls.em_rule = cls._rule("metered", cls.power, equipment_id=cls.em.id, name="Power by EM-01")
        cls.gm_rule = cls._rule("metered", cls.boiler, equipment_id=cls.gm.id, name="Gas by GM-03")
        cls.readings = cls.env["carbon.meter.reading"]
        cls.logger_user = cls._user("meter-logger", "group_carbon_reader")
        cls.logger_user.group_ids = [
            (6, 0, (cls.env.ref("base.group_user") | cls.env.ref("carbon_accounting.group_carbon_meter_logger")).ids)
        ]

    @classmethod
    def _meter(cls, code, **values):
        return cls.env["maintenance.equipment"].create(
            {
                "name": f"Meter {code}",
                "company_id": cls.company.id,
                "is_carbon_meter": True,
                "carbon_code": code,
                "carbon_meter_kind": "electricity",
                "carbon_uom_id": cls.kwh.id,
                "carbon_register": "cumulative",
                "maintenance_team_id": cls.team.id,
                "technician_user_id": cls.technician.id,
                **values,
            }
        )

    @staticmethod
    def _utc(text):
        """Return a moment in Shanghai as UTC; 24:00 is the next midnight."""
        day, _space, hour = text.partition(" ")
        late = hour == "24:00"
        moment = datetime.fromisoformat(f"{day} {'00:00' if late or not hour else hour}")
        moment = moment.replace(day=moment.day, tzinfo=ZONE)
        if late:
            moment = (moment.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZONE)
        return moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def _read(self, meter, at, figure, user=None, commit=True, **values):
        """Enter a reading as a person does, and collect it."""
        name = "consumption" if meter.carbon_register == "interval" else "value"
        model = self.readings.with_user(user) if user else self.readings
        reading = model.create({"equipment_id": meter.id, "read_at": self._utc(at), name: figure, **values})
        if commit:
            self._commit()
        return reading.with_env(self.env)

    def _file(self, text, name="readings.csv", user=None, **values):
        raw = text if isinstance(text, bytes) else text.encode()
        wizard = self.env["carbon.meter.import.wizard"].with_user(user or self.accountant).create(
            {"file": base64.b64encode(raw), "filename": name, **values}
        )  # fmt: skip
        wizard.action_import()
        return wizard

    def _shut(self, *days):
        """Close months, over blockers where there are some."""
        for day in days:
            period = self._period(day)
            if any(line["stops"] for line in self.env["carbon.period.checklist"]._weighed(period, True)):
                self._close_anyway(day)
            else:
                period.action_close()
            self.assertEqual(period.state, "closed")

    def _months(self, source):
        """Return ``{"2025-03": quantity}`` of what the ledger holds of a source, exactly."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT to_char(date, 'YYYY-MM'), SUM(quantity)::text FROM carbon_activity_data WHERE source_id = %s "
                "GROUP BY 1 HAVING SUM(quantity) <> 0 ORDER BY 1",
                source.id,
            )
        )
        return {month: Decimal(quantity).normalize() + 0 for month, quantity in rows}

    def _grades(self, source):
        """Return ``{"2025-03": (quality, uncertainty)}`` of the live rows of a source."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT to_char(a.date, 'YYYY-MM'), a.quality, a.uncertainty::float8 FROM carbon_activity_data a WHERE a.source_id = %s "
                "AND a.reverses_id IS NULL AND NOT EXISTS (SELECT 1 FROM carbon_activity_data c WHERE c.reverses_id = a.id) ORDER BY 1",
                source.id,
            )
        )
        return {row[0]: row[1:] for row in rows}

    def _calibrate(self, meter, day, found=0.4, left=None, **values):
        """Finish a calibration with one test point."""
        point = {"nominal": 100.0, "error_found": found}
        if left is not None:
            point["error_left"] = left
        calibration = self.env["carbon.calibration"].create(
            {
                "equipment_id": meter.id,
                "date": day,
                "is_adjusted": left is not None,
                "point_ids": [Command.create(point)],
                **values,
            }
        )
        calibration.action_done()
        self._commit()
        return calibration
