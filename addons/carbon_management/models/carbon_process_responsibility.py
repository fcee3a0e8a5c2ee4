from odoo import fields, models


class CarbonProcessResponsibility(models.Model):
    """What a role is in a process: responsible, accountable, consulted or informed.

    Invariant: one role is accountable for a process, not several.
    """

    _name = "carbon.process.responsibility"
    _description = "Process Responsibility"
    _order = "process_id, raci desc, id"
    _rec_name = "role_id"

    process_id = fields.Many2one("carbon.process", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="process_id.company_id", store=True, index=True)
    role_id = fields.Many2one("carbon.role", required=True, index=True, ondelete="restrict")
    raci = fields.Selection(
        [
            ("r", "R - Responsible"),
            ("a", "A - Accountable"),
            ("c", "C - Consulted"),
            ("i", "I - Informed"),
        ],
        "RACI",
        required=True,
        default="r",
    )
    note = fields.Char()

    _process_role_uniq = models.UniqueIndex("(process_id, role_id, raci)", "The role has this responsibility already.")
    _accountable_uniq = models.UniqueIndex(
        "(process_id) WHERE raci = 'a'",
        "Another role is accountable for this process. Change that one first.",
    )
