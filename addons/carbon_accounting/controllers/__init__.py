from . import baseline_history, report, verification, workbook
