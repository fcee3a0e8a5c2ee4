import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.carbon_management.tools.figures import read_number

#: Readings in one call; a logger that has more sends several calls.
MOST = 50_000
#: So many problems are told; a file that is wrong throughout needs no longer list.
TOLD = 200


class CarbonMeterReading(models.Model):
    """Readings from data loggers (R-156): ``POST /json/2/carbon.meter.reading/push`` with the API key of a user."""

    _inherit = "carbon.meter.reading"

    @api.model
    def push(self, readings, stamp="end", company=None):
        """Save readings of data loggers, all or none; sending the same again changes nothing.

        Each reading is ``{"meter": "EM-01", "at": "2026-03-01T00:15:00+08:00", "value": 12345.6}``. ``at`` without offset is in the
        time zone of the company. ``value`` is what the counter shows, or what the interval used, as the meter says. Optional: ``key`` (by
        default meter and moment), ``comment``. Numbers may be text, which keeps all their digits.

        :param readings: list of up to 50,000 dicts
        :param stamp: ``end`` where ``at`` is the end of the interval, ``begin`` where it is its beginning: the interval of the meter
            (``carbon_interval_minutes``) is added
        :param company: id of the company whose meters they are; by default the current one
        :return: dict with ``saved``, ``repeated`` (known already) and ``errors`` ``[{"row", "field", "code", "message"}]``, rows counted
            from 1; with an error nothing is saved
        :raises AccessError: for users who are neither data loggers nor keep the data
        """
        company = self._push_company(company)
        if stamp not in ("begin", "end"):
            raise UserError(self.env._("'stamp' is 'begin' or 'end'."))
        if not isinstance(readings, list) or len(readings) > MOST:
            raise UserError(self.env._("'readings' is a list of up to %(most)s readings.", most=MOST))
        # sudo: a logger may send for every meter of its company, and needs no other right
        model = self.sudo().with_company(company)
        entries, problems = model._read_rows(company, readings, stamp)
        batch = f"api-{uuid4().hex[:12]}"
        report = {"ids": [], "skipped": [], "problems": []}
        if not problems and entries:
            report = model._enter(entries, "api", batch)
        problems += [{**p, "row": p["n"]} for p in report["problems"]]
        return {
            "saved": len(report["ids"]),
            "repeated": len(report["skipped"]),
            "errors": [{name: p[name] for name in ("row", "field", "code", "message")} for p in problems[:TOLD]],
        }

    @api.model
    def _push_company(self, company):
        user = self.env.user
        groups = ("carbon_accounting.group_carbon_meter_logger", "carbon_management.group_carbon_accountant")
        if not self.env.su and not any(user.has_group(group) for group in groups):
            raise AccessError(
                self.env._("%(user)s may not send readings. Give the user the role 'Data logger'.", user=user.name)
            )
        company = self.env["res.company"].browse(company or self.env.company.id)
        if not self.env.su and company not in user.company_ids:
            raise AccessError(self.env._("You may not send readings for this company."))
        return company

    # ------------------------------------------------------------------
    # Rows of calls and files
    # ------------------------------------------------------------------
    @api.model
    def _read_rows(self, company, rows, stamp="end"):
        """Turn rows as they come into entries; what cannot be read is a problem.

        :param rows: list of dicts with ``meter``, ``at``, ``value`` and what else is known
        :return: (entries, problems)
        """
        meters = self._meters_by_code(company, rows)
        zone = ZoneInfo(self.env["carbon.system"]._get(company).tz or "UTC")
        entries, problems = [], []
        for n, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                problems.append(
                    self._row_problem(n, "meter", "row", self.env._("A reading is an object with meter, at and value."))
                )
                continue
            code = str(row.get("meter") or "").strip()
            meter_id, minutes = meters.get(code, (None, 0))
            moment, figure = read_moment(row.get("at"), zone), read_number(row.get("value"))
            if not meter_id:
                problems.append(
                    self._row_problem(n, "meter", "meter", self.env._("There is no meter %(code)s.", code=code or "–"))
                )
            if moment is None:
                text = self.env._(
                    "%(text)s is no time. Write 2026-03-31 24:00 or 2026-03-31T08:15:00+08:00.",
                    text=row.get("at") or "–",
                )
                problems.append(self._row_problem(n, "read_at", "time", text))
            if figure is None:
                text = self.env._(
                    "%(text)s is no number.", text=row.get("value") if row.get("value") not in (None, "") else "–"
                )
                problems.append(self._row_problem(n, "figure", "number", text))
            if stamp == "begin" and meter_id and not minutes:
                text = self.env._("%(code)s has no interval: say on the meter how often it sends a value.", code=code)
                problems.append(self._row_problem(n, "meter", "interval", text))
            if moment is not None and figure is not None and meter_id:
                entries.append(
                    self._row_entry(
                        n, row, meter_id, moment + timedelta(minutes=minutes if stamp == "begin" else 0), figure
                    )
                )
        return entries, problems

    @api.model
    def _row_entry(self, n, row, meter_id, moment, figure):
        key = str(row.get("key") or "").strip() or f"{meter_id}@{moment:%Y%m%dT%H%M%S}"
        return {
            "n": n,
            "meter_id": meter_id,
            "read_at": moment,
            "figure": figure,
            "rollover": bool(row.get("rollover")),
            "comment": str(row.get("comment") or "").strip() or None,
            "key": key[:200],
            "is_correction": bool(row.get("is_correction")),
            "replaces_id": None,
        }

    @api.model
    def _meters_by_code(self, company, rows):
        """Return ``{number: (id, interval)}`` of the meters that rows name, by one query."""
        codes = {str(row.get("meter") or "").strip() for row in rows if isinstance(row, dict)} - {""}
        meters = self.env["maintenance.equipment"].search_fetch(
            [("company_id", "=", company.id), ("is_carbon_meter", "=", True), ("carbon_code", "in", list(codes))],
            ["carbon_code", "carbon_interval_minutes"],
        )
        return {meter.carbon_code: (meter.id, meter.carbon_interval_minutes) for meter in meters}

    @api.model
    def _row_problem(self, n, field, code, message):
        return {"n": n, "row": n, "field": field, "code": code, "message": message}


def read_moment(value, zone):
    """Return a moment as files and loggers write it, in UTC without zone, seconds exact; None for what is none.

    A day alone stands for its end, 24:00: what was read or used until then. Without offset the time is that of the plant.
    """
    if isinstance(value, datetime):
        moment = value
    else:
        text = str(value if value is not None else "").strip().replace("/", "-")
        found = re.fullmatch(
            r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
            text,
        )
        if not found:
            return None
        year, month, day = (int(found[i]) for i in (1, 2, 3))
        hour, minute, second = (int(found[i]) if found[i] else 0 for i in (4, 5, 6))
        late = found[4] is None or (hour == 24 and not minute and not second)
        try:
            moment = datetime(year, month, day, 0 if late else hour, minute, second) + timedelta(days=int(late))
        except (ValueError, OverflowError):
            return None
        if found[7]:
            moment = moment.replace(tzinfo=UTC if found[7] == "Z" else datetime.strptime(found[7], "%z").tzinfo)
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=None, microsecond=0)
