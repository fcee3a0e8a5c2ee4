"""SQL of the engine, first part: from events to the meaning of each of their keys.

``ev`` events · ``seg`` the months of their service periods, where rules with dates count by these · ``keys`` their distinct
matching keys · ``up`` category trees · ``mat`` the rule of each key · ``mk`` the rule's meaning and the unit ratio.
"""

from odoo import api, models
from odoo.tools import SQL

from .carbon_event_source import EVENT_COLUMNS, GRADED_COLUMNS

#: Event columns in which NULL is replaced by 0, so that joins can hash.
_ZERO = {
    "product_id",
    "partner_id",
    "account_id",
    "location_id",
    "workcenter_id",
    "equipment_id",
    "rule_id",
    "uom_id",
    "currency_id",
}


class CarbonEngineMatch(models.AbstractModel):
    """Events and the rules that apply to them."""

    _inherit = "carbon.engine"

    @api.model
    def _sql_root(self, alias):
        """Return SQL of the reference unit of a unit; only units of one root can be converted into each other."""
        return SQL("split_part(%s.parent_path, '/', 1)", SQL.identifier(alias))

    @api.model
    def _sql_date_key(self, column, breakpoints):
        """Return SQL that maps a date to the last breakpoint before it: rules and versions are constant in between.

        With ``breakpoints=None`` (small statements) the date is its own key.
        """
        if breakpoints is None:
            return column
        return SQL(
            "COALESCE((%(b)s::date[])[NULLIF(width_bucket(%(c)s, %(b)s::date[]), 0)], '0001-01-01'::date)",
            b=breakpoints or ["0001-01-01"],
            c=column,
        )

    @api.model
    def _sql_basis_key(self, basis, breakpoints):
        """Return SQL of the date of event ``e`` that decides whether a dated rule of this date basis is valid.

        A service period that is missing or cannot be right decides nothing: the document's date does, so that the rule is
        found which names the period on the worklist.
        """
        days = {
            "invoice": SQL("COALESCE(e.date_invoice, e.date)"),
            "accounting": SQL("COALESCE(e.date_accounting, e.date)"),
            "service": SQL("CASE WHEN %s THEN e.service_from ELSE e.date END", self._sql_plausible_service("e")),
        }
        return self._sql_date_key(days[basis], breakpoints)

    @api.model
    def _sql_events(self, provider, scope, companies, breakpoints, profile):
        """CTE ``ev``: the events in scope, and ``seg``: the months of their service periods, where one needs its own rule."""
        predicate = SQL("%s AND o.company_id = ANY(%s)", scope(SQL("o.id")), list(companies))
        # "scoped" queries restrict further tables by the same ids
        query = provider["query"](predicate, scope) if provider.get("scoped") else provider["query"](predicate)
        columns = [
            SQL("COALESCE(e.%(n)s, 0) AS %(n)s", n=SQL.identifier(name))
            if name in _ZERO
            else SQL("e.%s", SQL.identifier(name))
            for name in EVENT_COLUMNS
            if name != "origin_part" and (profile.get("graded") or name not in GRADED_COLUMNS)
        ]
        columns += [
            SQL("%s AS %s", self._sql_basis_key(basis, breakpoints), SQL.identifier(f"edate_{basis}"))
            for basis in profile["dated"]
        ]
        events = SQL(
            "ev AS MATERIALIZED (SELECT %s, COALESCE(e.origin_part, '') AS part, %s AS edate FROM (%s) e)",
            SQL(", ").join(columns),
            self._sql_date_key(SQL("e.date"), breakpoints),
            query,
        )
        return (
            SQL("%s, %s", events, self._sql_segments(profile, breakpoints)) if "service" in profile["dated"] else events
        )

    @api.model
    def _sql_segments(self, profile, breakpoints):
        """CTE ``seg``: each month of the service period of an event, with the matching key of that month."""
        return SQL(
            "seg AS MATERIALIZED (SELECT %s, ev.origin_id, ev.part, sp.*, %s AS edate_service FROM ev JOIN LATERAL (%s) sp ON %s)",
            SQL(", ").join(SQL("ev.%s", SQL.identifier(c)) for c in self._key_columns(profile) if c != "edate_service"),
            self._sql_date_key(SQL("sp.day"), breakpoints),
            self._sql_service_months("ev"),
            self._sql_plausible_service("ev"),
        )

    @api.model
    def _key_columns(self, profile):
        """Return the event columns that decide the rule, given the criteria that active rules use."""
        used = [event for rule, event, _tree in profile["criteria"] if event != "category_id" and event != "product_id"]
        dates = ["edate", *(f"edate_{basis}" for basis in profile["dated"])]
        return ["company_id", "kind", "product_id", "uom_id", "rule_id", *dates, *used]

    @api.model
    def _sql_rule_day(self, profile):
        """Return SQL of the date of key ``k`` that rule ``r`` counts by; that of the document where no other is needed."""
        if not profile["dated"]:
            return SQL("k.edate")
        cases = [SQL("WHEN %s THEN k.%s", basis, SQL.identifier(f"edate_{basis}")) for basis in profile["dated"]]
        return SQL("CASE r.date_basis %s ELSE k.edate END", SQL(" ").join(cases))

    @api.model
    def _sql_valid(self, profile):
        """Return SQL of whether rule ``r`` is valid for key ``k``: on the date that the rule itself counts by."""
        return SQL(
            "(r.date_from IS NULL OR r.date_from <= %(day)s) AND (r.date_to IS NULL OR r.date_to >= %(day)s)",
            day=self._sql_rule_day(profile),
        )

    @api.model
    def _sql_match(self, profile, rule=None):
        """CTEs ``keys``, ``up`` and ``mat``: the rule of each distinct key (keys without rule are not in ``mat``).

        Precedence is lexicographic, so the branches ask fewer and fewer keys: rules that name the product,
        then rules of its category or one above (``up``), then the rest. The rest – rules by partner, account,
        place – never take a material that counts at another recognition point (``elsewhere``): by a rule that
        names the product or its category and nothing else. Where that rule counts money, the rest may still feed
        another emission category (``leaf``), as freight by value leaves the goods alone. What is made, delivered or
        discarded is another fact than what was bought and used, and stays free.

        :param rule: only this rule is asked, active or not (dry run)
        """
        which = SQL("r.id = %s", rule.id) if rule else SQL("r.active")
        joins, conditions, rank = self._sql_criteria(profile)
        names = [SQL.identifier(f"p{i}") for i in range(len(rank))]
        spend = self._sql_spend(profile)

        def branch(keys, match, free="TRUE"):
            return SQL(
                "SELECT k.kid, r.id AS rid, %(rank)s FROM %(keys)s k %(match)s %(joins)s "
                "WHERE k.rule_id = 0 AND %(valid)s AND %(free)s AND %(rest)s",
                valid=self._sql_valid(profile),
                free=SQL(free),
                keys=SQL.identifier(keys),
                match=SQL(match, which=which),
                rank=SQL(", ").join(
                    SQL("(%s) AS %s", expr, name) for (expr, _kind), name in zip(rank, names, strict=True)
                ),
                joins=SQL(" ").join(joins),
                rest=SQL(" AND ").join(conditions or [SQL("TRUE")]),
            )

        key = SQL(", ").join(SQL.identifier(c) for c in self._key_columns(profile))
        base = "%(which)s AND r.company_id = k.company_id AND r.event_kind = k.kind"
        return SQL(
            """
            keys AS MATERIALIZED (
              SELECT row_number() OVER () AS kid, d.*, pt.categ_id
                FROM (SELECT DISTINCT %(key)s FROM %(who)s) d
                LEFT JOIN product_product pp ON pp.id = d.product_id LEFT JOIN product_template pt ON pt.id = pp.product_tmpl_id),
            up AS MATERIALIZED (
              SELECT own.id AS categ_id, above.id AS above_id, array_length(string_to_array(above.parent_path, '/'), 1) AS depth
                FROM product_category above
                JOIN product_category own ON own.parent_path LIKE above.parent_path || '%%'
               WHERE above.id IN (SELECT r.category_id FROM carbon_activity_rule r WHERE %(which)s)
                 AND own.id IN (SELECT k.categ_id FROM keys k)),
            own AS MATERIALIZED (%(equal)s),
            left1 AS MATERIALIZED (SELECT k.* FROM keys k LEFT JOIN own o ON o.kid = k.kid WHERE o.kid IS NULL AND k.rule_id = 0),
            cat AS MATERIALIZED (%(category)s),
            left2 AS MATERIALIZED (SELECT k.* FROM left1 k LEFT JOIN cat o ON o.kid = k.kid WHERE o.kid IS NULL),
            other AS (
              SELECT r.*, rk.recognition, %(leaf)s AS leaf FROM carbon_activity_rule r
                JOIN carbon_event_kind rk ON rk.code = r.event_kind AND rk.recognition NOT IN ('produced', 'delivered') %(leaves)s
               WHERE r.active AND r.outcome = 'count' AND %(bases)s AND %(bare)s),
            elsewhere AS MATERIALIZED (
              SELECT k.kid, r.leaf
                FROM left2 k JOIN carbon_event_kind ek ON ek.code = k.kind AND ek.recognition NOT IN ('produced', 'delivered')
                JOIN other r ON r.company_id = k.company_id AND r.product_id = k.product_id AND r.recognition <> ek.recognition
               WHERE (r.date_from IS NULL OR r.date_from <= k.edate) AND (r.date_to IS NULL OR r.date_to >= k.edate)
              UNION
              SELECT k.kid, r.leaf
                FROM left2 k JOIN carbon_event_kind ek ON ek.code = k.kind AND ek.recognition NOT IN ('produced', 'delivered')
                JOIN up u ON u.categ_id = k.categ_id
                JOIN other r ON r.company_id = k.company_id AND r.product_id IS NULL AND r.category_id = u.above_id
                 AND r.recognition <> ek.recognition
               WHERE (r.date_from IS NULL OR r.date_from <= k.edate) AND (r.date_to IS NULL OR r.date_to >= k.edate)),
            left3 AS MATERIALIZED (SELECT k.* FROM left2 k LEFT JOIN elsewhere x ON x.kid = k.kid AND x.leaf IS NULL WHERE x.kid IS NULL),
            cand AS (SELECT k.kid, k.rule_id AS rid, %(none)s FROM keys k WHERE k.rule_id <> 0
                     UNION ALL SELECT * FROM own UNION ALL SELECT * FROM cat UNION ALL %(rest)s),
            mat AS MATERIALIZED (SELECT DISTINCT ON (kid) kid, rid FROM cand ORDER BY kid, %(by)s, rid)
            """,
            key=key,
            who=SQL("(SELECT %(key)s FROM ev UNION SELECT %(key)s FROM seg) e", key=key)
            if "service" in profile["dated"]
            else SQL("ev"),
            which=which,
            leaf=SQL(spend["leaf"]),
            leaves=SQL(spend["leaves"]),
            bases=SQL(spend["bases"]),
            bare=self._sql_bare(),
            none=SQL(", ").join(
                SQL("NULL::%s AS %s", kind, name) for (_expr, kind), name in zip(rank, names, strict=True)
            ),
            equal=branch(
                "keys",
                f"JOIN carbon_activity_rule r ON {base} AND r.product_id = k.product_id "
                "LEFT JOIN up u ON u.categ_id = k.categ_id AND u.above_id = r.category_id",
            ),
            category=branch(
                "left1",
                "JOIN up u ON u.categ_id = k.categ_id "
                f"JOIN carbon_activity_rule r ON {base} AND r.product_id IS NULL AND r.category_id = u.above_id",
            ),
            rest=branch(
                "left3",
                f"JOIN carbon_activity_rule r ON {base} AND r.product_id IS NULL AND r.category_id IS NULL "
                f"LEFT JOIN up u ON FALSE {spend['same']}",
                spend["free"],
            ),
            by=SQL(", ").join(SQL("%s DESC NULLS LAST", name) for name in names),
        )

    @api.model
    def _sql_bare(self):
        """Return the condition that a rule ``r`` names a product or a category and nothing else, or nothing at all."""
        return SQL(" AND ").join(
            SQL("r.%s IS NULL", SQL.identifier(column))
            for column, _event, _tree in self.env["carbon.activity.rule"]._criteria()
            if column not in ("product_id", "category_id")
        )

    @api.model
    def _sql_spend(self, profile):
        """Return the parts of :meth:`_sql_match` that ask for rules on money; nothing where none settles a material.

        ``leaf`` is the emission category that such a rule feeds, NULL for a rule on a quantity, which settles its
        material for every rest.
        """
        if not profile.get("spend", True):
            return {
                "leaf": "NULL::int", "leaves": "", "bases": "r.quantity_basis = 'quantity'", "same": "", "free": "TRUE",
            }  # fmt: skip
        return {
            "leaf": "CASE WHEN r.quantity_basis = 'amount' THEN rs.category_id END",
            "leaves": "JOIN carbon_source rs ON rs.id = r.source_id",
            "bases": "TRUE",
            "same": "LEFT JOIN carbon_source fed ON fed.id = r.source_id "
            "LEFT JOIN elsewhere x ON x.kid = k.kid AND x.leaf = fed.category_id",
            "free": "x.kid IS NULL",
        }

    @api.model
    def _sql_criteria(self, profile):
        """Return joins, conditions and ranking of the criteria in use.

        ``any`` of the profile names criteria that an event may leave open (an estimate does not know where goods will be used):
        such an event meets every rule of its material, those that do not ask come first.

        :return: (list of SQL, list of SQL, list of (expression, type) in order of precedence)
        """
        joins, conditions = [], []
        rank = [(SQL("r.product_id IS NOT NULL"), SQL("boolean"))]
        for rule_col, event_col, tree in profile["criteria"]:
            column, event = SQL.identifier(rule_col), SQL.identifier(event_col)
            if event_col == "category_id":
                conditions.append(SQL("(r.category_id IS NULL OR u.above_id IS NOT NULL)"))
                rank.append((SQL("u.depth"), SQL("int")))
                continue
            if rule_col == "product_id":
                continue
            if tree:
                own, theirs, table = (
                    SQL.identifier(f"own_{rule_col}"),
                    SQL.identifier(f"r_{rule_col}"),
                    SQL.identifier(tree),
                )
                joins.append(SQL("LEFT JOIN %s %s ON %s.id = k.%s", table, own, own, event))
                joins.append(SQL("LEFT JOIN %s %s ON %s.id = r.%s", table, theirs, theirs, column))
                met = SQL("(r.%s IS NULL OR %s.parent_path LIKE %s.parent_path || '%%')", column, own, theirs)
                closer, kind = SQL("array_length(string_to_array(%s.parent_path, '/'), 1)", theirs), SQL("int")
            else:
                met = SQL("(r.%s IS NULL OR r.%s = k.%s)", column, column, event)
                closer, kind = SQL("r.%s IS NOT NULL", column), SQL("boolean")
            if rule_col in profile.get("any", ()):
                met = SQL("((k.%s = 0 AND COALESCE(r.product_id, r.category_id) IS NOT NULL) OR %s)", event, met)
                closer = SQL("CASE WHEN k.%s = 0 THEN (r.%s IS NULL)::%s ELSE %s END", event, column, kind, closer)
            conditions.append(met)
            rank.append((closer, kind))
        if profile["dated"]:  # a rule by invoice date and its successor by service period may both be valid
            rank.append((SQL("r.date_from"), SQL("date")))
        return joins, conditions, rank

    @api.model
    def _sql_meaning(self, profile):
        """CTE ``mk``: for each key its rule, the source's canonical unit and the unit ratio ``num / den``.

        The ratio comes from the units when they share a reference; else from properties of the material on the day that the
        rule counts by, see ``carbon_unit_ratio``.
        ``num`` NULL: none; with ``den`` 0: several that differ. ``whole``: nothing is to be multiplied.
        """
        weight, volume = self._product_measure_uoms()
        return SQL(
            """
            mk AS MATERIALIZED (
              SELECT m1.*, COALESCE(m1.num = m1.den AND m1.multiplier = 1, FALSE) AS whole FROM (
              SELECT k.kid, r.id AS rid, r.outcome, r.quantity_basis, r.date_basis, r.multiplier, r.quality, r.uncertainty,
                     r.equipment_id AS instrument_id, ek.recognition, ek.has_amount, s.id AS sid, s.category_id, s.uom_id AS suom,
                     s.currency_id AS scur, s.active_from, s.active_to,
                     CASE WHEN r.quantity_basis = 'amount' THEN 1.0
                          WHEN k.uom_id = s.uom_id THEN 1.0
                          WHEN %(er)s = %(sr)s THEN eu.factor ELSE cv.num END AS num,
                     CASE WHEN r.quantity_basis = 'amount' THEN 1.0
                          WHEN k.uom_id = s.uom_id THEN 1.0
                          WHEN %(er)s = %(sr)s THEN su.factor ELSE cv.den END AS den
                FROM mat m
                JOIN keys k ON k.kid = m.kid
                JOIN carbon_activity_rule r ON r.id = m.rid
                LEFT JOIN carbon_event_kind ek ON ek.code = r.event_kind
                LEFT JOIN carbon_source s ON s.id = %(fed)s
                LEFT JOIN uom_uom eu ON eu.id = k.uom_id
                LEFT JOIN uom_uom su ON su.id = s.uom_id
                LEFT JOIN LATERAL carbon_unit_ratio(
                  k.product_id, k.company_id,
                  CASE WHEN r.quantity_basis = 'quantity' AND %(er)s <> %(sr)s THEN k.uom_id END, s.uom_id, %(day)s, 'infinity',
                  %(weight)s, %(volume)s
                ) AS cv(num, den, used) ON TRUE) m1
            )
            """,
            # documents that do not count may be compared with a source
            fed=SQL("r.compare_source_id") if profile.get("compare") else SQL("r.source_id"),
            er=self._sql_root("eu"),
            sr=self._sql_root("su"),
            day=self._sql_rule_day(profile),
            weight=weight,
            volume=volume,
        )
