import base64
import csv
import io
from datetime import datetime
from uuid import uuid4

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.carbon_meter_reading_push import TOLD

#: Columns of a file by the names that they may have.
HEADINGS = {
    "meter": ("meter", "meter number", "表号", "计量器具编号", "仪表"),
    "at": ("read at", "at", "time", "date", "抄表时间", "时间", "日期"),
    "value": ("reading", "value", "consumption", "读数", "示数", "用量"),
    "comment": ("comment", "remark", "说明", "备注"),
    "rollover": ("counter restarted", "rollover", "表计归零", "归零"),
    "is_correction": ("correction", "late", "更正", "补录"),
    "key": ("key", "number", "编号"),
}
NEEDED = ("meter", "at", "value")
_TRUE = {"1", "yes", "y", "true", "x", "是", "√"}
_FIELD_OF = {
    "meter": "meter",
    "read_at": "at",
    "figure": "value",
    "comment": "comment",
    "rollover": "rollover",
    "key": "key",
}
#: A file has so many rows at most; more come in several files, or from a logger.
MOST_ROWS = 1_000_000


class CarbonMeterImportWizard(models.TransientModel):
    """Readings from a CSV or Excel file: checked as a whole, saved as a whole or not at all (R-156)."""

    _name = "carbon.meter.import.wizard"
    _description = "Import Readings"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    file = fields.Binary(attachment=False)
    filename = fields.Char()
    stamp = fields.Selection(
        [("end", "End of the interval"), ("begin", "Beginning of the interval")],
        "Times Are the",
        required=True,
        default="end",
        help="Of data loggers that stamp each value with the beginning of its interval. Readings of counters are moments: leave 'end'.",
    )
    state = fields.Selection(
        [("new", "New"), ("wrong", "Wrong"), ("done", "Done")], required=True, readonly=True, default="new"
    )
    row_count = fields.Integer("Rows", readonly=True)
    saved_count = fields.Integer("Saved", readonly=True)
    known_count = fields.Integer("Known Already", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    batch = fields.Char(readonly=True)
    line_ids = fields.One2many("carbon.meter.import.wizard.line", "wizard_id", readonly=True)

    def action_import(self):
        """Check the file and save its readings, if there is nothing wrong with any of them.

        :return: window action of this dialog
        """
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        headings, rows = self._rows()
        model = self.env["carbon.meter.reading"].with_company(self.company_id)
        entries, problems = model._read_rows(self.company_id, [row for _number, row in rows], self.stamp)
        report = {"ids": [], "skipped": [], "problems": []}
        batch = f"file-{uuid4().hex[:12]}"
        if not problems and entries:
            report = model._enter(entries, "import", batch)
            problems = report["problems"]
        numbers = [number for number, _row in rows]
        self.line_ids.unlink()
        self.write(
            {
                "state": "wrong" if problems else "done",
                "row_count": len(rows),
                "saved_count": len(report["ids"]),
                "known_count": len(report["skipped"]),
                "problem_count": len(problems),
                "batch": batch if report["ids"] else False,
                "line_ids": [
                    Command.create(
                        {
                            "row": numbers[problem["n"] - 1],
                            "column": headings.get(_FIELD_OF.get(problem["field"], "value")) or problem["field"],
                            "message": problem["message"],
                        }
                    )
                    for problem in problems[:TOLD]
                ],
            }
        )
        return self._action()

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Readings"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_open_saved(self):
        """Show what the file brought.

        :return: window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_meter_reading_action")
        return dict(action, domain=[("batch", "=", self.batch)], context={})

    # ------------------------------------------------------------------
    # Reading files
    # ------------------------------------------------------------------
    def _rows(self):
        """Return the headings ``{column: as written}`` and the rows ``[(number in the file, dict)]``.

        :raises UserError: for a file that is no table of readings
        """
        raw = base64.b64decode(self.file)
        table = self._sheet(raw) if raw[:2] == b"PK" else self._text(raw)
        columns, headings, rows = None, {}, []
        for number, cells in table:
            if not any(cell not in (None, "") for cell in cells):
                continue
            if columns is None:
                columns, headings = self._columns(cells)
                continue
            row = {name: cells[i] if i < len(cells) else None for name, i in columns.items()}
            for name in ("rollover", "is_correction"):
                row[name] = str(row.get(name) or "").strip().lower() in _TRUE
            rows.append((number, row))
            if len(rows) > MOST_ROWS:
                raise UserError(
                    self.env._("A file has up to %(most)s rows. Cut it into several.", most=f"{MOST_ROWS:,}")
                )
        if columns is None or not rows:
            raise UserError(
                self.env._(
                    "There is no reading in this file: the first row has the headings, each further row is one reading."
                )
            )
        return headings, rows

    def _columns(self, cells):
        """Return ``{name: index}`` and ``{name: heading}`` of the first row."""
        columns, headings = {}, {}
        for index, cell in enumerate(cells):
            word = str(cell or "").strip().lstrip("\ufeff").lower()
            for name, words in HEADINGS.items():
                if word in words and name not in columns:
                    columns[name], headings[name] = index, str(cell).strip().lstrip("\ufeff")
        if missing := [HEADINGS[name] for name in NEEDED if name not in columns]:
            raise UserError(
                self.env._(
                    "The first row lacks a column: %(columns)s. Use the headings of the sample file.",
                    columns=", ".join(f"{words[0]} ({words[-1]})" for words in missing),
                )
            )
        return columns, headings

    def _sheet(self, raw):
        """Yield (row number, cells) of the first sheet of a workbook."""
        from openpyxl import load_workbook  # noqa: PLC0415 - only where a workbook is read

        try:
            sheet = load_workbook(io.BytesIO(raw), read_only=True, data_only=True).worksheets[0]
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                yield number, [cell if isinstance(cell, datetime) else _cell(cell) for cell in cells]
        except UserError:
            raise
        except Exception as error:
            raise UserError(
                self.env._("This is no Excel workbook (.xlsx) that can be read. Save it as CSV and try again.")
            ) from error

    def _text(self, raw):
        """Yield (row number, cells) of a text file: UTF-8 or GB18030, comma, semicolon or tab."""
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        else:
            raise UserError(self.env._("The letters of this file cannot be read. Save it as CSV in UTF-8."))
        if "\0" in text:
            raise UserError(self.env._("This is neither a CSV file nor an Excel workbook (.xlsx)."))
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            message = self.env._("Row %(row)s cannot be read: %(error)s", row=reader.line_num, error=error)
            raise UserError(message) from error

    @api.model
    def action_sample(self):
        """Return the address of the sample file.

        :return: URL action
        """
        return {
            "type": "ir.actions.act_url",
            "url": "/carbon_accounting/static/xls/meter_readings.csv",
            "target": "self",
        }


class CarbonMeterImportWizardLine(models.TransientModel):
    """One problem of a file: where it is, and what it is."""

    _name = "carbon.meter.import.wizard.line"
    _description = "Problem of an Imported File"
    _order = "row, id"

    wizard_id = fields.Many2one("carbon.meter.import.wizard", required=True, ondelete="cascade")
    row = fields.Integer(readonly=True, aggregator=None)
    column = fields.Char(readonly=True)
    message = fields.Char(readonly=True)


def _cell(cell):
    """Return a cell as text, numbers with all their digits."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "1" if cell else ""
    return repr(cell) if isinstance(cell, float) else str(cell)
