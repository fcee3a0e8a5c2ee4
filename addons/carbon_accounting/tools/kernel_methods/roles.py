"""What the inputs of a method are: the activity itself, a parameter of its factor, or a constant of nature."""

import re

#: How much was done, by name of the input; the same in every method that has it.
_ACTIVITY = frozenset(
    re.findall(
        r"\w+",
        """
        amounts certificates charge_increase closing days disposed distance distances effect_minutes emission emissions
        employees energy exported freight_distances freight_masses gains generated heat hours installed lifetime_distance losses
        mass masses nameplate_new nameplate_retired nitrogen opening operating other_use overvoltage part part_mass passenger_km
        people power product_masses purchased purchases quantities quantity recovered refrigerant resale returned revenues
        sludge steam stock_increase supplier total units volatile_mass volume volumes waste waste_carbon water whole whole_mass
        years
        """,
    )
)
#: Inputs that are activity in one method and a parameter in others.
_ALSO_ACTIVITY = {("commuting", "shares")}
#: Exact by definition: atoms and groups of a formula, whole years.
_CONSTANT = frozenset(("atoms", "groups", "molar_masses", "ages"))
#: Columns of tables A.2 and A.3 that an input fills.
_MEANING = {
    "ncv": "ncv",
    "carbon_content": "carbon",
    "carbon": "carbon",
    "carbon_dried": "carbon",
    "oxidation": "oxidation",
}


def role(method, name):
    """Return ``activity``, ``parameter`` or ``constant``.

    >>> role("clinker", "quantity"), role("clinker", "cao_share"), role("gas_composition", "atoms")
    ('activity', 'parameter', 'constant')
    """
    if name in _CONSTANT:
        return "constant"
    return "activity" if name in _ACTIVITY or (method, name) in _ALSO_ACTIVITY else "parameter"


def meaning(method, name):
    """Return what tables A.2 and A.3 call an input: ``activity``, ``ncv``, ``carbon``, ``oxidation``, or nothing of these.

    >>> meaning("fuel_heat_content", "ncv"), meaning("lime", "dust")
    ('ncv', 'parameter')
    """
    return _MEANING.get(name) or role(method, name)
