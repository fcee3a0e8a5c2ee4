from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.changes import changed_fields


class CarbonSource(models.Model):
    """Emission source, sink, or production output of a company (R-125; standard 004 Annex A, table A.1).

    A source fixes the canonical unit in which its activity data are kept, its leaf of the neutral chart
    of categories, and one factor for each stream of results (combustion, upstream, location-based, ...).
    """

    _name = "carbon.source"
    _description = "Emission Source"
    _inherit = ["mail.thread", "carbon.basis.mixin", "carbon.label.mixin"]
    _order = "sequence, code, id"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    code = fields.Char(string="No.", copy=False)
    name = fields.Char(required=True, translate=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    kind = fields.Selection(
        [
            ("source", "Emission source"),
            ("sink", "Sink"),
            ("output", "Production output"),
        ],
        required=True,
        default="source",
        help="Production output is a statistic: it carries no emission and is the denominator of intensities.",
    )
    category_id = fields.Many2one(
        "carbon.emission.category",
        required=True,
        ondelete="restrict",
        index=True,
        tracking=True,
        help="Leaf of the neutral chart. Scopes and categories of a framework are read through its mapping.",
    )
    uom_id = fields.Many2one("uom.uom", string="Canonical unit", ondelete="restrict", tracking=True)
    currency_id = fields.Many2one(
        "res.currency",
        string="Canonical currency",
        ondelete="restrict",
        help="For spend-based sources, which are kept in money and not in a physical unit.",
    )
    factor_line_ids = fields.One2many("carbon.source.factor", "source_id", string="Factors", copy=True)
    site_id = fields.Many2one("carbon.site", check_company=True, ondelete="restrict", tracking=True)
    emission_unit_id = fields.Many2one("carbon.emission.unit", check_company=True, ondelete="restrict")
    equipment_id = fields.Many2one("maintenance.equipment", string="Emission device", ondelete="restrict")
    specification = fields.Char(string="Specification / parameters", translate=True)
    location = fields.Char(translate=True)
    commissioning_date = fields.Date()
    planned = fields.Boolean(help="Not yet built: listed, but without activity data.")
    active_from = fields.Date()
    active_to = fields.Date()
    source_description = fields.Char(
        string="Source of consumption data",
        translate=True,
        help="Printed in table A.2. Empty: described from the rules that feed the source.",
    )
    ncv_source = fields.Char(string="Source of net calorific value", translate=True)
    rule_ids = fields.One2many("carbon.activity.rule", "source_id", string="Rules")
    rule_count = fields.Integer(compute="_compute_rule_count")
    significance = fields.Selection(
        [("yes", "Significant"), ("no", "Not significant")],
        readonly=True,
        copy=False,
        tracking=True,
        help="As the last approved review of sources and sinks says.",
    )
    reviewed_on = fields.Datetime(readonly=True, copy=False)
    active = fields.Boolean(default=True)
    note = fields.Text()

    _code_uniq = models.UniqueIndex(
        "(company_id, code) WHERE code IS NOT NULL",
        "The number of an emission source must be unique in its company.",
    )

    @api.model
    def _basis_fields(self):
        """What the engine reads of a source; its factors tell by themselves."""
        names = {"kind", "category_id", "uom_id", "currency_id", "site_id", "active_from", "active_to"}
        return super()._basis_fields() | names

    def _basis_companies(self):
        """Return the companies of sources that a rule feeds, archived ones included: they count on."""
        return self.with_context(active_test=False).filtered("rule_ids").company_id

    @api.depends("code", "name")
    def _compute_display_name(self):
        for source in self:
            source.display_name = f"[{source.code}] {source.name}" if source.code else source.name

    @api.depends("rule_ids")
    def _compute_rule_count(self):
        counts = dict(
            self.env["carbon.activity.rule"]._read_group([("source_id", "in", self.ids)], ["source_id"], ["__count"])
        )
        for source in self:
            source.rule_count = counts.get(source, 0)

    @api.constrains("uom_id", "currency_id")
    def _check_canonical_unit(self):
        for source in self:
            if bool(source.uom_id) == bool(source.currency_id):
                raise ValidationError(
                    self.env._(
                        "Source %(emitter)s needs either a canonical unit or, if it is spend-based, a canonical currency.",
                        emitter=source.display_name,
                    )
                )

    @api.constrains("active")
    def _check_active(self):
        """An archived source would go on counting as long as a rule feeds it."""
        for source in self.filtered(lambda s: not s.active):
            if rule := source.rule_ids.filtered("active")[:1]:
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s still feeds source %(emitter)s. Archive the rule, or give it another source, then archive "
                        "the source. What is in the ledger stays; a source that ends has a last day, 'Active to'.",
                        rule=rule.name,
                        emitter=source.display_name,
                    )
                )

    @api.constrains("active_from", "active_to")
    def _check_active_dates(self):
        for source in self:
            if source.active_from and source.active_to and source.active_to < source.active_from:
                raise ValidationError(
                    self.env._(
                        "Source %(emitter)s ends before it begins. Correct 'Active to'.",
                        emitter=source.display_name,
                    )
                )

    @api.constrains("factor_line_ids", "kind")
    def _check_output_without_factor(self):
        for source in self:
            if source.kind == "output" and source.factor_line_ids:
                raise ValidationError(
                    self.env._(
                        "%(emitter)s is production output, a statistic without emissions: remove its factors.",
                        emitter=source.display_name,
                    )
                )

    def write(self, vals):
        """Refuse a change of unit, company or kind once the ledger holds rows in them."""
        guarded = ("uom_id", "currency_id", "company_id", "kind")
        changed = self.filtered(lambda source: changed_fields(source, vals, guarded))
        if changed and (used := changed._used_by_ledger()):
            raise UserError(
                self.env._(
                    "Source %(emitter)s has activity data, so its unit, company and kind are fixed. "
                    "Create a new source for the new unit and end this one.",
                    emitter=used[0].display_name,
                )
            )
        return super().write(vals)

    def _used_by_ledger(self):
        """Return those sources of ``self`` that the ledger names, of any company."""
        rows = self.env.execute_query(self.env["carbon.engine"]._sql_sources_in_ledger(self.ids)) if self.ids else []
        return self.browse(row[0] for row in rows)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self._used_by_ledger():
            raise UserError(
                self.env._(
                    "Source %(emitter)s has activity data and cannot be deleted. Archive it instead.",
                    emitter=used[0].display_name,
                )
            )

    def action_view_activity_data(self):
        """Open the activity data of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_emissions(self):
        """Open the emissions of the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        return dict(action, domain=[("source_id", "in", self.ids)], context={})

    def action_view_rules(self):
        """Open the rules that feed the source."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_rule_action")
        return dict(
            action,
            domain=[("source_id", "in", self.ids)],
            context={"default_source_id": self[:1].id},
        )
