from odoo import api, fields, models


class CarbonFramework(models.Model):
    """A reporting framework: GHG Protocol, ISO 14064-1, GB/T 32150."""

    _name = "carbon.framework"
    _description = "Reporting Framework"
    _order = "sequence, code"

    code = fields.Char(required=True)
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    edition_ids = fields.One2many("carbon.framework.edition", "framework_id")
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another framework already has this code.")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.with_context(active_test=False).edition_ids._check_unused()

    def _edition_at(self, date):
        """Return the edition of this framework in force on ``date``.

        :param date: a ``datetime.date``
        :return: the edition, empty when none was in force yet
        """
        self.ensure_one()
        return self.env["carbon.framework.edition"].search(
            [
                ("framework_id", "=", self.id),
                ("valid_from", "<=", date),
                "|",
                ("valid_to", "=", False),
                ("valid_to", ">=", date),
            ],
            order="valid_from desc",
            limit=1,
        )
