from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CarbonStandardClause(models.Model):
    """One clause of a standard: its title, what it asks in our words, its evidence.

    Invariant: no copied standard text. Where only the heading is known, the clause
    says so (``text_basis``).
    """

    _name = "carbon.standard.clause"
    _description = "Standard Clause"
    _order = "standard_id, sort_key, id"
    _rec_names_search = ["number", "name"]

    standard_id = fields.Many2one("carbon.standard", required=True, index=True, ondelete="restrict")
    number = fields.Char(required=True)
    sort_key = fields.Char(compute="_compute_sort_key", store=True, index=True)
    name = fields.Char("Title", required=True, translate=True)
    parent_id = fields.Many2one(
        "carbon.standard.clause",
        "Part Of",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('standard_id', '=', standard_id)]",
    )
    child_ids = fields.One2many("carbon.standard.clause", "parent_id", "Sub-clauses")
    chapter_id = fields.Many2one(
        "carbon.standard.clause",
        compute="_compute_chapter_id",
        store=True,
        recursive=True,
        index=True,
    )
    is_requirement = fields.Boolean("Requirement")
    obligation_level = fields.Selection(
        [
            ("shall", "Shall"),
            ("should", "Should"),
            ("may", "May"),
            ("heading_only", "Heading only"),
        ],
        "Strength",
    )
    text_basis = fields.Selection(
        [
            ("full", "Full text"),
            ("partial", "Part of the text"),
            ("title_only", "Heading only"),
        ],
        required=True,
        default="full",
        help="How much of the clause was in the text this catalogue was made from.",
    )
    summary = fields.Text("What It Asks", translate=True)
    expected_evidence = fields.Char(translate=True)
    requirement_refs = fields.Char("Requirement Rows")
    evidence_model = fields.Char(help="Technical name of the records that show conformity.")
    evidence_domain = fields.Char(default="[]", required=True)
    evidence_date_field = fields.Char("Evidence Date", default="write_date")
    evidence_days = fields.Integer(
        "Fresh For (Days)",
        default=400,
        aggregator=None,
        help="Evidence older than this counts as stale. 0 means it never gets stale.",
    )

    _standard_number_uniq = models.UniqueIndex(
        "(standard_id, number)", "This clause number exists in the standard already."
    )
    _evidence_days_check = models.Constraint(
        "CHECK(evidence_days >= 0)", "The days evidence stays fresh cannot be negative."
    )

    @api.depends("number")
    def _compute_sort_key(self):
        for clause in self:
            parts = (clause.number or "").split(".")
            clause.sort_key = ".".join(part.zfill(3) for part in parts)

    @api.depends("parent_id.chapter_id")
    def _compute_chapter_id(self):
        for clause in self:
            clause.chapter_id = clause.parent_id.chapter_id or clause

    @api.depends("number", "name", "standard_id.code")
    @api.depends_context("carbon_clause_short")
    def _compute_display_name(self):
        """Show standard, number and title, as clauses are quoted."""
        for clause in self:
            prefix = f"{clause.number} {clause.name or ''}".strip()
            if not self.env.context.get("carbon_clause_short"):
                prefix = f"{clause.standard_id.code or ''} {prefix}".strip()
            clause.display_name = prefix

    @api.constrains("parent_id", "standard_id")
    def _check_parent_id(self):
        for clause in self:
            if clause.parent_id and clause.parent_id.standard_id != clause.standard_id:
                raise ValidationError(
                    self.env._(
                        "Clause %(name)s cannot be part of a clause of another "
                        "standard. Choose a clause of the same standard.",
                        name=clause.display_name,
                    )
                )
        if self._has_cycle():
            raise ValidationError(
                self.env._(
                    "Clause %(name)s would be part of itself. Choose another clause.",
                    name=self[:1].display_name,
                )
            )
