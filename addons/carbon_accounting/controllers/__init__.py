from . import baseline_history, consolidation, report, verification, workbook
