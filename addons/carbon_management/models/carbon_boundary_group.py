from decimal import Decimal

from odoo import models


class CarbonBoundary(models.Model):
    """The group inside an organisational boundary: which company counts by which part (R-123)."""

    _inherit = "carbon.boundary"

    def _group_shares(self):
        """Return by which part each company or unit counts, in the order of the lines; the boundary's own company first.

        GHG Protocol Corporate Standard ch. 3 (and ISO 14064-1 5.1), in own words:

        * *operational control, legal entity*: all of what is inside, nothing of what is outside;
        * *financial control*: the same, except that a joint venture under joint financial control counts by its share;
        * *equity share*: the share of the economic interest. A company that is held through another one counts by the
          product of the shares on the way: 60 % of a company that owns 50 % of another is 30 %.

        The boundary's own company counts even where no line names it.

        :return: list of ``(line or empty, company or empty, Decimal)``
        """
        self.ensure_one()
        lines = self.company_line_ids
        own = lines.filtered(lambda line: line.company_id == self.company_id)[:1]
        found = [(own, self.company_id, self._own_share(own))]
        return found + [(line, line.company_id, self._line_share(line)) for line in lines - own]

    def _own_share(self, line):
        """Return the part of the boundary's own company that counts."""
        if line and not line.is_included:
            return Decimal(0)
        if self.approach != "equity_share":
            return Decimal(1)
        return Decimal(str(self.share)) * Decimal(str(line.share if line else 1))

    def _line_share(self, line):
        """Return the part of another company or unit that counts, 0 outside."""
        if not line.is_included:
            return Decimal(0)
        by_share = self.approach == "equity_share" or (
            self.approach == "financial_control" and line.relation == "joint"
        )
        return self._held_share(line) if by_share else Decimal(1)

    def _held_share(self, line):
        """Return the product of the shares from the boundary's own company down to a line."""
        share, seen = Decimal(1), line.browse()
        while line and line not in seen:
            share, seen = share * Decimal(str(line.share)), seen | line
            holder = line.held_by_id
            line = self.company_line_ids.filtered(
                lambda other, holder=holder: holder and other.company_id == holder and holder != self.company_id
            )[:1]
        return share

    def _organisational_checks(self):
        """Ask for the holders of what is held through another company."""
        missing = self.company_line_ids.filtered(
            lambda line: line.held_by_id and line.held_by_id not in line._listed_companies()
        )
        return super()._organisational_checks() + [
            self._check_item(
                self.env._(
                    "%(company)s is held through %(holder)s, which is not listed. List it with its share.",
                    company=line.entity_name,
                    # sudo: the name of a company of the group, which the user may not be allowed to enter
                    holder=line.held_by_id.sudo().name,
                )
            )
            for line in missing
        ]

    def _trail_payload(self):
        """Name through whom companies are held."""
        held = self.company_line_ids.filtered("held_by_id")
        # sudo: names of companies of the group, which the user may not be allowed to enter
        holders = {line.entity_name: line.held_by_id.sudo().name for line in held}
        return super()._trail_payload() | ({"held_through": holders} if holders else {})
