"""Reading of product footprints in the exchange format of the PACT initiative, 2.x and 3.x.

Source: PACT Technical Specifications 2.3 and 3.0 (data types *ProductFootprint* and *CarbonFootprint*). Amounts are decimals written
as text; a number there has lost digits on its way and is refused. Percentages of 2.x may be numbers. Nothing is guessed: what
is missing or unknown is told with its path in the file.
"""

import json
import re
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from .kernel import round12

#: Declared units of the specification, with the identity of the unit in Odoo.
UNITS = {
    "liter": "uom.product_uom_litre",
    "kilogram": "uom.product_uom_kgm",
    "cubic meter": "uom.product_uom_cubic_meter",
    "kilowatt hour": "uom.product_uom_kwh",
    "megajoule": "carbon_accounting.uom_mj",
    "ton kilometer": "carbon_accounting.uom_tonne_km",
    "square meter": "uom.product_uom_square_meter",
    "piece": "uom.product_uom_unit",
    "hour": "uom.product_uom_hour",
}
#: Most bytes and footprints of one file.
MOST_BYTES, MOST_FOOTPRINTS = 10_000_000, 1000

_DECIMAL = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")
#: How each field is called: in 3.x, in 2.x.
_NAMES = {
    "unit": ("declaredUnitOfMeasurement", "declaredUnit"),
    "amount": ("declaredUnitAmount", "unitaryProductAmount"),
    "mass": ("productMassPerDeclaredUnit", "productMassPerDeclaredUnit"),
    "kg": ("pcfExcludingBiogenicUptake", "pCfExcludingBiogenic"),
    "kg_with_uptake": ("pcfIncludingBiogenicUptake", "pCfIncludingBiogenic"),
    "fossil_kg": ("fossilGhgEmissions", "fossilGhgEmissions"),
    "fossil_carbon": ("fossilCarbonContent", "fossilCarbonContent"),
    "uptake_kg": ("biogenicCO2Uptake", "biogenicCarbonWithdrawal"),
    "gwp": ("ipccCharacterizationFactors", "ipccCharacterizationFactorsSources"),
    "standards": ("crossSectoralStandards", "crossSectoralStandardsUsed"),
    "exempted": ("exemptedEmissionsPercent", "exemptedEmissionsPercent"),
}
#: What may be left out: in 3.x, in 2.x.
_OPTIONAL = ({"uptake_kg"}, {"uptake_kg", "mass", "kg_with_uptake", "gwp", "standards"})
_HEAD = ("id", "specVersion", "created", "status", "companyName", "companyIds", "productNameCompany", "productIds")


class Problem(NamedTuple):
    """What is wrong in a file: where, which kind, and what stands there."""

    path: str
    code: str
    value: str = ""


class _Number(str):
    """A JSON number, as it was written."""


def read_file(content):
    """Return the footprints of a file and what is wrong with it.

    :param content: bytes of a JSON file: a footprint, a list of them, or the answer of a host (``{"data": …}``)
    :return: (list of dicts, list of :class:`Problem`); with a problem nothing of the file should be used
    """
    if len(content) > MOST_BYTES:
        return [], [Problem("", "large")]
    try:
        data = json.loads(content.decode("utf-8-sig"), parse_float=_Number, parse_int=_Number, parse_constant=_Number)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        return [], [Problem("", "json", str(error)[:200])]
    if isinstance(data, dict) and "data" in data and "pcf" not in data:
        data = data["data"]
    footprints = data if isinstance(data, list) else [data]
    if not footprints or len(footprints) > MOST_FOOTPRINTS:
        return [], [Problem("", "none" if not footprints else "many")]
    found, problems = [], []
    for number, footprint in enumerate(footprints, 1):
        reader = _Reader(f"[{number}]" if isinstance(data, list) else "")
        values = reader.values_of(footprint)
        problems += reader.problems
        if values:
            found.append(values)
    seen = set()
    for values in found:
        key = values["pact_id"], values["pact_version"]
        if key in seen:
            problems.append(Problem("id", "twice", values["pact_id"]))
        seen.add(key)
    return found, problems


