{
    "name": "Carbon Accounting - Inventory",
    "summary": "Receipts, deliveries, scrap and internal consumption as carbon events",
    "version": "19.0.1.0.0",
    "category": "ESG",
    "author": "Carbon Management Contributors",
    "website": "https://github.com/carbon-management/odoo-carbon",
    "license": "LGPL-3",
    "depends": ["carbon_accounting", "stock"],
    "data": [
        "security/ir.model.access.csv",
        "security/carbon_stock_rules.xml",
        "data/carbon.event.kind.csv",
        "views/carbon_activity_rule_views.xml",
        "views/stock_picking_views.xml",
        "report/carbon_stock_balance_report_views.xml",
    ],
    "demo": [
        "demo/carbon_stock_demo.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
