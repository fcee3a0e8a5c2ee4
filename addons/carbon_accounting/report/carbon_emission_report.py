from odoo import api, fields, models
from odoo.fields import Domain
from odoo.orm.domains import DomainCondition, DomainNary
from odoo.tools import SQL

from ..models.carbon_emission_factor_gas import GAS_KINDS
from ..models.carbon_gas import GAS_GROUPS
from ..models.carbon_inventory_line import TREATMENTS
from ..tools.ledger_fields import LedgerMany2one
from .carbon_inventory_report import SCOPES

#: Columns of a ledger row ``e`` by which it can be summed.
ROW_COLUMNS = {
    name: f"e.{name}"
    for name in (
        *("company_id", "date", "source_id", "category_id", "product_id"),
        *("partner_id", "activity_id", "stream", "version_id", "reverses_id", "lends"),
    )
}
#: Fields that are looked up through one of those columns.
DERIVED = {
    "counted": "stream",
    "is_approved": "stream",
    "site_id": "source_id",
    "emission_unit_id": "source_id",
    "scope": "category_id",
    "ghg_category_id": "category_id",
    "factor_id": "version_id",
}
GAS_FIELDS = {"gas_id", "gas_group", "gas_kind", "treatment"}
MEASURES = {
    *("co2e_t", "waiting_t", "location_t", "market_t", "biogenic_t", "removal_t", "mass_kg"),
    *("row_count", "no_gwp_count"),
}
SIZE = 64  # more gases than any factor has: ids of (ledger row, gas) pairs


class Shape(dict):
    """What a question needs of the table, handed through the context.

    A context that comes over RPC is JSON: whatever it puts under the key is no ``Shape`` and is ignored.
    """


