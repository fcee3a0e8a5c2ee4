from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.certificates import CLAIMS


class CarbonSourceFactor(models.Model):
    """The factor of one stream of results of a source.

    One activity can give several results: combustion and upstream, or electricity by location and by
    market. Each stream has one factor; its dated and regional versions are chosen by the engine.
    """

    _name = "carbon.source.factor"
    _description = "Factor of an Emission Source"
    _inherit = ["carbon.basis.mixin"]
    _order = "source_id, stream_id"
    _rec_name = "factor_id"

    source_id = fields.Many2one("carbon.source", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="source_id.company_id")
    stream_id = fields.Many2one("carbon.emission.stream", required=True, ondelete="restrict")
    factor_id = fields.Many2one("carbon.emission.factor", required=True, index=True, ondelete="restrict")
    category_id = fields.Many2one(
        "carbon.emission.category",
        ondelete="restrict",
        help="Only where the result belongs to another leaf than the source, such as upstream energy.",
    )

    _stream_uniq = models.UniqueIndex(
        "(source_id, stream_id)",
        "A source has one factor for each stream. Change the existing line.",
    )

    @api.model
    def _basis_fields(self):
        """Everything."""
        return super()._basis_fields() | {"source_id", "stream_id", "factor_id", "category_id"}

    def _basis_companies(self):
        """Return the companies of the sources."""
        return self.source_id.company_id

    @api.constrains("source_id", "factor_id")
    def _check_heating_value_basis(self):
        self.source_id._check_heating_value_basis()

    @api.constrains("source_id", "factor_id", "stream_id")
    def _check_zero_electricity(self):
        """Refuse electricity at zero by a rule that names no certificates.

        :raises ValidationError: naming the factor, the rule and the next step
        """
        for line in self.filtered("stream_id.basis"):
            # sudo: versions and rules count whoever may read them
            zero = line.sudo().factor_id.version_ids.filtered(lambda v: v.state == "approved" and v._is_zero())
            rules = line.sudo().source_id.rule_ids.filtered(lambda rule: rule.active and rule.outcome == "count")
            for rule in rules if zero else ():
                if not rule.method_result or CLAIMS.get(rule.method_id.code) != rule.method_result:
                    raise ValidationError(
                        self.env._(
                            "Factor %(factor)s counts electricity of source %(emitter)s as zero, and rule %(rule)s names no "
                            "certificates for it. Use the method 'Electricity with certificates' for what certificates cover, "
                            "and a residual or supplier factor for the rest.",
                            factor=zero[:1].display_name,
                            emitter=line.source_id.display_name,
                            rule=rule.name,
                        )
                    )

    @api.constrains("source_id", "factor_id")
    def _check_unit(self):
        for line in self:
            source, factor = line.source_id, line.factor_id
            if source.currency_id or factor.currency_id:
                fits = source.currency_id == factor.currency_id
            else:
                fits = bool(source.uom_id and factor.uom_id) and source.uom_id._has_common_reference(factor.uom_id)
            if not fits:
                raise ValidationError(
                    self.env._(
                        "Factor %(factor)s is per %(factor_unit)s, which cannot be converted from %(unit)s, the "
                        "canonical unit of source %(emitter)s. Choose another factor or another canonical unit.",
                        factor=factor.display_name,
                        factor_unit=factor.uom_id.name or factor.currency_id.name or "?",
                        unit=source.uom_id.name or source.currency_id.name or "?",
                        emitter=source.display_name,
                    )
                )
