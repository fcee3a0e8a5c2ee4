from odoo.fields import Command

from .common import CarbonManagementCommon

PDF = b"%PDF-1.7 test"
TODAY = "2026-03-10"


class SupplierCommon(CarbonManagementCommon):
    """A supplier, criteria of each kind, and short ways to what tests need. Tests freeze the day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls._new_system(cls.company_a)
        cls.supplier = cls.env["res.partner"].create({"name": "Steel Works", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "Sales", "parent_id": cls.supplier.id})
        cls.certificate = cls.env["carbon.certificate.type"].create({"name": "System", "company_id": cls.company_a.id})
        cls.kg = cls.env.ref("uom.product_uom_kgm")
        cls.ton = cls.env.ref("uom.product_uom_ton")
        cls.litre = cls.env.ref("uom.product_uom_litre")

    @classmethod
    def _new_criteria(cls, lines=None, approve=True, **values):
        criteria = cls.env["carbon.supplier.criteria"].create(
            {
                "name": "Steel",
                "code": "STEEL",
                "company_id": cls.company_a.id,
                "date_from": "2026-01-01",
                "criterion_ids": [Command.create(line) for line in lines if line]
                if lines is not None
                else [Command.create({"name": "Own target?", "kind": "question"})],
                **values,
            }
        )
        if approve:
            criteria.action_approve()
        return criteria

    @classmethod
    def _certificate_line(cls, **values):
        return {
            "name": "Certified",
            "kind": "certificate",
            "certificate_type_id": cls.certificate.id,
            "weight": 2,
            **values,
        }

    @classmethod
    def _footprint_line(cls, **values):
        return {
            "name": "Footprint",
            "kind": "footprint",
            "uom_id": cls.ton.id,
            "best_value": 1000,
            "worst_value": 3000,
            "ceiling": 2500,
            "weight": 3,
            **values,
        }

    @classmethod
    def _new_evaluation(cls, criteria, **values):
        return cls.env["carbon.supplier.evaluation"].create(
            {"partner_id": cls.supplier.id, "company_id": cls.company_a.id, "criteria_id": criteria.id, **values}
        )

    @classmethod
    def _line(cls, evaluation, kind):
        return evaluation.line_ids.filtered(lambda line: line.kind == kind)

    @classmethod
    def _new_evidence(cls, accept=True, **values):
        file = cls.env["ir.attachment"].create({"name": "a.pdf", "raw": PDF})
        evidence = cls.env["carbon.supplier.evidence"].create(
            {
                "partner_id": cls.supplier.id,
                "company_id": cls.company_a.id,
                "certificate_type_id": cls.certificate.id,
                "number": "C-1",
                "date_from": "2025-01-01",
                "date_to": "2026-12-31",
                "attachment_ids": [Command.set(file.ids)],
                **values,
            }
        )
        if accept:
            evidence.action_accept()
        return evidence
