"""How each worked example is declared: the method it belongs to, and which input takes which published number.

``x`` holds the inputs of the example as exact text. The measure says what of the inventory is the answer.
"""

from decimal import Decimal

from .worked_example_uses import (
    KM_PER_MILE,
    L_PER_GALLON,
    MT,
    NM3,
    WOOD,
    Case,
    Use,
    energy_share,
    fuel,
    gas_sum,
    one,
    per_gas,
    plain,
    pond,
    power,
    sum_of,
    tonnes,
)

FUEL = fuel("fuel_heat_content", "quantity")
GAS = fuel("gas_heat_content", "volume")
FAN = one(
    "use_phase_energy",
    lambda x: {"units": x["n"], "days": x["d"], "hours": x["h"], "years": x["y"], "power": x["kw"], "factor": x["f"]},
    per="t",
)
LEG = one("allocation_physical", lambda x: {"total": x["tot"], "part": x["tkm"], "whole": x["sumtkm"]})

CASES = {
    # -------------------------------------------------------------- goods, Scope 3
    "S3-1.1": one(
        "quantity_factors",
        lambda x: {"quantities": [x[f"q{i}"] for i in range(1, 6)], "factors": [x[f"f{i}"] for i in range(1, 6)]},
    ),
    "S3-1.2b": one(
        "goods_hybrid",
        lambda x: {
            "supplier": x["energy"],
            "waste": x["waste"],
            "waste_factor": x["fw"],
            "masses": [x[i] for i in ("cotton", "poly", "chA", "chB")],
            "factors": [x[i] for i in ("fcot", "fpol", "fA", "fB")],
            "freight_masses": [x[i] for i in ("cotton", "poly", "chA", "chB")],
            "freight_distances": [x[i] for i in ("dcot", "dpol", "dA", "dB")],
            "freight_factors": [x[i] for i in ("tcot", "tpol", "tA", "tB")],
        },
    ),
    "S3-3.1a": sum_of("q", "f"),
    "S3-3.1c": Case(
        tuple(
            Use("quantity_factors", lambda x, name=name: {"quantities": [x[name]], "factors": ["1"]})
            for name in ("b", "c", "h")
        )
    ),
    "S3-T3.2": energy_share(lambda x: str(Decimal(x["gen"]) * 1000), "share"),
    "S3-T3.2c": energy_share(lambda x: str((Decimal(x["gen"]) + Decimal(x["mine"])) * 1000), "share"),
    "S3-4.1": one(
        "freight_fuel",
        lambda x: {"volumes": x["l"], "factors": [x["f"]] * 3, "refrigerant": x["r"], "refrigerant_factor": x["g"]},
    ),
    "S3-4.3-driven-1": LEG,
    "S3-4.3-driven-3": LEG,
    "S3-4.3-gcd-3": LEG,
    "S3-4.4": one("spend", lambda x: {"amounts": x["s"], "factors": x["f"], "vat": ["0"] * 3, "margins": ["0"] * 3}),
    "S3-4.6": one("storage", lambda x: {"volumes": [x["v"]] * 2, "days": [x["d"]] * 2, "factors": x["f"]}),
    "S3-5.1": sum_of("q", "f"),
    "S3-6.1": Case(
        (
            Use(
                "passenger_vehicle",
                lambda x: {"people": x["n"], "occupancy": x["occ"], "distances": x["d"], "factors": x["f"]},
            ),
            Use("passenger_distance", lambda x: {"people": x["n"], "distances": x["da"], "factors": x["fa"]}),
        )
    ),
    "S3-7.2": one(
        "commuting",
        lambda x: {"employees": x["n"], "days": x["days"], "shares": x["p"], "distances": x["d"], "factors": x["f"]},
    ),
    "S3-11.3": one(
        "use_phase_fuel",
        lambda x: {
            "units": x["n"],
            "lifetime_distance": x["km"],
            "factor": x["f"],
            "part_mass": x["we"],
            "whole_mass": x["wa"],
        },
    ),
    "S3-13.1": one(
        "allocation_physical",
        lambda x: {"total": x["tot"], "part": x["a"], "whole": str(Decimal(x["a"]) + Decimal(x["b"]))},
    ),
    "S3-14.2": sum_of("a", "f"),
    "S3-15.1": one("investments_share", lambda x: {"emissions": x["e"], "shares": x["s"]}, per="t"),
    "S3-15.2": one("investments_spend", lambda x: {"revenues": x["rev"], "factors": x["f"], "shares": x["s"]}),
    "S3-B.1": FAN,
    "S3-B.1-3": FAN,
    # -------------------------------------------------------------- combustion, China
    **dict.fromkeys((f"CN-FUEL-{n}" for n in ("01", "02", "05", "08", "09", "10", "11")), FUEL),
    **dict.fromkeys((f"CN-FUEL-{n}" for n in ("03", "12", "13")), GAS),
    "CN-FUEL-15": Case(
        (
            Use("", lambda x: x["coal"], lines=tonnes("ef1"), unit=MT),
            Use("", lambda x: x["gas"], lines=tonnes("ef2"), unit=NM3),
        ),
        per="t",
    ),
    "DATA-4": one(
        "fuel_element_carbon", lambda x: {"quantity": x["fc"], "carbon": x["car"], "oxidation": x["of"]}, per="t"
    ),
    "DATA-1": one(
        "fuel_net_consumption",
        lambda x: {
            "purchases": x["buy"],
            "opening": x["open"],
            "closing": x["close"],
            "resale": x["sold"],
            "other_use": x["other"],
        },
        measure="activity",
        per="unit",
        lines=lambda x: [("CO2", "fossil", "1900")],
        unit=MT,
    ),
    # -------------------------------------------------------------- process, waste, wastewater
    "CN-GB-8": one(
        "carbon_products",
        lambda x: {
            "masses": [x["gpm"], x["gta"]],
            "carbon_shares": [x["gpmfc"], x["gtafc"]],
            "product_masses": [x["gp"]],
            "product_carbon_shares": [x["gpfc"]],
            "waste_carbon": x["gwt"],
            "volatile_mass": x["gpm"],
            "volatile_share": x["var"],
            "volatile_carbon": x["k3"],
        },
        per="t",
    ),
    "CN-CARB-1": one(
        "carbonates",
        lambda x: {"masses": [x["m"]], "purities": [x["i"]], "conversions": [x["tr"]], "factors": [x["ef"]]},
        per="t",
    ),
    "CN-CARB-2": one(
        "carbonate_stoichiometric",
        lambda x: {
            "masses": ["1"],
            "purities": ["1"],
            "conversions": ["1"],
            "molar_masses": [x["m"]],
            "groups": ["1"],
        },
        per="t",
    ),
    "IPCC-4": one(
        "clinker",
        lambda x: {
            "quantity": "1",
            "cao_share": x["cao"],
            "stoichiometric": x["s"],
            "carbonate_share": "1",
            "dust": "1",
        },
        per="t",
    ),
    "IPCC-6": one(
        "lime",
        lambda x: {"quantity": "1", "cao_share": x["cao"], "stoichiometric": x["s"], "dust": "1"},
        per="t",
    ),
    "IPCC-7": one(
        "aluminium_pfc_default",
        lambda x: {"quantity": x["al"], "factor_cf4": x["cf4"], "factor_c2f6": x["c2f6"]},
        per="t",
    ),
    "UNIT-5": one(
        "carbon_mass_balance",
        lambda x: {"masses": [x["c"]], "carbon_shares": ["1"], "stock_increase": "0", "uncertainty": "0.05"},
        per="t",
    ),
    "CN-WASTE-1": one(
        "waste_incineration",
        lambda x: {
            "quantity": "1",
            "dry_share": "1",
            "carbon": x["ccw"],
            "fossil_share": x["fcf"],
            "oxidation": x["ce"],
            "factor_ch4": "0",
            "factor_n2o": "0",
        },
        per="t",
    ),
    "IPCC-10": one(
        "waste_incineration",
        lambda x: {
            "quantity": "1",
            "dry_share": x["dm"],
            "carbon": x["cf"],
            "fossil_share": x["fcf"],
            "oxidation": x["of"],
            "factor_ch4": "0",
            "factor_n2o": "0",
        },
        per="t",
        results=("co2",),
    ),
    "CN-WW-1": one(
        "wastewater_cod",
        lambda x: pond(x, "cod"),
        per="t",
    ),
    "CN-WW-3": one(
        "wastewater_bod",
        lambda x: pond(x, "bod"),
        per="t",
    ),
    # -------------------------------------------------------------- electricity and heat
    "CN-GB-13": one(
        "steam_full",
        lambda x: {"steam": x["m"], "enthalpy": x["h"]},
        per="t",
        units={"steam": "uom.product_uom_kgm"},
        lines=tonnes("ef"),
        unit="carbon_accounting.uom_gj",
    ),
    "CN-VER-2": power("e", tonnes("f")),
    "CBAM-2": power("e", tonnes("f")),
    "ENERGY-1": power("g", tonnes("f"), exported="x"),
    "S2-MKT-1": one(
        "electricity_certificates",
        lambda x: {"purchased": x["e"], "certificates": x["g"]},
        measure="market",
        per="t",
        lines=tonnes("fr"),
    ),
    "S2-UK-1": plain("1", "uom.product_uom_kwh", gas_sum("m", "n")),
    "ALLOC-4": one(
        "chp_efficiency",
        lambda x: {
            "emission": x["E"],
            "heat": x["h"],
            "heat_efficiency": x["eh"],
            "power": x["p"],
            "power_efficiency": x["ep"],
        },
        per="t",
        result="heat",
    ),
    "ALLOC-2": one(
        "allocation_economic",
        lambda x: {
            "total": x["e"],
            "quantity": x["a"],
            "price": x["pa"],
            "quantities": [x["b"]],
            "prices": [x["pb"]],
        },
    ),
    "UNIT-1": plain(
        lambda x: x["m"],
        "carbon_accounting.uom_gj",
        lambda x: [("CO2", "fossil", "110")],
        measure="activity",
        per="unit",
        units={"quantity": "carbon_accounting.uom_mwh"},
    ),
    # -------------------------------------------------------------- published factors
    "UK-SUM-6": plain("1", "carbon_accounting.uom_tonne_km", gas_sum("m", "n")),
    "UK-RF": one(
        "air_travel",
        lambda x: {
            "passenger_km": "1",
            "factor_co2": x["c"],
            "factor_other": str(Decimal(x["m"]) + Decimal(x["n"])),
            "forcing": x["rf"],
        },
    ),
    "UK-FLEET": one("quantity_factors", lambda x: {"quantities": [x["l"]], "factors": [x["f"]]}, per="t"),
    "BIO-1": one("biomass_mass", lambda x: {**WOOD, "quantity": x["t"], "factor_other": x["f"]}, per="t"),
    "BIO-2": one(
        "biomass_mass", lambda x: {**WOOD, "quantity": x["t"], "factor_co2": x["f"]}, measure="biogenic", per="t"
    ),
    "EPA-1": per_gas(
        "energy_fossil_mmbtu",
        "energy",
        "carbon_accounting.uom_therm",
        divide=Decimal("0.1"),
        energy_basis="hhv",
        factor_basis="hhv",
    ),
    "EPA-2": per_gas("fuel_volume_gases", "volume", "uom.product_uom_gal", divide=L_PER_GALLON),
    "EPA-4": per_gas("distance_gases", "distance", "uom.product_uom_mile", divide=KM_PER_MILE),
    "EPA-5": per_gas("distance_gases", "distance", "uom.product_uom_mile", divide=KM_PER_MILE),
    "EPA-9": one(
        "energy_fossil_mmbtu",
        lambda x: {
            "energy": x["hhv"],
            "energy_basis": "hhv",
            "factor_co2": x["ef"],
            "factor_ch4": "0",
            "factor_n2o": "0",
            "factor_basis": "hhv",
        },
    ),
    "IPCC-1": per_gas("energy_fossil_tj", "energy", "", energy_basis="lhv", factor_basis="lhv"),
    **dict.fromkeys(
        ("IPCC-2", "IPCC-3"),
        one(
            "mobile_fuel_energy",
            lambda x: {"volume": "1", "density": x["rho"], "ncv": x["ncv"], "factor_co2": x["ef"]},
        ),
    ),
    "UNIT-2": plain(
        "1",
        "uom.product_uom_gal",
        lambda x: [("CO2", "fossil", x["f"])],
        per="g",
        units={"quantity": "uom.product_uom_litre"},
    ),
    # -------------------------------------------------------------- fugitive
    "FUG-1": one(
        "refrigerant_balance",
        lambda x: {
            "opening": x["b"],
            "purchases": x["p"],
            "closing": x["e"],
            "returned": x["s"],
            "charge_increase": x["dcap"],
        },
        per="t",
        lines=lambda x: [("CO2E_AR5", "fossil", x["gwp"])],
        unit="uom.product_uom_kgm",
    ),
    "FUG-4": one(
        "gas_release",
        lambda x: {"mass": "1"},
        lines=lambda x: [("HFC32", "fossil", "0.5"), ("HFC125", "fossil", "0.5")],
        unit="uom.product_uom_kgm",
    ),
    "FUG-6": one(
        "gas_release",
        lambda x: {"mass": "1"},
        lines=lambda x: [("HFC125", "fossil", "0.5"), ("HFC143a", "fossil", "0.5")],
        unit="uom.product_uom_kgm",
    ),
    "FUG-8": one(
        "gas_release",
        lambda x: {"mass": x["t"]},
        per="t",
        units={"mass": MT},
        lines=lambda x: [("CO2", "fossil", "1")],
        unit="uom.product_uom_kgm",
    ),
    # -------------------------------------------------------------- spend, recovery, sinks
    "SPEND-1": one("spend", lambda x: {"amounts": ["1"], "factors": [x["a"]], "vat": ["0"], "margins": [x["m"]]}),
    "SPEND-3": one(
        "spend",
        lambda x: {
            "amounts": [x["cny"]],
            "factors": [x["f"]],
            "vat": ["0"],
            "margins": ["0"],
            "rate": x["fx"],
            "deflator": x["defl"],
        },
    ),
    "REC-1": one(
        "co2_recovered",
        lambda x: {"volume": x["q"], "purity": x["p"], "density": x["d"]},
        measure="recovered",
        per="t",
    ),
    "SINK-1": one(
        "sink_stock_difference", lambda x: {"opening": x["a"], "closing": x["b"]}, measure="removal", per="t"
    ),
}
