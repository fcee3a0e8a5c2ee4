"""A workbook written row by row: memory stays flat whatever the number of rows. No ORM."""

from datetime import date, datetime
from decimal import Decimal

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

#: Rows of one sheet; the format allows 1,048,576.
SHEET_ROWS = 1_000_000
_TITLE = {"bold": True, "font_size": 13}
_HEAD = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#DDE7E2", "border": 1}
_BODY = {
    "text": {},
    "wrap": {"text_wrap": True, "valign": "top"},
    "number": {},
    "tonne": {"num_format": "#,##0.000"},
    "date": {"num_format": "yyyy-mm-dd"},
    "bold": {"bold": True},
    "total": {"bold": True, "num_format": "#,##0.000", "top": 1},
}


class Formula:
    """A live formula with the value it has now, for readers that do not calculate."""

    __slots__ = ("text", "value")

    def __init__(self, text, value=0):
        self.text = text
        self.value = float(value or 0)


class Column:
    """A column of a table: its heading, how its cells look, its width."""

    __slots__ = ("kind", "title", "width")

    def __init__(self, title, kind="text", width=14):
        self.title = title
        self.kind = kind
        self.width = width


class StreamBook:
    """An xlsx file under construction.

    :param stream: binary file object, written when the book is closed
    :param sheet_rows: rows after which a table continues on another sheet
    """

    def __init__(self, stream, sheet_rows=SHEET_ROWS):
        self.sheet_rows = sheet_rows
        self.book = xlsxwriter.Workbook(stream, {"constant_memory": True})
        self.book.use_zip64()
        self.title = self.book.add_format(_TITLE)
        self.head = self.book.add_format(_HEAD)
        self.formats = {name: self.book.add_format(look) for name, look in _BODY.items()}

    def sheet(self, name, columns, title=None):
        """Begin a table on a sheet of its own.

        :param name: at most 27 characters, so that a number fits behind it
        :param columns: list of :class:`Column`
        :param title: line above the headings
        """
        return StreamSheet(self, name, columns, title)

    def close(self):
        """Write the file."""
        self.book.close()


class StreamSheet:
    """A table whose rows are written once, from top to bottom."""

    def __init__(self, book, name, columns, title=None):
        self.book = book
        self.name = name
        self.columns = columns
        self.title = title
        self.positions = {}
        self.parts = []
        self._begin()

    def _begin(self):
        name = self.name if not self.parts else f"{self.name} {len(self.parts) + 1}"
        self.sheet = self.book.book.add_worksheet(name)
        self.parts.append([name, 0, 0])
        self.line = 0
        for index, column in enumerate(self.columns):
            self.sheet.set_column(index, index, column.width)
        if self.title:
            self.text(self.title, self.book.title)
        self.headings(self.columns)
        self.sheet.freeze_panes(self.line, 0)
        self.parts[-1][1:] = [self.line, self.line - 1]

    def text(self, value, look=None):
        """Write one line of text in the first column."""
        self.sheet.write_string(self.line, 0, value, look or self.book.formats["text"])
        self.line += 1

    def headings(self, columns):
        """Write a line of headings."""
        for index, column in enumerate(columns):
            self.sheet.write_string(self.line, index, column.title, self.book.head)
        self.line += 1

    def skip(self, lines=1):
        """Leave lines empty."""
        self.line += lines

    def row(self, values, look=None):
        """Write one row; the cells look as their columns say, or all as ``look``.

        :return: index of the row on its sheet
        """
        self._make_room()
        for index, value in enumerate(values):
            if value is None or value is False or value == "":
                continue
            self._cell(index, value, look)
        self.parts[-1][2] = self.line
        self.line += 1
        return self.line - 1

    def _make_room(self):
        """Continue on another sheet when this one is full."""
        if self.line >= self.book.sheet_rows:
            self._begin()

    def _cell(self, index, value, look):
        sheet, line = self.sheet, self.line
        cell = self.book.formats[look or self.columns[index].kind]
        if isinstance(value, str):
            sheet.write_string(line, index, value, cell)
        elif isinstance(value, (int, float, Decimal)):
            sheet.write_number(line, index, value, cell)
        elif isinstance(value, Formula):
            sheet.write_formula(line, index, "=" + value.text, cell, value.value)
        elif isinstance(value, (date, datetime)):
            sheet.write_datetime(line, index, value, self.book.formats["date"])

    # ------------------------------------------------------------------
    # References
    # ------------------------------------------------------------------
    def cell(self, column, line=None):
        """Return the name of a cell, by default on the line written next."""
        if line is None:
            self._make_room()
            line = self.line
        return xl_rowcol_to_cell(line, column)

    def ranges(self, column):
        """Return the ranges of a column over all parts of the table, for other sheets."""
        letter = xl_col_to_name(column)
        return [f"'{name}'!${letter}${first + 1}:${letter}${last + 1}" for name, first, last in self.parts]

    def sum_up(self, column, value):
        """Return the formula that adds up a column of this part, with its value."""
        letter = xl_col_to_name(column)
        _name, first, last = self.parts[-1]
        return Formula(f"SUM({letter}{first + 1}:{letter}{last + 1})", value)
