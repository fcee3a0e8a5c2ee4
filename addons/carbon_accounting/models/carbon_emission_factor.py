from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.changes import changed_fields

PRICE_BASES = [
    ("purchaser", "Purchaser price"),
    ("basic", "Basic price"),
]
#: What the approved numbers are per; changing it would change their meaning.
FROZEN_FIELDS = (
    "code",
    "company_id",
    "uom_id",
    "currency_id",
    "price_year",
    "price_basis",
    "price_vat",
)


class CarbonEmissionFactor(models.Model):
    """What is emitted by one unit of an activity, through its dated versions.

    The factor is per one unit of ``uom_id`` or, for spend, per one unit of
    ``currency_id`` at the prices of ``price_year``; never per both. What it is per
    cannot change once a version is approved.
    """

    _name = "carbon.emission.factor"
    _inherit = ["carbon.shared.mixin"]
    _description = "Emission Factor"
    _order = "code"
    _rec_names_search = ["code", "name", "material_keywords"]
    _check_company_auto = True

    code = fields.Char(required=True, index="trigram", copy=False)
    name = fields.Char(required=True, translate=True, index="trigram")
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: shared by all companies.")
    active = fields.Boolean(default=True)
    pack_id = fields.Many2one(
        "carbon.factor.pack",
        index="btree_not_null",
        ondelete="restrict",
        readonly=True,
        copy=False,
    )
    emission_category_id = fields.Many2one(
        "carbon.emission.category",
        string="Usual Category",
        index="btree_not_null",
        ondelete="restrict",
        help="Where a source using this factor usually belongs.",
    )
    stream_id = fields.Many2one(
        "carbon.emission.stream",
        string="Usual Stream",
        ondelete="restrict",
        help="The stream in which the factor is usually used.",
    )
    material_keywords = fields.Char(
        string="Keywords",
        help="Words, separated by spaces, by which products are matched to it.",
    )
    uom_id = fields.Many2one("uom.uom", string="Per Unit", ondelete="restrict")
    currency_id = fields.Many2one(
        "res.currency",
        string="Per Currency",
        ondelete="restrict",
        help="For factors per money spent.",
    )
    price_year = fields.Integer(aggregator=None)
    price_basis = fields.Selection(PRICE_BASES)
    version_ids = fields.One2many("carbon.emission.factor.version", "factor_id")
    version_count = fields.Integer(compute="_compute_version_count")
    has_approved_version = fields.Boolean(compute="_compute_version_count")

    _code_company_id_uniq = models.UniqueIndex(
        "(code, (COALESCE(company_id, 0)))",
        "Another factor already has this code.",
    )
    _unit_check = models.Constraint(
        "CHECK((uom_id IS NULL) <> (currency_id IS NULL))",
        "A factor is per a unit of measure or per a currency: choose exactly one.",
    )

    @api.depends("version_ids.state")
    def _compute_version_count(self):
        groups = self.env["carbon.emission.factor.version"]._read_group(
            [("factor_id", "in", self.ids)], ["factor_id", "state"], ["__count"]
        )
        counts = {(factor.id, state): count for factor, state, count in groups}
        for factor in self:
            approved = counts.get((factor.id, "approved"), 0)
            factor.version_count = approved + counts.get((factor.id, "draft"), 0)
            factor.has_approved_version = bool(approved)

    @api.depends("code", "name")
    def _compute_display_name(self):
        for factor in self:
            factor.display_name = f"[{factor.code}] {factor.name}"

    @api.constrains("currency_id", "price_year", "price_basis")
    def _check_price(self):
        for factor in self:
            if factor.currency_id and not (factor.price_year and factor.price_basis):
                raise ValidationError(
                    self.env._(
                        "%(factor)s is per %(currency)s: enter the price year and the price basis of its source.",
                        factor=factor.display_name,
                        currency=factor.currency_id.name,
                    )
                )

    def write(self, vals):
        """Keep what approved numbers are per; they would mean something else."""
        for factor in self:
            # sudo: versions hidden from the user also bind the factor
            if (names := changed_fields(factor, vals, FROZEN_FIELDS)) and factor.sudo().has_approved_version:
                raise UserError(factor._frozen_message(self._fields[names[0]]))
        return super().write(vals)

    def _frozen_message(self, field):
        return self.env._(
            "%(factor)s has approved versions: its %(field)s is fixed. Create another"
            " factor instead and archive this one.",
            factor=self.display_name,
            field=field._description_string(self.env),
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        # sudo: versions hidden from the user also bind the factor
        for factor in self.sudo():
            if factor.has_approved_version:
                raise UserError(
                    self.env._(
                        "%(factor)s has approved versions and is kept as evidence. Archive it instead.",
                        factor=factor.display_name,
                    )
                )

    def copy_data(self, default=None):
        """Give the copy a code of its own; versions are not copied."""
        copies = super().copy_data(default)
        for factor, values in zip(self, copies, strict=True):
            values.setdefault("code", self.env._("%(code)s-COPY", code=factor.code))
        return copies

    def action_new_version(self):
        """Open an empty draft version of this factor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "carbon.emission.factor.version",
            "view_mode": "form",
            "context": {"default_factor_id": self.id},
        }

    def action_open_versions(self):
        """Open the versions of this factor."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_emission_factor_version_action"
        )
        action["domain"] = [("factor_id", "=", self.id)]
        action["context"] = {"default_factor_id": self.id}
        return action

    def _get_version(self, date, region=None):
        """Return the approved version that applies on a date at a place.

        Looked up from the region towards the world, then without region; the first
        place with a version in force wins. Reference for the set-based engine.

        :param date: a ``datetime.date``
        :param region: ``carbon.region`` of the source's site, may be empty
        :return: ``carbon.emission.factor.version``, empty when there is none
        """
        self.ensure_one()
        places = [*(region._get_lookup_order().ids if region else ()), False]
        versions = self.env["carbon.emission.factor.version"].search(
            [
                ("factor_id", "=", self.id),
                ("state", "=", "approved"),
                ("date_from", "<=", date),
                ("region_id", "in", places),
            ],
            order="date_from desc",
        )
        by_place = {}
        for version in versions:
            by_place.setdefault(version.region_id.id, version)
        found = (by_place[place] for place in places if place in by_place)
        return next(found, versions.browse())
