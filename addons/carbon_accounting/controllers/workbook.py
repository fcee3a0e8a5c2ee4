import tempfile

from werkzeug.wsgi import wrap_file

from odoo import http
from odoo.http import content_disposition, request

from ..models.carbon_inventory_filing import XLSX


class CarbonInventoryWorkbook(http.Controller):
    """Download of the workbook: made in a temporary file and sent from there."""

    @http.route(
        "/carbon/inventory/<int:inventory_id>/workbook", type="http", auth="user", methods=["GET"], readonly=True
    )
    def workbook(self, inventory_id, export=None):
        """Send the workbook of an inventory that the user may read: the one filed with it, or of today.

        :param inventory_id: id of the inventory
        :param export: id of a workbook that was written in the background
        :return: the file
        """
        inventory = request.env["carbon.inventory"].browse(inventory_id)
        if not inventory.exists():
            raise request.not_found()
        inventory.check_access("read")
        if filed := inventory._filed_workbook() or inventory._exported_workbook(export):
            return request.env["ir.binary"]._get_stream_from(filed).get_response(as_attachment=True)
        # the response closes the file, which then is gone
        file = tempfile.TemporaryFile(prefix="carbon_")  # noqa: SIM115
        request.env["carbon.inventory.workbook"]._write(inventory, file)
        size = file.tell()
        file.seek(0)
        return request.make_response(
            wrap_file(request.httprequest.environ, file),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", str(size)),
                ("Content-Disposition", content_disposition(inventory._workbook_name())),
            ],
        )
