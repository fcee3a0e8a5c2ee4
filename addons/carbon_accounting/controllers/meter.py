import base64
import binascii
import json

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools.mimetypes import guess_mimetype

from odoo.addons.carbon_management.controllers.meter import CarbonMeterController
from odoo.addons.carbon_management.tools.figures import read_number

#: A photo of a phone, scaled down by the page, has some hundred kilobytes.
MOST_PHOTO = 6_000_000
_IMAGES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class CarbonMeterReadingController(CarbonMeterController):
    """The page of a meter on a phone: one field, a button, no web client (R-131, story S8)."""

    @http.route()
    def meter(self, token):
        """Open the reading page for those who may read the meter, its form for everybody else.

        :param token: random text of the label
        :return: the page, or the way to the form
        """
        meter = self._meter(token)
        if not meter.carbon_may_read:
            return super().meter(token)
        response = request.render("carbon_accounting.meter_page", self._page_values(meter, token))
        response.headers["Cache-Control"] = "no-store"
        return response

    @http.route("/carbon/meter/<string:token>/read", type="jsonrpc", auth="user")
    def read_meter(
        self, token, figure=None, read_at=None, key=None, rollover=False, comment=None, late=False, photo=None
    ):
        """Save one reading; sending it again with the same key changes nothing.

        :param token: random text of the label
        :param figure: what was read, as typed
        :param read_at: moment in UTC, ISO 8601; by default now
        :param key: random number of the reading, made by the page
        :param rollover: the counter restarted
        :param comment: why it is far from the usual, or late
        :param late: file it as a correction: its month is closed
        :param photo: picture of the meter as data URL
        :return: dict with ``state`` (``saved``, ``same``, ``asked``, ``refused``), ``message`` and what is asked for
        """
        meter = self._meter(token)
        meter = meter.with_company(meter.company_id)
        key = str(key or "").strip()
        entry = {
            "n": 1,
            "meter_id": meter.id,
            "read_at": self._moment(read_at),
            "figure": read_number(figure),
            "rollover": bool(rollover),
            "comment": str(comment or "").strip()[:2000] or None,
            "key": f"qr-{key[:100]}" if key else None,
            "is_correction": bool(late),
            "replaces_id": None,
        }
        try:
            if not meter.carbon_may_read:
                raise AccessError(request.env._("This meter is not assigned to you."))
            picture = self._picture(photo)
            report = meter.env["carbon.meter.reading"]._enter([entry], "qr")
        except (AccessError, UserError) as error:
            return {"state": "refused", "code": "access", "message": str(error)}
        if report["problems"]:
            problem = report["problems"][0]
            return {
                "state": "asked" if problem["ask"] else "refused",
                **{name: problem[name] for name in ("code", "ask", "message")},
            }
        if picture and report["ids"]:
            self._attach(meter, report["ids"][0], *picture)
        return {
            "state": "saved" if report["ids"] else "same",
            "message": self._saved_text(meter, report),
            "last": self._last(meter),
        }

    # ------------------------------------------------------------------
    # Parts
    # ------------------------------------------------------------------
    def _moment(self, text):
        """Return the moment of a phone in UTC; now where it says none that can be read."""
        try:
            moment = (
                fields.Datetime.to_datetime(str(text).rstrip("Z").replace("T", " ").split(".")[0]) if text else None
            )
        except ValueError:
            moment = None
        return (moment or fields.Datetime.now()).replace(microsecond=0)

    def _picture(self, photo):
        """Return (name, content) of a picture, or None.

        :raises UserError: if it is none
        """
        if not photo:
            return None
        try:
            raw = base64.b64decode(str(photo).partition(",")[2] or str(photo), validate=True)
        except (ValueError, binascii.Error):
            raw = b""
        kind = guess_mimetype(raw) if 0 < len(raw) <= MOST_PHOTO else ""
        if kind not in _IMAGES:
            raise UserError(
                request.env._("The photo cannot be read, or is too large. Take it again, or save without it.")
            )
        return f"meter.{_IMAGES[kind]}", raw

    def _attach(self, meter, reading_id, name, raw):
        # sudo: readings are written by nobody, so their files neither; this one comes with its reading
        meter.env["ir.attachment"].sudo().create(
            {"name": name, "raw": raw, "res_model": "carbon.meter.reading", "res_id": reading_id}
        )

    def _saved_text(self, meter, report):
        env = request.env
        if report["ids"]:
            reading = meter.env["carbon.meter.reading"].browse(report["ids"][0])
            return env._("Saved: %(reading)s", reading=reading._phrase())
        other = meter.env["carbon.meter.reading"].sudo().browse(report["skipped"][0]["id"])  # sudo: who was faster
        if other.user_id == env.user:
            return env._("Saved already: %(reading)s", reading=other._phrase())
        return env._(
            "%(person)s has read it already: %(reading)s. Nothing more to do.",
            person=other.user_id.name,
            reading=other._phrase(),
        )

    def _last(self, meter):
        """Return the last readings that stand, the newest first, as the page shows them."""
        readings = meter.env["carbon.meter.reading"].search(
            [("equipment_id", "=", meter.id), ("stands", "=", True)], limit=3
        )
        return [
            {
                "figure": reading._figure_text_of(),
                "moment": reading._local(reading.read_at).strftime("%Y-%m-%d %H:%M"),
                "who": reading.user_id.name,
            }
            for reading in readings
        ]

    def _page_values(self, meter, token):
        env = request.env
        calibrations = env["carbon.calibration"].sudo()  # sudo: the state of the meter only
        calibration = calibrations._state_on(meter, fields.Date.context_today(meter)).get(meter.id)
        return {
            "meter": meter,
            "page_lang": (env.lang or "en_US").replace("_", "-"),
            "last": self._last(meter),
            "is_interval": meter.carbon_register == "interval",
            "calibration": calibration,
            "config": json.dumps(
                {
                    "url": f"/carbon/meter/{token}/read",
                    "user": env.uid,
                    "login": f"/web/login?redirect=/carbon/meter/{token}",
                    "meter": meter.carbon_code or meter.name,
                    "words": self._words(),
                }
            ),
        }

    def _words(self):
        """Return what the script says, in the language of the user."""
        env = request.env
        return {
            "saving": env._("Saving …"),
            "queued": env._("No connection. Kept on this phone; it is sent as soon as there is one."),
            "waiting": env._("%s reading(s) on this phone wait for a connection."),
            "login": env._("Log in again; the reading is kept on this phone."),
            "failed": env._("The server did not answer as expected. The reading is kept on this phone; try again."),
            "number": env._("Enter the figure that the meter shows."),
            "sent": env._("%s reading(s) sent."),
            "lost": env._("A kept reading of %s was not taken: "),
            "photo": env._("Photo taken"),
        }
