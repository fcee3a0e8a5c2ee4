from . import carbon_stock_balance_report
