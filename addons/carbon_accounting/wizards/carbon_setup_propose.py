from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import matching

#: Proposals on one page; the rest comes when these are done.
_PAGE = 60
_MONTHS = 24
#: Where material counts, by the family of its factor.
_BURNT = ("consumed", "received", "billed")
_BOUGHT = ("received", "billed", "consumed")
_ENERGY = ("purchased_electricity", "purchased_heat")


class CarbonSetupWizard(models.TransientModel):
    """Proposals from what the company really buys, uses and makes, read by the queries of the engine."""

    _inherit = "carbon.setup.wizard"

    def _propose(self):
        """Replace the proposals by today's: products with events and without a rule, heaviest first."""
        self.ensure_one()
        self.proposal_ids.unlink()
        kinds = {kind.code: kind for kind in self.env["carbon.event.kind"].search([("code", "!=", False)])}
        rows = self._rows(self._drop_ruled(self._event_totals()), kinds)
        rows.sort(key=lambda row: (-row["weight"], -max(stat["count"] for stat in row["stats"].values())))
        page = rows[:_PAGE]
        matcher = self._factor_matcher()
        vals_list = [self._proposal_vals(row, kinds, matcher) for row in page]
        self.env["carbon.rule.proposal"].create(vals_list)
        self.write({"proposed": True, "more_count": len(rows) - len(page)})

    # ------------------------------------------------------------------ events
    def _sql_event_totals(self):
        """Return one query over the events of all providers, summed by kind, product, unit and currency."""
        parts = []
        for origin_model, provider in self.env["carbon.event.source"]._providers().items():
            if origin_model == "carbon.declaration":  # declarations name their rule themselves
                continue

            def scope(column):
                return SQL("%s IS NOT NULL", column)

            predicate = SQL("o.company_id = %s", self.company_id.id)
            query = provider["query"](predicate, scope) if provider.get("scoped") else provider["query"](predicate)
            columns = SQL("kind, product_id, uom_id, currency_id, date, quantity, amount, service_from, service_to")
            parts.append(SQL("SELECT %s FROM (%s) q", columns, query))
        if not parts:
            return None
        return SQL(
            """
            SELECT e.kind, e.product_id, e.uom_id, e.currency_id, count(*), SUM(e.quantity)::float8, COALESCE(SUM(e.amount), 0)::float8,
                   count(*) FILTER (WHERE %s)
              FROM (%s) e
              JOIN carbon_event_kind ek ON ek.code = e.kind AND (ek.expects_rule OR ek.recognition = 'produced')
             WHERE e.product_id IS NOT NULL AND e.date >= %s
             GROUP BY 1, 2, 3, 4
            """,
            self.env["carbon.engine"]._sql_plausible_service("e"),
            SQL(" UNION ALL ").join(parts),
            fields.Date.context_today(self) - relativedelta(months=_MONTHS),
        )

    def _event_totals(self):
        """Return {product id: {kind code: {count, quantity, uom_id, amount, serviced}}} of the last two years.

        ``serviced`` counts the records with a service period by which they can be split.
        """
        query = self._sql_event_totals()
        if query is None:
            return {}
        self.env.flush_all()
        with self.env["carbon.engine"]._bulk_settings():
            rows = self.env.execute_query(query)
        uoms = {uom.id: uom for uom in self.env["uom.uom"].browse({row[2] for row in rows if row[2]})}
        own = {
            product.id: product.uom_id.id
            for product in self.env["product.product"].browse({row[1] for row in rows}).exists()
        }
        totals = defaultdict(dict)
        # the product's own unit first, else the most frequent one
        rows.sort(key=lambda row: (row[2] != own.get(row[1]), -row[4]))
        for kind, product, uom_id, currency, count, quantity, amount, serviced in rows:
            money = self._in_company_currency(amount, currency)
            nothing = {"count": 0, "quantity": 0.0, "uom_id": uom_id, "amount": 0.0, "serviced": 0}
            stat = totals[product].setdefault(kind, nothing)
            stat["count"] += count
            stat["serviced"] += serviced
            stat["amount"] += money
            # units of the same kind are converted into the first, the rest is left out of the sum
            if uom_id == stat["uom_id"]:
                stat["quantity"] += quantity or 0.0
            elif uom_id and stat["uom_id"] and uoms[uom_id]._has_common_reference(uoms[stat["uom_id"]]):
                stat["quantity"] += (quantity or 0.0) * uoms[uom_id].factor / uoms[stat["uom_id"]].factor
        return totals

    def _in_company_currency(self, amount, currency_id):
        company = self.company_id
        if not currency_id or currency_id == company.currency_id.id:
            return amount
        currency = self.env["res.currency"].browse(currency_id)
        return currency._convert(amount, company.currency_id, company, fields.Date.context_today(self))

    def _drop_ruled(self, totals):
        """Leave out what a rule speaks about already, whatever its kind."""
        products = {product.id: product for product in self.env["product.product"].browse(totals).exists()}
        rules = self.env["carbon.activity.rule"].search(
            [("company_id", "=", self.company_id.id), ("event_kind", "!=", "declared")]
        )
        by_product = set(rules.product_id.ids)
        paths = [rule.category_id.parent_path for rule in rules if rule.category_id and not rule.product_id]
        general = {
            rule.event_kind for rule in rules if not any(rule[fname] for fname, _column, _tree in rules._criteria())
        }
        result = {}
        for product_id, kinds in totals.items():
            product = products.get(product_id)
            if not product or product_id in by_product:
                continue
            if any((product.categ_id.parent_path or "").startswith(path) for path in paths):
                continue
            left = {kind: stat for kind, stat in kinds.items() if kind not in general}
            if left:
                result[product] = left
        return result

    # ------------------------------------------------------------------ rows
    def _rows(self, totals, kinds):
        """Return a row for each product: what is bought or used, or, of what the company makes, the output only."""
        rows = []
        for product, stats in totals.items():
            stats = {code: stat for code, stat in stats.items() if code in kinds}
            made = {code: stat for code, stat in stats.items() if kinds[code].recognition == "produced"}
            stats = made or stats
            if stats:
                weight = max(stat["amount"] for stat in stats.values())
                rows.append({"product": product, "stats": stats, "is_output": bool(made), "weight": weight})
        return rows

    def _proposal_vals(self, row, kinds, matcher):
        """Return the values of the proposal of a row: where it counts and, of inputs, which factor fits."""
        product, stats = row["product"], row["stats"]
        vals = {
            "wizard_id": self.id,
            "product_id": product.id,
            **{key: row[key] for key in ("stats", "weight", "is_output")},
        }
        if row["is_output"]:
            code = max(stats, key=lambda c: stats[c]["count"])
            leaf = self.env.ref("carbon_accounting.emission_category_production_output", raise_if_not_found=False)
            vals |= {"emission_category_id": leaf and leaf.id, "source_name": product.name}
        else:
            most = max(stats.values(), key=lambda stat: stat["count"])
            factor = matcher(product, self.env["uom.uom"].browse(most["uom_id"]))
            code = self._where_it_counts(stats, kinds, factor)
            vals |= {"factor_id": factor.id, "source_id": self._source_of(factor).id if factor else False}
        return vals | {"event_kind_id": kinds[code].id}

    @api.model
    def _where_it_counts(self, stats, kinds, factor):
        """Return the kind at which a material counts: fuels and energy where they are used, goods when they come in."""
        leaf = factor.emission_category_id
        order = _BURNT if leaf.direct or leaf.code in _ENERGY else _BOUGHT

        def rank(code):
            point = kinds[code].recognition
            return (order.index(point) if point in order else len(order), -stats[code]["count"])

        return min(stats, key=rank)

    def _source_of(self, factor):
        """Return the source of the company that uses a factor already."""
        return self.env["carbon.source"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("factor_line_ids.factor_id", "=", factor.id),
                ("planned", "=", False),
            ],
            limit=1,
        )

    # ------------------------------------------------------------------ factors
    def _factor_matcher(self):
        """Return a function from product and unit to the factor whose keywords fit best, or none.

        Only factors with an approved version for the region of the company's sites are looked at. Among
        equals the unit of the product, the order of the packs and the newest version decide.
        """
        candidates = self._factor_candidates()
        proposals = self.env["carbon.rule.proposal"]
        languages = [code for code, _name in self.env["res.lang"].get_installed()]

        def match(product, uom):
            names = {product.with_context(lang=language).name for language in languages}
            text = " / ".join(part for part in (*sorted(names), product.default_code, product.categ_id.name) if part)
            best, factor = 0.0, self.env["carbon.emission.factor"]
            for candidate, words, rank in candidates:
                points = matching.score(text, words)
                fit = points and proposals._unit_fit(product, uom, candidate.uom_id)
                if not points or fit == "never":
                    continue
                points = points * (1.5 if fit == "direct" else 1.0) + rank
                if points > best:
                    best, factor = points, candidate
            return factor

        return match

    @api.model
    def _sql_regions(self):
        """Return SQL of the regions of the company's sites and those around them."""
        return SQL(
            "SELECT around.id FROM carbon_site s JOIN carbon_region r ON r.id = s.region_id "
            "JOIN carbon_region around ON r.parent_path LIKE around.parent_path || '%%' WHERE s.company_id = %s AND s.active",
            self.company_id.id,
        )

    def _factor_candidates(self):
        """Return [(factor, keywords, rank)]; the rank is below every point of a match."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT f.id, max(v.date_from), min(COALESCE(p.sequence, 0))
                  FROM carbon_emission_factor f
                  JOIN carbon_emission_factor_version v ON v.factor_id = f.id AND v.state = 'approved'
                   AND (v.region_id IS NULL OR v.region_id IN (%s))
                  LEFT JOIN carbon_factor_pack p ON p.id = f.pack_id
                 WHERE f.active AND f.uom_id IS NOT NULL AND (f.company_id IS NULL OR f.company_id = %s)
                 GROUP BY f.id
                """,
                self._sql_regions(),
                self.company_id.id,
            )
        )
        factors = self.env["carbon.emission.factor"].browse(row[0] for row in rows)
        factors.fetch(["material_keywords", "name", "uom_id", "emission_category_id"])
        result = []
        for factor, (_id, newest, sequence) in zip(factors, rows, strict=True):
            words = matching.tokens(factor.material_keywords)
            if words:
                rank = 0.5 / (1 + sequence) + 0.0001 * (newest.year - 1990)
                result.append((factor, words, rank))
        return result
