{
    "name": "Carbon Accounting - Manufacturing",
    "summary": "Components, output and by-products of orders as carbon events",
    "version": "19.0.1.0.0",
    "category": "ESG",
    "author": "Carbon Management Contributors",
    "website": "https://github.com/carbon-management/odoo-carbon",
    "license": "LGPL-3",
    "depends": ["carbon_stock", "mrp"],
    "data": [
        "security/ir.model.access.csv",
        "data/carbon.event.kind.csv",
        "views/carbon_activity_rule_views.xml",
        "views/mrp_production_views.xml",
        "views/carbon_operational_views.xml",
    ],
    "demo": [
        "demo/carbon_mrp_demo.xml",
    ],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
}
