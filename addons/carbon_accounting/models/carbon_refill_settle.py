import logging
import mimetypes
from decimal import Decimal

from psycopg2 import OperationalError

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ..tools.refills import Job, balance_inputs, settle
from .carbon_calculation_input import parse_decimal

_logger = logging.getLogger(__name__)


class CarbonRefill(models.Model):
    """From refills to a declaration.

    The lines of one request, device and substance are one *job*. What a job shows as lost follows from all jobs of the device
    (``tools/refills.py``); where it is more than nothing, one declaration in draft is prepared for it. A job that says
    something else later, as a line was added or corrected, gets another declaration, which takes the place of the first one.
    """

    _inherit = "carbon.refill"

    def _settle_as_system(self):
        """Settle the lines whose request is done. The request itself never fails because of it."""
        # sudo: maintenance staff see neither sources nor declarations; what they enter becomes a draft that others post
        refills = self.sudo().with_context(**{**clean_context(self.env.context), "active_test": True})
        try:
            with self.env.cr.savepoint():
                refills._settle()
        except OperationalError:
            raise  # Odoo tries the whole transaction again
        except Exception as error:
            _logger.exception("refills %s could not be settled", self.ids)
            self.env.invalidate_all()
            for refill in refills.exists():
                if refill.state in ("draft", "waiting"):
                    values = {"problem": "failed", "problem_detail": str(error)[:500]}
                    refill._transition("waiting", "refill.wait", values=values)

    def _settle(self):
        """Bring lines, losses and declarations in line with what was entered; a second time it changes nothing."""
        self.env.flush_all()
        fuels = self.filtered(lambda row: row.kind == "fuel")
        for lines in fuels._all_fuel_lines().grouped(lambda row: (row.request_id.id, row._job_key())).values():
            lines._settle_job(lines._fuel_job())
        for equipment, lines in (self - fuels).grouped("equipment_id").items():
            if equipment:
                for substance in lines.substance_id or [lines.substance_id]:
                    self._settle_device(equipment, substance, lines)
            else:
                for alone in lines.grouped("request_id").values():
                    alone._settle_job(alone._job())

    @api.model
    def _settle_device(self, equipment, substance, new):
        """Settle all jobs of a device and substance, as a later or a corrected one may change what others show."""
        domain = self._done_domain() | Domain("id", "in", new.ids)
        domain &= Domain(
            [("equipment_id", "=", equipment.id), ("kind", "!=", "fuel"), ("substance_id", "=", substance.id)]
        )
        lines = self.search(domain, order="date, id")
        by_request = lines.grouped("request_id")
        jobs = [rows._job() for rows in by_request.values()]
        jobs.sort(key=lambda job: (max(by_request[job.key].mapped("date")), min(by_request[job.key].ids)))
        for job in settle(jobs, Decimal(repr(equipment.carbon_charge_kg))):
            by_request[job.key]._settle_job(job)

    # ------------------------------------------------------------------
    # Jobs
    # ------------------------------------------------------------------
    def _job_key(self):
        """Return what the declarations of one job have in common, beside the request."""
        if self.kind == "fuel":
            return f"fuel:{self.equipment_id.id or 0}:{self.product_id.id or 0}:{self.uom_id.id}"
        return f"substance:{self.equipment_id.id or 0}:{self.substance_id.id or 0}"

    def _job(self):
        """Return the :class:`Job` of these lines of one request."""
        masses = {
            kind: sum((row._exact_kg() for row in self if row.kind == kind), Decimal(0))
            for kind in ("added", "recovered", "disposed", "initial")
        }
        then = next((row.charge_kg for row in self if row.charge_kg), 0) or self.equipment_id[:1].carbon_charge_kg
        retired = any(self.mapped("is_retired"))
        return Job(self.request_id, retired=retired, charge=Decimal(repr(then)), **masses)

    def _exact_kg(self):
        sizes = [parse_decimal(repr(unit.factor)) for unit in (self.uom_id, self.env.ref("uom.product_uom_kgm"))]
        return Decimal(repr(self.quantity)) * sizes[0] / sizes[1]

    def _all_fuel_lines(self):
        """Return the fuel lines of the requests of these lines: those that count, and these."""
        if not self:
            return self
        domain = (self._done_domain() | Domain("id", "in", self.ids)) & Domain("request_id", "in", self.request_id.ids)
        return self.search(domain & Domain("kind", "=", "fuel"), order="date, id")

    def _fuel_job(self):
        """Return the job of fuel lines of one request, product and unit: what was burnt is emitted."""
        job = Job(self.request_id)
        job.lost = sum((Decimal(repr(row.quantity)) for row in self), Decimal(0))
        return job

    # ------------------------------------------------------------------
    # One job
    # ------------------------------------------------------------------
    def _settle_job(self, job):
        """Declare what a job shows as lost, or say what is in the way."""
        declared = self._declarations()
        current = declared[:1]
        waiting = any(row.state in ("draft", "waiting") for row in self)
        values = {"problem": False, "problem_detail": False}
        if current and self._says(current, job) and (current.state != "cancel" or not waiting):
            state = "declared"
            values["declaration_id"] = current.id
        elif not self[:1].equipment_id:
            state = "waiting"
            values["problem"] = "device"
        elif self[:1].kind != "fuel" and not self[:1].substance_id:
            state, values["problem"] = "waiting", "substance"
        elif not job.is_known:
            state, values["problem"] = "waiting", "charge"
        elif not job.lost or self._is_counted_elsewhere():
            state, values = self._without_declaration(declared, values)
        else:
            state, values = self._with_declaration(job, declared, values)
        self._keep_result(job, state, values)

    def _is_counted_elsewhere(self):
        """Whether an accountant said so of every line that shows a loss."""
        losing = self.filtered(lambda row: row.kind in ("added", "fuel") or row.is_retired)
        return bool(losing) and all(losing.mapped("elsewhere_reason"))

    def _declarations(self):
        """Return the declarations of this job, the newest first."""
        domain = [("refill_request_id", "=", self.request_id.id), ("refill_key", "=", self[:1]._job_key())]
        return self.env["carbon.declaration"].search(domain, order="refill_revision desc")

    def _says(self, declaration, job):
        """Whether a declaration was made for what the job shows now."""
        return bool(job.lost) and Decimal(repr(declaration.refill_quantity)) == self._rounded(job.lost)

    @staticmethod
    def _rounded(quantity):
        """Return a quantity as a NUMERIC column gives it back through a float."""
        return Decimal(repr(float(quantity)))

    def _without_declaration(self, declared, values):
        """Return the result of a job that shows no loss, or one that is counted elsewhere."""
        if posted := declared.filtered(lambda row: row.state == "posted"):
            return "waiting", {
                **values,
                "problem": "cancel",
                "problem_detail": posted[0].name,
                "declaration_id": posted[0].id,
            }
        self._drop_drafts(declared)
        return "recorded", {**values, "declaration_id": False}

    def _with_declaration(self, job, declared, values):
        """Return the result of a job with a loss: a new declaration, or the problem that stands against it."""
        rule, problem, detail = self._rule(job)
        if problem:
            self._drop_drafts(declared)
            return "waiting", {**values, "problem": problem, "problem_detail": detail, "declaration_id": False}
        declaration = self._declare(job, rule, declared)
        return "declared", {**values, "declaration_id": declaration.id}

    def _drop_drafts(self, declarations):
        """Cancel drafts that say what is not so any more."""
        if drafts := declarations.filtered(lambda row: row.state == "draft"):
            drafts.action_cancel()

    def _declare(self, job, rule, declared):
        """Prepare the declaration of a job; the drafts before it are cancelled, a posted one when this one is posted."""
        self._drop_drafts(declared)
        last = self.sorted("date")[-1]
        company = self.company_id[:1]
        # of the company's language, as colleagues read it; nobody follows it, as staff may not see it
        context = {
            "lang": company.partner_id.lang or self.env.lang,
            "mail_create_nosubscribe": True,
            "allowed_company_ids": company.ids,
        }
        model = self.env["carbon.declaration"].with_context(**context)._refill_act()
        product = self.product_id if len(self.product_id) == 1 else self.product_id.browse()
        unit = self.uom_id[:1] if last.kind == "fuel" else self.env.ref("uom.product_uom_kgm")
        values = {
            "name": self.with_context(**context)._declaration_name(job, unit),
            "company_id": company.id,
            "date": last.date,
            "rule_id": rule.id,
            "product_id": product.id,
            "refill_request_id": self.request_id.id,
            "refill_key": last._job_key(),
            "refill_revision": max(declared.mapped("refill_revision"), default=0) + 1,
            "refill_quantity": float(job.lost),
            "note": self.with_context(**context)._declaration_note(),
        }
        if rule.method_id:
            values["input_ids"] = self._input_commands(job, rule.method_id, unit)
        else:
            values |= {"quantity": float(job.lost), "uom_id": unit.id}
        declaration = model.create(values)
        self._hand_over_files(declaration)
        return declaration

    def _hand_over_files(self, declaration):
        """Give photos and files of the lines to the declaration, as its evidence; the filestore keeps them once."""
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("res_field", "in", ("photo", "file"))]
        )
        for number, file in enumerate(files, 1):
            line = self.browse(file.res_id)
            end = mimetypes.guess_extension(file.mimetype or "") or ""
            name = line.file_name if file.res_field == "file" and line.file_name else f"{line.date} {number}{end}"
            self.env["ir.attachment"].create(
                {
                    "name": name,
                    "raw": file.raw,
                    "mimetype": file.mimetype,
                    "res_model": declaration._name,
                    "res_id": declaration.id,
                }
            )

    def _declaration_name(self, job, unit):
        device = self.equipment_id[:1]
        what = self.env._("fuel") if self[:1].kind == "fuel" else self[:1].substance_name
        return self.env._(
            "%(request)s: %(device)s, %(what)s, %(quantity)s %(unit)s",
            request=self.request_id.name,
            device=device.display_name,
            what=what,
            quantity=f"{float(job.lost):g}",
            unit=unit.name,
        )

    def _declaration_note(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        return "\n".join(
            f"{row.date}: {kinds[row.kind]} {row.quantity:g} {row.uom_id.name} ({row.user_id.name or '–'})"
            f"{f': {row.note}' if row.note else ''}"
            for row in self.sorted(lambda row: (row.date, row.id))
        )

    def _input_commands(self, job, method, unit):
        """Return the commands of the inputs of a declaration by a method."""
        inputs = {line.code: line for line in method.input_ids}
        if self[:1].kind == "fuel":
            line = self._fuel_input(method)
            given, units = {line.code: job.lost}, {line.code: unit.id}
        else:
            given = balance_inputs(method.code, job)
            units = dict.fromkeys(given, unit.id)
        return [
            (
                0,
                0,
                {
                    "input_id": inputs[code].id,
                    "row": 0,
                    "value": f"{value.normalize():f}",
                    "basis": inputs[code].basis,
                    "uom_id": units[code],
                },
            )
            for code, value in given.items()
        ]

    def _fuel_input(self, method):
        """Return the input of a method that asks for the quantity of fuel, in a unit that the lines convert to."""
        return method.input_ids.filtered(
            lambda line: (
                line.code in ("quantity", "volume", "mass")
                and not line.table
                and line.uom_id
                and line.uom_id._has_common_reference(self.uom_id[:1])
            )
        )[:1]

    def _keep_result(self, job, state, values):
        """Write the result on the lines that do not say it yet; the loss stands on one of them."""
        leads = self.filtered("is_retired") or self.filtered(lambda row: row.kind in ("added", "fuel")) or self
        lead = leads.sorted("id")[:1]
        for row in self:
            lost = float(job.lost) if row == lead and row.kind != "fuel" else 0.0
            new = {**values, "lost_kg": lost, "charge_kg": row.charge_kg or float(job.charge)}
            new.setdefault("declaration_id", row.declaration_id.id)
            old = {name: row[name].id if row._fields[name].type == "many2one" else row[name] for name in new}
            if row.state != state or any((old[name] or False) != (new[name] or False) for name in new):
                event = {"waiting": "refill.wait", "declared": "refill.declare", "recorded": "refill.record"}[state]
                row._transition(state, event, values=new)
