from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.carbon_management.models.carbon_gate_mixin import (
    GATE_CONTEXT_KEY,
    _Gate,
)

from ..tools import kernel
from ..tools.factor_makers import NOBODY

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_factor_version_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'carbon: factor versions cannot be truncated' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'approved' AND (TG_OP = 'DELETE' OR
       (OLD.factor_id, OLD.region_id, OLD.date_from, OLD.state, OLD.method, OLD.ncv, OLD.ncv_uom_id, OLD.carbon_content,
        OLD.oxidation_rate, OLD.heating_value_basis, OLD.uncertainty, OLD.uncertainty_low, OLD.uncertainty_high,
        OLD.data_year, OLD.source_document, OLD.provenance,
        OLD.zero_reason, OLD.confirmation_reason, OLD.approved_on)
       IS DISTINCT FROM
       (NEW.factor_id, NEW.region_id, NEW.date_from, NEW.state, NEW.method, NEW.ncv, NEW.ncv_uom_id, NEW.carbon_content,
        NEW.oxidation_rate, NEW.heating_value_basis, NEW.uncertainty, NEW.uncertainty_low, NEW.uncertainty_high,
        NEW.data_year, NEW.source_document, NEW.provenance,
        NEW.zero_reason, NEW.confirmation_reason, NEW.approved_on)) THEN
        RAISE EXCEPTION 'carbon: factor version % is approved and never changes', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
DROP TRIGGER IF EXISTS carbon_factor_version_guard ON carbon_emission_factor_version;
CREATE TRIGGER carbon_factor_version_guard BEFORE UPDATE OR DELETE ON carbon_emission_factor_version
    FOR EACH ROW EXECUTE FUNCTION carbon_factor_version_guard();
DROP TRIGGER IF EXISTS carbon_factor_version_truncate ON carbon_emission_factor_version;
CREATE TRIGGER carbon_factor_version_truncate BEFORE TRUNCATE ON carbon_emission_factor_version
    FOR EACH STATEMENT EXECUTE FUNCTION carbon_factor_version_guard();
