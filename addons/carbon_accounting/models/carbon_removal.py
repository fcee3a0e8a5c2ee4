from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

STATUSES = [
    ("ex_ante", "Ex ante (expected)"),
    ("ex_post", "Ex post (monitored)"),
    ("verified", "Verified"),
]


class CarbonRemoval(models.Model):
    """Record of what a sink removed in a period, before and after its buffer (R-035, R-142).

    ``net = gross × (1 − buffer)``. Of what was monitored the gross quantity is the ledger's: removals of the sink's source,
    less its losses, by the GWP set of the company. What is merely expected is typed and counts nowhere. Invariant: an
    approved record keeps its figures and files, and no two of them of the same sink and status share a day.
    """

    _name = "carbon.removal"
    _description = "Removal"
    _inherit = ["carbon.versioned.mixin"]
    _gate_second_person = "separate_inventory_approval"  # as the inventories, whose figures it rests on
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _record_sequence = "carbon.removal"
    _version_key = ("company_id", "sink_id", "status", "date_from")

    sink_id = fields.Many2one("carbon.sink", required=True, index=True, ondelete="restrict", check_company=True)
    source_id = fields.Many2one(related="sink_id.source_id")
    method_id = fields.Many2one(related="sink_id.method_id")
    status = fields.Selection(STATUSES, required=True, default="ex_post", tracking=True)
    expected_t = fields.Float("Expected (t CO₂e)", digits=0)
    gross_t = fields.Float("Gross (t CO₂e)", digits=0, readonly=True, copy=False)
    buffer_percent = fields.Float(
        "Buffer (%)",
        digits=0,
        compute="_compute_buffer",
        store=True,
        readonly=False,
        precompute=True,
        aggregator=None,
    )
    net_t = fields.Float("Net (t CO₂e)", compute="_compute_net", store=True, digits=0)
    computed_on = fields.Datetime(readonly=True, copy=False)
    parameters = fields.Text(help="Which parameters were measured, how, and where the records are.")
    verifier_id = fields.Many2one("res.partner", "Verified By", ondelete="restrict")
    statement_number = fields.Char("Statement No.")
    statement_date = fields.Date("Statement Of")

    _numbers_check = models.Constraint(
        "CHECK(expected_t >= 0 AND buffer_percent >= 0 AND buffer_percent < 100)",
        "What is expected is not negative; the buffer lies between 0 and 100 %.",
    )
    _end_check = models.Constraint("CHECK(date_to IS NOT NULL)", "Say until which day the removal goes.")

    @api.depends("sink_id")
    def _compute_buffer(self):
        for removal in self:
            removal.buffer_percent = removal.sink_id.buffer_percent

    @api.depends("gross_t", "expected_t", "buffer_percent", "status")
    def _compute_net(self):
        for removal in self:
            gross = removal.expected_t if removal.status == "ex_ante" else removal.gross_t
            removal.net_t = gross * (1 - removal.buffer_percent / 100)

    @api.depends(
        *("state", "status", "date_from", "date_to", "gross_t", "expected_t", "parameters"),
        *("verifier_id", "statement_number", "statement_date"),
    )
    def _compute_check_result(self):
        for removal in self:
            removal.check_result = removal._approval_checks() if removal.state == "draft" else []

    def action_compute(self):
        """Take the gross quantity of the period from the ledger.

        :return: True
        :raises UserError: after approval, or where the sink has none in the ledger
        """
        self.check_access("write")
        for removal in self:
            if removal.state != "draft":
                raise UserError(
                    self.env._("%(removal)s is approved and keeps its figures.", removal=removal.display_name)
                )
            if not removal.source_id:
                raise UserError(
                    self.env._("Name the sink of the ledger on %(sink)s first.", sink=removal.sink_id.display_name)
                )
            removal.write({"gross_t": removal._read_gross(), "computed_on": fields.Datetime.now()})
        return True

    def _read_gross(self):
        """Return t CO2e that the ledger says were removed by the sink, less its losses, in the days of the record."""
        self.ensure_one()
        # sudo: one setting of the company whose record it is
        system = self.env["carbon.system"].sudo()._get(self.company_id)
        gwp = system.gwp_set_id or self.env["carbon.engine"]._default_gwp_set(self.company_id)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(e.quantity * g.kg_per_unit * w.value
                                    * CASE WHEN g.kind = 'removal' THEN 1 ELSE -1 END), 0)::float8 / 1000
                  FROM %(ledger)s e
                  JOIN carbon_emission_factor_gas g ON g.version_id = e.version_id
                  JOIN carbon_gwp_value w ON w.gas_id = g.gas_id AND w.gwp_set_id = %(gwp)s
                 WHERE e.company_id = %(company)s AND e.source_id = %(source)s AND e.date BETWEEN %(first)s AND %(last)s
                """,
                ledger=self.env["carbon.engine"]._sql_counted(
                    "carbon_emission_line", [self.company_id.id], self.date_from, self.date_to
                ),
                gwp=gwp.id,
                company=self.company_id.id,
                source=self.source_id.id,
                first=self.date_from,
                last=self.date_to,
            )
        )
        return rows[0][0]

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------
    def _approval_checks(self):
        """Ask for figures of the ledger, parameters, files and, where verified, the statement."""
        return [self._check_item(text) for text in self._problems()]

    def _problems(self):
        texts = []
        if other := self._sharing_days():
            texts.append(self.env._("%(other)s covers some of these days already.", other=other[0].display_name))
        if self.status == "ex_ante":
            if not self.expected_t:
                texts.append(self.env._("Type in what is expected."))
        else:
            texts += self._monitored_problems()
        if not (self.parameters or "").strip():
            texts.append(self.env._("Say which parameters the figure rests on."))
        if self.status == "verified" and not (self.verifier_id and self.statement_number and self.statement_date):
            texts.append(self.env._("Name the verifier, the number and the date of the statement."))
        return texts

    def _monitored_problems(self):
        """Return what is wrong with a record of what was monitored, as sentences."""
        texts = []
        if not self.computed_on or not self.source_id:
            texts.append(self.env._("The quantity was not taken from the ledger. Press Compute."))
        elif abs(self._read_gross() - self.gross_t) > 1e-6:
            texts.append(self.env._("The ledger has changed since. Press Compute."))
        elif self.gross_t <= 0:
            texts.append(self.env._("The ledger has no removal of this sink in these days."))
        # sudo: whether there is evidence is asked for whoever approves
        files = (
            self.env["ir.attachment"]
            .sudo()
            .search_count([("res_model", "=", self._name), ("res_id", "=", self._origin.id or 0)], limit=1)
        )
        if not files:
            texts.append(self.env._("Attach the evidence of the monitoring."))
        return texts

    def _sharing_days(self):
        return self.search(
            [
                ("sink_id", "=", self.sink_id.id),
                ("status", "=", self.status),
                ("state", "=", "approved"),
                ("id", "!=", self._origin.id),
                ("date_from", "<=", self.date_to),
                ("date_to", ">=", self.date_from),
            ],
            limit=1,
        )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for removal in self:
            # sudo: one setting of the company whose record it is
            today = self.env["carbon.system"].sudo()._get(removal.company_id)._today()
            if removal.status != "ex_ante" and removal.date_to and removal.date_to > today:
                raise ValidationError(
                    self.env._("What was monitored cannot end in days to come. Record it as expected, or wait.")
                )

    def _supersede_previous(self):
        """Records of different days stand beside each other: nothing is superseded."""

    @api.model
    def _trail_noun(self):
        return "removal"

    def _trail_payload(self):
        """Keep the figures that were approved."""
        names = ("number", "sink_id", "status", "parameters", "verifier_id", "statement_number")
        return {
            **super()._trail_payload(),
            **self._trail_snapshot(list(names)),
            "days": [fields.Date.to_string(self.date_from), fields.Date.to_string(self.date_to)],
            **{name: repr(self[name]) for name in ("gross_t", "expected_t", "buffer_percent", "net_t")},
        }
