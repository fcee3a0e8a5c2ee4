"""Process emissions and carbon balances (methods.md 1.3, 1.4)."""

from decimal import Decimal

from .registry import (
    PROCESS_CO2,
    ZERO,
    Refusal,
    Result,
    above_zero,
    co2_kg,
    method,
    pad,
    product_sum,
    rows,
)

CF4 = Result("gas", "CF4", "fossil", "process")
C2F6 = Result("gas", "C2F6", "fossil", "process")
PROCESS_N2O = Result("gas", "N2O", "fossil", "process")
#: g/mol
MOLAR_MASS_CO2 = Decimal("44.0095")


@method("carbonates", co2=PROCESS_CO2)
def carbonates(masses: list, purities: list, conversions: list, factors: list):
    """``Σ m × purity × conversion × EF`` with EF in tCO2/t of pure carbonate – GB/T 32151.34 table C.2."""
    return {"co2": product_sum(masses, purities, conversions, factors) * 1000}


@method("carbonate_stoichiometric", co2=PROCESS_CO2)
def carbonate_stoichiometric(masses: list, purities: list, conversions: list, molar_masses: list, groups: list):
    """``Σ m × purity × conversion × n × 44.0095 / M`` with n carbonate groups in the formula."""
    tonnes = ZERO
    for mass, purity, conversion, molar, count in rows(masses, purities, conversions, molar_masses, groups):
        tonnes += mass * purity * conversion * count * MOLAR_MASS_CO2 / above_zero(molar, "molar_masses")
    return {"co2": tonnes * 1000}


@method("clinker", co2=PROCESS_CO2)
def clinker(quantity, cao_share, stoichiometric, carbonate_share, dust):
    """``clinker × CaO × 0.7848 × share of CaO from carbonate × CKD`` – IPCC 2006 V3 2.2, tier 2."""
    return {"co2": quantity * cao_share * stoichiometric * carbonate_share * dust * 1000}


@method("lime", co2=PROCESS_CO2)
def lime(quantity, cao_share, stoichiometric, dust):
    """``lime × CaO (CaO·MgO) × ratio × LKD`` – IPCC 2006 V3 2.3; 0.785, dolomitic 0.913."""
    return {"co2": quantity * cao_share * stoichiometric * dust * 1000}


@method("carbon_products", co2=PROCESS_CO2)
def carbon_products(
    masses: list,
    carbon_shares: list,
    product_masses: list,
    product_carbon_shares: list,
    waste_carbon,
    volatile_mass,
    volatile_share,
    volatile_carbon,
):
    """``(C in − C product − C waste) × 44/12 + m × volatile × K × 44/16`` – GB/T 32151.34 (6)–(8).

    Calcining, baking, graphitising. 44/16 is printed: the volatile part is taken as methane.
    """
    carbon_in = product_sum(masses, carbon_shares)
    carbon_out = product_sum(product_masses, product_carbon_shares) + waste_carbon
    if carbon_in < carbon_out:
        _negative("masses", carbon_in - carbon_out, ZERO)
    volatile = volatile_mass * volatile_share * volatile_carbon * 44 * 1000 / 16
    return {"co2": co2_kg(carbon_in - carbon_out) + volatile}


@method("aluminium_anode", co2=PROCESS_CO2)
def aluminium_anode(quantity, anode, sulphur, ash):
    """``Al × net anode use × (1 − S − ash) × 44/12`` – IPCC 2006 V3 4.4, equation 4.21."""
    return {"co2": co2_kg(quantity * anode * (1 - sulphur - ash))}


@method("aluminium_pfc_default", cf4=CF4, c2f6=C2F6)
def aluminium_pfc_default(quantity, factor_cf4, factor_c2f6):
    """``Al × EF`` of CF4 and C2F6 – IPCC 2006 V3 table 4.15, tier 1."""
    return {"cf4": quantity * factor_cf4, "c2f6": quantity * factor_c2f6}


@method("aluminium_pfc_slope", cf4=CF4, c2f6=C2F6)
def aluminium_pfc_slope(quantity, slope, effect_minutes, weight_fraction):
    """``CF4 = Al × slope × anode-effect minutes per cell-day``, ``C2F6 = CF4 × weight fraction`` – 4.26."""
    cf4 = quantity * slope * effect_minutes
    return {"cf4": cf4, "c2f6": cf4 * weight_fraction}


@method("aluminium_pfc_overvoltage", cf4=CF4, c2f6=C2F6)
def aluminium_pfc_overvoltage(quantity, coefficient, overvoltage, efficiency, weight_fraction):
    """``CF4 = Al × coefficient × over-voltage / current efficiency`` – IPCC 2006 V3 equation 4.27."""
    cf4 = quantity * coefficient * overvoltage / above_zero(efficiency, "efficiency")
    return {"cf4": cf4, "c2f6": cf4 * weight_fraction}


@method("process_n2o", n2o=PROCESS_N2O)
def process_n2o(quantity, factor, abatement, utilisation):
    """``A × EF × (1 − abatement × utilisation)`` – nitric and adipic acid, IPCC 2006 V3 3.3, 3.4."""
    return {"n2o": quantity * factor * (1 - abatement * utilisation)}


@method("process_co2", co2=PROCESS_CO2)
def process_co2(quantity, factor, abatement, utilisation):
    """``A × EF × (1 − abatement × utilisation)`` – ammonia, hydrogen, steel, glass; EF in kg CO2 per t."""
    return {"co2": quantity * factor * (1 - abatement * utilisation)}


@method("carbon_mass_balance", co2=PROCESS_CO2)
def carbon_mass_balance(
    masses: list,
    carbon_shares: list,
    stock_increase,
    uncertainty,
    product_masses: list = (),
    product_carbon_shares: list = (),
):
    """``(Σ C in − Σ C out − stock increase) × 44/12``; negative beyond the uncertainty is an error.

    The uncertainty is that of each flow; flows are independent, so their squares add up.
    """
    flows = [mass * share for mass, share in rows(masses, carbon_shares)]
    outflows = [
        mass * share for mass, share in rows(product_masses, pad(product_carbon_shares, len(product_masses), 0))
    ]
    residual = sum(flows) - sum(outflows) - stock_increase
    allowed = uncertainty * sum((flow * flow for flow in (*flows, *outflows)), ZERO).sqrt()
    if residual < -allowed:
        _negative("masses", residual, allowed)
    result = {"co2": co2_kg(residual)}
    if residual < 0:
        return result, [("balance_negative_small", "masses", {"value": residual, "allowed": allowed})]
    return result


def _negative(name, value, allowed):
    raise Refusal("balance_negative", name, value=value, allowed=allowed)
