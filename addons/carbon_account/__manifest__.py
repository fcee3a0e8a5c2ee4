{
    "name": "Carbon Accounting: Invoicing",
    "summary": "Vendor bills, refunds and expense entries become activity data",
    "version": "19.0.1.0.0",
    "category": "ESG",
    "author": "Carbon Management Contributors",
    "website": "https://github.com/carbon-management/odoo-carbon",
    "license": "LGPL-3",
    "depends": ["carbon_accounting", "account"],
    "data": [
        "security/ir.model.access.csv",
        "data/carbon_event_kind_data.xml",
        "views/account_move_views.xml",
        "views/account_move_line_views.xml",
        "views/carbon_activity_rule_views.xml",
        "wizards/carbon_service_period_wizard_views.xml",
        "views/carbon_collection_issue_views.xml",
    ],
    "demo": [
        "demo/carbon_account_demo.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
