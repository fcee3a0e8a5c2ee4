from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("forest", "Forest"),
    ("grassland", "Grassland"),
    ("cropland", "Cropland"),
    ("wetland", "Wetland"),
    ("ocean", "Ocean"),
    ("engineered", "Engineered removal and storage"),
]


class CarbonSink(models.Model):
    """Register of sinks: what removes CO2, where, by which path, whose it is and how long it lasts (R-035).

    The quantities are those of its source of kind *sink* in the ledger; a sink names no number of its own.
    """

    _name = "carbon.sink"
    _description = "Carbon Sink"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "code, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char("No.", copy=False)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(KINDS, string="Path", required=True, default="forest", tracking=True)
    site_id = fields.Many2one("carbon.site", check_company=True, ondelete="restrict")
    location = fields.Char(help="Parcel, coordinates or map sheet.")
    area_ha = fields.Float("Area (ha)", digits=0, tracking=True)
    source_id = fields.Many2one(
        "carbon.source",
        "Sink in the Ledger",
        check_company=True,
        ondelete="restrict",
        index="btree_not_null",
        domain="[('kind', '=', 'sink'), ('company_id', '=', company_id)]",
        help="Its activity data and removals are those of this sink.",
    )
    method_id = fields.Many2one(
        "carbon.calculation.method",
        "Accounting Method",
        ondelete="restrict",
        domain="[('family', '=', 'sink')]",
        tracking=True,
    )
    method_note = fields.Text("Criteria", help="Standard, carbon pools, baseline and how the parameters are monitored.")
    owner_id = fields.Many2one("res.partner", ondelete="restrict", tracking=True)
    title = fields.Char("Title to the Removals", help="Document that says whose the removals are.")
    date_start = fields.Date("Since", tracking=True)
    permanence_years = fields.Integer(
        "Permanence (Years)", aggregator=None, help="How long the carbon is to stay stored."
    )
    risk_note = fields.Text("Risk of Loss", help="Fire, felling, pests, leakage, and what is done about it.")
    buffer_percent = fields.Float(
        "Buffer (%)",
        digits=0,
        aggregator=None,
        help="Part of a removal that is set aside for later losses. It is proposed to each removal record.",
    )
    removal_ids = fields.One2many("carbon.removal", "sink_id", "Removals")
    removal_count = fields.Integer(compute="_compute_removals")
    net_t = fields.Float("Removed, Net (t CO₂e)", compute="_compute_removals", digits=0)
    active = fields.Boolean(default=True)
    note = fields.Text()

    _code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL", "The number of a sink must be unique in its company."
    )
    _source_uniq = models.UniqueIndex(
        "(source_id) WHERE source_id IS NOT NULL AND active",
        "Another sink of the register has this sink of the ledger already.",
    )
    _numbers_check = models.Constraint(
        "CHECK(area_ha >= 0 AND permanence_years >= 0 AND buffer_percent >= 0 AND buffer_percent < 100)",
        "Area and permanence are not negative; the buffer lies between 0 and 100 %.",
    )

    @api.constrains("source_id")
    def _check_source(self):
        for sink in self:
            if sink.source_id and sink.source_id.kind != "sink":
                raise ValidationError(
                    self.env._("%(name)s is no sink. Choose a source of that kind.", name=sink.source_id.name)
                )

    @api.depends("removal_ids.state", "removal_ids.net_t", "removal_ids.status")
    def _compute_removals(self):
        for sink in self:
            sink.removal_count = len(sink.removal_ids)
            kept = sink.removal_ids.filtered(lambda r: r.state == "approved" and r.status != "ex_ante")
            sink.net_t = sum(kept.mapped("net_t"))

    def action_view_removals(self):
        """Open the removals of this sink."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_removal_action")
        return dict(action, domain=[("sink_id", "=", self.id)], context={"default_sink_id": self.id})
