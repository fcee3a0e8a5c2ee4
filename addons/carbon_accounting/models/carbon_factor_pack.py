from odoo import api, fields, models
from odoo.exceptions import AccessError


class CarbonFactorPack(models.Model):
    """A published collection of factors that can be loaded into the library.

    Nothing is forced in: a company loads the packs it uses. Loading again adds
    what is missing and changes nothing that exists.
    """

    _name = "carbon.factor.pack"
    _description = "Factor Pack"
    _order = "sequence, code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    description = fields.Text(translate=True)
    publisher = fields.Char(required=True, translate=True)
    licence = fields.Char(required=True)
    edition = fields.Char()
    region_label = fields.Char(string="For", translate=True)
    file = fields.Char(required=True, help="Path of the file inside the addons.")
    record_count = fields.Integer(string="Rows in File", aggregator=None)

    state = fields.Selection(
        [("not_loaded", "Not Loaded"), ("loaded", "Loaded")],
        required=True,
        default="not_loaded",
        readonly=True,
    )
    loaded_on = fields.Datetime(readonly=True)
    loaded_by_id = fields.Many2one("res.users", readonly=True)
    created_count = fields.Integer(string="Created", readonly=True, aggregator=None)
    existing_count = fields.Integer(string="Already There", readonly=True, aggregator=None)
    draft_count = fields.Integer(
        string="To Confirm",
        readonly=True,
        aggregator=None,
        help="Created as draft, because the source asks for a check.",
    )
    skipped_count = fields.Integer(string="Skipped", readonly=True, aggregator=None)
    load_log = fields.Text(string="Reasons", readonly=True)
    factor_ids = fields.One2many("carbon.emission.factor", "pack_id")
    loaded_count = fields.Integer(string="Versions", compute="_compute_loaded_count")

    _code_uniq = models.Constraint("UNIQUE(code)", "Another factor pack already has this code.")

    @api.depends("factor_ids.version_ids")
    def _compute_loaded_count(self):
        groups = self.env["carbon.emission.factor.version"]._read_group(
            [("factor_id.pack_id", "in", self.ids)],
            ["factor_id"],
            ["__count"],
        )
        counts = dict.fromkeys(self.ids, 0)
        for factor, count in groups:
            counts[factor.pack_id.id] += count
        for pack in self:
            pack.loaded_count = counts.get(pack.id, 0)

    def action_load(self):
        """Load the packs into the library; safe to repeat.

        :raises AccessError: for users who are no carbon accountants
        """
        accountant = "carbon_management.group_carbon_accountant"
        if not self.env.su and not self.env.user.has_group(accountant):
            raise AccessError(
                self.env._(
                    "Only carbon accountants load factor packs. Ask one of them to load %(pack)s.",
                    pack=self[:1].display_name,
                )
            )
        for pack in self:
            # sudo: packs and shared factors are written by this method only
            pack.sudo()._load()
        return True

    def action_open_factors(self):
        """Open the versions that came with this pack."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_emission_factor_version_action"
        )
        action["domain"] = [("factor_id.pack_id", "=", self.id)]
        return action
