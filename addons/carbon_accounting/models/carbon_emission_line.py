from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one


class CarbonEmissionLine(models.Model):
    """Emission: the result of one activity in one stream (R-132).

    A row carries the quantity in the factor's unit and the factor version, nothing that can be derived:
    gas masses come from the version's immutable gas lines, CO2e from the GWP set of the reader's choice.

    Electricity has a location-based and a market-based result, in streams with a basis. An activity with one of
    the two only lends it to the other: the engine says so in ``lends``, and it is the one definition of it. A total
    on a basis takes rows of streams without basis, of streams of that basis, and rows that lend.
    """

    _name = "carbon.emission.line"
    _description = "Emission"
    _log_access = False
    _order = "date desc, id desc"
    _rec_name = "stream"

    activity_id = LedgerMany2one("carbon.activity.data", required=True)
    company_id = LedgerMany2one("res.company", required=True)
    date = fields.Date(required=True)
    source_id = LedgerMany2one("carbon.source", required=True)
    category_id = LedgerMany2one("carbon.emission.category", required=True)
    product_id = LedgerMany2one("product.product")
    partner_id = LedgerMany2one("res.partner")
    stream = fields.Char(required=True)
    version_id = LedgerMany2one("carbon.emission.factor.version", required=True)
    quantity = fields.Float(digits=0, required=True, aggregator=None)
    seq = fields.Integer(string="Sequence", required=True, aggregator=None)
    reverses_id = LedgerMany2one("carbon.emission.line", string="Counter row of")
    # NULL where it does not: a row that never lends takes no byte for it
    lends = fields.Boolean(
        string="Stands for Both Results",
        help="Of the two results of electricity the document has this one only: it counts in the other total too.",
    )
    co2e_t = fields.Float(
        compute="_compute_co2e_t",
        string="t CO₂e",
        digits=(16, 6),
        aggregator=None,
        help="With the GWP set of the carbon system.",
    )

    _activity_uniq = models.UniqueIndex("(activity_id, stream, seq)")
    _reverses_uniq = models.UniqueIndex("(reverses_id) WHERE reverses_id IS NOT NULL")
    _date_idx = models.Index("(company_id, date)")

    def init(self):
        """Install the guard of the ledger; its functions come with ``carbon.activity.data``."""
        self.env["carbon.activity.data"]._install_guard(self._table)

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refused: only the engine writes the ledger."""
        raise UserError(self.env._("Emissions are calculated from activity data and cannot be typed in."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refused: the ledger is append-only."""
        raise UserError(self.env._("Emissions are never edited. Correct the factor or the origin instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Emissions are never deleted. Correct the factor or the origin instead."))

    def _compute_co2e_t(self):
        totals = self.env["carbon.engine"]._co2e_by_emission(self.ids)
        for row in self:
            row.co2e_t = totals.get(row.id, 0.0)

    def action_open_origin(self):
        """Open the business document behind the emission."""
        return self.activity_id.action_open_origin()
