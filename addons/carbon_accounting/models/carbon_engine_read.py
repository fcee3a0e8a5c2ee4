from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL


class CarbonEngineRead(models.AbstractModel):
    """What screens read from the ledger, set by set."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_sources_in_ledger(self, source_ids):
        """Return SQL of those sources that the ledger names."""
        return SQL(
            "SELECT s.id FROM unnest(%s::int[]) AS s(id) WHERE EXISTS (SELECT 1 FROM carbon_activity_data a WHERE a.source_id = s.id)",
            list(source_ids),
        )

    @api.model
    def _sql_unit_co2e(self, gwp_set_id):
        """Return SQL of a relation ``(version_id, kg)``: kg CO2e per factor unit with one GWP set.

        Fossil and biogenic non-CO2 gases count; biogenic CO2, removals, recovered CO2 and gases outside the
        seven groups are reported apart (ISO 14064-1 5.2.3 and methods, design rules). ``kg`` is NULL where a gas has no value in the set.
        """
        return SQL(
            """
            SELECT g.version_id, CASE WHEN bool_and(w.value IS NOT NULL) THEN SUM(g.kg_per_unit * w.value) END AS kg
              FROM carbon_emission_factor_gas g
              JOIN carbon_gas ga ON ga.id = g.gas_id
              LEFT JOIN carbon_gwp_value w ON w.gas_id = g.gas_id AND w.gwp_set_id = %s
             WHERE (g.kind = 'fossil' OR (g.kind = 'biogenic' AND ga.code <> 'CO2'))
               AND (ga.gas_group IS DISTINCT FROM 'other' OR ga.is_pseudo)
             GROUP BY g.version_id
            """,
            gwp_set_id or None,
        )

    @api.model
    def _default_gwp_set(self, company=None):
        """Return the GWP set that screens of a company use where nobody has chosen one.

        :param company: whose; by default the current one, for what belongs to no company yet
        """
        # sudo: one setting of the company whose rows the user sees already
        system = self.env["carbon.system"].sudo()._get(company or self.env.company)
        return (
            self.env["carbon.gwp.set"].browse(system.gwp_set_id.id)
            or self.env.ref("carbon_accounting.gwp_set_ar6", raise_if_not_found=False)
            or self.env["carbon.gwp.set"].search([], order="code desc", limit=1)
        )

    @api.model
    def _ids_by_company(self, table, ids):
        """Return ``[(company, [id, …])]`` of ledger rows: each is shown as its own company shows it."""
        rows = self.env.execute_query(
            SQL(
                "SELECT company_id, array_agg(id) FROM %s WHERE id = ANY(%s) GROUP BY company_id",
                SQL.identifier(table),
                list(ids),
            )
        )
        return [(self.env["res.company"].browse(company_id), found) for company_id, found in rows]

    @api.model
    def _co2e_by_emission(self, emission_ids):
        """Return ``{emission id: t CO2e}`` with the GWP set of each row's company."""
        found = {}
        for company, ids in self._ids_by_company("carbon_emission_line", emission_ids) if emission_ids else ():
            rows = self.env.execute_query(
                SQL(
                    "SELECT e.id, e.quantity * u.kg / 1000.0 FROM carbon_emission_line e "
                    "JOIN (%s) u ON u.version_id = e.version_id WHERE e.id = ANY(%s)",
                    self._sql_unit_co2e(self._default_gwp_set(company).id),
                    ids,
                )
            )
            found.update({row[0]: float(row[1] or 0) for row in rows})
        return found

    @api.model
    def _co2e_by_activity(self, activity_ids):
        """Return ``{activity id: t CO2e}`` with GWP set and basis of electricity of each row's company."""
        found = {}
        for company, ids in self._ids_by_company("carbon_activity_data", activity_ids) if activity_ids else ():
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT e.activity_id, SUM(e.quantity * u.kg) / 1000.0
                      FROM carbon_emission_line e
                      LEFT JOIN carbon_emission_stream st ON st.code = e.stream
                      JOIN (%(unit)s) u ON u.version_id = e.version_id
                     WHERE e.activity_id = ANY(%(ids)s) AND (COALESCE(st.basis, '') IN ('', %(basis)s) OR e.lends)
                     GROUP BY 1
                    """,
                    # sudo: one setting of the company whose rows the user sees already
                    basis=self.env["carbon.system"].sudo()._get(company).electricity_basis,
                    unit=self._sql_unit_co2e(self._default_gwp_set(company).id),
                    ids=ids,
                )
            )
            found.update({row[0]: float(row[1] or 0) for row in rows})
        return found

    @api.model
    def _exact(self, query):
        """Run a query whose NUMERIC columns were cast to text, and return Decimals: Odoo hands out floats."""
        return [
            tuple(Decimal(value) if isinstance(value, str) and _is_number(value) else value for value in row)
            for row in self.env.execute_query(query)
        ]

    @api.model
    def _origin_document(self, record):
        """Return the business document of a record that gave an event. Bridges redirect lines to their document."""
        return record

    @api.model
    def _origin_facts(self, record):
        """Return what the card of a document shows: number, date, state, partner, product, quantity, unit, amount, currency.

        These and no others: people who may not open the document see them. Bridges say where their records keep them.

        :param record: record that gave an event, in sudo
        """
        document = self._origin_document(record)
        facts = {
            "number": document["name" if "name" in document._fields else "display_name"],
            "state": self._label_of_state(document),
        }
        for fact, name in (("date", "date"), ("quantity", "quantity"), ("amount", "amount")):
            facts[fact] = name in record._fields and record[name]
        for fact in ("partner", "product", "currency"):
            facts[fact] = f"{fact}_id" in record._fields and record[f"{fact}_id"].display_name
        facts["unit"] = "uom_id" in record._fields and record.uom_id.name
        return facts

    @api.model
    def _label_of_state(self, document):
        if "state" not in document._fields:
            return False
        return dict(document._fields["state"]._description_selection(self.env)).get(document.state, document.state)

    @api.model
    def _origin_action(self, record):
        """Return the action that opens the business document of a record."""
        # sudo: which document it is; opening it asks for access as always
        record = self._origin_document(record.sudo())
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }


def _is_number(text):
    return bool(text) and text.lstrip("-").replace(".", "", 1).isdigit()
