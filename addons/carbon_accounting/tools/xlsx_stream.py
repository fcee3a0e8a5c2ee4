"""A workbook written row by row: memory stays flat whatever the number of rows. No ORM."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from xml.sax.saxutils import escape

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

#: Rows of one sheet; the format allows 1,048,576.
SHEET_ROWS = 1_000_000
#: Rows between two reports of progress.
TOLD_ROWS = 20_000
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
#: Characters of a text that XML cannot carry; the format writes them as _xHHHH_.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
_TEXT_LENGTH = 32767
_DAY_ZERO = date(1899, 12, 30).toordinal()


@lru_cache(maxsize=20_000)
def _inline(text):
    """Return the end of a cell that holds a text."""
    text = _LOOKS_ESCAPED.sub(r"_x005F\1", text[:_TEXT_LENGTH])
    text = escape(_CONTROL.sub(lambda found: f"_x{ord(found.group()):04X}_", text))
    space = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is></c>'


@lru_cache(maxsize=2_000)
def _day(value):
    """Return the end of a cell that holds a date, as the number of its day."""
    return f"><v>{value.toordinal() - _DAY_ZERO}</v></c>"


class Formula:
    """A live formula with the value it has now, for readers that do not calculate."""

    __slots__ = ("text", "value")

    def __init__(self, text, value=0):
        self.text = text
        self.value = float(value or 0)


def _moment(value):
    return _day(value.date())


def _number(value):
    return f"><v>{float(value):.16G}</v></c>"


def _formula(value):
    return f"><f>{escape(value.text)}</f><v>{value.value:.16G}</v></c>"


#: How the end of a cell, its type and its value, is written, by the class of the value. What is not here stays empty.
_CONTENT = {
    str: _inline,
    int: _number,
    float: _number,
    Decimal: _number,
    Formula: _formula,
    date: _day,
    datetime: _moment,
}
_DATES = (_day, _moment)


class Column:
    """A column of a table: its heading, how its cells look, its width."""

    __slots__ = ("kind", "title", "width")

    def __init__(self, title, kind="text", width=14):
        self.title = title
        self.kind = kind
        self.width = width


class _Sheet(Worksheet):
    """A worksheet that takes rows as XML: a cell of its own methods costs ten times as much, for a million rows minutes."""

    def put(self, line, width, cells):
        """Write a row.

        :param line: index of the row, larger than that of all rows before
        :param width: number of columns
        :param cells: XML of its cells
        """
        if line > self.previous_row:
            self._write_single_row(line)
        self._check_dimensions(line, 0)
        self._check_dimensions(line, width - 1)
        self.fh.write(f'<row r="{line + 1}">{cells}</row>')


class StreamBook:
    """An xlsx file under construction.

    :param stream: binary file object, written when the book is closed
    :param sheet_rows: rows after which a table continues on another sheet
    :param told: called with the number of rows written so far, every :data:`TOLD_ROWS`
    """

    def __init__(self, stream, sheet_rows=SHEET_ROWS, told=None):
        self.sheet_rows = sheet_rows
        self.rows, self.told = 0, told
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

    def style(self, look):
        """Return the number of a look in the file."""
        return self.formats[look]._get_xf_index()

    def count(self):
        """Count a row, and tell how far it is now and then."""
        self.rows += 1
        if self.told and self.rows % TOLD_ROWS == 0:
            self.told(self.rows)

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
        self.layout = [(xl_col_to_name(index), book.style(column.kind)) for index, column in enumerate(columns)]
        self._begin()

    def _begin(self):
        name = self.name if not self.parts else f"{self.name} {len(self.parts) + 1}"
        self.sheet = self.book.book.add_worksheet(name, worksheet_class=_Sheet)
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
        number, style = self.line + 1, look and self.book.style(look)
        date_style = self.book.style("date")
        cells = []
        for (letter, own), value in zip(self.layout, values, strict=False):
            content = _CONTENT.get(value.__class__)
            if content is None or value == "":
                continue
            shown = date_style if content in _DATES else style or own
            cells.append(f'<c r="{letter}{number}" s="{shown}"{content(value)}')
        self.sheet.put(self.line, len(self.columns), "".join(cells))
        self.parts[-1][2] = self.line
        self.line += 1
        self.book.count()
        return self.line - 1

    def _make_room(self):
        """Continue on another sheet when this one is full."""
        if self.line >= self.book.sheet_rows:
            self._begin()

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
