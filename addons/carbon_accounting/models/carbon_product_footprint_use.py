from odoo import api, fields, models
from odoo.exceptions import UserError

#: Points at which bought products count.
_BOUGHT = ("received", "billed")


class CarbonProductFootprint(models.Model):
    """How an accepted footprint gets into the ledger: as a factor version of the supplier, approved as any other one.

    The rule on product and supplier is made archived and switched on by a person once the version is approved: until then the
    generic rule goes on, so that nothing falls between both.
    """

    _inherit = "carbon.product.footprint"

    use_state = fields.Selection(
        [
            ("none", "Not used"),
            ("factor", "Factor waits for approval"),
            ("ready", "Ready to count"),
            ("counts", "Counts"),
        ],
        "In Accounting",
        compute="_compute_use_state",
    )
    factor_version_id = fields.Many2one("carbon.emission.factor.version", compute="_compute_use_state")

    @api.depends("factor_id", "date_from", "state")
    def _compute_use_state(self):
        versions = self.env["carbon.emission.factor.version"].search(
            [("factor_id", "in", self.factor_id.ids), ("date_from", "in", self.mapped("date_from"))]
        )
        known = {(version.factor_id, version.date_from): version for version in versions}
        rules = self._use_rules()
        for footprint in self:
            version = known.get((footprint.factor_id, footprint.date_from))
            mine = rules.filtered(lambda rule, f=footprint: f.factor_id in rule.source_id.factor_line_ids.factor_id)
            footprint.factor_version_id = version
            if not version or not mine:
                footprint.use_state = "none"
            elif version.state != "approved":
                footprint.use_state = "factor"
            else:
                footprint.use_state = "counts" if any(mine.mapped("active")) else "ready"

    def _use_rules(self):
        """Return the rules, archived ones included, that count by factors made of these footprints."""
        return (
            self.env["carbon.activity.rule"]
            .with_context(active_test=False)
            .search([("source_id.factor_line_ids.factor_id", "in", self.factor_id.ids)])
        )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_use(self):
        """Open the dialog that makes factor, source and rule of the footprint; of a newer version only the factor version.

        :return: window action
        :raises UserError: for a footprint that is not accepted
        """
        self.ensure_one()
        self._check_accountant()
        if self.state != "approved":
            raise UserError(self.env._("%(footprint)s is not accepted. Accept it first.", footprint=self.display_name))
        if self.factor_id:
            return self._open(self.factor_version_id or self._add_version())
        if known := self._same_thing().factor_id[:1]:
            self._gate_write({"factor_id": known.id}, "product_footprint.use")
            self._use_rules().filtered("date_to").write({"date_to": self.date_to})
            return self._open(self._add_version())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Use in Accounting"),
            "res_model": "carbon.footprint.use.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_footprint_id": self.id},
        }

    def action_start_counting(self):
        """Switch the rules of the footprint on: from its first day on they win over the generic ones.

        :return: True
        :raises UserError: while the factor version is not approved
        """
        self._check_accountant()
        for footprint in self:
            if footprint.use_state not in ("ready", "counts"):
                raise UserError(
                    self.env._(
                        "The factor of %(footprint)s is not approved. Approve it first: until then the generic rule counts.",
                        footprint=footprint.display_name,
                    )
                )
            footprint._use_rules().action_unarchive()
        return True

    def action_open_rules(self):
        """Show the rules that count by the footprint.

        :return: window action
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_rule_action")
        return dict(action, domain=[("id", "in", self._use_rules().ids)], context={"active_test": False})

    def _open(self, record):
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------------
    # Making
    # ------------------------------------------------------------------
    def _generic_rule(self):
        """Return the most specific rule that counts the product when it is received or billed today, of whatever supplier."""
        self.ensure_one()
        products = self.product_id or self.product_tmpl_id.product_variant_ids
        category = self.product_tmpl_id.categ_id
        above = [int(number) for number in (category.parent_path or "").split("/") if number]
        rules = self.env["carbon.activity.rule"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("outcome", "=", "count"),
                ("recognition", "in", _BOUGHT),
                ("product_id", "in", [False, *products.ids]),
                ("category_id", "in", [False, *above]),
                ("partner_id", "in", [False, self.partner_id.id]),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", self.date_from),
            ]
        )
        depth = {number: place for place, number in enumerate(above)}
        return rules.sorted(
            lambda rule: (bool(rule.product_id), depth.get(rule.category_id.id, -1), bool(rule.partner_id)),
            reverse=True,
        )[:1]

    def _make_factor(self, category, stream):
        """Create the factor of the supplier's product with its draft version.

        :param category: leaf of the chart
        :param stream: stream in which it counts
        :return: the factor
        """
        self.ensure_one()
        factor = self.env["carbon.emission.factor"].create(
            {
                "code": self.number,
                "name": self.name,
                "company_id": self.company_id.id,
                "uom_id": self.uom_id.id,
                "emission_category_id": category.id,
                "stream_id": stream.id,
            }
        )
        self._gate_write({"factor_id": factor.id}, "product_footprint.use")
        self._add_version()
        return factor

    def _add_version(self):
        """Create the draft of the factor version that the footprint stands for."""
        self.ensure_one()
        gas = self.env["carbon.gas"].search(
            [("is_pseudo", "=", True), ("pseudo_gwp_set_id", "=", self.gwp_set_id.id)], limit=1
        )
        if not gas:
            raise UserError(
                self.env._(
                    "The footprint is weighted by %(gwp)s, for which there is no CO2e of a publisher. Choose another GWP set.",
                    gwp=self.gwp_set_id.display_name,
                )
            )
        version = self.env["carbon.emission.factor.version"].create(
            {
                "factor_id": self.factor_id.id,
                "date_from": self.date_from,
                "method": "gas",
                "uncertainty": self.uncertainty,
                "data_year": self.period_to.year,
                "provenance": "supplier",
                "source_document": self._source_text(),
                "gas_line_ids": [(0, 0, {"gas_id": gas.id, "kind": "fossil", "kg_per_unit": self.kg_per_unit})],
            }
        )
        self.invalidate_recordset(["use_state", "factor_version_id"])
        return version

    def _source_text(self):
        boundary = dict(self._fields["boundary"]._description_selection(self.env))[self.boundary]
        days = f"{fields.Date.to_string(self.period_from)} – {fields.Date.to_string(self.period_to)}"
        return ", ".join(filter(None, (self.number, self.partner_id.name, boundary, days, self.pact_id)))
