"""Incineration and landfill (methods.md 1.5, 1.11)."""

from .registry import Refusal, Result, method, not_more, rows

BURNT_CO2 = Result("gas", "CO2", "fossil", "combustion")
BURNT_CO2_BIO = Result("gas", "CO2", "biogenic", "combustion")
BURNT_CH4 = Result("gas", "CH4_FOSSIL", "fossil", "combustion")
BURNT_CH4_BIO = Result("gas", "CH4_NONFOSSIL", "biogenic", "combustion")
BURNT_N2O = Result("gas", "N2O", "fossil", "combustion")
LANDFILL_CH4 = Result("gas", "CH4_NONFOSSIL", "biogenic", "fugitive")
LANDFILL_RECOVERED = Result("gas", "CH4_NONFOSSIL", "recovered", "removal")


@method(
    "waste_incineration",
    co2=BURNT_CO2,
    co2_bio=BURNT_CO2_BIO,
    ch4=BURNT_CH4,
    ch4_bio=BURNT_CH4_BIO,
    n2o=BURNT_N2O,
)
def waste_incineration(quantity, dry_share, carbon, fossil_share, oxidation, factor_ch4, factor_n2o):
    """``m × dm × CCW × FCF × CE × 44/12``; the biogenic rest apart; CH4 and N2O in kg per t – IPCC 2006 V5 5.2."""
    total = quantity * dry_share * carbon * oxidation * 44 * 1000 / 12
    methane = quantity * factor_ch4
    return {
        "co2": total * fossil_share,
        "co2_bio": total * (1 - fossil_share),
        "ch4": methane * fossil_share,
        "ch4_bio": methane * (1 - fossil_share),
        "n2o": quantity * factor_n2o,
    }


@method("landfill_decay", ch4=LANDFILL_CH4, recovered=LANDFILL_RECOVERED)
def landfill_decay(
    masses: list,
    ages: list,
    degradable: list,
    decomposed_share,
    correction,
    decay,
    methane_share,
    recovered,
    soil_oxidation,
):
    """First-order decay, IPCC 2006 V5 3.2: of each deposit decays ``e^(−k(a−1)) × (1 − e^(−k))`` in its year ``a``.

    ``CH4 = (Σ W × DOC × DOC_f × MCF × decaying × F × 16/12 − R) × (1 − OX)``; masses in t, recovered in t, result in kg.
    """
    decaying = 0
    for mass, age, share in rows(masses, ages, degradable):
        if age < 1 or age != age.to_integral_value():
            raise Refusal("age_not_whole", "ages", value=age)
        decaying += mass * share * (-decay * (age - 1)).exp()
    generated = decaying * (1 - (-decay).exp()) * decomposed_share * correction * methane_share * 16 / 12
    not_more(recovered, generated, "recovered", "masses")
    return {
        "ch4": (generated - recovered) * (1 - soil_oxidation) * 1000,
        "recovered": recovered * 1000,
    }
