import io

from odoo import http
from odoo.http import content_disposition, request

from ..models.carbon_inventory_filing import XLSX


class CarbonBaselineHistory(http.Controller):
    """Download of the history of a baseline."""

    @http.route("/carbon/baseline/<int:baseline_id>/history", type="http", auth="user", methods=["GET"], readonly=True)
    def history(self, baseline_id):
        """Send the history of a baseline that the user may read.

        :param baseline_id: id of any of its versions
        :return: the file
        """
        baseline = request.env["carbon.baseline"].browse(baseline_id)
        if not baseline.exists():
            raise request.not_found()
        baseline.check_access("read")
        file = io.BytesIO()
        request.env["carbon.baseline.history"]._write(baseline, file)
        name = f"{baseline.code}_history.xlsx"
        headers = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(name))]
        return request.make_response(file.getvalue(), headers=headers)
