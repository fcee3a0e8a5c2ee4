from odoo import fields, models


class CarbonCertificateType(models.Model):
    """A kind of certificate that suppliers prove something with; the list is the users' own (R-113).

    Types without company are those of all companies.
    """

    _name = "carbon.certificate.type"
    _description = "Certificate Type"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, default=lambda self: self.env.company, ondelete="restrict")
    description = fields.Text(translate=True, help="What it shows, and what to look at before it is accepted.")
    evidence_ids = fields.One2many("carbon.supplier.evidence", "certificate_type_id")
