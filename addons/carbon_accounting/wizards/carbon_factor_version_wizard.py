from odoo import fields, models
from odoo.exceptions import UserError

COPIED_FIELDS = (
    "factor_id",
    "method",
    "ncv",
    "ncv_uom_id",
    "carbon_content",
    "oxidation_rate",
    "heating_value_basis",
    "uncertainty",
    "uncertainty_low",
    "uncertainty_high",
    "zero_reason",
    "source_document",
    "provenance",
    "licence",
    "note",
)


class CarbonFactorVersionWizard(models.TransientModel):
    """Starts a new draft version from the values of an existing one."""

    _name = "carbon.factor.version.wizard"
    _description = "New Factor Version"

    version_id = fields.Many2one("carbon.emission.factor.version", required=True, readonly=True)
    factor_id = fields.Many2one(related="version_id.factor_id")
    date_from = fields.Date(string="Valid From", required=True)
    region_id = fields.Many2one("carbon.region")

    def action_create(self):
        """Create the draft and open it.

        :raises UserError: when the factor has a version at that date and place
        """
        self.ensure_one()
        source = self.version_id
        versions = self.env["carbon.emission.factor.version"]
        taken = versions.search(
            [
                ("factor_id", "=", source.factor_id.id),
                ("region_id", "=", self.region_id.id),
                ("date_from", "=", self.date_from),
            ],
            limit=1,
        )
        if taken:
            raise UserError(
                self.env._(
                    "%(version)s starts on that day already. Choose another day or edit that version.",
                    version=taken.display_name,
                )
            )
        values = source.copy_data()[0]
        created = versions.create(
            {
                **{name: values[name] for name in COPIED_FIELDS if name in values},
                "region_id": self.region_id.id,
                "date_from": self.date_from,
            }
        )
        self._copy_lines(source, created)
        return {
            "type": "ir.actions.act_window",
            "res_model": created._name,
            "res_id": created.id,
            "view_mode": "form",
        }

    def _copy_lines(self, source, created):
        """Copy the gas lines exactly, also digits that a float would lose."""
        exact = source._get_exact_lines()[source.id]
        gases = {line.gas_id.code: line.gas_id.id for line in source.gas_line_ids}
        lines = self.env["carbon.emission.factor.gas"].create(
            [
                {
                    "version_id": created.id,
                    "gas_id": gases[gas],
                    "kind": kind,
                    "kg_per_unit": float(kg),
                }
                for gas, kind, kg in exact
            ]
        )
        lines._write_exact({line.id: kg for line, (_g, _k, kg) in zip(lines, exact, strict=True)})
