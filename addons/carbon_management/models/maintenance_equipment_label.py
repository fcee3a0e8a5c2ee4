from odoo import api, models
from odoo.exceptions import UserError

from ..tools import chromium
from ..tools.pdf_text import with_characters
from ..tools.qr import qr_data_uri

#: Labels of one sheet: three columns of seven on A4.
LABELS_PER_SHEET = 21
MOST_LABELS = 420


class MaintenanceEquipment(models.Model):
    """Labels of meters: a sheet to print and to cut, whose codes open the meter (R-076)."""

    _inherit = "maintenance.equipment"

    def _carbon_url(self):
        """Return the address that the label of this meter says."""
        self.ensure_one()
        # sudo: the token is on the label for everybody to see; only the field is not listed for everybody
        return f"{self.get_base_url()}/carbon/meter/{self.sudo().carbon_token}"

    def action_carbon_labels(self):
        """Open the sheet of labels of these meters.

        :return: the address of the PDF
        """
        meters = self._carbon_labelled()
        ids = ",".join(map(str, meters.ids))
        return {"type": "ir.actions.act_url", "url": f"/carbon/meters/labels?ids={ids}", "target": "new"}

    def _carbon_labelled(self):
        """Return those of these records that have labels.

        :raises UserError: if there is none, or more than fit into one file
        """
        meters = self.filtered("is_carbon_meter")
        if not meters:
            raise UserError(self.env._("Choose the meters whose labels you want to print."))
        if len(meters) > MOST_LABELS:
            raise UserError(
                self.env._(
                    "%(count)s labels are too many for one file: choose %(most)s meters at most.",
                    count=len(meters),
                    most=MOST_LABELS,
                )
            )
        return meters

    def _carbon_labels_html(self):
        """Return the page of labels of these meters, in the order of their numbers."""
        meters = self._carbon_labelled()
        meters.check_access("read")
        meters = meters.sorted(lambda meter: (meter.company_id.id, meter.carbon_code or "", meter.id))
        # sudo: names of site and company are printed for whoever may read the meter
        labels = [{"meter": meter.sudo(), "qr": qr_data_uri(meter._carbon_url())} for meter in meters]
        sheets = [labels[start : start + LABELS_PER_SHEET] for start in range(0, len(labels), LABELS_PER_SHEET)]
        return str(
            self.env["ir.qweb"]._render(
                "carbon_management.meter_labels",
                {"sheets": sheets, "page_lang": (self.env.lang or "en_US").replace("_", "-")},
            )
        )

    def _carbon_labels_pdf(self):
        """Return the sheets of labels of these meters as bytes of a PDF.

        :raises UserError: where Chromium cannot print, saying what to install
        """
        html = self._carbon_labels_html()
        try:
            return with_characters(chromium.print_pdf(html))
        except chromium.ChromiumError as error:
            raise UserError(self._carbon_chromium_text(error)) from error

    @api.model
    def _carbon_chromium_text(self, error):
        if error.code == "failed":
            return self.env._("Chromium could not print the labels: %(message)s", message=error)
        return self.env._(
            "Labels are printed by Chromium %(version)s or later, which this server lacks. Ask its administrator to install it with a "
            "Chinese font, on Debian: apt-get install chromium fonts-noto-cjk.",
            version=chromium.LEAST_VERSION,
        )
