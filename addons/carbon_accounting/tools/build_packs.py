"""Turn the collected source tables into the factor packs shipped with the addon.

Developer tool, not imported by Odoo::

    python3 build_packs.py SOURCE_DIR

``SOURCE_DIR`` holds fuel_factors_cn.csv, grid_factors_cn.csv, factors_intl.csv,
process_heat_defaults_cn.csv, spend_factors.csv and gwp.csv. Written are
``data/packs/*.csv`` (one row per factor version, every row with its source,
licence and provenance) and ``data/carbon_gas_data.xml``.

Nothing is dropped on the way: what cannot be a factor keeps its row with a
``skip`` reason and is counted by the loader. Rules applied:

* grid factors: the version of data year Y is valid from 1 January of Y;
* editions of tables: valid from 1 January of the year of the edition;
* rows to be checked against a print, or recalled from memory, carry a ``draft``
  reason and are never approved by loading;
* DESNZ gas columns are CO2e already: the CO2 part is CO2, the remainder goes to
  the CO2e-only gas of AR5; where the parts do not exist, the whole does;
* biogenic CO2 printed "outside of scopes" is a line of kind biogenic;
* ``control`` is the result printed or computed by the source, kg CO2e per unit under
  AR5, compared by the tests with what the columns give.
"""

import csv
import re
import sys
from decimal import Decimal
from pathlib import Path

import build_packs_reference as reference
from kernel import to_decimal

COLUMNS = """
    code name_en name_zh keywords category stream unit currency price_year
    price_basis region date_from method ncv carbon_content oxidation_rate basis
    gases data_year published_on reporting_years source licence provenance note
    draft skip control
""".split()  # noqa: SIM905 - readable as a table
PROVENANCES = ("recalled_unverified", "published_secondary", "published", "computed")
NUMBER = re.compile(r"-?[\d.]+(?:e-?\d+)?")
GRAMS = {"t": Decimal(1000), "kg": Decimal(1), "g": Decimal("0.001")}
CO2E = "CO2E_AR5"


def text(number):
    """Return a decimal as plain text without exponent or trailing zeros."""
    plain = f"{to_decimal(number):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def slug(label):
    """Return the part of a factor code made from an English label."""
    return re.sub(r"[^A-Z0-9]+", "-", label.upper()).strip("-")


def provenance_of(*cells):
    """Return the first provenance word found in cells, which may be shifted."""
    joined = " ".join(cell or "" for cell in cells)
    return next(word for word in PROVENANCES if word in joined)


def mass(cell):
    """Read ``11 g/mmBtu`` or ``0.52 t`` as kg; empty when nothing is printed."""
    if not cell:
        return None
    match = re.match(r"([\d.e-]+)\s*(t|kg|g)\b", cell)
    return to_decimal(match[1]) * GRAMS[match[2]]


def gases(*lines):
    """Return the gas column; lines are ``(gas, kind, kg)``, empty ones left out."""
    return ";".join(f"{g}:{kind}:{text(kg)}" for g, kind, kg in lines if kg)


def row(**values):
    """Return one output row with every column."""
    assert set(values) <= set(COLUMNS), set(values) - set(COLUMNS)
    return {column: values.get(column) or "" for column in COLUMNS}


