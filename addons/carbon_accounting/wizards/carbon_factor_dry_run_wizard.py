from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: So many sources and so many products are listed, those that change most; the rest is one line.
_LISTED = 60
#: So many versions are named.
_NAMED = 6


def _lines(kind):
    """Return the field of the lines of one kind."""
    return fields.One2many(
        "carbon.factor.dry.run.line", "wizard_id", domain=[("kind", "=", kind)], export_string_translation=False
    )


class CarbonFactorDryRunWizard(models.TransientModel):
    """What the approval of draft versions would move in the ledger, before it is approved (R-128, R-139).

    The ledger, the worklist and the versions stay as they are. Each list adds up to the difference.
    """

    _name = "carbon.factor.dry.run.wizard"
    _description = "Dry Run of Factor Versions"

    version_ids = fields.Many2many("carbon.emission.factor.version", string="Versions", required=True, readonly=True)
    # where another version would be chosen, as [source, stream, first day, day after the last]
    moves = fields.Json(readonly=True, export_string_translation=False)
    period_line_ids = _lines("period")
    source_line_ids = _lines("source")
    product_line_ids = _lines("product")
    result_line_ids = _lines("result")
    gas_line_ids = _lines("gas")
    inventory_line_ids = fields.One2many(
        "carbon.factor.dry.run.inventory", "wizard_id", export_string_translation=False
    )
    now_t = fields.Float(string="Now (t CO₂e)", compute="_compute_totals", digits=0)
    then_t = fields.Float(string="Then (t CO₂e)", compute="_compute_totals", digits=0)
    difference_t = fields.Float(string="Difference (t CO₂e)", compute="_compute_totals", digits=0)
    row_count = fields.Integer(string="Emission Rows", compute="_compute_totals")
    fresh_count = fields.Integer(string="Counted First Time", compute="_compute_totals")
    late_count = fields.Integer(string="Rows in Closed Months", compute="_compute_totals")
    late_t = fields.Float(string="Difference in Closed Months (t CO₂e)", compute="_compute_totals", digits=0)
    unknown_count = fields.Integer(compute="_compute_totals", export_string_translation=False)
    restate_count = fields.Integer(compute="_compute_totals", export_string_translation=False)
    is_used = fields.Boolean(compute="_compute_is_used", export_string_translation=False)
    approves_data = fields.Boolean(compute="_compute_is_used", export_string_translation=False)
    pending_companies = fields.Char(compute="_compute_pending_companies", export_string_translation=False)
    version_names = fields.Char(string="Draft Versions", compute="_compute_version_names")
    ended_versions = fields.Char(string="Versions That End", compute="_compute_version_names")

    @api.model
    def _open(self, versions):
        """Return the action that shows the dry run of draft versions."""
        wizard = self.create({"version_ids": [(6, 0, versions.ids)]})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dry Run"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model_create_multi
    def create(self, vals_list):
        """Calculate with the dialog; what a caller brings as a result is dropped.

        :raises UserError: without version, or where one is approved or cannot be
        """
        wizards = super().create([{"version_ids": vals.get("version_ids")} for vals in vals_list])
        for wizard in wizards:
            wizard._calculate()
        return wizards

    def write(self, vals):
        """Refuse: the results belong to the versions."""
        if vals.keys() - {"moves"} or not self.env.su:
            raise UserError(self.env._("The results of a dry run are calculated. Begin another one."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Calculation
    # ------------------------------------------------------------------
    def _calculate(self):
        self.version_ids.check_access("read")
        self._check_drafts()
        moves, sums = self.env["carbon.engine"]._factor_dry_run(self.version_ids, self.env.companies)
        # sudo: nobody writes the results but this calculation
        wizard = self.sudo()
        wizard.moves = [
            [move.source_id, move.stream, str(move.day_from), move.day_to and str(move.day_to)] for move in moves
        ]
        lines, inventories = wizard.env["carbon.factor.dry.run.line"], wizard.env["carbon.factor.dry.run.inventory"]
        for kind in ("period", "source", "product", "result", "gas"):
            found = [found for found in sums if found["kind"] == kind]
            lines.create(lines._values(self, kind, found, _LISTED if kind in ("source", "product") else None))
        inventories.create(inventories._values(self, [found for found in sums if found["kind"] == "inventory"]))
        self.invalidate_recordset()

    def _check_drafts(self):
        if not self.version_ids:
            raise UserError(self.env._("Choose the draft versions whose approval you want to try."))
        if approved := self.version_ids.filtered(lambda version: version.state != "draft"):
            raise UserError(
                self.env._(
                    "%(version)s is approved: the ledger follows it with the next collection. Only drafts have a dry run.",
                    version=approved[0].display_name,
                )
            )

    # ------------------------------------------------------------------
    # What is shown
    # ------------------------------------------------------------------
    @api.depends("period_line_ids", "inventory_line_ids")
    def _compute_totals(self):
        for wizard in self:
            months = wizard.period_line_ids
            closed = months.filtered(lambda line: line.state == "closed")
            wizard.now_t, wizard.then_t = sum(months.mapped("now_t")), sum(months.mapped("then_t"))
            wizard.difference_t = sum(months.mapped("difference_t"))
            wizard.row_count, wizard.fresh_count = sum(months.mapped("row_count")), sum(months.mapped("fresh_count"))
            wizard.late_count, wizard.late_t = sum(closed.mapped("row_count")), sum(closed.mapped("difference_t"))
            wizard.unknown_count = sum(wizard.gas_line_ids.mapped("unknown_count"))
            wizard.restate_count = len(wizard.inventory_line_ids.filtered(lambda line: line.verdict == "restate"))

    @api.depends("version_ids")
    def _compute_is_used(self):
        lines = self.env["carbon.source.factor"]
        approving = bool(self.env["carbon.engine"]._approving(self.env.companies.ids))
        for wizard in self:
            wizard.approves_data = approving
            wizard.is_used = bool(lines.search_count([("factor_id", "in", wizard.version_ids.factor_id.ids)], limit=1))

    @api.depends("version_ids")
    def _compute_pending_companies(self):
        for wizard in self:
            companies = self.env["carbon.engine"]._basis_changed(self.env.companies)
            wizard.pending_companies = ", ".join(companies.mapped("name")) or False

    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Dry Run")

    @api.depends("version_ids")
    def _compute_version_names(self):
        approved = self.env["carbon.emission.factor.version"].search(
            [("factor_id", "in", self.version_ids.factor_id.ids), ("state", "=", "approved")], order="date_from desc"
        )
        begun = approved.grouped(lambda version: (version.factor_id, version.region_id))
        for wizard in self:
            ended = approved.browse()
            for draft in wizard.version_ids:
                same = begun.get((draft.factor_id, draft.region_id), approved.browse())
                ended |= same.filtered(lambda version, day=draft.date_from: version.date_from < day)[:1]
            wizard.version_names, wizard.ended_versions = self._names(wizard.version_ids), self._names(ended)

    @api.model
    def _names(self, versions):
        """Return the names of some versions, and how many more there are."""
        names = versions[:_NAMED].mapped("display_name")
        if (more := len(versions) - _NAMED) > 0:
            names.append(self.env._("%(count)s more", count=more))
        return ", ".join(names) or False

    # ------------------------------------------------------------------
    # To the rows
    # ------------------------------------------------------------------
    def _rows_domain(self, source=None, month=None, streams=None):
        """Return the domain of ledger rows, or of the worklist without ``streams``, that lie where something moves.

        :param source: id of the only source
        :param month: dates (first, last) of the only month
        :param streams: the field that names the result
        """
        self.ensure_one()
        places = {}
        for source_id, stream, first, end in self.moves or ():
            if source in (None, source_id):
                places.setdefault((first, end), {}).setdefault(stream, set()).add(source_id)
        parts = []
        for (first, end), by_stream in places.items():
            day = Domain("date", ">=", first) & (Domain("date", "<", end) if end else Domain.TRUE)
            for stream, sources in by_stream.items():
                result = Domain(streams, "=", stream) if streams else Domain.TRUE
                parts.append(day & Domain("source_id", "in", sorted(sources)) & result)
        domain = Domain.OR(parts)
        return domain & Domain("date", ">=", month[0]) & Domain("date", "<=", month[1]) if month else domain

    def _rows_action(self, domain):
        """Return the action that lists emission rows; each opens its document."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        return dict(action, name=self.env._("Emission Rows of the Dry Run"), domain=list(domain), context={})

    def action_view_emissions(self):
        """Open the emission rows that would get another version."""
        return self._rows_action(self._rows_domain(streams="stream"))

    def action_view_issues(self):
        """Open the rows of the worklist that would be counted for the first time."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")
        domain = (
            self._rows_domain() & Domain("state", "=", "open") & Domain("reason", "in", ["factor", "nofactor", "late"])
        )
        return dict(action, domain=list(domain), context={})

    def action_approve(self):
        """Approve the versions of the dry run.

        :return: action of the version, or of the list of several
        """
        self.version_ids.action_approve()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "carbon_accounting.carbon_emission_factor_version_action"
        )
        if len(self.version_ids) == 1:
            return dict(action, res_id=self.version_ids.id, views=[(False, "form")], view_mode="form")
        return dict(action, domain=[("id", "in", self.version_ids.ids)])
