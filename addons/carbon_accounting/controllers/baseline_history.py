from functools import partial

from odoo import http
from odoo.http import request

from ..models.carbon_inventory_filing import XLSX
from .download import readable, send_written


class CarbonBaselineHistory(http.Controller):
    """Download of the history of a baseline."""

    @http.route("/carbon/baseline/<int:baseline_id>/history", type="http", auth="user", methods=["GET"], readonly=True)
    def history(self, baseline_id):
        """Send the history of a baseline that the user may read.

        :param baseline_id: id of any of its versions
        :return: the file
        """
        baseline = readable("carbon.baseline", baseline_id)
        write = partial(request.env["carbon.baseline.history"]._write, baseline)
        return send_written(write, f"{baseline.code}_history.xlsx", XLSX)
