from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.ledger_fields import KnownFloat, LedgerMany2one
from .carbon_emission_factor_version import PROVENANCES


class CarbonDeclarationResult(models.Model):
    """What the kernel calculated when a declaration was posted: one event for each row.

    Written by posting only, exact to 12 decimals; never edited. ``code`` is the origin part of its ledger rows.
    """

    _name = "carbon.declaration.result"
    _description = "Result of a Declaration"
    _log_access = False
    _order = "declaration_id, id"
    _rec_name = "result_id"

    declaration_id = fields.Many2one("carbon.declaration", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = LedgerMany2one("res.company", required=True, index=True)
    result_id = fields.Many2one("carbon.calculation.result", required=True, ondelete="restrict", readonly=True)
    code = fields.Char(required=True, readonly=True)
    rule_id = fields.Many2one("carbon.activity.rule", required=True, ondelete="restrict", readonly=True)
    source_id = fields.Many2one(related="rule_id.source_id")
    gas_id = fields.Many2one(related="result_id.gas_id")
    kind = fields.Selection(related="result_id.kind")
    quantity = fields.Float(digits=0, required=True, readonly=True, aggregator=None)
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, ondelete="restrict", readonly=True)
    activity_percent = KnownFloat(
        string="Activity Data (±%)",
        digits=0,
        readonly=True,
        aggregator=None,
        help="By the uncertainties stated with the inputs. Empty: not known there; that of the rule holds.",
    )
    parameter_percent = KnownFloat(
        string="Parameters (±%)",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Calorific value, carbon content, oxidation and other parameters together (IPCC 2006, volume 1, Eq. 3.1). Empty: not known.",
    )
    parameter_grade = fields.Selection(
        PROVENANCES, readonly=True, help="Of the parameter that is known worst. Empty: the result has no parameters."
    )

    _code_uniq = models.UniqueIndex("(declaration_id, code)")

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: results are calculated."""
        raise UserError(self.env._("Results are calculated when a declaration is posted and cannot be typed in."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: results are calculated."""
        raise UserError(self.env._("Results are never edited. Cancel the declaration and declare the right values."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_calculated(self):
        raise UserError(self.env._("Results are never deleted. Cancel the declaration instead."))

    @api.model
    def _replace(self, declaration, rows, errors):
        """Write the results of a declaration that is being posted, in place of those of an earlier posting.

        :param rows: list of ``(carbon.calculation.result, carbon.activity.rule, Decimal)``
        :param errors: ``{result code: (activity %, parameters %, grade)}``
        """
        self.env.cr.execute(SQL("DELETE FROM carbon_declaration_result WHERE declaration_id = %s", declaration.id))
        if rows:
            values = SQL(", ").join(
                SQL(
                    "(%s, %s, %s, %s, %s, %s::numeric, %s, %s::numeric, %s::numeric, %s)",
                    declaration.id,
                    declaration.company_id.id,
                    result.id,
                    result.code,
                    rule.id,
                    f"{quantity:f}",
                    result.uom_id.id,
                    *errors.get(result.code, (None, None, None)),
                )
                for result, rule, quantity in rows
            )
            self.env.cr.execute(
                SQL(
                    "INSERT INTO carbon_declaration_result "
                    "(declaration_id, company_id, result_id, code, rule_id, quantity, uom_id, activity_percent, parameter_percent, "
                    "parameter_grade) VALUES %s",
                    values,
                )
            )
        self.invalidate_model(flush=False)
        declaration.invalidate_recordset(["result_ids"], flush=False)
