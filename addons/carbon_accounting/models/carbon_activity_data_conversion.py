from odoo import fields, models
from odoo.tools import SQL


class CarbonActivityData(models.Model):
    """What a quantity was converted with, where its document has another kind of unit than its source.

    Nothing is kept for it: day, product, company and units of a row give exactly one way, the moment of its collection says
    which values were known then.
    """

    _inherit = "carbon.activity.data"

    conversion_ids = fields.Many2many(
        "carbon.unit.conversion",
        compute="_compute_conversions",
        string="Conversions Used",
        context={"active_test": False},
    )
    converted_with = fields.Char(
        compute="_compute_conversions",
        help="How the quantity of the document became the one that counts. Read by the day of the row, among the values known when "
        "it was collected.",
    )

    def _compute_conversions(self):
        used = self._conversions_used()
        # sudo: archived values and those of a merged company too; a row that the user sees says what it rests on
        rows = self.env["carbon.unit.conversion"].sudo()
        known = {row.id: row._told() for row in rows.browse({i for ids in used.values() for i in ids if i > 0})}
        form = {
            0: self.env._("weight in the product form"),
            -1: self.env._("volume in the product form"),
        }
        for row in self:
            ids = used.get(row.id, ())
            row.conversion_ids = self.env["carbon.unit.conversion"].browse(i for i in ids if i > 0)
            row.converted_with = "; ".join(known.get(i) or form[i] for i in ids) or False

    def _conversions_used(self):
        """Return ``{row id: [id of a conversion, 0 for the weight or -1 for the volume of the product form, …]}``.

        A counter row takes back what was converted when the row was collected that it reverses.
        """
        if not self.ids:
            return {}
        self.env["carbon.unit.conversion"].flush_model()
        weight, volume = self.env["carbon.engine"]._product_measure_uoms()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT a.id, way.used
                  FROM carbon_activity_data a
                  LEFT JOIN carbon_activity_data first ON first.id = a.reverses_id
                  JOIN uom_uom o ON o.id = a.origin_uom_id
                  JOIN uom_uom u ON u.id = a.uom_id
                 CROSS JOIN LATERAL carbon_unit_ratio(
                   a.product_id, a.company_id, a.origin_uom_id, a.uom_id, a.date, COALESCE(first.collected_on, a.collected_on),
                   %s, %s) way
                 WHERE a.id = ANY(%s) AND %s <> %s AND way.ratio_num IS NOT NULL
                """,
                weight,
                volume,
                self.ids,
                self.env["carbon.engine"]._sql_root("o"),
                self.env["carbon.engine"]._sql_root("u"),
            )
        )
        return dict(rows)
