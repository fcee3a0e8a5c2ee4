from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one

SEAL_KINDS = [
    ("header", "Inventory"),
    ("boundary", "Boundary"),
    ("edition", "Framework edition"),
    ("mapping", "Framework mapping"),
    ("gwp", "GWP value"),
    ("factor", "Factor version"),
    ("gas", "Gas line of a factor"),
    ("line", "Inventory line"),
    ("intensity", "Intensity"),
    ("bridge", "Bridge"),
    ("uncertainty", "Uncertainty of a part"),
    ("interval", "Uncertainty"),
    ("category", "Category of a framework"),
    ("leaf", "Emission category"),
    ("substance", "Greenhouse gas"),
    ("method", "Calculation method"),
    ("category_label", "Name of a category of a framework"),
    ("leaf_label", "Name of an emission category"),
    ("substance_label", "Name of a greenhouse gas"),
    ("source_label", "Name of an emission source"),
    ("activity", "Activity data"),
    ("emission", "Emission"),
    ("approval", "Approval of activity data"),
]


class CarbonInventorySealBatch(models.Model):
    """Up to a thousand rows of one kind, and of one month in the ledger, in the chain of a seal.

    ``hash`` continues the hash of the batch before with the content of this one; the index (id and beginning of the
    digest of each row) tells which row differs. Invariant: as that of the seal.
    """

    _name = "carbon.inventory.seal.batch"
    _description = "Batch of a Seal"
    _log_access = False
    _order = "seal_id, number"
    _rec_name = "number"

    # no foreign key: batches are written before the seal they belong to is complete
    seal_id = LedgerMany2one("carbon.inventory.seal", required=True, readonly=True)
    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    number = fields.Integer(string="No.", required=True, readonly=True, aggregator=None)
    kind = fields.Selection(SEAL_KINDS, required=True, readonly=True)
    period = fields.Date(string="Month", readonly=True)
    first_key = fields.Integer(string="First ID", required=True, readonly=True, aggregator=None)
    last_key = fields.Integer(string="Last ID", required=True, readonly=True, aggregator=None)
    row_count = fields.Integer(string="Rows", required=True, readonly=True)
    content_hash = fields.Char(string="Content (SHA-256)", required=True, readonly=True)
    hash = fields.Char(string="Chain (SHA-256)", required=True, readonly=True)
    row_index = fields.Binary(attachment=False, readonly=True, export_string_translation=False)

    _number_uniq = models.UniqueIndex("(seal_id, number)")

    def init(self):
        """Install the guard; its functions come with ``carbon.inventory.seal``."""
        self.env["carbon.inventory.seal"]._install_guard(self._table, "carbon_inventory_seal_batch_late")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only sealing writes batches."""
        raise UserError(self.env._("The batches of a seal are made by approving an inventory."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse for everybody."""
        raise UserError(self.env._("A seal is never changed. Restate the inventory instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A seal is never deleted. Restate the inventory instead."))
