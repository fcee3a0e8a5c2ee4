from . import baseline_history, consolidation, report, verification, workbook
from . import meter