# ----------------------------------------------------------------------
# China
# ----------------------------------------------------------------------
def cn_fuel_rows(rows, table, prefix, label, year):
    """Default fuel tables: NCV, carbon content and oxidation rate."""
    for source in (r for r in rows if r["table_id"].startswith(table)):
        cells = source["source_address"], source["provenance"], source["note"]
        notes = [c for c in cells[1:] if c and c not in PROVENANCES]
        check = "needs_check" in cells[0]
        yield row(
            code=f"{prefix}-{slug(source['fuel_en'])}",
            name_en=f"{source['fuel_en'][:1].upper()}{source['fuel_en'][1:]} ({label})",
            name_zh=f"{source['fuel_zh']}（{label}）",
            keywords=f"{source['fuel_zh']} {source['fuel_en']}",
            category="stationary_combustion",
            stream="combustion",
            unit=source["unit"],
            date_from=f"{year}-01-01",
            method="parameter",
            ncv=source["ncv"],
            carbon_content=source["cc_tC_per_GJ"],
            oxidation_rate=text(to_decimal(source["of_percent"]) / 100),
            basis="lhv",
            published_on=reference.CN_TABLES[table],
            source=source["source_of_row"],
            licence="Published standard or guideline, facts",
            provenance=provenance_of(*cells),
            note="; ".join([source["scope_of_use"], *notes]),
            control=text(to_decimal(source["ef_tCO2_per_unit"]) * 1000),
            draft="to be checked against the print" if check else "",
        )


def cn_power_rows(rows):
    """Power ETS: carbon content for coal whose content was not measured, per GJ."""
    years = iter(("2019", "2021"))
    for source in (r for r in rows if r["table_id"].startswith("T5")):
        content = to_decimal(source["cc_tC_per_GJ"])
        rate = to_decimal(source["of_percent"]) / 100
        yield row(
            code="CN-POWER-COAL-NOT-MEASURED",
            name_en="Coal, carbon content not measured (power ETS)",
            name_zh="燃煤，未实测元素碳（发电行业）",
            keywords="燃煤 coal",
            category="stationary_combustion",
            stream="combustion",
            unit="GJ",
            date_from=f"{next(years)}-01-01",
            method="parameter",
            ncv="1",
            carbon_content=text(content),
            oxidation_rate=text(rate),
            basis="lhv",
            source=source["source_of_row"],
            licence="Published standard or guideline, facts",
            provenance=provenance_of(source["provenance"]),
            note=f"{source['scope_of_use']}; {source['note']}",
            control=source["ef_tCO2_per_TJ"],
        )


def cn_grid_rows(rows):
    """Grid averages by area and data year; heat is carried by another pack."""
    for source in rows:
        kind = source["factor_type"]
        family = reference.CN_GRID_FAMILIES.get(kind)
        if kind == "average" and source["data_year"] in ("2012", "2015"):
            family = reference.CN_GRID_FAMILIES["guideline"]
        year = source["data_year"][-10:][:4]
        if "basis" in source["data_year"]:  # 2020/2021 basis: used from 2021 on
            year = source["data_year"].split("/")[1][:4]
        skip = reference.CN_GRID_SKIPS.get(kind, "")
        words = provenance_of(source["source_address"], source["provenance"])
        yield row(
            code=family[0] if family else f"CN-GRID-{slug(kind)}",
            name_en=family[1] if family else kind,
            name_zh=family[2] if family else "",
            keywords="电力 电 electricity power",
            category="purchased_electricity",
            stream=family[3] if family else "",
            unit=source["unit"].split("/")[1],
            region=reference.CN_REGIONS[source["area_en"], source["level"]],
            date_from=f"{year}-01-01" if not skip else "",
            method="gas",
            gases=gases(("CO2", "fossil", to_decimal(source["value"]) * 1000)),
            data_year=year if not skip else "",
            published_on=source["published_on"],
            reporting_years=source["applies_to_reporting_years"],
            source=source["publication"],
            licence="Public announcement, facts",
            provenance=words,
            note="; ".join(filter(None, (source["official_use"], source["note"]))),
            skip=skip,
        )


