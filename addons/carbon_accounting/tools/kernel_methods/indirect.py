"""Transport, travel, purchased goods and other indirect emissions (methods.md 1.10–1.12).

Factors that exist only as CO2e are already weighted: the result is kg CO2e of the GWP set that the factor was made
with, and no second GWP is applied.
"""

from decimal import Decimal

from .registry import CO2E, ZERO, Refusal, above_zero, method, not_more, pad, product_sum, rows


@method("quantity_factors", co2e=CO2E)
def quantity_factors(quantities: list, factors: list):
    """``Σ q × f``: goods by supplier or average factor, upstream energy, waste by treatment, floor area."""
    return {"co2e": product_sum(quantities, factors)}


@method("goods_hybrid", co2e=CO2E)
def goods_hybrid(
    supplier,
    waste,
    waste_factor,
    masses: list = (),
    factors: list = (),
    freight_masses: list = (),
    freight_distances: list = (),
    freight_factors: list = (),
):
    """Supplier's own energy + Σ material × factor + Σ mass × distance × factor + waste – Scope 3 guidance, category 1."""
    freight = product_sum(freight_masses, freight_distances, freight_factors)
    return {"co2e": supplier + product_sum(masses, factors) + freight + waste * waste_factor}


@method("spend", co2e=CO2E)
def spend(amounts: list, factors: list, rate, deflator, vat: list = (), margins: list = ()):
    """``Σ amount / (1 + VAT) / rate / deflator × (factor + margin)``.

    The rate is money of the amount per money of the factor; the deflator is the price index of the year of purchase
    over that of the factor's price year.
    """
    vat, margins = pad(vat, len(amounts), 0), pad(margins, len(amounts), 0)
    weighted = ZERO
    for amount, factor, tax, margin in rows(amounts, factors, vat, margins):
        weighted += amount * (factor + margin) / (1 + tax)
    return {"co2e": weighted / (above_zero(rate, "rate") * above_zero(deflator, "deflator"))}


@method("freight_tonne_km", co2e=CO2E)
def freight_tonne_km(masses: list, distances: list, factors: list):
    """``Σ t × km × f``; the factor holds average load and empty running, no load of one's own on top."""
    return {"co2e": product_sum(masses, distances, factors)}


@method("freight_fuel", co2e=CO2E)
def freight_fuel(volumes: list, factors: list, refrigerant, refrigerant_factor):
    """``Σ litres × f + refrigerant lost × f`` – Scope 3 guidance, category 4."""
    return {"co2e": product_sum(volumes, factors) + refrigerant * refrigerant_factor}


@method("storage", co2e=CO2E)
def storage(volumes: list, days: list, factors: list):
    """``Σ m³ × days × f`` – Scope 3 guidance, category 4."""
    return {"co2e": product_sum(volumes, days, factors)}


@method("passenger_vehicle", co2e=CO2E)
def passenger_vehicle(people: list, occupancy: list, distances: list, factors: list):
    """``Σ people / occupancy × km × f per vehicle-km``; a third of a car is a third of a car."""
    total = ZERO
    for number, seats, distance, factor in rows(people, occupancy, distances, factors):
        total += number * distance * factor / above_zero(seats, "occupancy")
    return {"co2e": total}


@method("passenger_distance", co2e=CO2E)
def passenger_distance(people: list, distances: list, factors: list):
    """``Σ people × km × f per passenger-km``: air, rail, bus."""
    return {"co2e": product_sum(people, distances, factors)}


@method("air_travel", co2e=CO2E)
def air_travel(passenger_km, factor_co2, factor_other, forcing):
    """``pkm × (CO2 × RF + CH4 and N2O)``; radiative forcing touches CO2 only and is disclosed (1.7, or 1 for none)."""
    return {"co2e": passenger_km * (factor_co2 * forcing + factor_other)}


@method("commuting", co2e=CO2E)
def commuting(employees, days, shares: list, distances: list, factors: list):
    """``employees × Σ share × km one way × 2 × days × f``."""
    total = sum(shares)
    if total > Decimal("1.0001"):
        raise Refusal("shares_above_one", "shares", total=total)
    return {"co2e": employees * 2 * days * product_sum(shares, distances, factors)}


@method("use_phase_fuel", co2e=CO2E)
def use_phase_fuel(units, lifetime_distance, factor, part_mass, whole_mass):
    """``units × km × f × mass of the part / mass of the whole`` – intermediate products, category 11."""
    share = not_more(part_mass, above_zero(whole_mass, "whole_mass"), "part_mass", "whole_mass")
    return {"co2e": units * lifetime_distance * factor * share / whole_mass}


@method("use_phase_energy", co2e=CO2E)
def use_phase_energy(units, days, hours, years, power, factor):
    """``units × days/year × h/day × years × kW × f`` – products that use electricity, category 11."""
    return {"co2e": units * days * hours * years * power * factor}


@method("investments_share", co2e=CO2E)
def investments_share(emissions: list, shares: list):
    """``Σ emissions of the investee [t] × share of equity`` – category 15."""
    return {"co2e": product_sum(emissions, shares) * 1000}


@method("investments_spend", co2e=CO2E)
def investments_spend(revenues: list, factors: list, shares: list):
    """``Σ revenue × f × share of equity`` – category 15 without data of the investee."""
    return {"co2e": product_sum(revenues, factors, shares)}


@method("allocation_physical", co2e=CO2E)
def allocation_physical(total, part, whole):
    """``E × part / whole`` by driven or shortest t·km, mass, volume, floor area or energy."""
    return {"co2e": total * not_more(part, above_zero(whole, "whole"), "part", "whole") / whole}


@method("allocation_economic", co2e=CO2E)
def allocation_economic(total, quantity, price, quantities: list, prices: list):
    """``E × q × p / (q × p + Σ q_j × p_j)`` by value of the outputs; the others are the rows."""
    own = quantity * price
    return {"co2e": total * own / above_zero(own + product_sum(quantities, prices), "price")}
