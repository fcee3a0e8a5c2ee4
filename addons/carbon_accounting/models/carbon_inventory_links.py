from odoo import models


class CarbonInventory(models.Model):
    """The ways from a figure of an inventory back to the documents."""

    _inherit = "carbon.inventory"

    def _emission_action(self, domain):
        """Return the action that lists ledger rows; each row opens its document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_emission_line_action")
        return dict(
            action,
            name=self.env._("Emissions of %(inventory)s", inventory=self.name),
            domain=[("company_id", "=", self.company_id.id), *domain],
            context={},
        )

    def action_view_emissions(self):
        """Open the ledger rows behind the headline.

        ``treatment``, ``segment``, ``not_segment`` or ``basis`` in the context narrow them to the rows behind that
        figure.
        """
        self.ensure_one()
        groups = self.env["carbon.inventory.line"]._read_group(
            self._line_domain(), ["source_id", "stream", "version_id"]
        )
        sources, streams, versions = ({row[index] for row in groups} for index in range(3))
        return self._emission_action(
            [
                ("date", ">=", self.date_from),
                ("date", "<=", self.date_to),
                ("source_id", "in", sorted(source.id for source in sources)),
                ("stream", "in", sorted(streams)),
                ("version_id", "in", sorted(version.id for version in versions)),
                *self._result_domain(),
            ]
        )

    def _shown_basis(self):
        """Return the basis of electricity of the figure named by the context."""
        return self.env.context.get("basis") or self.electricity_basis

    def _result_domain(self):
        """Return the domain of ledger rows that are in the result of the basis shown, lent ones included."""
        streams = self.env["carbon.emission.stream"].with_context(active_test=False)
        others = streams.search([("basis", "not in", (False, self._shown_basis()))]).mapped("code")
        return ["|", ("stream", "not in", others), ("lends", "=", True)]

    def _line_domain(self):
        """Return the domain of the lines behind a figure named by the context."""
        context = self.env.context
        domain = [
            ("inventory_id", "=", self.id),
            ("treatment", "=", context.get("treatment") or "total"),
            ("in_market" if self._shown_basis() == "market" else "in_location", "=", True),
        ]
        if segment := context.get("segment"):
            domain.append(("segment", "=", segment))
        if segment := context.get("not_segment"):
            domain.append(("segment", "!=", segment))
        return domain

    def action_view_lines(self):
        """Open the lines of the inventory."""
        return self._own_action("carbon_inventory_line_action")

    def action_view_report(self):
        """Open the analysis of the inventory by scope, category, gas and month."""
        return self._own_action("carbon_inventory_report_action")

    def _own_action(self, name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"carbon_accounting.{name}")
        return dict(action, domain=[("inventory_id", "=", self.id)], context={})

    def action_view_issues(self):
        """Open the worklist of the inventory's months."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Worklist of %(inventory)s", inventory=self.name),
            "res_model": "carbon.collection.issue",
            "view_mode": "list,form",
            "domain": self._issue_domain(),
        }