def cn_process_rows(rows):
    """Carbonates, heat and waste; parameters of formulas are no factors."""
    for source in rows:
        hints = reference.CN_PROCESS.get(source["table_id"])
        is_factor = source["unit"].startswith("tCO2/")
        value = to_decimal(source["value"]) * 1000
        yield row(
            code=f"CN-{source['table_id'].split('_')[0]}-{slug(source['item_en'])}",
            name_en=source["item_en"][:1].upper() + source["item_en"][1:],
            name_zh=source["item_zh"],
            keywords=f"{source['item_zh']} {source['item_en']}",
            category=hints[0] if hints else "",
            stream=hints[1] if hints else "",
            unit=source["unit"].split("/")[1].split()[0] if is_factor else "",
            date_from="2024-01-01",
            method="gas",
            gases=gases(("CO2", "fossil", value)) if is_factor else "",
            published_on="2024" if "32151.34" in source["source"] else "",
            source=source["source"],
            licence="Published standard or guideline, facts",
            provenance=provenance_of(source["source_address"], source["provenance"]),
            note="; ".join(filter(None, (source["unit"], source["note"]))),
            skip="" if is_factor else "parameter of a formula, not a factor",
        )


# ----------------------------------------------------------------------
# International
# ----------------------------------------------------------------------
def intl_licence(source):
    """Return licence and provenance words; some rows carry them one cell early."""
    licence = source["licence"]
    if licence.startswith("published"):
        tail = re.search(r"\)(OGL v3.0|US public domain)$", source["source"])
        return tail[1], licence
    return licence, source["verification"] or licence


def weighted_gases(source):
    """Gas lines of a row whose gas columns, if any, are CO2e already."""
    total = to_decimal(source["ef_co2e"])
    carbon_dioxide = to_decimal(source["ef_co2"] or "0")
    biogenic = NUMBER.match(source["biogenic_co2_outside_scopes"] or "")
    return gases(
        ("CO2", "fossil", carbon_dioxide),
        (CO2E, "fossil", total - carbon_dioxide),
        ("CO2", "biogenic", to_decimal(biogenic[0]) if biogenic else None),
    )


def mass_gases(source):
    """Gas lines of a row that prints masses; biomass gives biogenic lines."""
    basis = source["gas_columns_basis"]
    if basis.startswith("CF4"):
        pairs = re.findall(r"(CF4|C2F6) ([\d.]+) kg", basis)
        return gases(*((gas, "fossil", to_decimal(kg)) for gas, kg in pairs))
    bio = bool(source["biogenic_co2_outside_scopes"]) or source["id"].startswith(reference.BIOGENIC_WASTE)
    kind = "biogenic" if bio else "fossil"
    return gases(
        ("CO2", kind, mass(source["ef_co2"])),
        ("CH4_NONFOSSIL" if bio else "CH4_FOSSIL", kind, mass(source["ef_ch4"])),
        ("N2O", kind, mass(source["ef_n2o"])),
    )


def intl_rows(rows, publishers, prefix="", strip=""):
    """Rows of factors_intl.csv of some publishers."""
    for source in rows:
        if not source["publisher"].startswith(publishers):
            continue
        category, stream = reference.hints(source)
        licence, words = intl_licence(source)
        printed = source["gas_columns_basis"].startswith(("mass of gas", "CF4"))
        co2_only = source["category"] == "Mobile combustion CO2"
        lines = mass_gases if printed or co2_only else weighted_gases
        rate = source["unit"].startswith("%")
        year = re.search(r"\d{4}", source["edition_year"])[0]
        amounts = "" if rate else lines(source)
        provenance = provenance_of(words, licence, source["verification"])
        yield row(
            code=prefix + source["id"].removeprefix(strip),
            name_en=reference.intl_name(source),
            keywords=source["activity"].replace(" / ", " "),
            category=category,
            stream=stream,
            unit=source["unit"],
            region=reference.intl_region(source),
            date_from=f"{year}-01-01",
            method="gas",
            basis=reference.BASES[source["heating_value_basis"]],
            gases=amounts,
            data_year=year,
            source=source["source"],
            licence=licence,
            provenance=provenance,
            note="; ".join(filter(None, (words, source["note"]))),
            skip="" if amounts else reference.skip_reason(source),
            control=source["ef_co2e"],
        )


