import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.certificates import plain


class CarbonCertificateRegistry(models.Model):
    """A registry of certificates of electricity, such as GEC (绿证) or I-REC: who numbers them, and how much each is worth.

    It is a record, so that a registry has one name whoever types it. Invariant: no two registries share a code, a name or an
    alias; what certificates were claimed with does not change.
    """

    _name = "carbon.certificate.registry"
    _description = "Registry of Certificates"
    _order = "sequence, code"
    _rec_name = "code"
    _rec_names_search = ["code", "name", "aliases"]

    code = fields.Char(required=True, help="As statements print it, such as GEC, I-REC or GO.")
    name = fields.Char(required=True, translate=True)
    aliases = fields.Char(help="Other names of it, separated by commas.")
    sequence = fields.Integer(default=10)
    prefix = fields.Char(
        help="Letters before its numbers that people may leave out: GEC-101 and 101 are the same certificate."
    )
    unit_mwh = fields.Float(
        string="MWh per Number",
        digits=0,
        default=1.0,
        required=True,
        aggregator=None,
        help="Electricity of one number. Certificates cannot cover more than their numbers are worth.",
    )
    active = fields.Boolean(default=True)

    _unit_check = models.Constraint("CHECK(unit_mwh > 0)", "A certificate is worth more than 0 MWh. Enter how much.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for registry in self:
            registry.display_name = registry.code

    def _names(self):
        """Return every name of a registry as it is compared."""
        self.ensure_one()
        words = [self.code, self.with_context(lang=None).name, *re.split(r"[,，、;；]", self.aliases or "")]
        return {key for word in words if (key := plain(word))}

    @api.constrains("code", "name", "aliases")
    def _check_names(self):
        everyone = self.with_context(active_test=False).search(Domain.TRUE)
        for registry in self:
            names = registry._names()
            for other in everyone - registry:
                if both := names & other._names():
                    raise ValidationError(
                        self.env._(
                            "%(name)s is a name of registry %(other)s already. Use that registry: one certificate has one registry.",
                            name=min(both),
                            other=other.code,
                        )
                    )

    @api.model
    def _search_display_name(self, operator, value):
        """Find a registry by any of its names, however they are typed."""
        domain = super()._search_display_name(operator, value)
        words = [value] if isinstance(value, str) else value if operator == "in" else []
        keys = {plain(word) for word in words if isinstance(word, str)} - {""}
        if keys and operator in ("=", "in", "ilike", "like", "=ilike"):
            # a handful of records
            found = (
                self.with_context(active_test=False)
                .search(Domain.TRUE)
                .filtered(lambda registry: keys & registry._names())
            )
            domain = Domain(domain) | Domain("id", "in", found.ids)
        return domain

    def write(self, vals):
        """Refuse to change what certificates were numbered and counted with."""
        fixed = {name for name in ("prefix", "unit_mwh") if name in vals and any(r[name] != vals[name] for r in self)}
        if fixed:
            # sudo: certificates of any company
            used = self.env["carbon.declaration.certificate"].sudo().search([("registry_id", "in", self.ids)], limit=1)
            if used:
                raise UserError(
                    self.env._(
                        "Certificates of %(registry)s were declared already: its prefix and the MWh of a number stay. "
                        "Make another registry for certificates of another kind.",
                        registry=used.registry_id.code,
                    )
                )
        return super().write(vals)

    def _series(self, number):
        """Return ``(series, digits)`` of a number as typed, None where it does not end in a digit.

        :param number: text of one certificate
        """
        found = re.match(r"^(.*?)([0-9]{1,30})$", self._number(number), re.DOTALL)
        return found and (found[1], found[2])

    def _number(self, number):
        key, prefix = plain(number), plain(self.prefix)
        return key.removeprefix(prefix).removeprefix("-") if prefix and key != prefix else key
