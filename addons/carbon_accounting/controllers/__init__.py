from . import verification, workbook