"""


class CarbonEmissionFactorVersion(models.Model):
    """Approval of factor versions: what is checked, computed and frozen."""

    _inherit = "carbon.emission.factor.version"

    def init(self):
        """Install the guard: plain SQL cannot change what an approved version says either."""
        self.env.cr.execute(_GUARD)

    def action_approve(self):
        """Approve draft versions, so that they can be used and never change again.

        :raises UserError: naming the factor that cannot be approved and why
        :raises AccessError: where the company wants a second person, and this one entered it
        """
        self._check_may_approve()
        drafts = self.filtered(lambda version: version.state == "draft")
        drafts._check_second_person()
        drafts = drafts.with_context(carbon_factor_by=NOBODY)
        drafts._prepare_approval()
        for reason, versions in drafts.grouped("confirmation_reason").items():
            versions._transition(
                "approved",
                "factor_version.approve",
                values=self._approval_values(),
                reason=reason or None,
            )
            versions._tell_companies(reason)
        # sudo: sources of every company that has the factor
        lines = self.env["carbon.source.factor"].sudo().search([("factor_id", "in", drafts.factor_id.ids)])
        lines._check_zero_electricity()
        return True

    def _tell_companies(self, reason):
        """Note the approval of shared versions in every other company whose sources use their factor."""
        for version in self.filtered(lambda v: not v.company_id):
            for company in version._basis_companies() - self.env.company:
                # sudo: the trail of a company tells what moves its numbers, whoever did it
                self.env["carbon.trail.entry"].sudo()._append(
                    company,
                    "factor_version.approve",
                    record=version,
                    payload=version._trail_payload(),
                    from_state="draft",
                    to_state="approved",
                    reason=reason or None,
                )

    def action_new_version(self):
        """Open the dialog that copies this version to a new date or region."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_factor_version_wizard_action")
        action["context"] = {
            "default_version_id": self.id,
            "default_region_id": self.region_id.id,
        }
        return action

    def _check_may_approve(self):
        self.check_access("write")
        user = self.env.user
        if not self.env.su and not user.has_group("carbon_management.group_carbon_accountant"):
            raise AccessError(
                self.env._(
                    "Only carbon accountants approve factors. Ask one of them to look at %(version)s.",
                    version=self[:1].display_name,
                )
            )

    def _approval_values(self):
        return {"approved_by_id": self.env.uid, "approved_on": fields.Datetime.now()}

    def _prepare_approval(self):
        """Compute CO2 of parameters, round once, and check what will be frozen."""
        self._write_parameter_lines()
        self._round_lines()
        exact = self._get_exact_lines()
        for version in self:
            version._check_approvable(exact[version.id])

    def _check_approvable(self, lines):
        """Refuse a version that would give no or a wrong result.

        :param lines: ``(gas code, kind, Decimal)`` of this version
        """
        self._check_lines(lines)
        if self.provenance == "recalled_unverified" and not self.confirmation_reason:
            raise UserError(
                self.env._(
                    "%(version)s is unverified. Compare it with its source and write"
                    " the confirmation reason before you approve it.",
                    version=self.display_name,
                )
            )

    def _is_zero(self):
        """Whether a unit emits nothing by contract."""
        return bool(self.zero_reason) and not any(self.gas_line_ids.mapped("kg_per_unit"))

    def _check_lines(self, lines):
        """Refuse a version without gas lines, or with one that is not above zero and has no reason for it."""
        if not lines:
            raise UserError(
                self.env._(
                    "%(version)s has no gas lines. Enter kilograms per unit for at least one gas.",
                    version=self.display_name,
                )
            )
        for gas, _kind, kg in lines:
            if kg < 0 or (kg == 0 and not self.zero_reason):
                raise UserError(self._not_positive_message(gas, kg))

    def _not_positive_message(self, gas, kg):
        return self.env._(
            "%(version)s has %(kg)s kg of %(gas)s per unit. Enter the printed value, above zero, or remove the line."
            " Where a contract makes it zero, write the reason for zero first.",
            version=self.display_name,
            kg=f"{kg:f}",
            gas=gas,
        )

    def _write_parameter_lines(self):
        """Write the CO2 line of versions with parameters, exactly."""
        for version_id, kg in self._exact_parameter_kg().items():
            self.browse(version_id)._write_co2_line(kg)

    def _exact_parameter_kg(self):
        """Return ``{version id: Decimal kg of CO2 per unit}`` of the versions with parameters.

        :raises UserError: where it is not above zero
        """
        versions = self.filtered(lambda version: version.method == "parameter")
        if not versions:
            return {}
        versions.flush_recordset(["ncv", "carbon_content", "oxidation_rate"])
        rows = self.env.execute_query(
            SQL(
                """SELECT id, ncv::text, carbon_content::text, oxidation_rate::text
                     FROM carbon_emission_factor_version WHERE id IN %s""",
                tuple(versions.ids),
            )
        )
        exact = {}
        for version_id, *parameters in rows:
            kg = exact[version_id] = kernel.parameter_kg_per_unit(*(text or "0" for text in parameters))
            if kg <= 0:
                raise UserError(self.browse(version_id)._not_positive_message("CO2", kg))
        return exact

    def _co2_line(self):
        """Return the gas line that carries the CO2 of parameters, if there is one already."""
        return self.gas_line_ids.filtered(lambda line: line.gas_id.code == "CO2")[:1]

    def _write_co2_line(self, kg):
        line = self._co2_line()
        if not line:
            carbon_dioxide = self.env.ref("carbon_accounting.gas_co2")
            line = self.gas_line_ids.create(
                {
                    "version_id": self.id,
                    "gas_id": carbon_dioxide.id,
                    "kg_per_unit": float(kg),
                }
            )
        line._write_exact({line.id: kg})

    def _round_lines(self):
        """Round the lines to 12 decimals, half away from zero, in the database."""
        lines = self.gas_line_ids
        lines.flush_recordset(["kg_per_unit"])
        if lines:
            self.env.cr.execute(
                SQL(
                    """UPDATE carbon_emission_factor_gas
                          SET kg_per_unit = round(kg_per_unit, 12) WHERE id IN %s""",
                    tuple(lines.ids),
                )
            )
            lines.invalidate_recordset(["kg_per_unit"])

    def _lines_as_approved(self):
        """Return what the gas lines would say once approved, without writing them.

        :return: list of (version id, gas id, kind, Decimal kg per unit)
        :raises UserError: where a version has no lines, or one that is not above zero
        """
        self.gas_line_ids.flush_recordset(["version_id", "gas_id", "kind", "kg_per_unit"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id, version_id, gas_id, kind, kg_per_unit::text FROM carbon_emission_factor_gas "
                "WHERE version_id = ANY(%s) ORDER BY id",
                self.ids,
            )
        )
        by_parameters = self._exact_parameter_kg()
        owners = {version: version._co2_line() for version in self.browse(by_parameters)}
        exact = {line.id: by_parameters[version.id] for version, line in owners.items()}
        carbon_dioxide = self.env.ref("carbon_accounting.gas_co2")
        lines = [
            (version_id, gas_id, kind, kernel.round12(exact.get(line_id, kg)))
            for line_id, version_id, gas_id, kind, kg in rows
        ] + [
            (version.id, carbon_dioxide.id, "fossil", kernel.round12(by_parameters[version.id]))
            for version, line in owners.items()
            if not line
        ]
        gases = {gas.id: gas.code for gas in self.gas_line_ids.gas_id | carbon_dioxide}
        by_version = {version.id: [] for version in self}
        for version_id, gas_id, kind, kg in lines:
            by_version[version_id].append((gases[gas_id], kind, kg))
        for version in self:
            version._check_lines(by_version[version.id])
        return lines

    def action_dry_run(self):
        """Show what the approval of these drafts would move, without writing anything to the ledger.

        :return: action of the dry run
        :raises UserError: naming a version that is approved, or cannot be
        """
        return self.env["carbon.factor.dry.run.wizard"]._open(self)

    def _approve_in_bulk(self):
        """Approve versions of one pack; the caller leaves one entry in the trail.

        The checks are those of :meth:`action_approve`, done by the caller on the
        rows it inserted; only the trail differs, one entry per load.
        """
        gated = self.with_context(**{GATE_CONTEXT_KEY: _Gate(self)})
        gated.write({**self._approval_values(), "state": "approved"})

    def _trail_payload(self):
        """Say which numbers were frozen, as text: they are the evidence."""
        lines = self._get_exact_lines()[self.id]
        return {
            "factor": self.factor_id.code,
            "region": self.region_id.code or "",
            "date_from": fields.Date.to_string(self.date_from),
            "method": self.method,
            "provenance": self.provenance,
            "source": self.source_document or "",
            **({"zero_reason": self.zero_reason} if self.zero_reason else {}),
            "lines": [[gas, kind, f"{kg:f}"] for gas, kind, kg in lines],
        }
