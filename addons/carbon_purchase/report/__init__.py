from . import carbon_purchase_match_report
