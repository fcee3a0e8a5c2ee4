import re
from functools import partial

from odoo import http
from odoo.http import request

from ..models.carbon_inventory_filing import XLSX
from .download import readable, send_written


class CarbonConsolidationWorkbook(http.Controller):
    """Download of the workbook of a consolidated inventory."""

    @http.route(
        "/carbon/consolidation/<int:consolidation_id>/workbook",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def workbook(self, consolidation_id):
        """Send the workbook to a user who may read the consolidated inventory and enter all its companies.

        :param consolidation_id: id of the consolidated inventory
        :return: the file
        """
        record = readable("carbon.consolidation", consolidation_id)
        write = partial(request.env["carbon.consolidation.workbook"]._write_workbook, record)
        name = (re.sub(r"[^\w.-]+", "_", record.name).strip("_") or "consolidated_inventory") + ".xlsx"
        return send_written(write, name, XLSX)
