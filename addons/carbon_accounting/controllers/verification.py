from functools import partial

from odoo import http
from odoo.http import request

from ..models.carbon_inventory_filing import XLSX
from .download import readable, send_written


class CarbonVerification(http.Controller):
    """Download of the working paper of a sample."""

    @http.route(
        "/carbon/verification/<int:sample_id>/working_paper", type="http", auth="user", methods=["GET"], readonly=True
    )
    def working_paper(self, sample_id):
        """Send the working paper of a sample that the user may read.

        :param sample_id: id of the sample
        :return: the file
        """
        sample = readable("carbon.verification.sample", sample_id)
        write = partial(request.env["carbon.verification.paper"]._write_paper, sample)
        return send_written(write, f"{sample.name}.xlsx", XLSX)
