import re

from odoo import api, models
from odoo.tools import SQL, html2plaintext

GASES = ("CO2", "CH4", "N2O", "HFCs", "PFCs", "SF6", "NF3")


class CarbonInventoryDocument(models.AbstractModel):
    """Who reports, what for, and within which boundaries."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _section_organisation(self, inventory, edition):
        """Return the reporting organisation and its persons."""
        facts = [
            *self._company_facts(inventory.company_id),
            (self.env._("Prepared by"), inventory.computed_by_id.name),
            (self.env._("Checked by"), inventory.checked_by_id.name),
            (self.env._("Approved by"), inventory.approved_by_id.name),
        ]
        return {"facts": [(name, value or "") for name, value in facts], "roles": self._roles(inventory)}

    @api.model
    def _company_facts(self, company):
        """Return (label, text) of who reports; what Odoo does not keep is left empty, to be filled in by hand."""
        partner = company.partner_id
        system = self.env["carbon.system"]._get(company)
        return [
            (self.env._("Name"), company.name),
            (self.env._("Address"), self._address(partner)),
            (self.env._("Registration number or unified social credit code"), company.company_registry or partner.vat),
            (self.env._("Industry"), partner.industry_id.full_name or partner.industry_id.name),
            (self.env._("Telephone"), partner.phone),
            (self.env._("E-mail"), partner.email),
            (self.env._("Website"), partner.website),
            (self.env._("Management system"), system.name),
            (self.env._("Legal representative"), ""),
            (self.env._("Top management"), ", ".join(system.top_manager_ids.mapped("name"))),
        ]

    @api.model
    def _address(self, partner):
        """Return an address in one line, without the empty parts that the format of its country leaves."""
        text = partner._display_address(without_company=True)
        return ", ".join(part.strip() for part in re.split(r"[,，\n]", text) if part.strip())

    @api.model
    def _roles(self, inventory):
        """Return (role, person, site) of assignments that ran in the period."""
        assignments = self.env["carbon.role.assignment"].search(
            [
                ("company_id", "=", inventory.company_id.id),
                ("date_from", "<=", inventory.date_to),
                *("|", ("date_to", "=", False), ("date_to", ">=", inventory.date_from)),
            ]
        )
        return [
            (a.role_id.name, a.holder_id.name or "", a.site_id.display_name or "")
            for a in assignments.sorted(lambda a: (a.role_id.sequence, a.id))
        ]

    @api.model
    def _section_purpose(self, inventory, edition):
        """Return what the report is for and by which rules it is made."""
        return {
            "facts": [
                (self.env._("Reporting period"), f"{inventory.date_from} – {inventory.date_to}"),
                (self.env._("Purpose"), self._label(inventory, "intended_use")),
                (self.env._("Intended user"), inventory.intended_user or self.env._("not named")),
                (self.env._("Prepared in accordance with"), edition.name),
                (
                    self.env._("Further classifications"),
                    ", ".join((inventory.edition_ids - edition).mapped("name")) or "–",
                ),
                (self.env._("Global warming potentials"), inventory.gwp_set_id.source or inventory.gwp_set_id.name),
                (self.env._("Electricity in the total"), self._label(inventory, "electricity_basis")),
                (self.env._("Materiality"), self._percent(inventory.materiality)),
                (
                    self.env._("Available to interested parties"),
                    self.env._("yes") if inventory.is_public else self.env._("no"),
                ),
            ],
            "maker_note": inventory.maker_note or "",
            "edition_note": edition.note or "",
        }

    # ------------------------------------------------------------------
    # Boundaries
    # ------------------------------------------------------------------
    @api.model
    def _section_boundaries(self, inventory, edition):
        """Return the organisational and the reporting boundary with what is left out and why."""
        boundary = inventory.boundary_id
        boundaries = self.env["carbon.boundary"]
        organisational = boundary.organisational_id or boundaries._get_for_date(
            inventory.company_id, inventory.date_to, "organisational"
        )
        sites = boundary.site_ids or organisational.site_ids
        if not sites:
            sites = self.env["carbon.site"].search(
                [("company_id", "=", inventory.company_id.id), ("active", "=", True)]
            )
        return {
            "organisational": organisational,
            "accounting": boundary,
            "note": {b.id: html2plaintext(b.note or "").strip() for b in (organisational, boundary)},
            "companies": organisational.company_line_ids,
            "sites": sites,
            "items": (organisational | boundary).item_ids.sorted(lambda i: (i.kind, i.sequence, i.id)),
            "segments": self._boundary_segments(boundary),
            "gases": ", ".join(g for g in GASES if not boundary or boundary[f"gas_{g.lower()}"]),
            "excluded": self._excluded(inventory),
            "siteless": inventory.siteless_sources,
        }

    @api.model
    def _boundary_segments(self, boundary):
        """Return (kind of emission, whether it is inside)."""
        kinds = {
            "include_direct": self.env._("Direct emissions"),
            "include_energy_indirect": self.env._("Indirect emissions from purchased energy"),
            "include_other_indirect": self.env._("Other indirect emissions"),
            "include_removals": self.env._("Removals"),
        }
        return [(text, not boundary or boundary[name]) for name, text in kinds.items()]

    @api.model
    def _excluded(self, inventory):
        """Return (reason, source, t CO2e that would count) of lines that the boundary leaves out."""
        labels = dict(self.env["carbon.inventory.line"]._fields["exclusion"]._description_selection(self.env))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT l.exclusion, %(source)s, SUM(l.quantity * l.kg_per_unit * l.gwp) / 1000.0
                  FROM carbon_inventory_line l
                  JOIN carbon_inventory i ON i.id = l.inventory_id
                  JOIN carbon_source s ON s.id = l.source_id
                 WHERE l.inventory_id = %(id)s AND l.exclusion IS NOT NULL
                   AND CASE i.electricity_basis WHEN 'market' THEN l.in_market ELSE l.in_location END
                 GROUP BY 1, 2 ORDER BY 3 DESC
                """,
                source=self.env["carbon.inventory.workbook"]._sql_name("s.name"),
                id=inventory.id,
            )
        )
        return [(labels.get(reason, reason), source, float(t or 0)) for reason, source, t in rows]
