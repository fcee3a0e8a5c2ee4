"""Biomass, CO2 recovered, sinks (methods.md 1.13–1.15)."""

from .registry import CH4_BIO, CO2, CO2_BIO, CO2E, N2O_BIO, REMOVAL, Result, co2_kg, method, not_more

RECOVERED_CO2 = Result("gas", "CO2", "recovered", "removal")
GROSS_CO2 = Result("gas", "CO2", "fossil", "process")
SINK_LOSS = Result("gas", "CO2", "biogenic", "removal")


@method("biomass_energy", co2=CO2_BIO, ch4=CH4_BIO, n2o=N2O_BIO)
def biomass_energy(energy, factor_co2, factor_ch4, factor_n2o):
    """``AD [TJ] × EF [kg/TJ]``: biogenic CO2 apart from the scopes, CH4 and N2O in them."""
    return {"co2": energy * factor_co2, "ch4": energy * factor_ch4, "n2o": energy * factor_n2o}


@method("biomass_mass", co2=CO2_BIO, co2e=CO2E)
def biomass_mass(quantity, factor_co2, factor_other):
    """``t × f``: biogenic CO2 outside the scopes; CH4 and N2O, weighted by the publisher, in scope 1."""
    return {"co2": quantity * factor_co2, "co2e": quantity * factor_other}


@method("fuel_blend", co2=CO2, co2_bio=CO2_BIO)
def fuel_blend(quantity, ncv, carbon_content, oxidation, biogenic_share):
    """Heat-content route with the carbon split by its share of biogenic origin."""
    total = co2_kg(quantity * ncv * carbon_content * oxidation)
    return {"co2": total * (1 - biogenic_share), "co2_bio": total * biogenic_share}


@method("co2_recovered", recovered=RECOVERED_CO2)
def co2_recovered(volume, purity, density):
    """``V [Nm³] × purity × ρ [kg/Nm³]``: CO2 that leaves the boundary, sold, used or stored."""
    return {"recovered": volume * purity * density}


@method("co2_capture", gross=GROSS_CO2, recovered=RECOVERED_CO2)
def co2_capture(generated, recovered):
    """Generated and recovered CO2 side by side, in t; the net is a figure of the report and never of the ledger."""
    not_more(recovered, generated, "recovered", "generated")
    return {"gross": generated * 1000, "recovered": recovered * 1000}


@method("sink_stock_difference", removal=REMOVAL, loss=SINK_LOSS)
def sink_stock_difference(opening, closing):
    """``(stock₂ − stock₁) × 44/12``; a shrinking stock is a biogenic emission and no negative removal."""
    return _sink(closing - opening)


@method("sink_gain_loss", removal=REMOVAL, loss=SINK_LOSS)
def sink_gain_loss(gains, losses):
    """``(gains − losses) × 44/12`` in the year."""
    return _sink(gains - losses)


def _sink(carbon):
    kg = co2_kg(abs(carbon))
    return {"removal": kg} if carbon >= 0 else {"loss": kg}
