import csv

from odoo import api, fields, models
from odoo.tools import SQL, file_open

TRANSLATIONS = {"zh_CN": "carbon_management/data/translations/zh_CN.csv"}
TRANSLATED = {
    "carbon.standard": ("name",),
    "carbon.standard.clause": ("name", "summary"),
}


class CarbonStandard(models.Model):
    """One edition of a management standard, with its clauses.

    A new edition is a new record that names the one it replaces, so systems move
    from edition to edition without a change of old statements of applicability.
    """

    _name = "carbon.standard"
    _description = "Carbon Management Standard"
    _order = "code, date_from desc, id"
    _rec_names_search = ["name", "number", "code"]

    name = fields.Char("Title", required=True, translate=True)
    code = fields.Char("Short Code", required=True)
    number = fields.Char("Standard Number", required=True)
    edition = fields.Char(required=True)
    is_draft = fields.Boolean("Draft")
    active = fields.Boolean(default=True)
    date_from = fields.Date("In Force From")
    date_to = fields.Date("In Force Until")
    previous_id = fields.Many2one("carbon.standard", "Replaces", index="btree_not_null", ondelete="restrict")
    next_ids = fields.One2many("carbon.standard", "previous_id", "Replaced By")
    clause_ids = fields.One2many("carbon.standard.clause", "standard_id", "Clauses")
    clause_count = fields.Integer("Clauses Catalogued", compute="_compute_counts")
    requirement_count = fields.Integer("Requirements", compute="_compute_counts")

    _code_edition_uniq = models.UniqueIndex(
        "(code, edition)", "This edition of the standard is in the catalogue already."
    )
    _dates_check = models.Constraint(
        "CHECK(date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "A standard cannot go out of force before it came into force.",
    )

    @api.depends("clause_ids.is_requirement")
    def _compute_counts(self):
        groups = self.env["carbon.standard.clause"]._read_group(
            [("standard_id", "in", self.ids)],
            ["standard_id", "is_requirement"],
            ["__count"],
        )
        counts = {(standard.id, is_req): count for standard, is_req, count in groups}
        for standard in self:
            required = counts.get((standard.id, True), 0)
            standard.requirement_count = required
            standard.clause_count = required + counts.get((standard.id, False), 0)

    @api.depends("number", "name")
    def _compute_display_name(self):
        """Show number and title, as standards are quoted."""
        for standard in self:
            standard.display_name = f"{standard.number} {standard.name or ''}".strip()

    def action_view_clauses(self):
        """Open the clauses of this standard.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_management.carbon_standard_clause_action")
        return {**action, "domain": [("standard_id", "=", self.id)], "context": {}}

    @api.model
    def _load_translations(self):
        """Add the shipped Chinese titles and summaries to the catalogue.

        The texts belong to the data, not to the user interface. Translated columns
        hold all languages in one value, so Chinese is there whether the language is
        activated before or after this addon.
        """
        for lang, path in TRANSLATIONS.items():
            with file_open(path, "r") as stream:
                rows = list(csv.DictReader(stream))
            for model, names in TRANSLATED.items():
                self._store_translations(model, names, lang, rows)

    @api.model
    def _store_translations(self, model, names, lang, rows):
        data = self.env["ir.model.data"].search_fetch(
            [("module", "=", "carbon_management"), ("model", "=", model)],
            ["name", "res_id"],
        )
        res_ids = {entry.name: entry.res_id for entry in data}
        records = self.env[model]
        records.flush_model(names)
        for name in names:
            values = SQL(", ").join(
                SQL("(%s, %s)", res_ids[row["id"]], row[name]) for row in rows if row["id"] in res_ids and row[name]
            )
            self.env.cr.execute(
                SQL(
                    """UPDATE %(table)s AS t
                          SET %(name)s = t.%(name)s
                              || jsonb_build_object(%(lang)s::text, v.text)
                         FROM (VALUES %(values)s) AS v(id, text)
                        WHERE t.id = v.id""",
                    table=SQL.identifier(records._table),
                    name=SQL.identifier(name),
                    lang=lang,
                    values=values,
                )
            )
        records.invalidate_model(names)
