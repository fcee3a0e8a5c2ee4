from . import baseline_history, workbook
