from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

CHUNK = 50_000
_MAX_ID = 2_147_483_647
_LONGEST_HISTORY = 366 * 40  # days; a mistyped date must not create centuries of months


class CarbonCollectionRun(models.Model):
    """One collection of the history of a company, cut into jobs that any worker can take.

    Each job is a range of ids of one kind of record and its own transaction. A run can be paused,
    resumed and repeated; a killed job leaves nothing behind and is taken again.
    """

    _name = "carbon.collection.run"
    _description = "Collection Run"
    _inherit = ["carbon.act.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        readonly=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Started by",
        default=lambda self: self.env.user,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        default="running",
        required=True,
        readonly=True,
    )
    job_ids = fields.One2many("carbon.collection.job", "run_id", string="Jobs")
    job_count = fields.Integer(compute="_compute_progress")
    job_done = fields.Integer(compute="_compute_progress")
    event_count = fields.Integer(string="Records in scope", compute="_compute_progress")
    row_new = fields.Integer(string="New rows", compute="_compute_progress")
    row_reversed = fields.Integer(string="Counter rows", compute="_compute_progress")
    row_emission = fields.Integer(string="Emissions", compute="_compute_progress")
    issue_count = fields.Integer(string="Worklist rows", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress", aggregator=None)
    started_on = fields.Datetime(default=fields.Datetime.now, readonly=True)
    finished_on = fields.Datetime(readonly=True)
    start_xid = fields.Char(readonly=True, copy=False, export_string_translation=False)  # transaction of the start
    # transactions begun later know that they are collected live, see carbon.collection.job
    settled_on = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    # every transaction begun before that has ended: jobs can be taken
    is_released = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    # what the ledger rests on when the run began, see carbon.basis.mixin
    basis_revision = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)
    activity_revision = fields.Integer(readonly=True, copy=False, aggregator=None, export_string_translation=False)
    emissions_only = fields.Boolean(
        "Factors Only",
        readonly=True,
        copy=False,
        help="Nothing but factors changed since the collection before: activity data stay as they are, their emissions follow "
        "the factors of today.",
    )

    _start_xid_check = models.Constraint("CHECK(start_xid ~ '^[0-9]{1,18}$')")

    @api.depends("started_on", "company_id")
    def _compute_name(self):
        for run in self:
            run.name = self.env._("Collection %(number)s", number=run.id or "")

    @api.depends("job_ids.state")
    def _compute_progress(self):
        rows = self.env["carbon.collection.job"]._read_group(
            [("run_id", "in", self.ids)],
            ["run_id", "state"],
            [
                "__count",
                "record_count:sum",
                "row_new:sum",
                "row_reversed:sum",
                "row_emission:sum",
                "issue_count:sum",
            ],
        )
        for run in self:
            mine = [row for row in rows if row[0] == run]
            run.job_count = sum(row[2] for row in mine)
            run.job_done = sum(row[2] for row in mine if row[1] == "done")
            run.event_count = sum(row[3] for row in mine)
            run.row_new = sum(row[4] for row in mine)
            run.row_reversed = sum(row[5] for row in mine)
            run.row_emission = sum(row[6] for row in mine)
            run.issue_count = sum(row[7] for row in mine)
            done = sum(row[3] for row in mine if row[1] == "done")
            run.progress = 100.0 if run.state == "done" else 100.0 * done / run.event_count if run.event_count else 0.0

    @api.model
    def _start(self, company, chunk=CHUNK, emissions_only=False):
        """Create a run with its jobs; from now on new transactions of the company are collected live.

        :param chunk: records per job
        :param emissions_only: whether documents need not be read again, see ``carbon.engine._only_factors_changed``
        :return: the run
        """
        if self.search_count(
            [("company_id", "=", company.id), ("state", "in", ("running", "paused"))],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "A collection of %(company)s is still under way. Resume it or let it finish first.",
                    company=company.name,
                )
            )
        system = self.env["carbon.system"]._get(company)
        if not system.collect_live:
            # sudo: the accountant starts collecting, the system form is the manager's
            system.sudo().collect_live = True
        xid = self.env.execute_query(SQL("SELECT pg_current_xact_id()::text"))[0][0]
        run = self._acting().create({"company_id": company.id, "start_xid": xid, "emissions_only": emissions_only})
        run = self.browse(run.id)  # without the gate
        self.env.flush_all()
        vals_list, sources = [], self.env["carbon.event.source"]
        for origin_model, provider in sources._providers().items():
            sources._check_provider(origin_model, provider)
            self._ensure_periods(provider, company)
            vals_list += self._job_ranges(run, origin_model, provider, company, chunk)
        # sudo: jobs are written by the engine only
        self.env["carbon.collection.job"].sudo().create(vals_list)
        self.env["carbon.trail.entry"]._append(company, "collection.start", payload={"jobs": len(vals_list)})
        run._wake()
        return run

    def _ensure_periods(self, provider, company):
        """Create the months of the records in scope beforehand, so that workers do not collide on creating them."""
        first, last = self.env.execute_query(
            SQL(
                "SELECT min(o.date)::date, max(o.date)::date FROM %s o WHERE %s AND o.company_id = %s AND NOT %s",
                SQL.identifier(provider["table"]),
                provider["where"],
                company.id,
                self.env["carbon.engine"]._sql_outside(SQL("o.date")),
            )
        )[0]
        if first and (last - first).days < _LONGEST_HISTORY:
            # sudo: created on demand for any collector
            self.env["carbon.reporting.period"].sudo()._ensure(company, first, last)

    def _job_ranges(self, run, origin_model, provider, company, chunk):
        """Cut the records of one origin model into contiguous ranges that cover every possible id.

        Ranges join without gaps from 0 to the largest id, so that rows whose origin has vanished are in one
        of them too.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT max(id), count(*) FROM (SELECT o.id, (row_number() OVER (ORDER BY o.id) - 1) / %s AS part FROM %s o "
                "WHERE %s AND o.company_id = %s) x GROUP BY part ORDER BY 1",
                chunk,
                SQL.identifier(provider["table"]),
                provider["where"],
                company.id,
            )
        )
        vals_list, begin = [], 0
        for index, (last, count) in enumerate(rows or [(_MAX_ID, 0)]):
            end = _MAX_ID if index == max(len(rows) - 1, 0) else last
            vals_list.append(
                {
                    "run_id": run.id,
                    "origin_model": origin_model,
                    "id_from": begin,
                    "id_to": end,
                    "record_count": count,
                }
            )
            begin = end + 1
        return vals_list

    def _wake(self, at=None):
        """Let the scheduler process jobs, now or at a time."""
        cron = self.env.ref("carbon_accounting.ir_cron_collect", raise_if_not_found=False)
        if cron:
            # sudo: users who may collect need not be allowed to see scheduled actions
            cron.sudo()._trigger(at=at)

    @api.model
    def action_collect_history(self):
        """Start collecting the history of the current company.

        :return: action that shows the progress
        """
        self.check_access("create")
        run = self._start(self.env.company)
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": run.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.model
    def action_collect_changes(self):
        """Collect the ticked companies whose ledgers may not follow their documents.

        :return: action that shows the progress
        """
        return self._collect_changes(self.env.companies)

    @api.model
    def _collect_changes(self, companies):
        """Start a run for each of the companies that wait for one, and show it beside those under way."""
        self.check_access("create")
        changed = companies.browse(company.id for company in self.env["carbon.engine"]._collection_pending(companies))
        runs = self.search([("company_id", "in", changed.ids), ("state", "in", ("running", "paused"))])
        for company in changed - runs.company_id:
            runs += self._start(company, emissions_only=self.env["carbon.engine"]._only_factors_changed(company))
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_run_action")
        if len(runs) == 1:
            return dict(action, res_id=runs.id, view_mode="form", views=[(False, "form")])
        return dict(action, domain=[("id", "in", runs.ids)] if runs else [], context={})

    def action_pause(self):
        """Let the job under way finish and take no further one."""
        self.check_access("write")
        self.filtered(lambda r: r.state == "running")._act(state="paused")

    def action_resume(self):
        """Go on where the run was stopped; failed jobs are tried again."""
        self.check_access("write")
        runs = self.filtered(lambda r: r.state in ("paused", "failed"))
        runs._act(state="running")
        # sudo: jobs are written by the engine only
        runs.job_ids.sudo().filtered(lambda j: j.state == "failed").write(
            {"state": "pending", "message": False}
        )  # sudo: see above
        if runs:
            runs._wake()

    def action_cancel(self):
        """End runs that are not to go on; what they have collected stays, the rest waits for another run.

        :return: True
        """
        self.check_access("write")
        for run in self.filtered(lambda r: r.state in ("running", "paused", "failed")):
            self.env["carbon.trail.entry"]._append(
                run.company_id,
                "collection.cancel",
                record=run,
                payload={"run": run.id, "jobs": run.job_count, "done": run.job_done},
            )
            run._act(state="cancelled", finished_on=fields.Datetime.now())
        return True

    def action_run_now(self):
        """Process jobs now, a few seconds at a time; the rest follows in the background."""
        self.ensure_one()
        self.check_access("write")
        self._wake()

    def _finish(self):
        """Close runs whose jobs are all finished and leave one entry in the trail."""
        for run in self.filtered(lambda r: r.state == "running"):
            states = set(run.job_ids.mapped("state"))
            if states & {"pending", "running"}:
                continue
            # without jobs nothing was read: such a run proves nothing
            failed = not states or "failed" in states
            run._act(state="failed" if failed else "done", finished_on=fields.Datetime.now())
            run.invalidate_recordset()
            self.env["carbon.trail.entry"]._append(
                run.company_id,
                f"collection.{run.state}",
                payload={
                    "jobs": run.job_count,
                    "new": run.row_new,
                    "reversed": run.row_reversed,
                    "emissions": run.row_emission,
                },
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse whatever :meth:`_start` did not cut into jobs: a finished run says that the ledger follows its rules."""
        return super().create([{**vals, **self._initial_values(vals)} for vals in vals_list])

    @api.model
    def _initial_values(self, vals):
        """Return what a run begins with, whatever its caller brings."""
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        basis, activity = self.env["carbon.engine"]._basis_revision(company)
        return {
            "state": "running",
            "finished_on": False,
            "is_released": False,
            "settled_on": False,
            "basis_revision": basis,
            "activity_revision": activity,
        }

    def _refusal(self):
        if not self:
            return self.env._("Start a collection with its button 'Collect History'.")
        return self.env._("%(run)s is controlled by its buttons only.", run=self[:1].name)

    def _refusal_unlink(self):
        """Runs are kept: what the ledger rests on is told by the last one that finished."""
        return self.env._(
            "%(run)s is kept, so that it can be seen what the ledger was collected with.", run=self[:1].name
        )
