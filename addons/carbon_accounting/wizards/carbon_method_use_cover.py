from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.certificates import CLAIMS, COVERS


class CarbonMethodUseWizard(models.TransientModel):
    """The dialog of certificates for electricity of bills: the source of the bills, and one that is alike but for its market."""

    _inherit = "carbon.method.use.wizard"

    @api.model
    def default_get(self, fields_list):
        """Join the source whose electricity is covered to the result that takes it back."""
        values = super().default_get(fields_list)
        if source := self.env.context.get("carbon_cover_source_id"):
            results = self.env["carbon.calculation.result"]
            for command in values.get("line_ids", ()):
                if results.browse(command[2]["result_id"]).code in COVERS.values():
                    command[2]["source_id"] = source
        return values


class CarbonMethodUseLine(models.TransientModel):
    """A source for what certificates cover is the source of the bills again, with the factor of the certificates by market."""

    _inherit = "carbon.method.use.line"

    def _create_source(self, name):
        method = self.wizard_id.method_id.code
        if method not in COVERS or self.result_id.code != CLAIMS[method]:
            return super()._create_source(name)
        billed = self.wizard_id.line_ids.filtered(lambda line: line.result_id.code == COVERS[method]).source_id
        if not billed or not self.factor_id:
            raise UserError(
                self.env._(
                    "Choose the source that counts the electricity of bills or meters, and the factor of the certificates for what they "
                    "cover: one per MWh or kWh, with the reason for zero where it is zero."
                )
            )
        market = self.env.ref("carbon_accounting.emission_stream_market")
        lines = billed.factor_line_ids.filtered(lambda line: line.stream_id.basis != "market")
        return billed.copy(
            {
                "name": name,
                "factor_line_ids": [
                    *(
                        fields.Command.create(
                            {
                                "stream_id": line.stream_id.id,
                                "factor_id": line.factor_id.id,
                                "category_id": line.category_id.id,
                            }
                        )
                        for line in lines
                    ),
                    fields.Command.create({"stream_id": market.id, "factor_id": self.factor_id.id}),
                ],
            }
        )
