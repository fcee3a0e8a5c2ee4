from odoo import api, fields, models


class CarbonRegion(models.Model):
    """A place for which emission factors are published.

    Factors are looked up from the region of the source's site towards the world:
    site, province, grid region, country, world. Invariant: the order is data, the
    parent chain of the region.
    """

    _name = "carbon.region"
    _description = "Carbon Region"
    _parent_store = True
    _order = "complete_name, id"
    _rec_names_search = ["name", "code"]

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    kind = fields.Selection(
        [
            ("world", "World"),
            ("country", "Country"),
            ("grid", "Grid region"),
            ("province", "Province"),
            ("site", "Site"),
        ],
        required=True,
        default="country",
    )
    parent_id = fields.Many2one("carbon.region", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("carbon.region", "parent_id")
    complete_name = fields.Char(compute="_compute_complete_name", recursive=True, store=True)
    country_id = fields.Many2one("res.country", ondelete="restrict")
    state_id = fields.Many2one("res.country.state", "Province or State", ondelete="restrict")

    _code_uniq = models.UniqueIndex("(code)", "This region code is in use.")

    @api.depends("code", "parent_id.complete_name")
    def _compute_complete_name(self):
        """A path of codes: sorts the tree, and is the same in every language."""
        for region in self:
            parent = region.parent_id.complete_name
            region.complete_name = f"{parent} / {region.code}" if parent else region.code

    @api.model
    def _get_for_partner(self, partner):
        """Return the most precise region that holds an address.

        :param partner: ``res.partner`` record
        :return: ``carbon.region``, empty if none is known
        """
        region = self.browse()
        if partner.state_id:
            region = self.search([("state_id", "=", partner.state_id.id)], limit=1)
        if not region and partner.country_id:
            domain = [("country_id", "=", partner.country_id.id)]
            region = self.search([*domain, ("kind", "=", "country")], limit=1)
        return region

    def _get_lookup_order(self):
        """Return the region and its parents, most precise first."""
        self.ensure_one()
        ids = [int(part) for part in (self.parent_path or "").split("/") if part]
        return self.browse(reversed(ids))
