from . import baseline_history, verification, workbook
