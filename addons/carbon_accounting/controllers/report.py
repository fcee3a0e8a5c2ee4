from odoo import http
from odoo.http import request

from ..models.carbon_report import PDF
from .download import attached, readable


class CarbonReportController(http.Controller):
    """Download of a report that was issued."""

    @http.route("/carbon/report/<int:report_id>", type="http", auth="user", methods=["GET"], readonly=True)
    def report(self, report_id):
        """Send an issued report that the user may read, if it is still the file that was issued.

        :param report_id: id of the report
        :return: the file
        """
        report = readable("carbon.report", report_id)
        name = f"{report.number}_{report.version}_{report.lang}.pdf"
        return request.make_response(report._content(), headers=attached(name, PDF))
