from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one

RESULTS = [("waiting", "Waiting"), ("pass", "Pass"), ("fail", "Fail"), ("cannot", "Cannot be re-performed")]


class CarbonVerificationRow(models.Model):
    """One row of activity data in a sample: what the ledger says, what the kernel makes of the document, and whether they agree.

    Numbers are exact. Written by the draw and the re-performance only, kept for ever.
    """

    _name = "carbon.verification.row"
    _description = "Sampled Row"
    _log_access = False
    _order = "size_t desc, id"
    _rec_name = "label"

    sample_id = fields.Many2one("carbon.verification.sample", required=True, index=True, ondelete="cascade")
    inventory_id = LedgerMany2one("carbon.inventory", required=True)
    company_id = LedgerMany2one("res.company", required=True)
    stratum_id = LedgerMany2one("carbon.verification.stratum")
    activity_id = LedgerMany2one("carbon.activity.data", string="Activity Data", required=True)
    # the number by which the row was drawn, whatever becomes of the row
    activity_key = fields.Integer(string="Row No.", required=True, aggregator=None)
    date = fields.Date(required=True)
    label = fields.Char(string="Document")
    source_id = LedgerMany2one("carbon.source")
    origin_model = fields.Char(string="Kind of Document")
    origin_id = fields.Many2oneReference(model_field="origin_model", aggregator=None)
    pick = fields.Selection(
        [("material", "Above the materiality"), ("certain", "Larger than the interval"), ("drawn", "Drawn")],
        string="Taken",
        required=True,
    )
    book_kg = fields.Float(
        string="In the Inventory (kg CO₂e)", digits=0, help="What the row counts in the total of the inventory."
    )
    size_t = fields.Float(string="Size (t CO₂e)", digits=0, help="Without sign: the larger, the likelier to be drawn.")
    result = fields.Selection(RESULTS, required=True, index=True)
    ledger_quantity = fields.Float(string="Quantity in the Ledger", digits=0, aggregator=None)
    kernel_quantity = fields.Float(string="Quantity Re-performed", digits=0, aggregator=None)
    ledger_kg = fields.Float(string="Ledger (kg CO₂e)", digits=0)
    kernel_kg = fields.Float(string="Re-performed (kg CO₂e)", digits=0)
    difference_kg = fields.Float(
        string="Difference (kg CO₂e)",
        digits=0,
        help="Re-performed less inventory: above 0 the inventory says too little.",
    )
    performed_on = fields.Datetime()
    detail = fields.Json(export_string_translation=False)
    reason = fields.Text(compute="_compute_told", help="What differs, with both numbers.")
    gas_table = fields.Html(compute="_compute_told", sanitize=False, string="Gases")
    uom_name = fields.Char(string="Unit", compute="_compute_uom_name")
    finding_ids = fields.One2many("carbon.verification.finding", "row_id", string="Findings")
    finding_count = fields.Integer(compute="_compute_finding_count")

    _activity_uniq = models.UniqueIndex("(sample_id, activity_key)")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------
    @api.depends("finding_ids")
    def _compute_finding_count(self):
        for row in self:
            row.finding_count = len(row.finding_ids)

    @api.depends("activity_id")
    def _compute_uom_name(self):
        for row in self:
            activity = row.activity_id.exists()
            row.uom_name = activity.uom_id.name or activity.currency_id.name

    @api.depends("detail")
    @api.depends_context("lang")
    def _compute_told(self):
        for row in self:
            detail = row.detail or {}
            row.reason = "\n".join(row._sentence(check) for check in detail.get("checks", ())) or False
            row.gas_table = row._gas_html(detail.get("gases", ()))

    def _gas_html(self, gases):
        """Return the gases of both sides as a table."""
        if not gases:
            return False
        columns = (
            "stream",
            "gas",
            "kind",
            "ledger_kg",
            "kernel_kg",
            "ledger_gwp",
            "kernel_gwp",
            "ledger_co2e",
            "kernel_co2e",
            "share",
        )
        titles = [
            *(self.env._("Result"), self.env._("Gas"), self.env._("Kind")),
            *(self.env._("Ledger (kg)"), self.env._("Re-performed (kg)")),
            *(self.env._("Ledger GWP"), self.env._("Re-performed GWP")),
            *(self.env._("Ledger (kg CO₂e)"), self.env._("Re-performed (kg CO₂e)"), self.env._("Share")),
        ]
        cell, head = Markup("<td class='text-break'>%s</td>"), Markup("<th>%s</th>")
        body = Markup("").join(
            Markup("<tr>%s</tr>") % Markup("").join(cell % gas.get(name, "") for name in columns) for gas in gases
        )
        return Markup("<table class='table table-sm'><tr>%s</tr>%s</table>") % (
            Markup("").join(head % title for title in titles),
            body,
        )

    def _sentence(self, check):
        """Return what one check says, in the language of the reader, with both numbers."""
        values = {name: check.get(name) or "–" for name in ("what", "ledger", "kernel")}
        sentence = self._sentences().get(check["code"])
        if sentence:
            return sentence % values
        label = self._names().get(check["code"], check["code"])
        values["name"] = f"{label} {check['what']}" if check.get("what") else label
        return self.env._("%(name)s: the ledger has %(ledger)s, re-performed %(kernel)s.", **values)

    def _sentences(self):
        """Return the sentences of what stops a re-performance."""
        env = self.env
        return {
            "no_addon": env._("The addon that knows documents of kind %(what)s is not installed any more."),
            "gone": env._("The document is no longer in the system."),
            "unread": env._("Documents of kind %(what)s cannot be read: %(kernel)s"),
            "refused": env._("The method of the declaration refuses its inputs: %(kernel)s"),
            "no_event": env._(
                "The document does not say this any more (it was reset, cancelled or changed). The ledger has %(ledger)s."
            ),
            "waits": env._("The document waits on the worklist now (%(kernel)s). The ledger has %(ledger)s."),
            "no_rule": env._("The rule of the row is gone."),
            "unit": env._("The unit of the document cannot be converted into that of the source."),
            "ambiguous": env._("The unit of the document can be converted in several ways that differ."),
            "service": env._("The document has no service period any more. The ledger has %(ledger)s."),
            "rate": env._("There is no exchange rate for the day of the document."),
            "missing_row": env._("The row is no longer in the ledger."),
            "extra": env._("Result %(what)s: the ledger has %(ledger)s, re-performed there is none."),
            "missing": env._("Result %(what)s: the ledger has none, re-performed %(kernel)s."),
        }

    def _names(self):
        """Return the names of what is compared."""
        env = self.env
        return {
            "quantity": env._("Quantity"),
            "company_id": env._("Company (number)"),
            "kind": env._("Kind of event"),
            "product_id": env._("Product (number)"),
            "source_id": env._("Source (number)"),
            "uom_id": env._("Unit (number)"),
            "currency_id": env._("Currency (number)"),
            "date": env._("Date"),
            "version": env._("Factor version (number) of"),
            "emission": env._("Quantity of result"),
            "lends": env._("Stands for both results:"),
            "parameter": env._("kg per unit from the parameters of"),
            "gas": env._("Gas of the factor:"),
            "kg_per_unit": env._("kg per unit of"),
            "gwp": env._("GWP of"),
            "co2e": env._("kg CO₂e in the total"),
            "book": env._("kg CO₂e when the sample was drawn"),
        }

    # ------------------------------------------------------------------
    # Nobody writes through the ORM
    # ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only the draw writes rows."""
        raise UserError(self.env._("Strata and rows of a sample are drawn and cannot be typed in."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: only the re-performance writes results."""
        raise UserError(self.env._("Strata and rows of a sample are drawn and never edited."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Strata and rows of a sample are kept."))

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_open_activity(self):
        """Open the row of the ledger.

        :return: window action
        """
        self.ensure_one()
        if not self.activity_id.exists():
            raise UserError(self.env._("The row is no longer in the ledger."))
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.activity.data",
            "res_id": self.activity_id.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    def action_open_origin(self):
        """Open the document, or what it says for those who may not open it."""
        self.ensure_one()
        if not self.activity_id.exists():
            raise UserError(self.env._("The row is no longer in the ledger."))
        return self.activity_id.action_open_origin()

    def action_note_finding(self):
        """Open a new finding on the row.

        :return: window action
        """
        self.ensure_one()
        difference = self.difference_kg / 1000.0 if self.result == "fail" else 0.0
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.verification.finding",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_inventory_id": self.inventory_id.id,
                "default_sample_id": self.sample_id.id,
                "default_row_id": self.id,
                "default_misstatement_t": difference,
                "default_description": self.reason or False,
            },
        }
