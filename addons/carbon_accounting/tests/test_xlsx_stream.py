import io
from datetime import date, datetime
from decimal import Decimal

from openpyxl import load_workbook

from odoo.tests import BaseCase

from ..tools.xlsx_stream import Column, Formula, StreamBook


class TestXlsxStream(BaseCase):
    """What is written into cells is what a reader of the file gets."""

    COLUMNS = (
        Column("Text"),
        Column("Number", "number"),
        Column("Tonnes", "tonne"),
        Column("Day", "date"),
        Column("Product"),
    )

    def _sheets(self, rows, looks=(), sheet_rows=1000):
        """Return the sheets of a book with these rows, as openpyxl reads them."""
        file = io.BytesIO()
        book = StreamBook(file, sheet_rows=sheet_rows)
        sheet = book.sheet("T", list(self.COLUMNS), "Title")
        for index, row in enumerate(rows):
            sheet.row(row, looks[index] if looks else None)
        sheet.skip()
        sheet.text("The end")
        book.close()
        file.seek(0)
        return load_workbook(file).worksheets

    def test_values_come_back_as_they_were(self):
        rows = [
            ['Coal & <Coke> "100 %"', Decimal("186.853"), 0.1, date(2026, 2, 28), Formula("B3*2", 373.706)],
            [" 柴油 ", -5, Decimal("0"), datetime(2026, 3, 1, 23, 59), None],
            ["=1+1", Decimal("123456789.12345678"), 1e-12, None, ""],
        ]
        sheet = self._sheets(rows)[0]
        found = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=3, max_row=5)]
        self.assertEqual(found[0], ['Coal & <Coke> "100 %"', 186.853, 0.1, datetime(2026, 2, 28), "=B3*2"])
        self.assertEqual(found[1], [" 柴油 ", -5, 0, datetime(2026, 3, 1), None])
        self.assertEqual(found[2], ["=1+1", 123456789.1234568, 1e-12, None, None])
        self.assertEqual(sheet["A5"].data_type, "s", "a text that begins with = is no formula")
        self.assertEqual(sheet["A7"].value, "The end")

    def test_characters_that_xml_cannot_carry_are_escaped_as_the_format_says(self):
        sheet = self._sheets([["a\x07b", 1], ["_x0041_", 2], ["x" * 40000, 3]])[0]
        # the reader used here does not undo what spreadsheet programs undo (ECMA-376, ST_Xstring)
        self.assertEqual(sheet["A3"].value, "a_x0007_b")
        self.assertEqual(sheet["A4"].value, "_x005F_x0041_")
        self.assertEqual(len(sheet["A5"].value), 32767)

    def test_cells_look_as_their_column_or_row_says(self):
        row = ["Sum", Decimal(1), Decimal(2), date(2026, 1, 1)]
        sheet = self._sheets([row, row], looks=(None, "total"))[0]
        self.assertEqual((sheet["C3"].number_format, sheet["D3"].number_format), ("#,##0.000", "yyyy-mm-dd"))
        self.assertFalse(sheet["A3"].font.bold)
        self.assertTrue(sheet["A4"].font.bold)
        self.assertEqual(sheet["D4"].number_format, "yyyy-mm-dd", "a day stays a day in a row of totals")

    def test_a_full_sheet_goes_on_with_its_headings_on_the_next(self):
        sheets = self._sheets([[f"r{n}", n] for n in range(7)], sheet_rows=5)
        self.assertEqual([sheet.title for sheet in sheets], ["T", "T 2", "T 3"])
        self.assertEqual([sheet["A3"].value for sheet in sheets], ["r0", "r3", "r6"])
        self.assertEqual([sheet["B2"].value for sheet in sheets], ["Number"] * 3)
