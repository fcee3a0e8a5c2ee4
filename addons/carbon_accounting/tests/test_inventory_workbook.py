import hashlib
import io
import json
import re

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .inventory_common import InventoryCommon

A1 = ["序号 No.", "名称 Name", "规格参数 Specification / parameters", "位置 Location", "投运时间 Commissioning date"]
A2 = [
    "类别 Category",
    "内容 Item",
    "净消耗量数据来源 Source of net consumption data",
    "低位发热值数据来源 Source of net calorific value data",
]
A3 = [
    "类别 Category",
    "内容 Item",
    "单位热值含碳量数据来源 Source of carbon content per unit heat",
    "碳氧化率数据来源 Source of oxidation rate",
]
ROWS = [
    ("化石燃料燃烧 Fossil fuel combustion", "燃煤 Coal"),
    (None, "天然气 Natural gas"),
    (None, "液化石油气 Liquefied petroleum gas"),
    (None, "其他 Other"),
    ("工业过程 Industrial process", "二氧化碳排放 CO2 emission"),
    ("净购入电量 Net purchased electricity", "净购入电量 Net purchased electricity"),
]


class WorkbookCommon(InventoryCommon):
    """A year with fuel by parameters, electricity, methane, a worklist item and a superseded event."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fuel_factor = cls.env["carbon.emission.factor"].create(
            {"code": "TEST-FUEL", "name": "Test coal", "uom_id": cls.ton.id}
        )
        version = cls.env["carbon.emission.factor.version"].create(
            {
                "factor_id": cls.fuel_factor.id,
                "date_from": "2015-01-01",
                "method": "parameter",
                "ncv": 20,
                "ncv_uom_id": cls.ton.id,
                "carbon_content": 0.026,
                "oxidation_rate": 0.98,
                "heating_value_basis": "lhv",
                "source_document": "Laboratory report 7",
            }
        )
        version.action_approve()
        cls.fuel = cls._source(
            "Furnace",
            cls.ton,
            cls.fuel_factor,
            material="coal",
            specification="35 t/h",
            location="Hall 2",
            commissioning_date="2019-05-01",
        )
        cls.fuel_rule = cls._rule("declared", cls.fuel, name="Furnace coal")
        cls.grid, cls.grid_rule = cls._emitter(
            "Grid", cls.kwh, "0.5", "GRID", cls.location, cls.electricity_leaf, material="electricity"
        )
        cls.vent, cls.vent_rule = cls._emitter("Vent", cls.kg, 1, "VENT", gas=cls._gas("CH4_FOSSIL"))

    def _fill(self):
        self._declare(self.fuel_rule, 100, self.ton, name="=1+1")
        gone = self._declare(self.fuel_rule, 7, self.ton, "2025-04-01")
        self._declare(self.grid_rule, 50000, self.kwh, "2025-04-20")
        self._declare(self.vent_rule, 1000, self.kg, "2025-05-20")
        rule = self._rule("declared", self._source("Bare", self.kg, None), name="Bare")
        self._declare(rule, 3, self.kg, name="Waiting")
        self._commit()
        gone.action_cancel()

    def _book(self, inventory, **options):
        stream = io.BytesIO()
        self.env["carbon.inventory.workbook"]._write(inventory, stream, **options)
        return load_workbook(stream), load_workbook(stream, data_only=True)

    @staticmethod
    def _rows(sheet):
        return [[cell.value for cell in row] for row in sheet.iter_rows()]


@tagged("post_install", "-at_install")
class TestInventoryWorkbook(WorkbookCommon):
    """The workbook: sheets, headings of tables A.1 to A.3, live formulas (R-140)."""

    def _value(self, book, sheet, formula):
        """Calculate a formula of products, sums and SUMIFS as a spreadsheet would."""
        text = formula.lstrip("=")

        def area(reference):
            name, cells = re.match(r"(?:'(.+)'!)?(.+)", reference).groups()
            target = book[name] if name else sheet
            return [cell.value for line in target[cells.replace("$", "")] for cell in line]

        def number(value):
            return self._value(book, sheet, value) if isinstance(value, str) and value[:1] == "=" else value or 0

        def sumifs(match):
            total, *tests = re.findall(r"'[^']+'![$A-Z0-9:]+|\"[^\"]*\"|[A-Z]+\d+|\d+", match.group(1))
            keep = [True] * len(area(total))
            for where, test in zip(tests[::2], tests[1::2], strict=True):
                if test[0] == '"':
                    want = test.strip('"')
                else:
                    want = int(test) if test.isdigit() else sheet[test].value
                if isinstance(want, str) and want.startswith("<>"):
                    hits = [value != want[2:] for value in area(where)]
                else:
                    hits = [value == want for value in area(where)]
                keep = [a and b for a, b in zip(keep, hits, strict=True)]
            target = book[re.match(r"'(.+)'!", total).group(1)]
            cells = [c for line in target[total.split("!")[1].replace("$", "")] for c in line]
            return repr(sum(self._value(book, target, c.value) for c, hit in zip(cells, keep, strict=True) if hit))

        text = re.sub(r"SUMIFS\(([^()]*)\)", sumifs, text)
        text = re.sub(r"SUM\(([^()]*)\)", lambda m: repr(sum(number(v) for v in area(m.group(1)))), text)
        text = re.sub(r"\b([A-Z]{1,2}\d+)\b", lambda m: repr(float(number(sheet[m.group(1)].value))), text)
        self.assertRegex(text, r"^[\d.e+\-*/() ]+$", formula)
        return safe_eval(text)

    def test_tables_a1_to_a3_have_the_exact_headings_and_rows(self):  # R-140 D1 D2 D3
        self.coal.material = "lpg"  # the furnace alone burns coal
        self._fill()
        book, _values = self._book(self._computed())
        sheets = {name: self._rows(book[name]) for name in book.sheetnames if name.startswith("表A")}
        a1, a2, a3 = sheets.values()
        self.assertEqual([a1[1], a2[1], a3[1]], [A1, A2, A3])
        self.assertIn("表A.1 碳排放源清单", a1[0][0])
        for rows in (a2, a3):
            self.assertEqual([tuple(row[:2]) for row in rows[2:8]], ROWS)
            self.assertEqual([row[3] for row in rows[6:8]], ["-", "-"])
            self.assertIn("扩展行", rows[8][0])
        furnace = next(row for row in a1 if row[1] == "Furnace")
        self.assertEqual(furnace[2:4], ["35 t/h", "Hall 2"])
        self.assertEqual(str(furnace[4])[:10], "2019-05-01")
        self.assertEqual(a2[2][3], "Laboratory report 7")
        self.assertIn("Declared quantity", a2[2][2])
        self.assertEqual(a3[2][2:], ["Laboratory report 7", "Laboratory report 7"])
        self.assertEqual(a3[7][2:], ["test", "-"])

    def test_formulas_give_the_figures_of_the_inventory(self):  # R-133 S2
        self._fill()
        inventory = self._computed()
        book, values = self._book(inventory)
        sheet = book["排放量 Emissions"]
        by_source = {row[1].value: row for row in sheet.iter_rows(min_row=3)}
        furnace = by_source["Furnace"]
        self.assertEqual(furnace[13].value, "=J3*L3*M3")
        self.assertEqual(furnace[15].value, "=N3*O3/1000")
        self.assertEqual(round(self._value(book, sheet, furnace[15].value), 3), 186.853)
        self.assertEqual(round(self._value(book, sheet, by_source["Vent"][15].value), 6), 29.8)
        summary, cached = book["汇总 Summary"], values["汇总 Summary"]
        total = next(row for row in summary.iter_rows() if (row[0].value or "").startswith("排放总量（含外购能源）"))
        self.assertAlmostEqual(self._value(book, summary, total[1].value), inventory.total_t, 6)
        checked = 0
        for row in summary.iter_rows():
            for cell in row[1:4]:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    now = self._value(book, summary, cell.value)
                    self.assertAlmostEqual(now, cached[cell.coordinate].value, 6, cell.coordinate)
                    checked += 1
        self.assertGreater(checked, 20)

    def test_summary_by_category_adds_up_for_each_edition(self):
        self._fill()
        leaf = self.env["carbon.emission.category"].create({"code": "test_leaf", "name": "Odd"})
        _source, rule = self._emitter("Odd source", self.kg, 1, "ODD", leaf=leaf)
        self._declare(rule, 500, self.kg)
        inventory = self._computed()
        _book, values = self._book(inventory)
        rows = self._rows(values["汇总 Summary"])
        heads = [index for index, row in enumerate(rows) if (row[0] or "").startswith("按类别")]
        self.assertEqual(len(heads), 3)
        for head in heads:
            block = []
            for row in rows[head + 1 :]:
                if not row[0]:
                    break
                block.append(row)
            self.assertEqual(block[-1][0], "未映射 Not mapped")
            self.assertAlmostEqual(sum(row[1] for row in block), inventory.total_t, 6)

    def test_factor_sheet_shows_parameters_and_their_product(self):
        self._fill()
        book, values = self._book(self._computed())
        sheet = book["排放因子 Factors"]
        row = next(row for row in sheet.iter_rows(min_row=3) if row[0].value == "TEST-FUEL")
        self.assertEqual([cell.value for cell in row[5:8]], [20, 0.026, 0.98])
        line = row[0].row
        self.assertEqual(row[8].value, f"=F{line}*G{line}*H{line}*44/12")
        self.assertAlmostEqual(self._value(book, sheet, row[8].value) * 1000, row[11].value, 6)
        self.assertAlmostEqual(values["排放因子 Factors"].cell(line, 9).value, 1.868533333, 8)

    def test_results_and_rules_are_named_in_both_languages_and_not_by_their_codes(self):
        self._fill()
        self.env["res.lang"]._activate_lang("zh_CN")
        stream = self.env.ref("carbon_accounting.emission_stream_combustion")
        stream.with_context(lang="zh_CN").name = "燃烧"
        self.fuel_rule.name = "Gas billed"
        self.fuel_rule.with_context(lang="zh_CN").name = "燃气账单"
        book, _values = self._book(self._computed())
        results = {row[4] for row in self._rows(book["排放量 Emissions"])[2:] if row[4]}
        self.assertIn("燃烧 Combustion", results)
        codes = set(self.env["carbon.emission.stream"].search([]).mapped("code"))
        self.assertFalse(results & codes)
        self.assertIn("燃气账单 Gas billed", {row[12] for row in self._rows(book["活动数据 Activity data"])[2:]})

    def test_rows_by_money_name_their_currency_and_events_without_addon_their_code(self):
        currency = self.env.ref("base.EUR")
        currency.active = True
        factor = self.env["carbon.emission.factor"].create(
            {
                "code": "TEST-SPEND",
                "name": "Repairs",
                "currency_id": currency.id,
                "price_year": 2022,
                "price_basis": "purchaser",
            }
        )
        self._version(factor, "0.25", "2015-01-01")
        source = self._source("Repairs", self.env["uom.uom"], factor, currency_id=currency.id)
        rule = self._rule("declared", source, quantity_basis="amount", name="Repairs")
        self._declare(rule, 0, self.env["uom.uom"], amount=400, currency_id=currency.id)
        self.env.flush_all()
        self._commit()
        self.env.cr.execute("UPDATE carbon_event_kind SET code = 'gone' WHERE code = 'declared'")
        book, _values = self._book(self._computed())
        activity = [row for row in self._rows(book["活动数据 Activity data"])[2:] if row[1] == "Repairs"]
        self.assertEqual([(row[2], row[6], row[7]) for row in activity], [("declared", 400, "EUR")])
        factors = [row for row in self._rows(book["排放因子 Factors"])[2:] if row[0] == "TEST-SPEND"]
        self.assertEqual([row[4] for row in factors], ["EUR"])
        lines = [row for row in self._rows(book["排放量 Emissions"])[2:] if row[1] == "Repairs"]
        self.assertEqual([(row[9], row[10]) for row in lines], [(400, "EUR")])

    def test_activity_sheet_holds_counter_rows_and_text_stays_text(self):
        self._fill()
        book, _values = self._book(self._computed())
        sheet = book["活动数据 Activity data"]
        rows = self._rows(sheet)[2:]
        self.assertEqual(sorted(row[6] for row in rows if row[1] == "Furnace"), [-7, 7, 100])
        self.assertEqual([row[13] for row in rows if row[6] == -7], ["是 Yes"])
        label = next(cell for line in sheet.iter_rows(min_row=3) for cell in line if cell.value == "=1+1")
        self.assertEqual(label.data_type, "s", "a document name never becomes a formula")
        self.assertEqual(
            self._rows(book["待办清单 Worklist"])[2][1:3], ["排放源无因子 Source without factor", "Waiting"]
        )

    def test_months_and_sources_add_up(self):
        self._fill()
        inventory = self._computed()
        book, values = self._book(inventory)
        for name in ("按月 By month", "按排放源 By source"):
            last = book[name].max_row
            self.assertAlmostEqual(values[name].cell(last, 14).value, inventory.total_t, 6)
            formula = book[name].cell(last, 14).value
            self.assertAlmostEqual(self._value(book, book[name], formula), inventory.total_t, 6)

    def test_long_tables_continue_on_another_sheet_and_sums_follow(self):
        self._fill()
        inventory = self._computed()
        book, values = self._book(inventory, sheet_rows=4)
        parts = [name for name in book.sheetnames if name.startswith("活动数据 Activity data")]
        self.assertEqual(parts, ["活动数据 Activity data", "活动数据 Activity data 2", "活动数据 Activity data 3"])
        self.assertEqual(book[parts[1]]["A2"].value, "日期 Date")
        self.assertIn("排放量 Emissions 2", book.sheetnames)
        found = 0
        for name in book.sheetnames:
            if name.startswith(("排放量", "汇总")):
                for cell in (cell for row in book[name].iter_rows() for cell in row):
                    if isinstance(cell.value, str) and cell.value.startswith("="):
                        now = self._value(book, book[name], cell.value)
                        self.assertAlmostEqual(now, values[name][cell.coordinate].value, 6, cell.coordinate)
                        found += 1
        self.assertGreater(found, 30)

    def test_intensity_and_notes_are_there(self):
        self._fill()
        inventory = self._computed()
        inventory.intensity_ids = [(0, 0, {"name": "Revenue", "quantity": 1000, "unit": "10⁴ CNY"})]
        book, _values = self._book(inventory)
        sheet = book["排放强度 Intensity"]
        self.assertEqual(sheet["F3"].value, "=E3/C3")
        self.assertAlmostEqual(self._value(book, sheet, sheet["F3"].value), inventory.total_t / 1000, 9)
        notes = {row[0]: row[1] for row in self._rows(book["说明 Notes"])}
        self.assertEqual(notes["GWP"], "AR6")
        self.assertIn("CTS Q/STQC 002-2025", notes["表A.1–A.3 Tables A.1 to A.3"])

    def test_stranger_gets_no_workbook(self):
        self._fill()
        inventory = self._computed()
        other = self.env["res.company"].create({"name": "Other works"})
        stranger = self._user("book-b", "group_carbon_reader", company=other)
        foreign = self.env(user=stranger, context={"allowed_company_ids": other.ids})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            foreign["carbon.inventory.workbook"]._write(foreign["carbon.inventory"].browse(inventory.id), io.BytesIO())


@tagged("post_install", "-at_install")
class TestWorkbookDownload(HttpCase, WorkbookCommon):
    """The download over HTTP, on a read-only cursor."""

    def test_reader_downloads_the_workbook(self):
        self._fill()
        inventory = self._computed()
        self._user("book-reader", "group_carbon_reader")
        action = inventory.action_export_xlsx()
        self.authenticate("book-reader", "book-reader")
        response = self.url_open(action["url"])
        self.assertEqual(response.status_code, 200)
        self.assertIn("Inventory_2025.xlsx", response.headers["Content-Disposition"])
        names = load_workbook(io.BytesIO(response.content)).sheetnames
        self.assertEqual(len(names), 16)

    def test_workbook_of_an_approved_inventory_is_the_one_filed_with_it(self):
        #
        self._fill()
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        filed = inventory.workbook_id
        self.assertEqual((filed.res_model, filed.res_id), ("carbon.inventory", inventory.id))
        entry = self.env["carbon.trail.entry"].search([("event", "=", "inventory.workbook")])
        self.assertEqual(json.loads(entry.payload)["workbook_sha256"], inventory.workbook_sha256)
        before = hashlib.sha256(filed.raw).hexdigest()
        self.assertEqual(before, inventory.workbook_sha256)
        self.fuel.write({"name": "Renamed", "commissioning_date": "2001-01-01"})
        self._user("book-reader", "group_carbon_reader")
        self.authenticate("book-reader", "book-reader")
        response = self.url_open(inventory.action_export_xlsx()["url"])
        self.assertEqual(hashlib.sha256(response.content).hexdigest(), before)
        self.assertIn("Inventory_2025.xlsx", response.headers["Content-Disposition"])
        for change in (
            lambda: filed.write({"raw": b"x"}),
            filed.unlink,
            lambda: inventory.write({"workbook_sha256": "x"}),
        ):
            with self.assertRaises(UserError):
                change()

    def test_filed_workbook_that_was_replaced_below_is_not_handed_out(self):
        self._fill()
        inventory = self._computed()
        self._close_year()
        self._approved(inventory)
        other = self.env["ir.attachment"].create({"name": "other", "raw": b"other"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ir_attachment a SET store_fname = o.store_fname, db_datas = o.db_datas, checksum = o.checksum "
            "FROM ir_attachment o WHERE o.id = %s AND a.id = %s",
            [other.id, inventory.workbook_id.id],
        )
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "SHA-256 differs"):
            inventory._filed_workbook()
