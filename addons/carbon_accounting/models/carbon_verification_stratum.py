from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one


class CarbonVerificationStratum(models.Model):
    """A part of the population that was drawn from by itself, with what is needed to repeat the draw and to project errors.

    A sample without strata has one. Written by the draw only.
    """

    _name = "carbon.verification.stratum"
    _description = "Stratum of a Sample"
    _log_access = False
    _order = "gross_t desc, id"
    _rec_name = "key"

    sample_id = fields.Many2one("carbon.verification.sample", required=True, index=True, ondelete="cascade")
    company_id = LedgerMany2one("res.company", required=True)
    key = fields.Integer(required=True, aggregator=None, export_string_translation=False)
    source_id = LedgerMany2one("carbon.source")
    category_id = LedgerMany2one("carbon.emission.category")
    row_count = fields.Integer(string="Rows in the Population")
    gross_t = fields.Float(string="Without Signs (t CO₂e)", digits=0)
    net_t = fields.Float(string="Population (t CO₂e)", digits=0)
    material_count = fields.Integer(string="Above the Materiality")
    certain_kg = fields.Float(
        string="Certain from (kg CO₂e)", digits=0, aggregator=None, help="Rows of at least this size were all taken."
    )
    rest_kg = fields.Float(string="Drawn from (kg CO₂e)", digits=0, help="Size of the rows that were not certain.")
    draw_count = fields.Integer(string="Rows Drawn", help="By size, from the rows that were not certain.")
    start = fields.Char(string="Random Start (of 2^64)")
    interval_t = fields.Float(
        string="Interval (t CO₂e)",
        compute="_compute_interval_t",
        digits=0,
        help="Each row drawn stands for so many t CO₂e.",
    )

    @api.depends("rest_kg", "draw_count")
    def _compute_interval_t(self):
        for stratum in self:
            draws = stratum.draw_count
            stratum.interval_t = stratum.rest_kg / draws / 1000.0 if draws else 0.0

    @api.depends("source_id", "category_id")
    def _compute_display_name(self):
        for stratum in self:
            part = stratum.source_id or stratum.category_id
            stratum.display_name = part.display_name or self.env._("Whole population")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only the draw writes strata."""
        raise UserError(self.env._("Strata and rows of a sample are drawn and cannot be typed in."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: only the draw writes strata."""
        raise UserError(self.env._("Strata and rows of a sample are drawn and never edited."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Strata and rows of a sample are kept."))
