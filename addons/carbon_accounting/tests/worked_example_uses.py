"""Words in which the worked examples are told: what is declared, and what of the inventory is the answer."""

from dataclasses import dataclass, field
from decimal import Decimal

#: Examples whose part of the product calculates them elsewhere; a test counts them so that none is forgotten.
LATER = {
    **dict.fromkeys(("ETS-2", "ETS-4", "ETS-5", "ETS-7", "ETS-10", "ETS-11"), "allowances and surrender"),
    **dict.fromkeys(("NEU-1", "NEU-2", "NEU-3"), "neutrality balance"),
    **dict.fromkeys(("BASE-2", "BASE-4"), "base-year recalculation"),
    "INT-1": "targets",
    **dict.fromkeys(("CBAM-1", "CBAM-3"), "product footprints"),
}
#: Examples about more than one source; each has a test of its own.
OWN_TEST = {"CN-GB-16", "S3-C.1", "ORG-1", "FUG-7", "UNIT-4", "EPA-10"}
#: Examples about intervals, see test_uncertainty.
UNCERTAINTY = {"S3S-UNC", "UNC-2", "UNC-4", "UNC-6", "UNC-7", "UNC-9"}

MT, NM3 = "uom.product_uom_ton", "carbon_accounting.uom_nm3_10k"
WOOD = {"quantity": "t", "factor_co2": "1436.23", "factor_other": "46.98508"}
KM_PER_MILE, L_PER_GALLON = Decimal("1.609344"), Decimal("3.785411784")


@dataclass(frozen=True)
class Use:
    """A declaration: a method with its inputs, or (``method`` empty) a plain quantity on a factor."""

    method: str
    values: object
    units: dict = field(default_factory=dict)
    lines: object = None  # gas lines of a factor that follows: x → [(gas, kind, kg per unit)]
    unit: str = ""  # unit of that factor
    results: tuple = ()  # only these results can occur


@dataclass(frozen=True)
class Case:
    """The declarations of an example, what is read from the inventory, and the unit of the answer."""

    uses: tuple
    measure: str = "total"
    per: str = "kg"
    result: str = ""  # only the source of this result


def one(method, values, measure="total", per="kg", result="", **use):
    return Case((Use(method, values, **use),), measure, per, result)


def plain(quantity, unit, lines, measure="total", per="kg", units=None):
    return Case((Use("", quantity, lines=lines, unit=unit, units=units or {}),), measure, per)


def fuel(method, quantity):
    def values(x):
        return {quantity: "1", "ncv": x["ncv"], "carbon_content": x["cc"], "oxidation": x["of"]}

    return one(method, values, per="t")


def sum_of(quantities, factors, per="kg"):
    return one("quantity_factors", lambda x: {"quantities": x[quantities], "factors": x[factors]}, per=per)


def per_gas(method, amount, amount_unit, divide=None, **more):
    def scaled(number):
        return str(Decimal(number) / divide) if divide else number

    def values(x):
        names = {"factor_co2": "c", "factor_ch4": "m", "factor_n2o": "n"}
        return {amount: "1", **{k: scaled(x[v]) for k, v in names.items()}, **more}

    return one(method, values, units={amount: amount_unit} if amount_unit else {})


def power(quantity, lines, exported="0", netting="gross", per="t"):
    def values(x):
        return {"purchased": x[quantity], "exported": x.get(exported, "0"), "netting": netting}

    return one("electricity_purchased", values, per=per, lines=lines, unit="carbon_accounting.uom_mwh")


def tonnes(name):
    return lambda x: [("CO2", "fossil", str(Decimal(x[name]) * 1000))]


def gas_sum(*names):
    return lambda x: [
        ("CO2", "fossil", x["c"]),
        ("CO2E_AR5", "fossil", str(sum(Decimal(x[name]) for name in names))),
    ]


def energy_share(total, share):
    return one("allocation_physical", lambda x: {"total": total(x), "part": x[share], "whole": "1"}, per="t")


def pond(x, name):
    """One m³ of wastewater without outflow, sludge and recovery."""
    values = {"water": "1", "inflow": x[name], "capacity": x["bo"], "correction": x["mcf"]}
    return values | dict.fromkeys(("outflow", "sludge", "recovered"), "0")
