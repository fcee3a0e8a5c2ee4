#: Documents to print: report name → framework, None for those that no framework asks for (see :data:`PAGES`).
DOCUMENTS = {
    "carbon_accounting.document_ghg_iso": "ISO14064-1",
    "carbon_accounting.document_ghg_gbt": "GBT32150",
    "carbon_accounting.document_quality_plan": None,
    "carbon_accounting.document_verification_paper": None,
}
#: Model of a record → method of ``carbon.inventory.document`` that makes its page.
PAGES = {
    "carbon.monitoring.plan": "_plan_html",
    "carbon.verification.sample": "_paper_html",
}
