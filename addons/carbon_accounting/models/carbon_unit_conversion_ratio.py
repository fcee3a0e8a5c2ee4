from odoo import models

#: What is known of the material, in both directions. ``grade`` says how close a property is to the material, compared from
#: left to right: the product's own row, that of its category (the deepest first), Odoo's weight and volume of the product;
#: the company's own before a shared one. One reference unit of ``a`` is ``num / den`` reference units of ``b``. Of the values
#: of one material and pair of units the one counts that began last. ``used`` are the ids, 0 for the weight and -1 for the
#: volume in Odoo's product form.
_EDGES = """
    SELECT v.grade, v.a, v.b, v.num, v.den, k.used
      FROM (SELECT DISTINCT ON (c.product_id, c.category_id, c.company_id, c.from_uom_id, c.to_uom_id)
                   ARRAY[(c.product_id IS NULL)::int, -COALESCE(array_position(above, c.category_id), 0),
                         (c.company_id IS NULL)::int] AS grade,
                   split_part(fu.parent_path, '/', 1) AS fr, split_part(tu.parent_path, '/', 1) AS tr,
                   c.factor * tu.factor AS num, fu.factor AS den, ARRAY[c.id] AS used
              FROM carbon_unit_conversion c
              JOIN uom_uom fu ON fu.id = c.from_uom_id
              JOIN uom_uom tu ON tu.id = c.to_uom_id
             WHERE (c.active OR c.archived_on > _known) AND (c.create_date > _known) IS NOT TRUE
               AND (c.date_from > _day) IS NOT TRUE
               AND (c.company_id IS NULL OR c.company_id = _company)
               AND (c.product_id = _product OR c.category_id = ANY(above))
             ORDER BY c.product_id, c.category_id, c.company_id, c.from_uom_id, c.to_uom_id, c.date_from DESC NULLS LAST,
                      c.id DESC) k
     CROSS JOIN LATERAL (VALUES (k.grade, k.fr, k.tr, k.num, k.den), (k.grade, k.tr, k.fr, k.den, k.num)) v(grade, a, b, num, den)
    UNION ALL
    SELECT ARRAY[2, 0, 0], root, split_part(u.parent_path, '/', 1), m.value * u.factor, size, ARRAY[m.id]
      FROM (VALUES (0, _weight, weight), (-1, _volume, volume)) m(id, uom_id, value)
      JOIN uom_uom u ON u.id = m.uom_id
     WHERE m.value > 0 AND size > 0
"""
_RATIO = f"""
CREATE OR REPLACE FUNCTION carbon_unit_ratio(
    _product int, _company int, _from int, _to int, _day date, _known timestamp, _weight int, _volume int,
    OUT ratio_num numeric, OUT ratio_den numeric, OUT used int[])
RETURNS SETOF record LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 1 AS $$
DECLARE
    above int[]; root text; size numeric; weight numeric; volume numeric;
    from_root text; from_size numeric; to_root text; to_size numeric;
    ways refcursor; way record; closest int[];
BEGIN
    SELECT string_to_array(rtrim(pc.parent_path, '/'), '/')::int[], split_part(u.parent_path, '/', 1), u.factor,
           p.weight, p.volume
      INTO above, root, size, weight, volume
      FROM product_product p
      JOIN product_template t ON t.id = p.product_tmpl_id
      LEFT JOIN product_category pc ON pc.id = t.categ_id
      LEFT JOIN uom_uom u ON u.id = t.uom_id
     WHERE p.id = _product;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT split_part(u.parent_path, '/', 1), u.factor INTO from_root, from_size FROM uom_uom u WHERE u.id = _from;
    SELECT split_part(u.parent_path, '/', 1), u.factor INTO to_root, to_size FROM uom_uom u WHERE u.id = _to;
    OPEN ways FOR
        SELECT e.grade, e.num, e.den, e.used FROM ({_EDGES}) e WHERE e.a = from_root AND e.b = to_root ORDER BY e.grade;
    FETCH ways INTO way;
    IF NOT FOUND THEN
        CLOSE ways;
        OPEN ways FOR
            WITH step AS (
              SELECT e.*, min(e.grade) OVER (PARTITION BY e.a, e.b) AS best FROM ({_EDGES}) e WHERE e.a <> e.b)
            SELECT GREATEST(x.grade, y.grade) AS grade, x.num * y.num AS num, x.den * y.den AS den,
                   x.used || y.used AS used
              FROM step x JOIN step y ON y.a = x.b
             WHERE x.a = from_root AND y.b = to_root AND x.grade = x.best AND y.grade = y.best
             ORDER BY 1;
        FETCH ways INTO way;
        IF NOT FOUND THEN CLOSE ways; RETURN; END IF;
    END IF;
    closest := way.grade; ratio_num := way.num; ratio_den := way.den; used := way.used;
    LOOP
        FETCH ways INTO way;
        EXIT WHEN NOT FOUND OR way.grade > closest;
        IF way.num * ratio_den <> ratio_num * way.den THEN ratio_num := NULL; EXIT; END IF;
    END LOOP;
    CLOSE ways;
    IF ratio_num IS NULL THEN
        ratio_den := 0;
    ELSE
        ratio_num := from_size * ratio_num; ratio_den := ratio_den * to_size;
    END IF;
    RETURN NEXT;
END $$;
"""


class CarbonUnitConversion(models.Model):
    """How a quantity of a material gets from one kind of unit to another: in one step or in two."""

    _inherit = "carbon.unit.conversion"

    def init(self):
        """Install ``carbon_unit_ratio``: the ratio that converts a material between units of different kinds.

        A direct property comes before two that meet in one other kind of unit (pieces → mass → energy), never more.
        Of several ways the closest to the material decides, a way being as close as its weaker step. Ways of one
        rank that differ are not chosen from.

        Asked for a day: of several values of one material and pair of units the one that began last is valid. Asked for a
        moment too (``infinity``: now): values entered later are not known yet, those archived later still are.

        The function gives no row where nothing is known, a row ``(NULL, 0)`` where ways differ, else also the ids of the
        conversions ``used``. It is a function,
        not a part of the engine's statement, so that the many statements that convert nothing neither plan nor run it:
        with an argument NULL it is not called.
        """
        result = super().init()
        self.env.cr.execute("DROP FUNCTION IF EXISTS carbon_unit_ratio(int, int, int, int, int, int)")
        self.env.cr.execute(_RATIO)  # pylint: disable=sql-injection
        return result
