"""Own golden numbers of methods that no worked example covers: inputs, results, and the hand calculation behind them.

Sources are the clauses named by the definitions; every line can be followed with a pocket calculator.
"""

GOLDEN = {
    # (10 × 0.60 × 0.90 / 0.98 + 20 × 0.50 × 0.92 / 0.97) t C × 0.99 × 44/12: 5.510204 + 9.484536 = 14.994740 t C
    "fuel_element_carbon_dried": (
        {
            "masses": ["10", "20"],
            "carbon_dried": ["0.60", "0.50"],
            "moisture_received": ["0.10", "0.08"],
            "moisture_dried": ["0.02", "0.03"],
            "oxidation": "0.99",
        },
        {"co2": "54430.906796"},
    ),
    # pure methane, 10⁴ Nm³ at 0 °C: 10000 × 12/22.4 = 5357.142857 kg C × 44/12
    "gas_composition": (
        {"volume": "1", "reference": "0c", "shares": ["1"], "atoms": ["1"], "oxidation": "1"},
        {"co2": "19642.857143"},
    ),
    # 40 MWh of the bills are covered: they leave one source and enter the other (MWh, sum 0)
    "electricity_cover": ({"certificates": "40"}, {"uncovered": "-40", "covered": "40"}),
    # 1000 t × 0.4152 × (1 − 0.02 − 0.004) × 44/12
    "aluminium_anode": (
        {"quantity": "1000", "anode": "0.4152", "sulphur": "0.02", "ash": "0.004"},
        {"co2": "1485862.4"},
    ),
    # 1000 t × 0.143 × 2.2 min = 314.6 kg CF4; × 0.121 = 38.0666 kg C2F6 (CWPB, IPCC 2006 V3 table 4.16)
    "aluminium_pfc_slope": (
        {"quantity": "1000", "slope": "0.143", "effect_minutes": "2.2", "weight_fraction": "0.121"},
        {"cf4": "314.6", "c2f6": "38.0666"},
    ),
    # 1000 t × 1.16 × 2 mV / 0.95 = 2442.105263 kg CF4; × 0.121
    "aluminium_pfc_overvoltage": (
        {
            "quantity": "1000",
            "coefficient": "1.16",
            "overvoltage": "2",
            "efficiency": "0.95",
            "weight_fraction": "0.121",
        },
        {"cf4": "2442.105263", "c2f6": "295.494737"},
    ),
    # 1000 t × 9 kg/t × (1 − 0.9 × 0.95) = 9000 × 0.145
    "process_n2o": (
        {"quantity": "1000", "factor": "9", "abatement": "0.9", "utilisation": "0.95"},
        {"n2o": "1305"},
    ),
    # 100 t × 1694 kg/t, half of it captured in half of the hours: × 0.75
    "process_co2": (
        {"quantity": "100", "factor": "1694", "abatement": "0.5", "utilisation": "0.5"},
        {"co2": "127050"},
    ),
    # 1000 t deposited three years ago, k = 0.05: 1000 × 0.15 × e^-0.1 × (1 − e^-0.05) × 0.5 × 1 × 0.5 × 16/12
    # = 150 × 0.904837418 × 0.048770575 × 0.333333 = 2.206472 t; − 0.2 t recovered; × 0.9
    "landfill_decay": (
        {
            "masses": ["1000"],
            "ages": ["3"],
            "degradable": ["0.15"],
            "decomposed_share": "0.5",
            "correction": "1",
            "decay": "0.05",
            "methane_share": "0.5",
            "recovered": "0.2",
            "soil_oxidation": "0.1",
        },
        {"ch4": "1805.824872", "recovered": "200"},
    ),
    # 1000 t × (2800 − 83.74) kJ/kg
    "steam_deducted": ({"steam": "1000", "enthalpy": "2800"}, {"energy": "2716.26"}),
    # 1.20 MPa is halfway between 1.00 (2777.0) and 1.40 (2788.4): 2782.7 − 83.74 = 2698.96
    "steam_saturated": ({"steam": "1000", "pressure": "1.2", "convention": "deducted"}, {"energy": "2698.96"}),
    # 1000 t × (60 − 20) K × 4.1868
    "hot_water": ({"water": "1000", "temperature": "60"}, {"energy": "167.472"}),
    # 100 × 0.005 + 500 × 0.05 + 20 × (1 − 0.8)
    "refrigerant_devices": (
        {
            "installed": "100",
            "installation_rate": "0.005",
            "operating": "500",
            "leak_rate": "0.05",
            "disposed": "20",
            "recovery_rate": "0.8",
        },
        {"substance": "29.5"},
    ),
    # 50 + 30 − 40 − 5 − (60 − 35)
    "sf6_balance": (
        {
            "opening": "50",
            "purchases": "30",
            "closing": "40",
            "returned": "5",
            "nameplate_new": "60",
            "nameplate_retired": "35",
        },
        {"sf6": "10"},
    ),
    # 1000 kg N × 0.005 × 44/28
    "wastewater_n2o": ({"nitrogen": "1000", "factor": "0.005"}, {"n2o": "7.857143"}),
    # 10 t × 100 km × 0.1 + 5 t × 200 km × 0.05
    "freight_tonne_km": (
        {"masses": ["10", "5"], "distances": ["100", "200"], "factors": ["0.1", "0.05"]},
        {"co2e": "150"},
    ),
    # 2 TJ of wood × 112000, 30, 4 kg/TJ (IPCC 2006 V2 table 2.3)
    "biomass_energy": (
        {"energy": "2", "factor_co2": "112000", "factor_ch4": "30", "factor_n2o": "4"},
        {"co2": "224000", "ch4": "60", "n2o": "8"},
    ),
    # petrol with 10 % of its carbon biogenic: 2.92505598 t CO2 per t (CN-FUEL-01) split 9 : 1
    "fuel_blend": (
        {"quantity": "1", "ncv": "43.07", "carbon_content": "0.0189", "oxidation": "0.98", "biogenic_share": "0.1"},
        {"co2": "2632.550382", "co2_bio": "292.505598"},
    ),
    "co2_capture": ({"generated": "100", "recovered": "30"}, {"gross": "100000", "recovered": "30000"}),
    # (30 − 12) t C × 44/12
    "sink_gain_loss": ({"gains": "30", "losses": "12"}, {"removal": "66000"}),
    # 10 t of mixed waste: 10 × 0.4 × 0.95 × 44/12 t CO2, 40 % fossil; CH4 0.2 and N2O 0.05 kg/t
    "waste_incineration": (
        {
            "quantity": "10",
            "dry_share": "1",
            "carbon": "0.4",
            "fossil_share": "0.4",
            "oxidation": "0.95",
            "factor_ch4": "0.2",
            "factor_n2o": "0.05",
        },
        {"co2": "5573.333333", "co2_bio": "8360", "ch4": "0.8", "ch4_bio": "1.2", "n2o": "0.5"},
    ),
    # 1000 m³ × (800 − 100) mg/L = 700 kg COD − 100 in sludge = 600 × 0.25 × 0.8 = 120 kg, 20 of it recovered
    "wastewater_cod": (
        {
            "water": "1000",
            "inflow": "800",
            "outflow": "100",
            "sludge": "100",
            "capacity": "0.25",
            "correction": "0.8",
            "recovered": "20",
        },
        {"ch4": "100", "recovered": "20"},
    ),
    # 100 × 0.9 in, 80 × 0.8 + 5 × 0.2 out, 3 t C more in stock: 90 − 65 − 3 = 22 t C
    "carbon_mass_balance": (
        {
            "masses": ["100"],
            "carbon_shares": ["0.9"],
            "product_masses": ["80", "5"],
            "product_carbon_shares": ["0.8", "0.2"],
            "stock_increase": "3",
            "uncertainty": "0.05",
        },
        {"co2": "80666.666667"},
    ),
    # 113,000 with 13 % VAT at 7.1, prices up by 9 %: 113000/1.13/7.1/1.09 × (0.4 + 0.05)
    "spend": (
        {
            "amounts": ["113000"],
            "factors": ["0.4"],
            "vat": ["0.13"],
            "margins": ["0.05"],
            "rate": "7.1",
            "deflator": "1.09",
        },
        {"co2e": "5814.704742"},
    ),
}
