from unittest.mock import patch

from odoo.tools import SQL

from .common import CarbonCommon


class CarbonSetupCommon(CarbonCommon):
    """A company in set-up whose business is read from partners: each one with a reference is an event.

    The core addon has no events but declarations, so the tests bring a provider of their own: the partner's
    name is the label, its colour the quantity, its reference tells kind, day and product.
    """

    KINDS = {
        "test.receipt": {"name": "Test receipt", "recognition": "received", "expects_rule": True},
        "test.use": {"name": "Test consumption", "recognition": "consumed", "expects_rule": True},
        "test.made": {"name": "Test output", "recognition": "produced"},
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.collect_live = False
        cls._begin_in_set_up()
        cls.company.partner_id.country_id = cls.env.ref("base.cn")
        cls.company.partner_id.state_id = cls.env.ref("base.state_cn_JS")
        cls.kinds = cls.env["carbon.event.kind"].create(
            [
                {"code": code, "origin_model": "res.partner", "has_amount": True, **vals}
                for code, vals in cls.KINDS.items()
            ]
        )
        # the table of a provider has a date, as documents do
        cls.env.cr.execute(
            "CREATE VIEW carbon_test_event AS SELECT id, company_id, name, color, split_part(ref, '|', 1) AS kind, "
            "split_part(ref, '|', 2)::date AS date, split_part(ref, '|', 3)::int AS product_id, "
            "split_part(ref, '|', 4)::int AS uom_id FROM res_partner WHERE ref LIKE 'test.%'"
        )
        sources = cls.env.registry["carbon.event.source"]
        original = sources._providers

        def providers(model):
            return original(model) | {
                "res.partner": {
                    "table": "carbon_test_event",
                    "query": lambda predicate: cls._events(model, predicate),
                    "where": SQL("TRUE"),
                }
            }

        patcher = patch.object(sources, "_providers", providers)
        patcher.start()
        cls.addClassCleanup(patcher.stop)

    @classmethod
    def _events(cls, model, predicate):
        return model._select(
            {
                "origin_id": SQL("o.id"),
                "kind": SQL("o.kind"),
                "company_id": SQL("o.company_id"),
                "date": SQL("o.date"),
                "product_id": SQL("o.product_id"),
                "quantity": SQL("o.color"),
                "uom_id": SQL("o.uom_id"),
                "amount": SQL("o.color * 100"),
                "currency_id": SQL("%s", cls.company.currency_id.id),
                "label": SQL("o.name"),
            },
            SQL("FROM carbon_test_event o WHERE %s", predicate),
        )

    @classmethod
    def _event(cls, kind, product, quantity, uom=None, day="2025-03-10", name="WH/IN/1"):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "color": quantity,
                "ref": f"{kind}|{day}|{product.id}|{(uom or product.uom_id).id}",
            }
        )

    @classmethod
    def _product(cls, name, uom, **values):
        return cls.env["product.product"].create({"name": name, "type": "consu", "uom_id": uom.id, **values})
