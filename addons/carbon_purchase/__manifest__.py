{
    "name": "Carbon Accounting: Purchase",
    "summary": "Estimates on orders; ordered against received, billed and counted",
    "version": "19.0.1.0.0",
    "category": "ESG",
    "author": "Carbon Management Contributors",
    "website": "https://github.com/carbon-management/odoo-carbon",
    "license": "LGPL-3",
    "depends": ["carbon_accounting", "purchase"],
    "data": [
        "security/ir.model.access.csv",
        "security/carbon_purchase_rules.xml",
        "views/purchase_order_views.xml",
        "report/carbon_purchase_match_report_views.xml",
    ],
    "demo": [
        "demo/carbon_purchase_demo.xml",
    ],
    "auto_install": True,
}
