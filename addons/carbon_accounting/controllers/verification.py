import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

from ..models.carbon_inventory_filing import XLSX


class CarbonVerification(http.Controller):
    """Download of the working paper of a sample: made in a temporary file and sent from there."""

    @http.route(
        "/carbon/verification/<int:sample_id>/working_paper", type="http", auth="user", methods=["GET"], readonly=True
    )
    def working_paper(self, sample_id):
        """Send the working paper of a sample that the user may read.

        :param sample_id: id of the sample
        :return: the file
        """
        sample = request.env["carbon.verification.sample"].browse(sample_id)
        if not sample.exists():
            raise request.not_found()
        sample.check_access("read")
        # the response closes the file, which then is gone
        file = tempfile.TemporaryFile(prefix="carbon_")  # noqa: SIM115
        request.env["carbon.verification.paper"]._write_paper(sample, file)
        size = file.tell()
        file.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"{sample.name}.xlsx")),
            ],
        )
