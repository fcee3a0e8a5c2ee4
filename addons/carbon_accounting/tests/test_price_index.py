from datetime import date, datetime
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from ..tools import reference as ref
from .inventory_common import InventoryCommon


class PriceCommon(InventoryCommon):
    """Machine tools in USD of 2022, 0.199 kg/USD; the company books CNY at 0.14 USD."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.write({"gwp_set_id": cls.ar6.id, "spend_unadjusted": False})
        cls.usd = cls.env.ref("base.USD")
        cls.usd.active = True
        cls.cny = cls.company.currency_id
        cls.env["res.currency.rate"].search([("currency_id", "in", (cls.usd + cls.cny).ids)]).unlink()
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.usd.id, "name": "2015-01-01", "rate": 0.14, "company_id": cls.company.id}
        )
        cls.spend, cls.tools, cls.spend_rule = cls._spend("TOOLS", price_sector="333517")

    @classmethod
    def _spend(cls, code, **values):
        factor = cls.env["carbon.emission.factor"].create(
            {
                "code": f"TEST-{code}",
                "name": code.title(),
                "currency_id": cls.usd.id,
                "price_year": 2022,
                "price_basis": "purchaser",
                **values,
            }
        )
        cls._version(factor, "0.199", "2015-01-01")
        source = cls.env["carbon.source"].create(
            {
                "name": code.title(),
                "company_id": cls.company.id,
                "category_id": cls.leaf.id,
                "currency_id": cls.usd.id,
                "factor_line_ids": [(0, 0, {"stream_id": cls.stream.id, "factor_id": factor.id})],
            }
        )
        return factor, source, cls._rule("declared", source, quantity_basis="amount", name=f"{code} spend")

    @classmethod
    def _index(cls, year, value, sector=False, **values):
        return cls.env["carbon.price.index"].create(
            {
                "currency_id": cls.usd.id,
                "sector": sector,
                "year": year,
                "value": value,
                "source_document": "Test statistics",
                **values,
            }
        )

    def _buy(self, amount, day="2025-05-10", currency=None, name="Bill", rule=None):
        return self._declare(
            rule or self.spend_rule, 0, day=day, amount=amount, currency_id=(currency or self.cny).id, name=name
        )

    def _exact(self, source=None):
        """Return the emission quantities of the source as exact text, counter rows too."""
        rows = self.env.execute_query(
            self._sql(
                "SELECT quantity::text FROM carbon_emission_line WHERE source_id = %s ORDER BY seq",
                (source or self.tools).id,
            )
        )
        return [Decimal(row[0]) for row in rows]

    def _advice(self):
        return self.env["carbon.collection.issue"].search(
            [("company_id", "=", self.company.id), ("state", "=", "open")]
        )


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20")
class TestPriceIndex(PriceCommon):
    """Money is brought to the prices of the factor's year (R-132; Scope 3 guidance, category 1; worked example SPEND-3)."""

    def test_money_goes_to_the_prices_of_the_factor(self):
        self._index(2022, 100)
        self._index(2025, 109)
        self._buy(1000000)
        self._commit()
        # by hand, as SPEND-3 does: 1,000,000 CNY × 0.14 = 140,000 USD of 2025; ÷ 1.09 = 128,440.366972477064 USD of 2022;
        # × 0.199 = 25,559.633027522936 kg
        self.assertEqual(self._sum(self.tools), Decimal("140000"))
        self.assertEqual(self._exact(), [Decimal("128440.366972477064")])
        self.assertEqual(self._kg(self.tools).quantize(Decimal("1e-12")), Decimal("25559.633027522936"))
        line = self.env["carbon.emission.line"].search([("source_id", "=", self.tools.id)])
        self.assertEqual(line.price_note, "Money of 2025 × 0.917431 = prices of 2022.")
        self.assertFalse(self._issues())
        self.assertEqual(self._computed()._unadjusted_spend(), [])

    def test_money_of_the_price_year_needs_no_index(self):
        self._buy(1000, "2022-06-01")
        self._commit()
        self.assertEqual(self._exact(), [Decimal("140")])
        self.assertFalse(self._issues())

    def test_vat_in_the_prices_of_the_factor_is_added_to_the_amount(self):
        self._index(2022, 100)
        self._index(2025, 109)
        _factor, source, rule = self._spend("TAXED", price_vat=13)
        self._buy(1000000, rule=rule)
        self._commit()
        # 140,000 × 1.13 ÷ 1.09
        self.assertEqual(self._exact(source), [Decimal("145137.614678899083")])
        with self.assertRaisesRegex(ValidationError, "between 0 and 100"):
            self._spend("WRONG", price_vat=113)
        with self.assertRaisesRegex(UserError, "is fixed"):
            source.factor_line_ids.factor_id.price_vat = 6

    def test_money_without_index_waits_and_is_never_taken_as_it_is(self):
        self._index(2022, 100)
        self._buy(1000000)
        self._commit()
        self.assertEqual((self._exact(), self._issues()), ([], {("Bill", "price")}))
        self.assertIn("price indices of USD for 2025 and for the price year 2022", self._advice().advice)
        # its weight is known: 140,000 × 0.199 kg, unadjusted
        period = self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", "2025-05-01")]
        )
        line = next(row for row in self.env["carbon.period.checklist"]._weighed(period) if row["code"] == "factor")
        self.assertEqual((line["count"], line["unknown"], round(line["t"], 6)), (1, 0, 27.86))
        # the index arrives: the ledger is said to wait, and the next collection counts
        self._index(2025, 109)
        self.assertTrue(self.env["carbon.engine"]._basis_changed(self.company))
        self._collect_changes()
        self.assertEqual((self._exact(), self._issues()), ([Decimal("128440.366972477064")], set()))

    def test_company_that_says_so_counts_money_as_it_is_and_the_row_says_it(self):
        self.system.spend_unadjusted = True
        self._buy(1000000)
        self._commit()
        self.assertEqual(self._exact(), [Decimal("140000")])
        line = self.env["carbon.emission.line"].search([("source_id", "=", self.tools.id)])
        self.assertIn("Money of 2025, not brought to the prices of 2022", line.price_note)
        inventory = self._computed()
        self.assertEqual(inventory._unadjusted_spend(), [(2022, 2025, 27.86)])
        page = self.env["carbon.inventory.document"]._html(inventory, "ISO14064-1", "en_US")
        self.assertIn("is not brought to the prices of 2022", " ".join(page.split()).replace("<!-- -->", ""))
        notes = dict(self.env["carbon.inventory.workbook"]._method_notes(inventory))
        self.assertIn("27.860 t CO2e", notes["未调整到因子价格年份 Not at the prices of the factor"])
        # indices that come later replace it, with a counter row; nothing was counted with them before
        typo = self._index(2022, 10)
        self.assertFalse(typo.is_fixed)
        typo.value = 100
        self._index(2025, 109)
        self._collect_changes()
        self.assertEqual(self._exact(), [Decimal("140000"), Decimal("-140000"), Decimal("128440.366972477064")])
        self.system.spend_unadjusted = False
        self.assertTrue(self.env["carbon.engine"]._basis_changed(self.company))

    def test_series_of_the_sector_and_of_the_company_come_first(self):
        for year, value in ((2022, 100), (2025, 109)):
            self._index(year, value)
        self._index(2025, 130, "333517")  # of one year only: no series
        self._buy(1000000)
        self._commit()
        self.assertEqual(self._exact()[-1], Decimal("128440.366972477064"))
        self._index(2022, 104, "333517")
        self._collect_changes()
        self.assertEqual(self._exact()[-1], Decimal("112000"))  # 140,000 × 104 ÷ 130
        for year, value in ((2022, 100), (2025, 200)):
            self._index(year, value, "333517", company_id=self.company.id)
        self._collect_changes()
        self.assertEqual(self._exact()[-1], Decimal("70000"))
        self.spend.price_sector = False
        self._collect_changes()
        self.assertEqual(self._exact()[-1], Decimal("128440.366972477064"))

    def test_index_that_was_counted_with_stays(self):
        self._index(2022, 100)
        index = self._index(2025, 190)
        index.value = 19  # nothing was counted yet
        index.value = 109
        self._buy(1000000)
        self._commit()
        self.assertTrue(index.is_fixed)
        for change in (lambda: index.write({"value": 110}), lambda: index.write({"year": 2024}), index.unlink):
            with self.assertRaisesRegex(UserError, "The ledger was counted with price index"), self.env.cr.savepoint():
                change()
        with self.assertRaisesRegex(ValidationError, "Write why"), self.env.cr.savepoint():
            index.active = False
        index.write({"active": False, "archive_reason": "Revised by the office"})
        self._index(2025, 112)
        self._collect_changes()
        self.assertEqual(self._exact()[-1], Decimal("125000"))  # 140,000 ÷ 1.12
        self.assertTrue(index.archived_on)

    def test_closed_month_keeps_its_prices(self):
        self._index(2022, 100)
        index = self._index(2025, 109)
        self._buy(1000000)
        self._commit()
        self._collect()
        self.env["carbon.reporting.period"].search(
            [("company_id", "=", self.company.id), ("date_from", "=", "2025-05-01")]
        ).action_close()
        index.write({"active": False, "archive_reason": "Revised by the office"})
        self._index(2025, 112)
        self._collect_changes()
        self.assertEqual(self._exact(), [Decimal("128440.366972477064")])
        self.assertEqual(self._issues(), {("Bill", "late")})

    def test_sampled_row_is_performed_again_with_the_index(self):
        self._index(2022, 100)
        self._index(2025, 109)
        self._buy(1000000)
        self._commit()
        # a moment after the test, whose clock stands still while that of the database goes on
        factors = self.env["carbon.verification.reperformance"]._read_factors([self.tools.id], datetime(2100, 1, 1))
        found = ref.emissions(date(2025, 5, 10), Decimal(140000), (), factors[self.tools.id])
        self.assertEqual([row[2] for row in found], [Decimal("128440.366972477064")])

    def test_one_index_for_a_year_of_a_series(self):
        self._index(2022, 100)
        with self._refused_by_database():
            self._index(2022, 101)
        with self._refused_by_database():
            self._index(22, 101)
        self._index(2022, 101, "333517")
        self._index(2022, 101, company_id=self.company.id)

    def test_accountants_write_indices_of_their_own_company(self):
        mine = self._index(2022, 100, company_id=self.company.id)
        reader = self._user("px-reader", "group_carbon_reader")
        accountant = self._user("px-accountant", "group_carbon_accountant")
        self.assertTrue(mine.with_user(reader).has_access("read"))
        self.assertFalse(mine.with_user(reader).has_access("write"))
        mine.with_user(accountant).value = 101
        other = self.env["res.company"].create({"name": "B"})
        stranger = self._user("px-stranger", "group_carbon_accountant", other)
        self.assertFalse(mine.with_user(stranger).with_context(allowed_company_ids=other.ids).has_access("read"))
        self.env["carbon.system"].sudo()._get(other)
        shared = self._index(2022, 100)
        with self.assertRaises(AccessError):
            shared.with_user(accountant).value = 7


