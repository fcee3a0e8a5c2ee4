from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.certificates import CLAIMS


class CarbonDeclaration(models.Model):
    """Electricity that certificates cover: which certificates, none of them twice, of the period and the market of use."""

    _inherit = "carbon.declaration"

    certificate_ids = fields.One2many("carbon.declaration.certificate", "declaration_id", string="Certificates")
    has_certificates = fields.Boolean(compute="_compute_has_certificates")

    @api.depends("method_id")
    def _compute_has_certificates(self):
        for declaration in self:
            declaration.has_certificates = declaration.method_id.code in CLAIMS

    def _counted(self, results):
        """Look at the certificates before their electricity counts."""
        rows = super()._counted(results)
        if self.has_certificates or self.certificate_ids:
            covered = {result.code: (rule, quantity) for result, rule, quantity in rows}
            self._check_certificates(*covered.get(CLAIMS.get(self.method_id.code), (None, Decimal(0))))
        return rows

    def _check_certificates(self, rule, covered):
        """Refuse certificates that do not fit what they cover.

        :param rule: rule of the electricity that is covered, None where there is none
        :param covered: MWh
        :raises UserError: naming the certificate and the next step
        """
        certificates = self.certificate_ids
        named = sum((Decimal(repr(quantity)) for quantity in certificates.mapped("quantity")), Decimal(0))
        if named != covered:
            raise UserError(
                self.env._(
                    "Declaration %(name)s covers %(covered)s MWh with certificates, and those named are of %(named)s MWh. Name the "
                    "certificates that were retired for it, number by number.",
                    name=self.name,
                    covered=self._plain(covered),
                    named=self._plain(named),
                )
            )
        if found := certificates._claimed_elsewhere():
            raise UserError(self._claimed_message(*found))
        for certificate in certificates:
            if problem := certificate._worth_problem():
                raise UserError(
                    self.env._("Certificate %(number)s: %(problem)s", number=certificate.display_name, problem=problem)
                )
        market = self._market(rule.source_id) if rule else None
        for certificate in certificates.filtered(lambda row: not row.reason):
            if problem := self._period_problem(certificate) or self._market_problem(certificate, market):
                raise UserError(
                    self.env._("Certificate %(number)s: %(problem)s", number=certificate.display_name, problem=problem)
                )

    def _claimed_message(self, certificate, other):
        name = other.declaration_id.name if other.company_id in self.env.companies else self.env._("of another company")
        return self.env._(
            "Certificate %(number)s is used by declaration %(other)s (%(others)s). One certificate backs one claim: name others, or "
            "cancel that declaration first.",
            number=certificate.display_name,
            other=name,
            others=other.display_name,
        )

    def _period_problem(self, certificate):
        """Say why the generation is of another period than the use, or nothing: they share the calendar year."""
        first = (self.date_from or self.date).replace(month=1, day=1)
        last = (self.date_to or self.date).replace(month=12, day=31)
        if first <= certificate.generated_from and certificate.generated_to <= last:
            return None
        return self.env._(
            "it was generated from %(begin)s to %(end)s, and the electricity was used in %(use)s. Name certificates of that time, or "
            "the reason why the registry allows these.",
            begin=certificate.generated_from,
            end=certificate.generated_to,
            use=first.year if first.year == last.year else f"{first.year} – {last.year}",
        )

    def _market_problem(self, certificate, market):
        """Say why the certificate is of another market than the electricity, or nothing: they share the country."""
        place = self._country(certificate.region_id)
        if market and place == market:
            return None
        if not market:
            return self.env._(
                "nobody knows where the electricity was used. Give the source a site with a region, or the company an address."
            )
        return self.env._(
            "it is of %(place)s, and the electricity was used in %(market)s. Name certificates of that market, or the reason why the "
            "registry allows these.",
            place=place.name,
            market=market.name,
        )

    @api.model
    def _market(self, source):
        """Return the region within which certificates may cover the electricity of a source: its country."""
        region = source.site_id.region_id or self.env["carbon.region"]._get_for_partner(source.company_id.partner_id)
        return region and self._country(region)

    @api.model
    def _country(self, region):
        chain = region._get_lookup_order()
        return chain.filtered(lambda place: place.kind == "country")[:1] or chain[-1:]

    def _trail_payload(self):
        """Name the certificates too."""
        payload = super()._trail_payload()
        if self.certificate_ids:
            payload["certificates"] = [
                [
                    *(row.registry, row.serial_from, row.serial_to or "", repr(row.quantity)),
                    *(str(row.generated_from), str(row.generated_to), row.region_id.code, row.reason or ""),
                ]
                for row in self.certificate_ids
            ]
        return payload
