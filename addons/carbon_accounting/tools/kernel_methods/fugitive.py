"""Fugitive emissions and wastewater (methods.md 1.8, 1.9)."""

from .registry import SUBSTANCE, Result, at_least_zero, method, not_more

LEAK_CH4 = Result("gas", "CH4_FOSSIL", "fossil", "fugitive")
LEAK_CH4_BIO = Result("gas", "CH4_NONFOSSIL", "biogenic", "fugitive")
RECOVERED_CH4 = Result("gas", "CH4_NONFOSSIL", "recovered", "removal")
SF6 = Result("gas", "SF6", "fossil", "fugitive")
WATER_N2O = Result("gas", "N2O", "biogenic", "fugitive")


@method("refrigerant_balance", substance=SUBSTANCE)
def refrigerant_balance(opening, purchases, closing, returned, charge_increase):
    """``opening stock + purchases − closing stock − sold or returned − increase of installed charge``, kg.

    The new charge of a device is in the device and not in the air.
    """
    lost = opening + purchases - closing - returned - charge_increase
    return {"substance": at_least_zero(lost, "opening", "purchases", "closing", "returned", "charge_increase")}


@method("refrigerant_devices", substance=SUBSTANCE)
def refrigerant_devices(installed, installation_rate, operating, leak_rate, disposed, recovery_rate):
    """``installed × k + operating charge × x + charge of disposed devices × (1 − recovered)``, kg – IPCC 2006 V3 7.5."""
    return {"substance": installed * installation_rate + operating * leak_rate + disposed * (1 - recovery_rate)}


@method("sf6_balance", sf6=SF6)
def sf6_balance(opening, purchases, closing, returned, nameplate_new, nameplate_retired):
    """``opening + purchases − closing − returned − (new − retired nameplate)``, kg – IPCC 2006 V3 8.2, user mass balance."""
    lost = opening + purchases - closing - returned - (nameplate_new - nameplate_retired)
    names = ("opening", "purchases", "closing", "returned", "nameplate_new", "nameplate_retired")
    return {"sf6": at_least_zero(lost, *names)}


@method("gas_release", substance=SUBSTANCE)
def gas_release(mass):
    """Mass of a gas that left its container: fire extinguishers, dry ice, process and calibration gas."""
    return {"substance": mass}


@method("methane_release", ch4=LEAK_CH4, ch4_bio=LEAK_CH4_BIO)
def methane_release(mass, origin: str):
    """Released methane by origin; AR6 knows a value for fossil and one for non-fossil methane, none for "methane"."""
    return {"ch4" if origin == "fossil" else "ch4_bio": mass}


@method("wastewater_cod", ch4=LEAK_CH4_BIO, recovered=RECOVERED_CH4)
def wastewater_cod(water, inflow, outflow, sludge, capacity, correction, recovered):
    """``[W × (COD_in − COD_out) − S] × B₀ × MCF − R``, kg CH4; W in m³ and COD in mg/L, so g ÷ 1000."""
    return _anaerobic(water, inflow, outflow, sludge, capacity * correction, recovered)


@method("wastewater_bod", ch4=LEAK_CH4_BIO, recovered=RECOVERED_CH4)
def wastewater_bod(water, inflow, outflow, sludge, capacity, correction, recovered):
    """The same with BOD₅ for domestic wastewater, B₀ 0.6 kg CH4/kg BOD."""
    return _anaerobic(water, inflow, outflow, sludge, capacity * correction, recovered)


def _anaerobic(water, inflow, outflow, sludge, methane_per_kg, recovered):
    not_more(outflow, inflow, "outflow", "inflow")
    removed = at_least_zero(water * (inflow - outflow) / 1000 - sludge, "sludge")
    generated = removed * methane_per_kg
    not_more(recovered, generated, "recovered", "water")
    return {"ch4": generated - recovered, "recovered": recovered}


@method("wastewater_n2o", n2o=WATER_N2O)
def wastewater_n2o(nitrogen, factor):
    """``N in the effluent [kg] × EF [kg N2O-N/kg N] × 44/28`` – IPCC 2006 V5 6.3."""
    return {"n2o": nitrogen * factor * 44 / 28}