class CarbonEmissionReport(models.Model):
    """The emissions ledger with its result, read with the settings of the screens.

    Asked for rows, it shows ledger rows (of each gas, if a gas is asked for). Asked for
    sums, its query sums the ledger by exactly the columns that the question names, and
    only the sums meet gas lines and GWP: ten million rows cost one pass.

    CO2e comes with the GWP set of the current company's system, the scope from the
    latest GHG Protocol edition. Of the two results of electricity the one of the
    system's basis counts, the other one only where it is the only one (``lends``).
    """

    _name = "carbon.emission.report"
    _description = "Emission"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "activity_id"
    _depends = {
        "carbon.system": ["gwp_set_id", "electricity_basis"],
        "carbon.source": ["site_id", "emission_unit_id"],
        "carbon.framework.mapping": [
            "edition_id",
            "emission_category_id",
            "framework_category_id",
        ],
        "carbon.framework.category": ["scope"],
        "carbon.emission.factor.gas": ["version_id", "gas_id", "kind", "kg_per_unit"],
        "carbon.gwp.value": ["gwp_set_id", "gas_id", "value"],
    }

    activity_id = fields.Many2one("carbon.activity.data", string="Document", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    date = fields.Date(readonly=True)
    source_id = fields.Many2one("carbon.source", readonly=True)
    site_id = fields.Many2one("carbon.site", readonly=True)
    emission_unit_id = fields.Many2one("carbon.emission.unit", readonly=True)
    category_id = fields.Many2one("carbon.emission.category", readonly=True)
    scope = fields.Selection(SCOPES, readonly=True)
    ghg_category_id = fields.Many2one("carbon.framework.category", string="GHG Protocol Category", readonly=True)
    product_id = LedgerMany2one("product.product", readonly=True)
    partner_id = LedgerMany2one("res.partner", readonly=True)
    stream = fields.Char(string="Result", readonly=True)
    version_id = fields.Many2one("carbon.emission.factor.version", string="Factor Version", readonly=True)
    factor_id = fields.Many2one("carbon.emission.factor", readonly=True)
    gas_id = fields.Many2one("carbon.gas", readonly=True)
    gas_group = fields.Selection(GAS_GROUPS, readonly=True)
    gas_kind = fields.Selection(GAS_KINDS, readonly=True)
    treatment = fields.Selection(TREATMENTS, readonly=True)
    reverses_id = fields.Many2one("carbon.emission.line", string="Counter Row Of", readonly=True)
    quantity = fields.Float(string="Quantity in Factor Unit", digits=0, readonly=True, aggregator=None)
    counted = fields.Boolean(
        string="Counts",
        readonly=True,
        help="Not the other of the two results of electricity.",
    )
    lends = fields.Boolean(string="Stands for Both Results", readonly=True)
    co2e_t = fields.Float(
        string="t CO₂e",
        digits=0,
        readonly=True,
        help="On the system's basis of electricity; without biogenic CO₂, removals, "
        "recovered gas and gases outside the seven groups.",
    )
    is_approved = fields.Boolean(
        string="Approved", readonly=True, help="Yes where the company does not approve its data: they count at once."
    )
    waiting_t = fields.Float(
        string="t CO₂e Waiting", digits=0, readonly=True, help="Waits for approval, or was rejected: not in the totals."
    )
    location_t = fields.Float(string="t CO₂e, Location-Based", digits=0, readonly=True)
    market_t = fields.Float(string="t CO₂e, Market-Based", digits=0, readonly=True)
    biogenic_t = fields.Float(string="Biogenic CO₂ (t)", digits=0, readonly=True)
    removal_t = fields.Float(string="Removals (t CO₂e)", digits=0, readonly=True)
    mass_kg = fields.Float(string="Mass of Gas (kg)", digits=0, readonly=True)
    row_count = fields.Integer(string="Ledger Rows", readonly=True)
    no_gwp_count = fields.Integer(
        string="Rows without GWP",
        readonly=True,
        help="Rows with a gas that the GWP set of the system does not know. They are not in the totals.",
    )

    # ------------------------------------------------------------------
    # What a question asks for
    # ------------------------------------------------------------------
    @property
    def _table_query(self):
        return self._sql_report(self._shape() or Shape())

    def _shape(self):
        """Return the shape that this model gave itself, or None."""
        shape = self.env.context.get("carbon_report")
        return shape if type(shape) is Shape else None

    def _asking(self, names, domain, rows=False):
        """Return ``self`` with the shape of a question in its context, and its domain.

        :param names: fields that the question names besides its domain
        :param rows: ledger rows are wanted, not sums
        :return: pair of model and the part of the domain that the table leaves open
        """
        where, domain = self._sql_window(Domain(domain).optimize(self))
        specs = [name.partition(".")[0].partition(":") for name in names]
        used = {name for name, _colon, _spec in specs}
        left = {leaf.field_expr.split(".")[0] for leaf in domain.iter_conditions()}
        months = {"month", "quarter", "year"}
        dates = {spec for name, _colon, spec in specs if name == "date"}
        used = (used | left) - MEASURES
        known = ROW_COLUMNS.keys() | DERIVED.keys() | GAS_FIELDS
        shape = Shape(
            columns=used | {DERIVED[name] for name in used & DERIVED.keys()},
            by_month="date" not in left and dates <= months,
            rows=rows or not used <= known,
            gas=bool(used & GAS_FIELDS),
            where=where,
        )
        return self.with_context(carbon_report=shape), domain

    def _asking_ids(self, ids):
        """Return ``self`` shaped to read known rows through the key of the ledger."""
        shape = Shape(
            rows=True,
            gas=any(number % SIZE for number in ids),
            where=SQL("e.id = ANY(%s)", sorted({number // SIZE for number in ids})),
        )
        return self.with_context(carbon_report=shape)

    def _sql_window(self, domain):
        """Take conditions on dates and companies out of a domain, as SQL on the ledger.

        What stays in the domain is applied to the sums.

        :return: pair of SQL and the rest of the domain
        """
        parts, rest = [], []
        is_and = isinstance(domain, DomainNary) and domain.OPERATOR == "&"
        for leaf in domain.children if is_and else [domain]:
            part = self._sql_condition(leaf)
            (parts if part else rest).append(part or leaf)
        if not self.env.su:  # what the record rule says, said where it saves work
            parts.append(self._sql_companies(self.env.companies.ids))
        return SQL(" AND ").join(parts or [SQL("TRUE")]), Domain.AND(rest)

    def _sql_condition(self, domain):
        """Return a domain that speaks of dates and companies only as SQL, else None."""
        if isinstance(domain, DomainNary):
            parts = [self._sql_condition(child) for child in domain.children]
            joint = " AND " if domain.OPERATOR == "&" else " OR "
            return SQL("(%s)", SQL(joint).join(parts)) if all(parts) else None
        if not isinstance(domain, DomainCondition):
            return None
        name, operator, value = domain.field_expr, domain.operator, domain.value
        if name == "date" and operator in (">=", "<=", ">", "<") and value:
            return SQL("e.date %s %s", SQL(operator), value)
        if name == "company_id" and operator == "in":
            ids = list(value)
            if all(type(company) is int for company in ids):
                return self._sql_companies(ids)
        return None

    @api.model
    def _sql_companies(self, ids):
        """Return a condition on companies that an ordered index scan can use."""
        if len(ids) == 1:
            return SQL("e.company_id = %s", ids[0])
        return SQL("e.company_id = ANY(%s)", list(ids))

    # ------------------------------------------------------------------
    # Questions
    # ------------------------------------------------------------------
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        """Show ledger rows, unless a sum was asked for by ``_read_group``."""
        model, domain = self, Domain(domain)
        if self._shape() is None:
            leaves = domain.iter_conditions()
            known = [leaf for leaf in leaves if leaf.field_expr == "id"]
            if known and known[0].operator == "in":
                model = self._asking_ids(known[0].value)
            else:
                model, domain = self._asking([], domain, rows=True)
        return super(CarbonEmissionReport, model)._search(domain, offset, limit, order, **kwargs)

    @api.model
    def _read_group(
        self,
        domain,
        groupby=(),
        aggregates=(),
        having=(),
        offset=0,
        limit=None,
        order=None,
    ):
        """Sum the ledger by the columns that this question names, and no others."""
        names = [*groupby, *(spec for spec in aggregates if spec != "__count")]
        model, domain = self._asking(names, domain)
        return super(CarbonEmissionReport, model)._read_group(domain, groupby, aggregates, having, offset, limit, order)

    @api.model
    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        """Sum the ledger by the columns that these questions name, and no others."""
        names = [name for groupby in grouping_sets for name in groupby]
        names += [spec for spec in aggregates if spec != "__count"]
        model, domain = self._asking(names, domain)
        return super(CarbonEmissionReport, model)._read_grouping_sets(domain, grouping_sets, aggregates, order)

    def _read_group_select(self, aggregate_spec, query):
        """Count ledger rows also where the table holds sums of them."""
        if aggregate_spec == "__count":
            return SQL(
                "COALESCE(SUM(%s), 0)::int",
                self._field_to_sql(self._table, "row_count", query),
            )
        return super()._read_group_select(aggregate_spec, query)

    def action_open_origin(self):
        """Open the business document behind the emission."""
        self.ensure_one()
        return self.activity_id.action_open_origin()
