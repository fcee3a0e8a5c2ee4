from odoo import api, fields, models
from odoo.fields import Command


class CarbonScope(models.Model):
    """The scope of the carbon management system: where it ends and why (R-007).

    Invariant: an approved scope has a conclusion on each of the considerations that
    the standards ask for, and names its organisational boundary.
    """

    _name = "carbon.scope"
    _description = "Management System Scope"
    _inherit = ["carbon.versioned.mixin"]
    _order = "company_id, date_from desc, id desc"
    _rec_names_search = ["name", "number"]
    _check_company_auto = True

    _record_sequence = "carbon.scope"

    boundary_id = fields.Many2one(
        "carbon.boundary",
        "Organisational Boundary",
        check_company=True,
        tracking=True,
        ondelete="restrict",
        domain="[('boundary_type', '=', 'organisational'), "
        "('company_id', '=', company_id), ('state', '=', 'approved')]",
    )
    statement = fields.Html(help="The scope in words: units, activities, products and places it covers.")
    is_public = fields.Boolean("Available to Interested Parties", help="May be shown outside the company.")
    consideration_ids = fields.One2many(
        "carbon.scope.consideration",
        "scope_id",
        "Considerations",
        copy=True,
        default=lambda self: self._default_consideration_ids(),
    )

    _version_uniq = models.UniqueIndex(
        "(company_id, version)",
        "This version of the scope exists already. Open the newest version.",
    )
    _approved_from_uniq = models.UniqueIndex(
        "(company_id, date_from) WHERE state IN ('approved', 'superseded')",
        "A scope of this company is approved from this day already. Choose another first day of validity.",
    )

    @api.model
    def _default_consideration_ids(self):
        kinds = self.env["carbon.scope.consideration"]._fields["kind"].selection
        return [Command.create({"kind": kind, "sequence": index}) for index, (kind, _label) in enumerate(kinds)]

    @api.depends("state", "date_from", "date_to", "boundary_id", "consideration_ids.conclusion")
    def _compute_check_result(self):
        """Show the checks while typing; nothing is left to check once approved."""
        for scope in self:
            draft = scope.state == "draft"
            scope.check_result = scope._approval_checks() if draft else []

    def _approval_checks(self):
        """Ask for the boundary and for a conclusion on every consideration."""
        checks = super()._approval_checks()
        if self.boundary_id.state != "approved":
            checks.append(
                self._check_item(
                    self.env._(
                        "There is no approved organisational boundary behind it. Choose one, or approve it first."
                    )
                )
            )
        labels = dict(self.consideration_ids._fields["kind"]._description_selection(self.env))
        concluded = self.consideration_ids.filtered(lambda line: (line.conclusion or "").strip()).mapped("kind")
        for kind in labels.keys() - set(concluded):
            checks.append(self._check_item(self.env._("No conclusion yet on: %(topic)s.", topic=labels[kind])))
        return sorted(checks, key=lambda item: item["label"])

    def _trail_payload(self):
        """Keep what was approved, so that the trail proves it by itself."""
        names = [
            "number",
            "version",
            "date_from",
            "date_to",
            "boundary_id",
            "statement",
        ]
        return {
            **self._trail_snapshot(names),
            "considerations": {line.kind: line.conclusion or "" for line in self.consideration_ids},
        }
