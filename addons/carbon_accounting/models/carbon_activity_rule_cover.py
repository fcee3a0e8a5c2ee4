from odoo import api, models

from ..tools.certificates import COVERS


class CarbonActivityRule(models.Model):
    """Rules of certificates: they move electricity that another rule counts, and count none a second time."""

    _inherit = "carbon.activity.rule"

    def _is_cover(self):
        """Tell whether the rule only moves electricity between a source and its twin with certificates."""
        return self.method_id.code in COVERS

    def _counts_twice_with(self, other):
        """Bills or meters and their certificates meet in one source: what is covered there is negative."""
        return not (self._is_cover() or other._is_cover()) and super()._counts_twice_with(other)

    @api.constrains("method_id")
    def _check_recognition_of_method(self):
        """A rule that counts by another method from now on may be a second recognition point."""
        self._check_recognition()
