import re
import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CarbonInventoryWorkbook(http.Controller):
    """Download of the workbook: made in a temporary file and sent from there."""

    @http.route(
        "/carbon/inventory/<int:inventory_id>/workbook", type="http", auth="user", methods=["GET"], readonly=True
    )
    def workbook(self, inventory_id):
        """Send the workbook of an inventory that the user may read.

        :param inventory_id: id of the inventory
        :return: the file
        """
        inventory = request.env["carbon.inventory"].browse(inventory_id)
        if not inventory.exists():
            raise request.not_found()
        inventory.check_access("read")
        # the response closes the file, which then is gone
        file = tempfile.TemporaryFile(prefix="carbon_")  # noqa: SIM115
        request.env["carbon.inventory.workbook"]._write(inventory, file)
        size = file.tell()
        file.seek(0)
        name = re.sub(r"[^\w.-]+", "_", inventory.name).strip("_") or "inventory"
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(f"{name}.xlsx")),
            ],
        )
