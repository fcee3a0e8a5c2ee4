from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class CarbonUnitConversion(models.Model):
    """A physical property of a material that links two kinds of unit: density, calorific value, weight.

    ``1 from-unit of the material = factor to-units``. The product's own row comes before the row of
    its category (deepest first), that before Odoo's product weight and volume; of one material the company's row
    comes before a shared one. Two conversions that meet in a third kind of unit are chained where none fits directly
    (pieces → mass → energy). A value is valid from its first day (none: always) until the next one of the same
    material, company and units begins. Nothing is ever guessed: what has no conversion, or several that differ, is on the
    worklist.
    """

    _name = "carbon.unit.conversion"
    _description = "Unit Conversion of a Material"
    _inherit = ["mail.thread", "carbon.shared.mixin", "carbon.basis.mixin"]
    _order = "product_id, category_id, from_uom_id, to_uom_id, date_from desc nulls last, id"

    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="restrict", tracking=True)
    category_id = fields.Many2one("product.category", index="btree_not_null", ondelete="restrict", tracking=True)
    company_id = fields.Many2one("res.company", index="btree_not_null", ondelete="restrict", tracking=True)
    from_uom_id = fields.Many2one("uom.uom", required=True, ondelete="restrict", tracking=True)
    factor = fields.Float(digits=0, required=True, aggregator=None, tracking=True)
    to_uom_id = fields.Many2one("uom.uom", required=True, ondelete="restrict", tracking=True)
    date_from = fields.Date(
        string="Valid From",
        tracking=True,
        help="First day of the value, by the date that the rule of a record counts by; empty: always. It is valid until the next "
        "value of the same material, company and units begins.",
    )
    property_kind = fields.Selection(
        [
            ("density", "Density"),
            ("ncv", "Net calorific value"),
            ("gcv", "Gross calorific value"),
            ("weight", "Weight of a piece"),
            ("other", "Other property"),
        ],
        required=True,
        default="density",
        tracking=True,
    )
    basis = fields.Char(help="Reference conditions, for instance 20 °C, or 0 °C and 101.325 kPa.", tracking=True)
    source_document = fields.Char(
        required=True,
        help="Where the value comes from: data sheet, standard, laboratory report.",
        tracking=True,
    )
    active = fields.Boolean(default=True, tracking=True)

    _factor_positive = models.Constraint(
        "CHECK(factor > 0)",
        "The conversion factor must be greater than zero. Look it up on the data sheet.",
    )
    # named with the record and the next step before the database sees it, see _check_free; here for two at the same moment
    _product_uniq = models.UniqueIndex(
        "(COALESCE(product_id, 0), COALESCE(category_id, 0), COALESCE(company_id, 0), from_uom_id, to_uom_id, "
        "COALESCE(date_from, '-infinity'::date)) WHERE active",
        "This material already has a conversion between these two units from that day on. Choose another day.",
    )

    @api.model
    def _basis_fields(self):
        """Material, units, factor and first day, not where the factor comes from."""
        names = {"active", "company_id", "product_id", "category_id", "from_uom_id", "factor", "to_uom_id", "date_from"}
        return super()._basis_fields() | names

    def _basis_companies(self):
        """Return the companies of active conversions, all where one belongs to none."""
        used = self.filtered("active")
        if all(row.company_id for row in used):
            return used.company_id
        # sudo: a shared conversion moves the numbers of every company
        return self.env["res.company"].browse(
            self.env["carbon.system"].sudo().search([("company_id", "!=", False)]).company_id.ids
        )

    @api.depends("product_id", "category_id", "from_uom_id", "to_uom_id", "factor", "date_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            name = row.product_id.display_name or row.category_id.display_name or ""
            if row.from_uom_id and row.to_uom_id:
                name = f"{name}: 1 {row.from_uom_id.name} = {row.factor:g} {row.to_uom_id.name}"
            if row.date_from:
                name = self.env._("%(conversion)s from %(date)s", conversion=name, date=row.date_from)
            row.display_name = name

    @api.constrains("product_id", "category_id")
    def _check_material(self):
        for row in self:
            if bool(row.product_id) == bool(row.category_id):
                raise ValidationError(
                    self.env._(
                        "A unit conversion belongs to one product or to one product category: choose one of the two."
                    )
                )

    @api.constrains("from_uom_id", "to_uom_id")
    def _check_units(self):
        for row in self:
            if row.from_uom_id._has_common_reference(row.to_uom_id):
                raise ValidationError(
                    self.env._(
                        "%(from_unit)s and %(to_unit)s measure the same thing and are converted automatically. "
                        "A conversion is only needed between different kinds of unit.",
                        from_unit=row.from_uom_id.name,
                        to_unit=row.to_uom_id.name,
                    )
                )

    @api.constrains("date_from")
    def _check_date_from(self):
        for row in self:
            if row.date_from and (problem := self.env["carbon.engine"]._day_problem(row.date_from)):
                raise ValidationError(problem)

    @api.constrains(
        "product_id", "category_id", "company_id", "from_uom_id", "factor", "to_uom_id", "date_from", "active"
    )
    def _check_agreement(self):
        """Two conversions of one material between the same two kinds of unit must say the same while both are valid."""
        found = self._contradiction()
        if found:
            row, other = found
            raise ValidationError(
                self.env._(
                    "%(conversion)s contradicts %(other)s, which is valid at the same time. Keep one of the two: continue the other "
                    "with 'New Value from…', or archive it.",
                    conversion=row.display_name,
                    other=other.display_name,
                )
            )

    def _contradiction(self):
        """Return the first of these conversions that another contradicts, and the other, compared exactly as the engine does.

        Asked for all values of their materials and units: one that is archived lets the value before it go on.
        """
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """
                WITH kind AS (
                  SELECT c.id, COALESCE(c.product_id, 0) AS product, COALESCE(c.category_id, 0) AS category,
                         COALESCE(c.company_id, 0) AS company, c.from_uom_id, c.to_uom_id,
                         split_part(f.parent_path, '/', 1) AS fr, split_part(t.parent_path, '/', 1) AS tr,
                         c.factor * t.factor AS num, f.factor AS den, COALESCE(c.date_from, '-infinity') AS begins,
                         COALESCE(lead(c.date_from) OVER (
                           PARTITION BY c.product_id, c.category_id, c.company_id, c.from_uom_id, c.to_uom_id
                           ORDER BY c.date_from NULLS FIRST), 'infinity') AS ends
                    FROM carbon_unit_conversion c
                    JOIN uom_uom f ON f.id = c.from_uom_id
                    JOIN uom_uom t ON t.id = c.to_uom_id
                   WHERE c.active)
                SELECT a.id, b.id FROM kind a
                  JOIN kind b ON b.product = a.product AND b.category = a.category AND b.company = a.company
                   AND b.begins < a.ends AND a.begins < b.ends AND b.id <> a.id
                   AND (b.fr = a.fr AND b.tr = a.tr AND a.num * b.den <> b.num * a.den
                        OR b.fr = a.tr AND b.tr = a.fr AND a.num * b.num <> a.den * b.den)
                 WHERE (a.product, a.category, a.company, a.from_uom_id, a.to_uom_id) IN (
                         SELECT COALESCE(product_id, 0), COALESCE(category_id, 0), COALESCE(company_id, 0), from_uom_id, to_uom_id
                           FROM carbon_unit_conversion WHERE id = ANY(%(ids)s))
                 ORDER BY a.id = ANY(%(ids)s) DESC, a.id, b.id LIMIT 1
                """,
                ids=self.ids,
            )
        )
        return found and (self.browse(found[0][0]), self.browse(found[0][1]))
