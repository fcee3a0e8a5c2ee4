from odoo import api, fields, models
from odoo.tools import SQL

#: What is no purchase although its rows name the partner: it comes after the sale, and the partner does not count it as its own.
NOT_BOUGHT = ("downstream_transport", "processing", "product_use", "end_of_life")


class CarbonConsolidation(models.Model):
    """Computation of a consolidated inventory: from the lines of the companies' inventories, in sets."""

    _inherit = "carbon.consolidation"

    def action_compute(self):
        """Replace companies, lines and eliminations of drafts by what the inventories of the companies say now.

        :return: True
        :raises AccessError: for people who may not enter all companies of the group
        """
        self._require("group_carbon_accountant", "draft")
        self.env.flush_all()
        for record in self:
            # sudo: the inventories and ledgers of all companies of the group, which the user may enter, whatever is ticked
            record.sudo()._compute_rows(self.env.uid)
        self.env.invalidate_all()
        return True

    def _compute_rows(self, uid):
        self.ensure_one()
        self._clear_rows()
        self._write_members()
        for buyer in self.member_ids.filtered("counted_part"):
            self.env.execute_query(self._sql_eliminations(buyer))
        self.env.execute_query(self._sql_lines())
        self._act().write({"computed_on": fields.Datetime.now(), "computed_by_id": uid})
        self.env.invalidate_all()

    def _clear_rows(self):
        """Delete the rows: lines and eliminations go with their companies."""
        self.env.flush_all()
        for name in ("line", "elimination", "member"):
            table = SQL.identifier(f"carbon_consolidation_{name}")
            self.env.cr.execute(SQL("DELETE FROM %s WHERE consolidation_id IN %s", table, tuple(self.ids)))
        self.env.invalidate_all(flush=False)

    def _clear(self):
        """Forget the results of drafts whose basis changed."""
        self._clear_rows()
        self._act().write({"computed_on": False, "computed_by_id": False})

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------
    def _write_members(self):
        """Write the companies with their shares and the inventories they bring."""
        found, _lacking = self._find_inventories()
        values = []
        for position, (line, company, share) in enumerate(self.boundary_id._group_shares()):
            inventory = found.get(company.id, self.env["carbon.inventory"]) if share else self.env["carbon.inventory"]
            values.append(
                {
                    "consolidation_id": self.id,
                    "company_id": self.company_id.id,
                    "sequence": position,
                    "entity_name": line.entity_name or company.name,
                    "member_company_id": company.id,
                    "relation": line.relation or "own",
                    "share": float(share),
                    "counted_part": float(share) if inventory.computed_on else 0.0,
                    "inventory_id": inventory.id,
                    "inventory_computed_on": inventory.computed_on,
                }
            )
        self.env["carbon.consolidation.member"]._acting().create(values)
        self.env.flush_all()

    # ------------------------------------------------------------------
    # Eliminations
    # ------------------------------------------------------------------
    @api.model
    def _partners_of(self, companies):
        """Return the partners that stand for companies in documents: their own and all contacts of it (sudo)."""
        # sudo: partners of companies, asked for after the check that the user may enter them
        partners = self.env["res.partner"].sudo().with_context(active_test=False)
        own = companies.sudo().partner_id.ids  # sudo: as above
        return partners.search(["|", ("id", "in", own), ("commercial_partner_id", "in", own)])

    def _sql_sellers(self, buyer):
        """Return the relation partner → company of the group that sells (``partner_id``, ``member_id``).

        Partners that were merged stand for the one that stayed.
        """
        return SQL(
            """
            SELECT n.number AS partner_id, min(m.id) AS member_id
              FROM carbon_consolidation_member m
              JOIN res_company c ON c.id = m.member_company_id
              JOIN res_partner p ON p.id = c.partner_id OR p.commercial_partner_id = c.partner_id
              JOIN LATERAL (SELECT p.id AS number
                             UNION ALL SELECT pm.merged_id FROM carbon_partner_merge pm WHERE pm.partner_id = p.id) n ON TRUE
             WHERE m.consolidation_id = %s AND m.share > 0 AND m.id <> %s
             GROUP BY n.number
            """,
            self.id,
            buyer.id,
        )

    def _sql_added(self, buyer):
        """Return the relation of sources that a confirmed decision adds (``source_id``, ``member_id``, ``part``, ``decision_id``)."""
        return SQL(
            """
            SELECT d.source_id, m.id AS member_id, d.part, d.id AS decision_id
              FROM carbon_consolidation_decision d
              JOIN carbon_consolidation_member m ON m.consolidation_id = d.consolidation_id AND m.member_company_id = d.seller_company_id
             WHERE d.consolidation_id = %s AND d.kind = 'add' AND d.state = 'confirmed' AND d.buyer_company_id = %s
            """,
            self.id,
            buyer.member_company_id.id,
        )

    def _sql_bought(self, buyer):
        """CTEs ``seller``, ``added``, ``agg`` and ``flow``: quantities bought inside the group, by what a line of the inventory is.

        The rows are those that the buyer's inventory summed, read through its own conditions, and its ``flow`` says segment and
        results of electricity: no second answer to what counts and as what.
        """
        inventory = buyer.inventory_id
        return SQL(
            """
            seller AS MATERIALIZED (%(sellers)s),
            added AS MATERIALIZED (%(added)s),
            agg AS MATERIALIZED (
              SELECT date_trunc('month', e.date::timestamp)::date AS period, e.source_id, e.category_id, e.stream, e.version_id,
                     e.lends, COALESCE(b.member_id, d.member_id) AS seller_id,
                     CASE WHEN b.member_id IS NULL THEN d.decision_id END AS decision_id,
                     SUM(CASE WHEN b.member_id IS NULL THEN e.quantity * d.part ELSE e.quantity END) AS quantity,
                     count(*) AS row_count
                FROM %(ledger)s e
                LEFT JOIN seller b ON b.partner_id = e.partner_id
                LEFT JOIN added d ON d.source_id = e.source_id AND b.member_id IS NULL
               WHERE %(where)s AND e.id <= %(bound)s AND (b.member_id IS NOT NULL OR d.member_id IS NOT NULL)
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
            %(flow)s
            """,
            sellers=self._sql_sellers(buyer),
            added=self._sql_added(buyer),
            ledger=inventory._sql_ledger(),
            where=inventory._sql_ledger_where(),
            bound=inventory.ledger_max_id,
            flow=inventory._sql_flow_of_sums(),
        )

    def _sql_eliminations(self, buyer):
        """Return the statement that writes what a company bought inside the group.

        Factor, share of sites, GWP and treatment are those of the line of the buyer's own inventory that the quantity is part of,
        sealed with it where it is approved: ``flow = quantity × kg per unit × share × GWP`` of that line.
        ``eliminated = flow × share of the buyer × counted part of the seller``; see the model of eliminations for the reason.
        """
        return SQL(
            """
            WITH %(bought)s,
            part AS (
              SELECT f.seller_id, f.decision_id, f.source_id, f.category_id, l.segment, f.stream, l.gas_id, l.gas_kind, l.treatment,
                     f.in_location, f.in_market, SUM(f.row_count)::int AS row_count,
                     SUM(round(f.quantity * l.kg_per_unit * l.share * l.gwp, 12)) AS flow_kg
                FROM flow f
                JOIN carbon_inventory_line l
                     ON l.inventory_id = %(inventory)s AND l.period = f.period AND l.source_id = f.source_id
                    AND l.emission_category_id = f.category_id AND l.stream = f.stream AND l.version_id = f.version_id
                    AND l.in_location = f.in_location AND l.in_market = f.in_market
                JOIN carbon_emission_category c ON c.id = f.category_id
               WHERE l.segment <> 'direct' AND l.exclusion IS NULL
                 AND (f.decision_id IS NOT NULL OR NOT EXISTS (
                      SELECT 1 FROM carbon_emission_category n
                       WHERE n.code = ANY(%(not_bought)s) AND starts_with(c.parent_path, n.parent_path)))
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
            INSERT INTO carbon_consolidation_elimination (consolidation_id, company_id, buyer_id, seller_id, buyer_company_id,
                   seller_company_id, source_id, emission_category_id, segment, stream, gas_id, gas_kind, treatment, in_location,
                   in_market, row_count, flow_kg, buyer_share, seller_part, decision_id, is_kept, eliminated_kg)
            SELECT b.consolidation_id, b.company_id, b.id, s.id, b.member_company_id, s.member_company_id, p.source_id,
                   p.category_id, p.segment, p.stream, p.gas_id, p.gas_kind, p.treatment, p.in_location, p.in_market, p.row_count,
                   trim_scale(p.flow_kg), b.share, s.counted_part, COALESCE(k.id, p.decision_id), k.id IS NOT NULL,
                   CASE WHEN k.id IS NOT NULL THEN 0
                        ELSE trim_scale(round(p.flow_kg * b.share * s.counted_part, 12)) END
              FROM part p
              JOIN carbon_consolidation_member b ON b.id = %(buyer)s
              JOIN carbon_consolidation_member s ON s.id = p.seller_id
              LEFT JOIN carbon_consolidation_decision k
                     ON k.consolidation_id = b.consolidation_id AND k.kind = 'keep' AND k.state = 'confirmed'
                    AND k.buyer_company_id = b.member_company_id AND k.seller_company_id = s.member_company_id
                    AND k.source_id = p.source_id
             ORDER BY s.id, p.source_id, p.stream, p.gas_id, p.treatment
            RETURNING id
            """,
            bought=self._sql_bought(buyer),
            inventory=buyer.inventory_id.id,
            buyer=buyer.id,
            not_bought=list(NOT_BOUGHT),
        )

    # ------------------------------------------------------------------
    # Lines
    # ------------------------------------------------------------------
    def _sql_lines(self):
        """Return the statement that writes the lines: the inventories' own lines summed, by share, less what is eliminated."""
        return SQL(
            """
            WITH own AS (
              SELECT m.id AS member_id, l.emission_category_id, l.segment, l.gas_id, l.gas_kind, l.treatment,
                     COALESCE(l.in_location, FALSE) AS in_location, COALESCE(l.in_market, FALSE) AS in_market,
                     SUM(l.co2e_kg) AS kg
                FROM carbon_consolidation_member m
                JOIN carbon_inventory_line l ON l.inventory_id = m.inventory_id
               WHERE m.consolidation_id = %(id)s AND m.counted_part > 0 AND l.exclusion IS NULL
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8),
            out AS (
              SELECT e.buyer_id, e.emission_category_id, e.segment, e.gas_id, e.gas_kind, e.treatment, e.in_location, e.in_market,
                     SUM(e.eliminated_kg) AS kg
                FROM carbon_consolidation_elimination e WHERE e.consolidation_id = %(id)s
               GROUP BY 1, 2, 3, 4, 5, 6, 7, 8)
            INSERT INTO carbon_consolidation_line (consolidation_id, company_id, member_id, member_company_id, emission_category_id,
                   segment, gas_id, gas_kind, treatment, in_location, in_market, own_kg, share, eliminated_kg, consolidated_kg)
            SELECT m.consolidation_id, m.company_id, m.id, m.member_company_id, o.emission_category_id, o.segment, o.gas_id,
                   o.gas_kind, o.treatment, o.in_location, o.in_market, trim_scale(o.kg), m.share,
                   trim_scale(COALESCE(x.kg, 0)), trim_scale(round(o.kg * m.share, 12) - COALESCE(x.kg, 0))
              FROM own o
              JOIN carbon_consolidation_member m ON m.id = o.member_id
              LEFT JOIN out x
                     ON x.buyer_id = o.member_id AND x.emission_category_id = o.emission_category_id AND x.segment = o.segment
                    AND x.gas_id = o.gas_id AND x.gas_kind = o.gas_kind AND x.treatment = o.treatment
                    AND x.in_location = o.in_location AND x.in_market = o.in_market
             ORDER BY m.sequence, o.emission_category_id, o.gas_id, o.treatment
            RETURNING id
            """,
            id=self.id,
        )
