"""Combustion, stationary and mobile (methods.md 1.1, 1.2)."""

from decimal import Decimal

from .registry import CH4, CO2, N2O, Refusal, Result, at_least_zero, co2_kg, method, product_sum, rows

#: Kelvin of the reference conditions in use; V_m is 22.4 L/mol at 0 °C and 101.325 kPa.
REFERENCE_KELVIN = {"0c": "273.15", "15c": "288.15", "20c": "293.15", "25c": "298.15"}
#: GJ per mmBtu (International Table), exact.
GJ_PER_MMBTU = Decimal("1.05505585262")


@method("fuel_heat_content", co2=CO2)
def fuel_heat_content(quantity, ncv, carbon_content, oxidation):
    """``FC [t] × NCV [GJ/t] × CC [tC/GJ] × OF × 44/12`` – GB/T 32151, NDRC guidelines."""
    return {"co2": co2_kg(quantity * ncv * carbon_content * oxidation)}


@method("gas_heat_content", co2=CO2)
def gas_heat_content(volume, ncv, carbon_content, oxidation):
    """``FC [10⁴ Nm³] × NCV [GJ/10⁴ Nm³] × CC [tC/GJ] × OF × 44/12``."""
    return {"co2": co2_kg(volume * ncv * carbon_content * oxidation)}


@method("fuel_element_carbon", co2=CO2)
def fuel_element_carbon(quantity, carbon, oxidation):
    """``FC [t] × C_ar × OF × 44/12``, carbon as received – guideline of power generation."""
    return {"co2": co2_kg(quantity * carbon * oxidation)}


@method("fuel_element_carbon_dried", co2=CO2)
def fuel_element_carbon_dried(
    masses: list, carbon_dried: list, moisture_received: list, moisture_dried: list, oxidation
):
    """``Σ FC × C_ad × (1 − M_ar) / (1 − M_ad) × OF × 44/12`` over the batches; carbon and water are parts of one sample."""
    for share, dried in rows(carbon_dried, moisture_dried):
        if share + dried > 1:
            raise Refusal("shares_above_one", "carbon_dried", "moisture_dried", total=share + dried)
    carbon = sum(
        mass * share * (1 - received) / (1 - dried)
        for mass, share, received, dried in rows(masses, carbon_dried, moisture_received, moisture_dried)
    )
    return {"co2": co2_kg(carbon * oxidation)}


@method("gas_composition", co2=CO2)
def gas_composition(volume, reference: str, shares: list, atoms: list, oxidation):
    """``V × Σ(x_i × n_i) × 12 / V_m × OF × 44/12``; CO2 in the gas counts with one atom of carbon."""
    total = sum(shares)
    if total > Decimal("1.0001"):
        raise Refusal("shares_above_one", "shares", total=total)
    for count in atoms:
        if count != count.to_integral_value():
            raise Refusal("atoms_not_whole", "atoms", value=count)
    kelvin = Decimal(REFERENCE_KELVIN[reference])
    # kg of carbon per m³ = Σ x·n × 12 / (22.4 × T / 273.15); volume in 10⁴ m³, so t = kg × 10
    carbon = volume * 10 * product_sum(shares, atoms) * 12 * Decimal("273.15") / (Decimal("22.4") * kelvin)
    warnings = [("shares_incomplete", "shares", {"total": total, "rest": 1 - total})] if total < Decimal("0.99") else []
    return {"co2": co2_kg(carbon * oxidation)}, warnings


@method("energy_fossil_tj", co2=CO2, ch4=CH4, n2o=N2O)
def energy_fossil_tj(energy, energy_basis: str, factor_co2, factor_ch4, factor_n2o, factor_basis: str):
    """``AD [TJ] × EF [kg/TJ]`` of each gas – IPCC 2006 V2 2.3; energy and factors on the same heating value."""
    _same_basis(energy_basis, factor_basis)
    return _per_gas(energy, factor_co2, factor_ch4, factor_n2o)


@method("energy_fossil_mmbtu", co2=CO2, ch4=CH4, n2o=N2O)
def energy_fossil_mmbtu(energy, energy_basis: str, factor_co2, factor_ch4, factor_n2o, factor_basis: str):
    """``AD [mmBtu] × EF [kg/mmBtu]`` of each gas – US EPA hub, gross heating value."""
    _same_basis(energy_basis, factor_basis)
    return _per_gas(energy, factor_co2, factor_ch4, factor_n2o)


@method("fuel_volume_gases", co2=CO2, ch4=CH4, n2o=N2O)
def fuel_volume_gases(volume, factor_co2, factor_ch4, factor_n2o):
    """``FC [L] × EF [kg/L]`` of each gas."""
    return _per_gas(volume, factor_co2, factor_ch4, factor_n2o)


@method("fuel_net_consumption", fuel=Result("quantity", stream="combustion", unit="t"))
def fuel_net_consumption(purchases, opening, closing, resale, other_use):
    """``purchases + opening stock − closing stock − resale − other use``, in t; the factor of the fuel follows."""
    used = purchases + opening - closing - resale - other_use
    return {"fuel": at_least_zero(used, "purchases", "opening", "closing", "resale", "other_use")}


@method("mobile_fuel_energy", co2=CO2)
def mobile_fuel_energy(volume, density, ncv, factor_co2):
    """``V [L] × ρ [kg/L] × NCV [TJ/Gg] × EF [kg/TJ] × 10⁻⁶``."""
    return {"co2": volume * density * ncv * factor_co2 / 1000000}


@method("distance_gases", co2=CO2, ch4=CH4, n2o=N2O)
def distance_gases(distance, factor_co2, factor_ch4, factor_n2o):
    """``d [km] × EF [kg/km]`` of each gas; CO2 better by fuel, CH4 and N2O by vehicle technology."""
    return _per_gas(distance, factor_co2, factor_ch4, factor_n2o)


def _per_gas(amount, factor_co2, factor_ch4, factor_n2o):
    return {"co2": amount * factor_co2, "ch4": amount * factor_ch4, "n2o": amount * factor_n2o}


def _same_basis(energy_basis, factor_basis):
    if energy_basis != factor_basis:
        raise Refusal("basis_differs", "energy_basis", "factor_basis", energy=energy_basis, factor=factor_basis)


def factor_to_net(factor_gross, ratio):
    """Return a factor per mmBtu gross as a factor per GJ net.

    :param factor_gross: kg per mmBtu on the gross (higher) heating value
    :param ratio: net over gross heating value, about 0.90 for gas and 0.95 for coal and oil
    :return: kg per GJ on the net (lower) heating value
    """
    return factor_gross / GJ_PER_MMBTU / ratio
