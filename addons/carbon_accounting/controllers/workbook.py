from functools import partial

from odoo import http
from odoo.http import request

from ..models.carbon_inventory_filing import XLSX
from .download import readable, send_written


class CarbonInventoryWorkbook(http.Controller):
    """Download of the workbook of an inventory."""

    @http.route(
        "/carbon/inventory/<int:inventory_id>/workbook", type="http", auth="user", methods=["GET"], readonly=True
    )
    def workbook(self, inventory_id, export=None):
        """Send the workbook of an inventory that the user may read: the one filed with it, or of today.

        :param inventory_id: id of the inventory
        :param export: id of a workbook that was written in the background
        :return: the file
        """
        inventory = readable("carbon.inventory", inventory_id)
        if filed := inventory._filed_workbook() or inventory._exported_workbook(export):
            return request.env["ir.binary"]._get_stream_from(filed).get_response(as_attachment=True)
        write = partial(request.env["carbon.inventory.workbook"]._write, inventory)
        return send_written(write, inventory._workbook_name(), XLSX)