def spend_rows(rows):
    """EPA supply-chain factors per dollar of 2022, with and without margins."""
    for source in rows:
        for column, suffix, label in (
            ("factor_with_margins", "", "with margins"),
            ("factor_without_margins", "-NM", "without margins"),
        ):
            yield row(
                code=f"EPA-SPEND-{source['naics2017']}{suffix}",
                name_en=f"{source['commodity']} (US economy, {label})",
                keywords=source["commodity"],
                category=reference.SPEND_CATEGORIES.get(source["scope3_category_hint"], "purchased_goods"),
                stream="spend",
                currency=source["currency"],
                price_year=source["price_year"],
                price_basis="purchaser",
                date_from=f"{source['price_year']}-01-01",
                method="gas",
                gases=gases((CO2E, "fossil", to_decimal(source[column]))),
                data_year=source["price_year"],
                source=source["source"],
                licence=source["licence"],
                provenance=provenance_of(source["verification"]),
                note=f"NAICS {source['naics2017']}, USEEIO {source['useeio_code']}",
            )


def refrigerant_rows(rows):
    """A kilogram leaked: of a gas, or of a blend as the sum of its components."""
    for source in rows:
        if source["code"] in reference.NOT_REFRIGERANTS:
            continue
        blend = source["blend_composition"]
        parts = re.findall(r"([\d.]+)% (\w+)", blend) or [("100", source["code"])]
        parts = [(p, "CO2" if g == "R-744" else g) for p, g in parts]
        lines = [(gas, "fossil", to_decimal(share) / 100) for share, gas in parts]
        skip = "not a greenhouse gas" if source["code"] == "R-717" else ""
        yield row(
            code=f"GAS-{slug(source['code'])}",
            name_en=f"{source['gas']}, released",
            name_zh=f"{source['name_zh'] or source['code']}（泄漏）",
            keywords=f"{source['code']} {source['gas']} {source['name_zh']}",
            category="fugitive",
            stream="fugitive",
            unit="kilogram",
            date_from="1990-01-01",
            method="gas",
            gases=gases(*lines) if not skip else "",
            source="Composition of the substance" + (f": {blend}" if blend else ""),
            licence="Facts",
            provenance="computed",
            skip=skip,
        )


def packs(read):
    """Yield ``(file name, rows)`` of every pack."""
    fuels, intl = read("fuel_factors_cn"), read("factors_intl")
    gbt = "GB/T 32151.34-2024"
    yield "cn_fuel_gbt", cn_fuel_rows(fuels, "T1", "CN-GBT34", gbt, 2024)
    yield "cn_fuel_ndrc", cn_fuel_rows(fuels, "T3", "CN-NDRC", "NDRC", 2013)
    mee = cn_fuel_rows(fuels, "T4", "CN-MEE", "MEE", 2021)
    yield "cn_fuel_mee", [*mee, *cn_power_rows(fuels)]
    yield "cn_grid", cn_grid_rows(read("grid_factors_cn"))
    yield "cn_heat_process", cn_process_rows(read("process_heat_defaults_cn"))
    yield "refrigerants", refrigerant_rows(read("gwp"))
    yield "ipcc_2006", intl_rows(intl, ("IPCC",))
    yield "epa_hub", intl_rows(intl, ("US EPA",))
    yield "desnz_2023", intl_rows(intl, ("UK DESNZ/Defra",), "DESNZ-", "DESNZ2023-")
    yield "epa_spend", spend_rows(read("spend_factors"))


def main(source_dir):
    """Write the packs and the gas data."""
    data = Path(__file__).resolve().parent.parent / "data"
    (data / "packs").mkdir(exist_ok=True)

    def read(name):
        path = Path(source_dir, f"{name}.csv")
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return list(csv.DictReader(stream))

    for name, rows in packs(read):
        path = data / "packs" / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    (data / "carbon_gas_data.xml").write_text(reference.gas_xml(read("gwp")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
