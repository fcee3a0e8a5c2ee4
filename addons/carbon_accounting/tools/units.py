"""Words for units found in published tables, and the unit records they mean.

A word that is not listed is not guessed: the row is skipped and reported.
"""

ADDON = "carbon_accounting"

#: word in a pack → external id of the ``uom.uom`` record
UNIT_XMLIDS = {
    **dict.fromkeys(("t", "tonne"), "uom.product_uom_ton"),
    **dict.fromkeys(
        ("t clinker", "t lime", "t Al", "t dry waste", "t wet waste"),
        "uom.product_uom_ton",
    ),
    **dict.fromkeys(("kg", "kilogram", "kg COD removed"), "uom.product_uom_kgm"),
    "lb": "uom.product_uom_lb",
    "short ton": f"{ADDON}.uom_short_ton",
    "litre": "uom.product_uom_litre",
    **dict.fromkeys(("m3", "cubic metre"), "uom.product_uom_cubic_meter"),
    "million litres": f"{ADDON}.uom_megalitre",
    "US gallon": "uom.product_uom_gal",
    "1e4Nm3": f"{ADDON}.uom_nm3_10k",
    **dict.fromkeys(("kWh", "kilowatt hour"), "uom.product_uom_kwh"),
    "MWh": f"{ADDON}.uom_mwh",
    **dict.fromkeys(("GJ", "gigajoule"), f"{ADDON}.uom_gj"),
    "TJ": f"{ADDON}.uom_tj",
    "mmBtu": f"{ADDON}.uom_mmbtu",
    "therm": f"{ADDON}.uom_therm",
    **dict.fromkeys(("km", "kilometre"), "uom.product_uom_km"),
    "vehicle-mile": "uom.product_uom_mile",
    "passenger.km": f"{ADDON}.uom_passenger_km",
    "passenger-mile": f"{ADDON}.uom_passenger_mile",
    "tonne.km": f"{ADDON}.uom_tonne_km",
    "short ton-mile": f"{ADDON}.uom_short_ton_mile",
    "Room per night": f"{ADDON}.uom_room_night",
    "per FTE Working Hour": "uom.product_uom_hour",
}
