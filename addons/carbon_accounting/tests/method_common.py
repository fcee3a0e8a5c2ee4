from math import ceil

from odoo.fields import Command

from .inventory_common import InventoryCommon


class MethodCommon(InventoryCommon):
    """Helpers to use a method and to declare with it, as people do: by the dialog and by declarations."""

    @classmethod
    def _method(cls, code):
        return cls.env.ref(f"carbon_accounting.calculation_method_{code}")

    @classmethod
    def _use(cls, code, name=None, gwp=None, factors=None, sources=None, only=None):
        """Make the sources and rules of a method by its dialog.

        :param factors: ``{result code: factor}`` where the dialog cannot know it
        :param sources: ``{result code: source}`` for sources that exist
        :param only: result codes that can occur, all by default
        :return: the main rule
        """
        method = cls._method(code)
        wizard = (
            cls.env["carbon.method.use.wizard"]
            .with_context(default_method_id=method.id)
            .create(
                {
                    "name": name or method.name,
                    "company_id": cls.company.id,
                    "gwp_set_id": (gwp or cls.ar5).id if "co2e" in method.result_ids.mapped("measure") else False,
                }
            )
        )
        for line in wizard.line_ids:
            if only and line.result_id.code not in only:
                line.unlink()
                continue
            line.factor_id = (factors or {}).get(line.result_id.code)
            line.source_id = (sources or {}).get(line.result_id.code)
        action = wizard.action_create()
        return cls.env["carbon.activity.rule"].browse(action["context"]["default_rule_id"])

    @classmethod
    def _commands(cls, method, values, units=None, bases=None):
        """Return commands for the inputs of a declaration from ``{code: text, word or list of texts}``."""
        commands = []
        for definition in method.input_ids:
            given = values.get(definition.code)
            if given is None:
                continue
            rows = list(enumerate(given, 1)) if isinstance(given, (list, tuple)) else [(0, given)]
            for row, value in rows:
                entry = {
                    "input_id": definition.id,
                    "row": row,
                    "basis": (bases or {}).get(definition.code, definition.basis),
                }
                if definition.kind == "choice":
                    entry["choice_id"] = cls.env.ref(f"carbon_accounting.calculation_choice_{value}").id
                else:
                    entry["value"] = str(value)
                if unit := (units or {}).get(definition.code):
                    entry["uom_id"] = cls.env.ref(unit).id
                commands.append(Command.create(entry))
        return commands

    @classmethod
    def _calculated(cls, rule, values, units=None, bases=None, day="2025-03-10", post=True, **fields_):
        """Return a declaration calculated with the method of a rule."""
        declaration = cls.env["carbon.declaration"].create(
            {
                "name": fields_.pop("name", rule.name),
                "company_id": cls.company.id,
                "rule_id": rule.id,
                "date": day,
                "input_ids": cls._commands(rule.method_id, values, units, bases),
                **fields_,
            }
        )
        if post:
            declaration.action_post()
        return declaration

    @classmethod
    def _certificates(cls, mwh, reason="Test: market and period are not looked at"):
        """Return commands of certificates for a declaration of electricity that they cover."""
        series = f"TEST{cls.env['carbon.declaration.certificate'].search_count([]) + 1}"
        region = cls.env["carbon.region"].search([("kind", "=", "country")], limit=1)
        return [
            Command.create(
                {
                    "registry_id": cls.env.ref("carbon_accounting.certificate_registry_gec").id,
                    "serial_from": f"{series}-1",
                    "serial_to": f"{series}-{ceil(float(mwh))}",
                    "quantity": float(mwh),
                    "generated_from": "2025-01-01",
                    "generated_to": "2025-12-31",
                    "region_id": region.id,
                    "reason": reason,
                }
            )
        ]
