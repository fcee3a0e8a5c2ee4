"""Purchased electricity, heat, steam and hot water (methods.md 1.6, 1.7)."""

from decimal import Decimal

from .registry import CO2, Result, above_zero, at_least_zero, method, not_more

POWER = Result("quantity", stream="location", unit="MWh")
HEAT = Result("quantity", stream="heat", unit="GJ")
#: kJ/kg of feed water at 20 °C; the NDRC guidelines deduct it, GB/T 32151.34 does not.
FEED_WATER = Decimal("83.74")
#: kJ/(kg·K)
SPECIFIC_HEAT = Decimal("4.1868")
#: MPa → kJ/kg of saturated steam, excerpt of GB/T 32151.34—2024 table C.4
SATURATED = {
    Decimal("0.50"): Decimal("2748.5"),
    Decimal("1.00"): Decimal("2777.0"),
    Decimal("1.40"): Decimal("2788.4"),
    Decimal("1.70"): Decimal("2793.8"),
    Decimal("1.80"): Decimal("2795.1"),
}


@method("electricity_purchased", energy=POWER)
def electricity_purchased(purchased, exported, netting: str):
    """Purchased MWh, gross (GHG Protocol) or net of exports (NDRC guidelines); factors by location and market follow."""
    if netting == "gross":
        return {"energy": purchased}
    return {"energy": at_least_zero(purchased - exported, "purchased", "exported")}


@method("electricity_certificates", uncovered=POWER, covered=POWER)
def electricity_certificates(purchased, certificates):
    """Split purchased MWh into what certificates cover and what the residual factor meets."""
    covered = not_more(certificates, purchased, "certificates", "purchased")
    return {"uncovered": purchased - covered, "covered": covered}


@method("electricity_cover", uncovered=POWER, covered=POWER)
def electricity_cover(certificates):
    """Move MWh that count already, by bills or meters, from the source without certificates to the one with them."""
    return {"uncovered": -certificates, "covered": certificates}


@method("steam_full", energy=HEAT)
def steam_full(steam, enthalpy):
    """``t × h × 10⁻³`` GJ, full enthalpy – GB/T 32151.34 (13)."""
    return {"energy": steam * enthalpy / 1000}


@method("steam_deducted", energy=HEAT)
def steam_deducted(steam, enthalpy):
    """``t × (h − 83.74) × 10⁻³`` GJ – NDRC guidelines."""
    return {"energy": steam * (enthalpy - FEED_WATER) / 1000}


@method("steam_saturated", energy=HEAT)
def steam_saturated(steam, pressure, convention: str):
    """Heat of saturated steam, enthalpy by pressure from table C.4, linear in between; outside it warns."""
    enthalpy, inside = saturated_enthalpy(pressure)
    deducted = FEED_WATER if convention == "deducted" else 0
    result = {"energy": steam * (enthalpy - deducted) / 1000}
    if inside:
        return result
    values = {"value": pressure, "minimum": min(SATURATED), "maximum": max(SATURATED), "used": enthalpy}
    return result, [("outside_table", "pressure", values)]


def saturated_enthalpy(pressure):
    """Return ``(kJ/kg, inside the table)``; outside it, the value at the nearest end."""
    points = sorted(SATURATED)
    if not points[0] <= pressure <= points[-1]:
        return SATURATED[points[0] if pressure < points[0] else points[-1]], False
    upper = next(point for point in points if pressure <= point)
    if pressure == upper:
        return SATURATED[upper], True
    lower = points[points.index(upper) - 1]
    step = SATURATED[upper] - SATURATED[lower]
    return SATURATED[lower] + step * (pressure - lower) / (upper - lower), True


@method("hot_water", energy=HEAT)
def hot_water(water, temperature):
    """``t × (T − 20) × 4.1868 × 10⁻³`` GJ – NDRC guidelines; 20 °C is the reference."""
    return {"energy": at_least_zero(water * (temperature - 20) * SPECIFIC_HEAT / 1000, "temperature")}


@method("chp_efficiency", heat=CO2, power=CO2)
def chp_efficiency(emission, heat, heat_efficiency, power, power_efficiency):
    """``E × (H/η_H) / (H/η_H + P/η_P)`` to heat, the rest to power – efficiency method of the WRI CHP tool."""
    heat_fuel = heat / above_zero(heat_efficiency, "heat_efficiency")
    power_fuel = power / above_zero(power_efficiency, "power_efficiency")
    total = emission * 1000
    to_heat = total * heat_fuel / above_zero(heat_fuel + power_fuel, "heat")
    return {"heat": to_heat, "power": total - to_heat}
