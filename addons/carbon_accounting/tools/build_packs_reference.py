"""Tables of decisions used by ``build_packs.py``: codes, hints, names, gas data."""

from xml.sax.saxutils import escape

#: Year or date of publication of the Chinese fuel tables.
CN_TABLES = {"T1": "2024", "T3": "2013-2015", "T4": "2021-2023"}

#: factor type → code, English name, Chinese name, stream
CN_GRID_FAMILIES = {
    "average": (
        "CN-GRID-AVERAGE",
        "Grid electricity, China, average",
        "电力平均二氧化碳排放因子",
        "location",
    ),
    "guideline": (
        "CN-GRID-GUIDELINE",
        "Grid electricity, China, average of the reporting guidelines to 2020",
        "电网年平均供电排放因子（2020年及以前核算指南）",
        "location",
    ),
    "average for ETS-sector reporting": (
        "CN-GRID-ETS",
        "Grid electricity, China, for sectors of the emissions trading system",
        "全国电网排放因子（碳市场报告）",
        "location",
    ),
    "average excluding market-traded non-fossil power (residual-type)": (
        "CN-GRID-RESIDUAL",
        "Grid electricity, China, without market-traded non-fossil power",
        "全国电力平均二氧化碳排放因子（不包括市场化交易的非化石能源电量）",
        "market",
    ),
    "fossil-only generation": (
        "CN-GRID-FOSSIL",
        "Electricity of fossil power plants, China",
        "全国化石能源电力二氧化碳排放因子",
        "",
    ),
}
CN_GRID_FAMILIES["statistical average"] = CN_GRID_FAMILIES["average"]
CN_GRID_SKIPS = {
    "draft": "circulated draft, never in force",
    "heat (steam, hot water)": "heat is carried by the pack of heat and process",
}
_PROVINCES = """
    Beijing BJ Tianjin TJ Hebei HE Shanxi SX InnerMongolia NM Liaoning LN Jilin JL
    Heilongjiang HL Shanghai SH Jiangsu JS Zhejiang ZJ Anhui AH Fujian FJ Jiangxi JX
    Shandong SD Henan HA Hubei HB Hunan HN Guangdong GD Guangxi GX Hainan HI
    Chongqing CQ Sichuan SC Guizhou GZ Yunnan YN Shaanxi SN Gansu GS Qinghai QH
    Ningxia NX Xinjiang XJ
""".split()  # noqa: SIM905 - readable as a table
_GRIDS = ("North", "Northeast", "East", "Central", "Northwest", "South", "Southwest")
CN_REGIONS = {
    ("China", "national"): "CN",
    **{(name, "region"): f"CN-GRID-{name.upper()}" for name in _GRIDS},
    **{(name, "province"): f"CN-{code}" for name, code in zip(_PROVINCES[::2], _PROVINCES[1::2], strict=True)},
}
#: table → category, stream
CN_PROCESS = {
    "C2_carbonates": ("process", "process"),
    "C3_heat": ("purchased_heat", "heat"),
    "WASTE": ("stationary_combustion", "combustion"),
}

BASES = {
    "": "",
    "net": "lhv",
    "gross": "hhv",
    "HHV": "hhv",
    "NCV (LHV)": "lhv",
}
#: Methane of treated organic waste and of wastewater is not fossil.
BIOGENIC_WASTE = ("IPCC2006-BIO", "IPCC2006-WW")

_COMBUSTION = ("stationary_combustion", "combustion")
_MOBILE = ("mobile_combustion", "combustion")
_TRAVEL = ("business_travel", "upstream")
_SUPPLY = ("upstream_energy", "upstream")
#: category of the source → category, stream
HINTS = {
    "Fuels": _COMBUSTION,
    "Bioenergy": _COMBUSTION,
    "Refrigerant & other": ("fugitive", "fugitive"),
    "Passenger vehicles": _MOBILE,
    "Delivery vehicles": _MOBILE,
    "UK electricity": ("purchased_electricity", "location"),
    "Heat and steam": ("purchased_heat", "heat"),
    "WTT- fuels": _SUPPLY,
    "WTT- bioenergy": _SUPPLY,
    "Transmission and distribution": _SUPPLY,
    "WTT- UK electricity": _SUPPLY,
    "WTT- heat and steam": _SUPPLY,
    "Water supply": ("purchased_goods", "upstream"),
    "Water treatment": ("waste", "upstream"),
    "Material use": ("purchased_goods", "upstream"),
    "Waste disposal": ("waste", "upstream"),
    "Business travel- air": _TRAVEL,
    "WTT- business travel- air": _TRAVEL,
    "Business travel- sea": _TRAVEL,
    "Business travel- land": _TRAVEL,
    "Business travel": _TRAVEL,
    "Business travel / commuting": _TRAVEL,
    "Freighting goods": ("upstream_transport", "upstream"),
    "Freight": ("upstream_transport", "upstream"),
    "Hotel stay": _TRAVEL,
    "Homeworking": ("commuting", "upstream"),
    "Mobile combustion CO2": _MOBILE,
    "Mobile combustion": _MOBILE,
    "Steam and heat": ("purchased_heat", "heat"),
    "Waste (WARM)": ("waste", "upstream"),
    "Refrigerants": ("fugitive", "fugitive"),
    "Electricity": ("purchased_electricity", "location"),
    "Process - minerals": ("process", "process"),
    "Process - aluminium PFC Tier 1": ("process", "process"),
    "Biological treatment": ("process", "process"),
    "Wastewater MCF": ("fugitive", "fugitive"),
}
#: Categories whose numbers describe one country; the others describe a process
#: or name their place themselves, and may be used anywhere.
_NATIONAL = {
    "UK electricity",
    "Heat and steam",
    "Transmission and distribution",
    "WTT- UK electricity",
    "WTT- heat and steam",
    "Water supply",
    "Water treatment",
    "Homeworking",
    "Electricity",
}
SPEND_CATEGORIES = {
    "2": "capital_goods",
    "2/1": "capital_goods",
    "4": "upstream_transport",
    "4/9": "upstream_transport",
    "5": "waste",
    "6": "business_travel",
    "6 business travel / 4 freight": "business_travel",
    "8": "upstream_leased",
}
NOT_REFRIGERANTS = {"CO2", "CH4", "CH4_FOSSIL", "CH4_NONFOSSIL", "N2O"}


