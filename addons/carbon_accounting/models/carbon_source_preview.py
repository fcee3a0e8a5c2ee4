from decimal import Decimal

from odoo import models

from ..tools import kernel


class CarbonSource(models.Model):
    """What a quantity would emit at a source, for previews."""

    _inherit = "carbon.source"

    def _preview_masses(self, quantity, uom, date):
        """Return the gases that the source's factors make of a quantity, as text for people.

        :param quantity: ``Decimal``
        :param uom: unit of the quantity
        :param date: day whose factor versions apply
        :return: for instance ``CO2 12.5 kg · N2O 0.1 kg``; empty without factor
        """
        self.ensure_one()
        texts = []
        for line in self.factor_line_ids:
            unit = line.factor_id.uom_id
            version = line.factor_id._get_version(date, self.site_id.region_id) if date else None
            if not version or not unit or not unit._has_common_reference(uom):
                continue
            amount = kernel.convert(quantity, repr(uom.factor), repr(unit.factor))
            masses = kernel.gas_masses(amount, version._get_exact_lines()[version.id])
            kinds = dict(version.gas_line_ids._fields["kind"]._description_selection(self.env))
            texts.append(
                " · ".join(f"{gas} ({kinds[kind]}) {self._short(kg)} kg" for (gas, kind), kg in masses.items())
            )
        return "; ".join(texts)

    @staticmethod
    def _short(kg):
        return f"{round(kg, 3) if abs(kg) >= 1 else round(kg, 9):f}".rstrip("0").rstrip(".") if kg else str(Decimal(0))