@tagged("post_install", "-at_install")
class TestPriceDifferential(PriceCommon):
    """Engine and reference agree on prices to the last decimal, for few records and for many."""

    INDEX = st.tuples(st.integers(2018, 2026), st.decimals("0.5", "300", places=4), st.booleans())
    BILL = st.tuples(st.decimals("0.01", "9999999", places=2), st.dates(date(2019, 1, 1), date(2025, 12, 31)))

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(INDEX, max_size=9, unique_by=lambda row: (row[0], row[2])),
        st.lists(BILL, min_size=1, max_size=12),
        st.sampled_from(("0", "6", "13", "9.5")),
        st.booleans(),
        st.booleans(),
    )
    def _differ(self, indices, bills, vat, unadjusted, bulk):
        savepoint = self.env.cr.savepoint()
        try:
            self._differ_once(indices, bills, vat, unadjusted, bulk)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _differ_once(self, indices, bills, vat, unadjusted, bulk):
        factor, source, rule = self._spend("DRAWN", price_vat=float(vat), price_sector="S")
        self.system.spend_unadjusted = unadjusted
        sector, economy = {}, {}
        for year, value, of_sector in indices:
            self._index(year, float(value), "S" if of_sector else False)
            (sector if of_sector else economy)[year] = value
        version = factor.version_ids
        told = ref.Factor(
            "combustion",
            (ref.Version(version.id, version.date_from),),
            prices=ref.Prices(2022, Decimal(vat), (sector, economy), unadjusted),
        )
        rows = {self._buy(float(amount), day, self.usd, rule=rule): (amount, day) for amount, day in bills}
        self.env.flush_all()
        self.env.cr.precommit.clear()
        ids = [row.id for row in rows]
        engine = self.env["carbon.engine"].sudo()
        if bulk:
            engine._collect_range("carbon.declaration", self.company, min(ids), max(ids))
        else:
            with engine._few_settings():
                engine._collect_ids("carbon.declaration", ids, self.company.ids)
        found = {
            row[0]: (Decimal(row[1]) if row[1] else None, row[2])
            for row in self.env.execute_query(
                self._sql(
                    "SELECT a.origin_id, e.quantity::text, i.reason FROM carbon_activity_data a "
                    "LEFT JOIN carbon_emission_line e ON e.activity_id = a.id "
                    "LEFT JOIN carbon_collection_issue i ON i.origin_id = a.origin_id AND i.origin_model = a.origin_model "
                    "AND i.state = 'open' WHERE a.source_id = %s",
                    source.id,
                )
            )
        }
        for row, (amount, day) in rows.items():
            emissions = ref.emissions(day, amount, (), (told,))
            expected = (emissions[0][2], None) if emissions else (None, "price")
            self.assertEqual(found[row.id], expected, (day, indices, vat, unadjusted))

    def test_engine_and_reference_agree_on_prices(self):
        self._differ()