def hints(source):
    """Return the category and stream hints of an international row."""
    if source["category"].startswith("Stationary"):
        return _COMBUSTION
    return HINTS[source["category"]]


def intl_name(source):
    """Return a name that says what, in which unit and by whom."""
    publisher = source["publisher"].split(" GL")[0].replace("UK DESNZ/Defra", "DESNZ")
    basis = source["heating_value_basis"]
    unit = f"{source['unit']} {basis}" if basis in ("net", "gross") else source["unit"]
    place = source["region"] if source["category"] == "Electricity" else ""
    label = f"{source['category']}: {source['activity']}"
    return f"{label} {place}".strip() + f" [{unit}] ({publisher})"


def intl_region(source):
    """Return the region code, empty where the factor may be used anywhere."""
    return source["region"] if source["category"] in _NATIONAL else ""


def skip_reason(source):
    """Return why a row without gas lines is no factor."""
    if source["unit"].startswith("%"):
        return "leakage rates, not a mass per unit"
    return "zero, states no emission"


_SETS = tuple((code, f"gwp100_{code.lower()}") for code in ("SAR", "AR4", "AR5", "AR6"))
_SET_NAMES = {
    "SAR": ("IPCC Second Assessment Report", "IPCC 1995"),
    "AR4": ("IPCC Fourth Assessment Report", "IPCC 2007"),
    "AR5": ("IPCC Fifth Assessment Report", "IPCC 2013, without feedbacks"),
    "AR6": ("IPCC Sixth Assessment Report", "IPCC 2021"),
}
SF6_NOTE = (
    "Sources differ. 24,300 is used, as in most public calculators and, as far as "
    "known, in the GHG Protocol table of 2024 and Regulation (EU) 2024/573. Data sets "
    "derived from the code of the chapter authors carry 25,200 (lifetime of 3,200 "
    "years). Neither was compared with the print of AR6 WG1 table 7.SM.7: do so, and "
    "change the value if needed, before approving an inventory with SF6 under AR6."
)


def _record(xmlid, model, fields):
    lines = [f'    <record id="{xmlid}" model="{model}">']
    for name, value in fields.items():
        if isinstance(value, tuple):
            lines.append(f'        <field name="{name}" {value[0]}="{value[1]}" />')
        elif value:
            lines.append(f'        <field name="{name}">{escape(str(value))}</field>')
    return [*lines, "    </record>"]


def _gas_records(source, sequence):
    group = source["gas_group_gbt32150"]
    xmlid = "gas_" + source["code"].lower()
    yield from _record(
        xmlid,
        "carbon.gas",
        {
            "code": source["code"],
            "name": source["gas"],
            "sequence": sequence,
            "formula": source["formula"],
            "gas_group": "other" if group == "outside_7_gases" else group,
            "note": source["note"] if source["code"] != "SF6" else SF6_NOTE,
        },
    )
    for code, column in _SETS:
        if source[column]:
            yield from _record(
                f"gwp_value_{code.lower()}_{source['code'].lower()}",
                "carbon.gwp.value",
                {
                    "gwp_set_id": ("ref", f"gwp_set_{code.lower()}"),
                    "gas_id": ("ref", xmlid),
                    "value": source[column],
                    "source": f"IPCC {code} WG1",
                    "provenance": _value_provenance(source, code),
                    "note": _value_note(source, code),
                },
            )


def _value_provenance(source, code):
    if source["code"] == "SF6" and code == "AR6":
        return "published_secondary, sources differ"
    return "definition" if source["code"] == "CO2" else "published_secondary"


def _value_note(source, code):
    return SF6_NOTE if (source["code"], code) == ("SF6", "AR6") else ""


def gas_xml(rows):
    """Return the data file of GWP sets, gases, pseudo gases and their values."""
    lines = ['<?xml version="1.0" encoding="utf-8" ?>', '<odoo noupdate="1">']
    for index, (code, (name, source)) in enumerate(_SET_NAMES.items()):
        fields = {"code": code, "name": name, "sequence": 40 - index * 10}
        lines += _record(f"gwp_set_{code.lower()}", "carbon.gwp.set", {**fields, "source": source})
    real = [r for r in rows if not r["blend_composition"] and r["code"][:2] != "R-"]
    for index, source in enumerate(real):
        lines += _gas_records(source, (index + 1) * 10)
    for code in _SET_NAMES:
        pseudo = f"gas_co2e_{code.lower()}"
        set_ref = ("ref", f"gwp_set_{code.lower()}")
        lines += _record(
            pseudo,
            "carbon.gas",
            {
                "code": f"CO2E_{code}",
                "name": f"CO2e ({code})",
                "sequence": 900,
                "is_pseudo": ("eval", "True"),
                "pseudo_gwp_set_id": set_ref,
                "note": "Kilograms of CO2e weighted by the publisher of the factor.",
            },
        )
        lines += _record(
            f"gwp_value_{code.lower()}_co2e",
            "carbon.gwp.value",
            {
                "gwp_set_id": set_ref,
                "gas_id": ("ref", pseudo),
                "value": "1",
                "source": "by definition",
                "provenance": "definition",
            },
        )
    return "\n".join([*lines, "</odoo>", ""])
