from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request


class CarbonMeterController(http.Controller):
    """What the label of a meter opens, and the labels themselves."""

    def _meter(self, token):
        """Return the meter of a label, if the user may read it.

        :param token: text from the address
        :raises NotFound: where there is no such meter
        :raises AccessError: where the user may not read it
        """
        # sudo: whether the label belongs to a meter; what the user may see of it is checked next
        meter = (
            request.env["maintenance.equipment"]
            .sudo()
            .with_context(active_test=False)
            .search([("carbon_token", "=", token)], limit=1)
        )
        if not token or not meter:
            raise request.not_found()
        companies = request.env.user.company_ids
        meter = meter.with_user(request.env.user).with_context(allowed_company_ids=companies.ids)
        meter.check_access("read")
        return meter

    @http.route("/carbon/meter/<string:token>", type="http", auth="user", methods=["GET"], readonly=True)
    def meter(self, token):
        """Open the meter on whose label somebody stands; login first where it is needed.

        :param token: random text of the label
        :return: the way to its form
        """
        meter = self._meter(token)
        return request.redirect(f"/odoo/carbon-meters/{meter.id}")

    @http.route("/carbon/meters/labels", type="http", auth="user", methods=["GET"])
    def labels(self, ids=""):
        """Send the sheet of labels of meters that the user may read.

        :param ids: numbers of meters, with commas
        :return: the PDF
        """
        numbers = [
            int(number) for number in ids.split(",") if number.isascii() and number.isdigit() and len(number) < 10
        ]
        meters = request.env["maintenance.equipment"].browse(numbers).exists()
        meters.check_access("read")
        try:
            pdf = meters._carbon_labels_pdf()
        except UserError as error:
            return request.make_response(
                str(error), headers=[("Content-Type", "text/plain; charset=utf-8")], status=422
            )
        name = content_disposition("meter_labels.pdf", "inline")
        return request.make_response(pdf, headers=[("Content-Type", "application/pdf"), ("Content-Disposition", name)])