class _Reader:
    """Reading of one footprint: collects what is wrong instead of stopping at the first."""

    def __init__(self, prefix):
        self.prefix, self.problems, self.old = prefix, [], False

    def _wrong(self, path, code, value=""):
        self.problems.append(Problem(".".join(filter(None, (self.prefix, path))), code, str(value)[:100]))

    def values_of(self, footprint):
        """Return the values of a footprint; empty where something is wrong."""
        if not isinstance(footprint, dict):
            self._wrong("", "object")
            return {}
        for name in _HEAD:
            if not footprint.get(name):
                self._wrong(name, "missing")
        if not isinstance(footprint.get("pcf"), dict):
            self._wrong("pcf", "missing")
            return {}
        spec = str(footprint.get("specVersion") or "")
        if spec[:2] not in ("2.", "3."):
            self._wrong("specVersion", "spec", spec)
            return {}
        self.old = spec.startswith("2.")
        values = self._head(footprint, spec) | self._figures(footprint["pcf"]) | self._words(footprint["pcf"])
        if not self.problems:
            self._check_sums(values)
        return {} if self.problems else values

    # -- parts
    def _head(self, footprint, spec):
        identity = str(footprint.get("id") or "")
        try:
            identity = str(uuid.UUID(identity))
        except ValueError:
            if identity:
                self._wrong("id", "uuid", identity)
        status = footprint.get("status")
        if status == "Deprecated":
            self._wrong("status", "deprecated")
        elif status and status != "Active":
            self._wrong("status", "unknown", status)
        return {
            "pact_id": identity,
            "pact_version": str(footprint.get("version") or "") if self.old else "",
            "spec": spec,
            "created": self._day(footprint, "created"),
            "valid_from": self._day(footprint, "validityPeriodStart"),
            "valid_to": self._day(footprint, "validityPeriodEnd"),
            "partner_name": self._text(footprint, "companyName"),
            "partner_ids": self._texts(footprint, "companyIds"),
            "product_name": self._text(footprint, "productNameCompany"),
            "product_ids": self._texts(footprint, "productIds"),
            "description": self._text(footprint, "productDescription"),
        }

    def _figures(self, pcf):
        decimals = ("amount", "mass", "kg", "kg_with_uptake", "fossil_kg", "fossil_carbon", "uptake_kg")
        values = {name: self._decimal(pcf, name) for name in decimals}
        if values["amount"] is not None and values["amount"] <= 0:
            self._wrong(self._path("amount"), "positive", values["amount"])
        for name in ("mass", "kg", "fossil_kg", "fossil_carbon"):
            if values[name] is not None and values[name] < 0:
                self._wrong(self._path(name), "negative", values[name])
        if (values["uptake_kg"] or 0) > 0:
            self._wrong(self._path("uptake_kg"), "uptake", values["uptake_kg"])
        unit = self._value(pcf, "unit")
        if unit and unit not in UNITS:
            self._wrong(self._path("unit"), "unit", unit)
        return values | {
            "unit": unit,
            "exempted": self._percent(pcf, _NAMES["exempted"][self.old], required=True),
            "primary_share": self._percent(pcf, "primaryDataShare"),
        }

    def _words(self, pcf):
        gwp = self._texts(pcf, _NAMES["gwp"][self.old], "pcf.") or self._texts(pcf, "characterizationFactors", "pcf.")
        if not gwp:
            self._wrong(self._path("gwp"), "missing")
        elif len(gwp) > 1 or not re.fullmatch(r"AR[4-9]", gwp[0]):
            self._wrong(self._path("gwp"), "gwp", ", ".join(gwp))
        first, last = (self._day(pcf, f"referencePeriod{end}", "pcf.", required=True) for end in ("Start", "End"))
        if first and last:
            last -= timedelta(days=1)  # exclusive in the specification
            if last < first:
                self._wrong("pcf.referencePeriodEnd", "order")
        if not (standards := self._texts(pcf, _NAMES["standards"][self.old], "pcf.")) and not self.old:
            self._wrong(self._path("standards"), "missing")
        scope = pcf.get("geographicScope") if isinstance(pcf.get("geographicScope"), dict) else pcf
        names = ("geographyCountrySubdivision", "geographyCountry", "geographyRegionOrSubregion")
        proof = pcf.get("verification") or pcf.get("assurance") or {}
        proof = proof if isinstance(proof, dict) else {}
        return {
            "gwp": gwp[0] if gwp else None,
            "period_from": first,
            "period_to": last,
            "standards": ", ".join(standards),
            "geography": next((str(scope[name]) for name in names if scope.get(name)), ""),
            "boundary_text": self._text(pcf, "boundaryProcessesDescription"),
            "rules": self._rules(pcf),
            "is_verified": proof.get("assurance") is True
            or bool(proof.get("providerName") and "assurance" not in proof),
            "verifier": str(proof.get("providerName") or ""),
        }

    @staticmethod
    def _rules(pcf):
        rules = pcf.get("productOrSectorSpecificRules")
        rules = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
        names = [name for rule in rules for name in (rule.get("ruleNames") or ())]
        return ", ".join(str(name) for name in names)

    def _check_sums(self, values):
        """Ask for ``including = excluding + uptake`` where all three are given (uptake is negative)."""
        given = [values[name] for name in ("kg", "kg_with_uptake", "uptake_kg")]
        if None in given or self.old:
            return
        excluding, including, uptake = given
        if abs(excluding + uptake - including) > Decimal("0.005") * max(abs(excluding), abs(uptake), 1):
            self._wrong(self._path("kg_with_uptake"), "sum", f"{excluding} + {uptake} ≠ {including}")

    # -- values
    def _path(self, name):
        return "pcf." + _NAMES[name][self.old]

    def _value(self, pcf, name):
        value = pcf.get(_NAMES[name][self.old])
        if value in (None, "", []) and name not in _OPTIONAL[self.old]:
            self._wrong(self._path(name), "missing")
        return None if value == "" else value

    def _decimal(self, pcf, name):
        """Return a decimal that is written as text."""
        value = self._value(pcf, name)
        if value is None:
            return None
        if isinstance(value, _Number) or not isinstance(value, str):
            self._wrong(self._path(name), "number", value)
        elif not _DECIMAL.fullmatch(value):
            self._wrong(self._path(name), "decimal", value)
        else:
            return Decimal(value)
        return None

    def _percent(self, pcf, name, required=False):
        """Return a percentage: text in 3.x, in 2.x a number too."""
        value = pcf.get(name)
        if value is None:
            if required:
                self._wrong(f"pcf.{name}", "missing")
            return None
        if isinstance(value, _Number) and not self.old:
            self._wrong(f"pcf.{name}", "number", value)
        elif not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            self._wrong(f"pcf.{name}", "decimal", value)
        elif not 0 <= Decimal(value) <= 100:
            self._wrong(f"pcf.{name}", "percent", value)
        else:
            return Decimal(value)
        return None

    def _text(self, data, name):
        value = data.get(name)
        return value if isinstance(value, str) else ""

    def _texts(self, data, name, prefix=""):
        value = data.get(name)
        value = [value] if isinstance(value, str) else value or []
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            self._wrong(prefix + name, "list")
            return []
        return [str(text) for text in value]

    def _day(self, data, name, prefix="", required=False):
        value = data.get(name)
        if not value:
            if required:
                self._wrong(prefix + name, "missing")
            return None
        try:
            moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
            return date(moment.year, moment.month, moment.day)
        except ValueError:
            self._wrong(prefix + name, "date", value)
            return None


def per_unit(kg, amount, negate=False):
    """Return kg per one declared unit, as a float of the rounded decimal (12 decimals).

    :param kg: ``Decimal`` (or text) of kg CO2e for ``amount`` units
    :param negate: for what the format writes as a negative number

    >>> per_unit("2", "12")
    0.166666666667
    """
    value = round12(Decimal(kg) / Decimal(amount))
    return float(-value if negate and value else value)
