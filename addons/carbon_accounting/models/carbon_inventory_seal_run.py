import json
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import seal_form
from ..tools.ledger_fields import LedgerMany2one

#: Seconds that a button may work by itself; what is left goes on in the background.
REQUEST_SECONDS = 30.0


class CarbonInventorySealRun(models.Model):
    """One sealing or one verification of a seal, in steps: a kind of row, and a month of the ledger, at a time.

    A button works through the steps itself as long as that takes seconds; the background goes on with the rest, each
    step its own transaction, so that a million rows need neither memory nor patience. What a verification found stays
    here for ever. Invariant: written by its steps only.
    """

    _name = "carbon.inventory.seal.run"
    _description = "Sealing or Verification"
    _inherit = ["carbon.act.mixin"]
    _log_access = False
    _order = "id desc"
    _rec_name = "inventory_id"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    kind = fields.Selection(
        [("seal", "Sealing"), ("verify", "Verification")], string="What", required=True, readonly=True
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("ok", "Unchanged"),
            ("differs", "Differs"),
            ("sealed", "Sealed"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="running",
        index=True,
    )
    user_id = LedgerMany2one("res.users", string="Started By", required=True, readonly=True)
    started_on = fields.Datetime(required=True, readonly=True)
    finished_on = fields.Datetime(readonly=True)
    step = fields.Integer(string="Steps Done", readonly=True, default=0, aggregator=None)
    step_count = fields.Integer(string="Steps", readonly=True, aggregator=None)
    progress = fields.Float(compute="_compute_progress", aggregator=None)
    batch_count = fields.Integer(string="Batches", readonly=True, default=0)
    row_count = fields.Integer(string="Rows", readonly=True, default=0)
    form_version = fields.Integer(string="Canonical Form", required=True, readonly=True, aggregator=None)
    seal_key = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    chain = fields.Char(string="Root (SHA-256)", readonly=True)
    activity_max_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    emission_max_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    approval_max_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    message = fields.Text(string="Result", readonly=True)
    difference_kind = fields.Char(readonly=True, export_string_translation=False)
    difference_model = fields.Char(string="Model", readonly=True)
    difference_id = fields.Many2oneReference(
        string="Record ID", model_field="difference_model", readonly=True, aggregator=None
    )
    difference_columns = fields.Char(string="Columns", readonly=True)

    _one_running = models.UniqueIndex(
        "(inventory_id) WHERE state = 'running' AND kind = 'seal'", "This inventory is being sealed already."
    )

    @api.depends("step", "step_count")
    def _compute_progress(self):
        for run in self:
            run.progress = 100.0 * run.step / run.step_count if run.step_count else 0.0

    def _refusal(self):
        return self.env._("Sealings and verifications are written by their buttons only.")

    def _refusal_unlink(self):
        return self.env._("Sealings and verifications are records of what was done: they are kept.")

    # ------------------------------------------------------------------
    # Start
    # ------------------------------------------------------------------
    @api.model
    def _start(self, inventory, kind):
        """Create a run of one inventory and work on it as long as a button may.

        :param inventory: one ``carbon.inventory``
        :param kind: ``seal`` or ``verify``
        :return: the run, finished or under way in the background
        """
        run = self._prepare(inventory, kind)
        deadline = time.monotonic() + REQUEST_SECONDS
        while run.state == "running" and time.monotonic() < deadline:
            run._process()
        if run.state == "running":
            self._wake()
        return run

    @api.model
    def _prepare(self, inventory, kind):
        """Create a run without beginning it.

        For sealing, the highest ids that the ledger ever gave out bound what is covered: its months are closed, and rows
        of a later reopening get higher ones.
        """
        vals = {
            "inventory_id": inventory.id,
            "company_id": inventory.company_id.id,
            "kind": kind,
            "user_id": self.env.uid,
            "started_on": fields.Datetime.now(),
        }
        if kind == "seal":
            key, activity, emission, approval = self.env.execute_query(
                SQL(
                    "SELECT nextval('carbon_inventory_seal_id_seq')::int, "
                    "(SELECT last_value FROM carbon_activity_data_id_seq)::int, "
                    "(SELECT last_value FROM carbon_emission_line_id_seq)::int, "
                    "(SELECT last_value FROM carbon_data_approval_id_seq)::int"
                )
            )[0]
            vals |= {
                "form_version": seal_form.VERSION,
                "seal_key": key,
                "activity_max_id": activity,
                "emission_max_id": emission,
                "approval_max_id": approval,
            }
        else:
            seal = inventory._get_seal()
            vals |= {
                "form_version": seal.form_version,
                "seal_key": seal.id,
                "activity_max_id": seal.activity_max_id,
                "emission_max_id": seal.emission_max_id,
                "approval_max_id": seal.approval_max_id,
            }
        vals["chain"] = seal_form.genesis(vals["form_version"], inventory.uuid)
        # sudo: runs are written by the system only
        run = self.sudo()._acting().create(vals)
        run._act(step_count=len(run._steps()))
        return run.with_context(carbon_act=None)

    @api.model
    def _wake(self):
        # sudo: users who may seal or verify need not be allowed to see scheduled actions
        self.env.ref("carbon_accounting.ir_cron_seal").sudo()._trigger()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------
    def _steps(self):
        """Return the steps as ``(what, kind, first day of the month)``, in the order of the chain."""
        form = seal_form.FORMS[self.form_version]
        months = self.inventory_id._months()
        steps = [("rows", kind, None) for kind in form if kind not in seal_form.LEDGER_KINDS]
        # approvals say what was counted; where data count at once there is nothing to say
        ledger = [
            kind
            for kind in seal_form.LEDGER_KINDS
            if kind in form and (kind != "approval" or self.inventory_id.approval_basis)
        ]
        steps += [("rows", kind, month) for kind in ledger for month in months]
        if self.kind == "verify":
            # lines before their turn: mappings, GWP values and factors in scope are those that the lines name
            before = [("chain", None, None), ("told", None, None), ("lines", "line", None)]
            after = [("later", kind, None) for kind in ledger] + [("inputs", None, None)]
            steps = [*before, *steps, *after]
        return steps

    def _process(self):
        """Do the next step of this run."""
        self.ensure_one()
        self._pin_settings()
        steps = self._steps()
        if self.step < len(steps):
            what, kind, month = steps[self.step]
            fault = self._seal_step(kind, month) if self.kind == "seal" else self._verify_step(what, kind, month)
            self._act(step=self.step + 1)
            if fault:
                return self._finish_verify(fault)
        if self.step < len(steps):
            return None
        return self._finish_seal() if self.kind == "seal" else self._finish_verify(None)

    def _seal_step(self, kind, month):
        """Write the batches of one kind and month, and remember where the chain stands."""
        last, batches, rows = self.env.execute_query(self._sql_seal_step(kind, month))[0]
        self._act(
            chain=last or self.chain,
            batch_count=self.batch_count + batches,
            row_count=self.row_count + rows,
        )

    def _finish_seal(self):
        """Write the seal and approve the inventory, as the person who pressed the button."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "INSERT INTO carbon_inventory_seal (id, inventory_id, company_id, form_version, root_hash, batch_count, row_count, "
                "activity_max_id, emission_max_id, approval_max_id, sealed_on, sealed_by_id) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                *(self.seal_key, self.inventory_id.id, self.company_id.id, self.form_version, self.chain),
                *(self.batch_count, self.row_count, self.activity_max_id, self.emission_max_id, self.approval_max_id),
                *(fields.Datetime.now(), self.user_id.id),
            )
        )
        self.inventory_id.invalidate_recordset(["seal_ids", "seal_id"])
        self.inventory_id.with_user(self.user_id)._approve_sealed(self)
        self._act(
            state="sealed",
            finished_on=fields.Datetime.now(),
            message=self.env._(
                "%(rows)s rows sealed in %(batches)s batches.", rows=self.row_count, batches=self.batch_count
            ),
        )

    # ------------------------------------------------------------------
    # Verification
    # ------------------------------------------------------------------
    def _verify_step(self, what, kind, month):
        """Compare one part with the seal.

        :return: what differs (see :meth:`_fault`), or None
        """
        if what == "chain":
            return self._chain_fault()
        if what == "told":
            return self._told_fault()
        if what == "inputs":
            return self._inputs_fault()
        if kind in seal_form.LABEL_KINDS:
            return self._label_fault(kind)
        if what == "later":
            rows = self.env.execute_query(self._sql_later_row(kind))
            return self._find_later(kind, rows[0][0]) if rows else None
        rows = self.env.execute_query(self._sql_verify_step(kind, month))
        return self._find_difference(kind, month, *rows[0]) if rows else None

    def _chain_fault(self):
        """Compare the chain of batches with the seal, and the seal with the audit trail."""
        seal = self.inventory_id._get_seal()
        number = self.env.execute_query(self._sql_chain_fault())[0][0]
        if number:
            return self._fault(
                self.env._("Batch %(number)s of the seal itself was changed, added or removed.", number=number),
                model="carbon.inventory.seal.batch",
                record=self._batch_at(number),
            )
        count, rows, last = self.env.execute_query(
            SQL(
                "SELECT count(*)::int, COALESCE(SUM(row_count), 0)::int, (array_agg(hash ORDER BY number DESC))[1] "
                "FROM carbon_inventory_seal_batch WHERE seal_id = %s",
                seal.id,
            )
        )[0]
        self._act(batch_count=count, row_count=rows, chain=last)
        if (count, rows, last) != (seal.batch_count, seal.row_count, seal.root_hash):
            return self._fault(
                self.env._("The seal itself was changed: its root does not end the chain of its batches."),
                model="carbon.inventory.seal",
                record=seal.id,
            )
        if seal.root_hash not in self._roots_in_trail():
            return self._fault(
                self.env._("The audit trail names another root than the seal, or none."),
                model="carbon.inventory.seal",
                record=seal.id,
            )
        return None

    def _batch_at(self, place):
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM carbon_inventory_seal_batch WHERE seal_id = %s ORDER BY number, id OFFSET %s LIMIT 1",
                self.seal_key,
                place - 1,
            )
        )
        return rows[0][0]

    def _roots_in_trail(self):
        """Return the roots that the audit trail keeps for this inventory."""
        rows = self.env.execute_query(
            SQL(
                "SELECT payload FROM carbon_trail_entry WHERE res_uuid = %s AND event = 'inventory.approve'",
                self.inventory_id.uuid,
            )
        )
        return {json.loads(payload).get("seal", {}).get("root") for (payload,) in rows}

    @api.model
    def _fault(self, message, kind=None, model=None, record=None, columns=()):
        """Return what a verification found.

        :param message: full sentence for people
        :param columns: names of the columns that changed, where that can be told
        """
        return {
            "message": message,
            "difference_kind": kind,
            "difference_model": model,
            "difference_id": record,
            "difference_columns": ", ".join(columns) or False,
        }

    def _finish_verify(self, fault):
        """Keep the result, tell the trail and the followers, and on a difference the manager."""
        inventory = self.inventory_id
        result = fault or {
            "message": self.env._(
                "%(rows)s rows in %(batches)s batches verified: nothing changed since sealing.",
                rows=self.row_count,
                batches=self.batch_count,
            )
        }
        self._act(state="differs" if fault else "ok", finished_on=fields.Datetime.now(), **result)
        self.env["carbon.trail.entry"].with_user(self.user_id)._append(
            inventory.company_id,
            "inventory.seal_verify",
            record=inventory.with_user(self.user_id).sudo(),  # sudo: a name for the trail, whoever asks
            payload={"result": self.state, "message": result["message"], "root": self.chain, "rows": self.row_count},
        )
        inventory.message_post(body=result["message"])
        if fault:
            inventory._alert_manager(self.env._("Seal differs"), result["message"])

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------
    def action_open_difference(self):
        """Open the record that differs, where it has a screen.

        :return: window action
        """
        self.ensure_one()
        model = self.env.get(self.difference_model or "")
        record = model is not None and model.browse(self.difference_id).exists()
        if not record:
            raise UserError(self.env._("The row is not in the system any more: %(message)s", message=self.message))
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
