#: Documents to print: report name → framework, None for the data quality control plan.
DOCUMENTS = {
    "carbon_accounting.document_ghg_iso": "ISO14064-1",
    "carbon_accounting.document_ghg_gbt": "GBT32150",
    "carbon_accounting.document_quality_plan": None,
}
