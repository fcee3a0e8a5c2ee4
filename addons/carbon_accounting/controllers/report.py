from odoo import http
from odoo.http import content_disposition, request

from ..models.carbon_report import PDF


class CarbonReportController(http.Controller):
    """Download of a report that was issued."""

    @http.route("/carbon/report/<int:report_id>", type="http", auth="user", methods=["GET"], readonly=True)
    def report(self, report_id):
        """Send an issued report that the user may read, if it is still the file that was issued.

        :param report_id: id of the report
        :return: the file
        """
        report = request.env["carbon.report"].browse(report_id)
        if not report.exists():
            raise request.not_found()
        report.check_access("read")
        name = f"{report.number}_{report.version}_{report.lang}.pdf"
        headers = [("Content-Type", PDF), ("Content-Disposition", content_disposition(name))]
        return request.make_response(report._content(), headers=headers)
