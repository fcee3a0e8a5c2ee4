from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models

#: Name, months since the approval (None: still asked), certificate number and months it lasts from today (None: none), then
#: the answers: footprint per m³, share of primary data, share of low-carbon energy, free of restricted items.
SUPPLIERS = (
    ("绿源木业 Evergreen Timber", 2, "CMS-2031", 16, 85, 90, 70, "yes"),
    ("东山板材 Eastern Panels", 11, "CMS-1178", 1, 160, 60, 30, "yes"),
    ("速达木材 Express Wood", 5, None, None, 230, 0, 10, "no"),
    ("北林锯材 Northern Sawmill", None, "CMS-2210", 20, 120, 40, None, None),
)


class CarbonSupplierDemo(models.AbstractModel):
    """Suppliers of the demo company: used by demo data only, unreachable by RPC. Days depend on the month alone."""

    _name = "carbon.supplier.demo"
    _description = "Demo Suppliers"

    @api.model
    def _fill(self):
        """Evaluate the demo suppliers once: one of grade A, one due, one of grade D, one still asked."""
        company = self.env.ref("base.main_company")
        # sudo: demo data
        env = self.with_user(self.env.ref("base.user_admin")).sudo().with_company(company).env
        criteria = env.ref("carbon_management.demo_criteria_timber")
        if criteria.state != "draft":
            return
        criteria.action_approve()
        for xmlid in ("demo_criteria_service", "demo_spec_boiler", "demo_green_plan"):
            env.ref(f"carbon_management.{xmlid}").action_approve()
        for values in SUPPLIERS:
            self._evaluate(env, company, criteria, *values)

    @api.model
    def _evaluate(self, env, company, criteria, name, months, number, lasts, footprint, data, energy, free):
        partner = env["res.partner"].create(
            {"name": name, "is_company": True, "email": f"sales@{number or 'express'}.example.com".lower()}
        )
        if number:
            self._evidence(env, company, partner, number, lasts)
        evaluation = env["carbon.supplier.evaluation"].create(
            {"partner_id": partner.id, "criteria_id": criteria.id, "company_id": company.id}
        )
        answers = {
            "footprint": {"answer_number": footprint},
            "data_quality": {"answer_number": data},
            "low_carbon_energy": {"answer_number": energy} if energy is not None else {},
            "restricted": {"answer_yes_no": free},
            "question": {"answer_text": "每年减少 3%。 3 % less each year.", "judgement": "75"},
        }
        for line in evaluation.line_ids:
            if answers.get(line.kind):
                line.write(answers[line.kind])
        evaluation.action_request()
        if months is None:
            return
        evaluation.action_answered()
        evaluation.action_approve()
        self._backdate(evaluation, months)

    @api.model
    def _evidence(self, env, company, partner, number, lasts):
        today = fields.Date.today()
        file = env["ir.attachment"].create(
            {"name": f"{number}.pdf", "raw": b"%PDF-1.4 demo", "mimetype": "application/pdf"}
        )
        env["carbon.supplier.evidence"].create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "certificate_type_id": env.ref("carbon_management.certificate_type_system").id,
                "number": number,
                "issuer": "演示认证 Demo Certification",
                "date_from": today + relativedelta(months=lasts - 36, day=1),
                "date_to": today + relativedelta(months=lasts, day=28),
                "attachment_ids": [Command.set(file.ids)],
            }
        ).action_accept()

    @api.model
    def _backdate(self, evaluation, months):
        """Let an evaluation be as old as the demo wants; the trail says when it was entered."""
        approved = fields.Datetime.now() + relativedelta(months=-months, day=15)
        until = min(approved.date() + relativedelta(months=12), evaluation.valid_until)
        evaluation._gate_write({"approved_on": approved, "valid_until": until}, "supplier_evaluation.demo")
