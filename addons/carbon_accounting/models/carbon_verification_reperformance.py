"""Calculating rows of the ledger again by the reference kernel: pure Python, exact decimals, never the engine that wrote them."""

import re
from decimal import Decimal, localcontext

from odoo import api, models

from ..tools import kernel
from ..tools import reference as ref

_MONTH = re.compile(r"^(?:(?P<part>.*) )?(?P<month>\d{4}-\d{2})$", re.DOTALL)
#: Reasons that leave nothing to compare with.
CANNOT = {"no_addon", "gone", "unread", "refused"}


class _Stop(Exception):
    """The document gives no quantity: a check says why."""

    def __init__(self, code, **values):
        super().__init__(code)
        self.check = {"code": code, **values}


class CarbonVerificationReperformance(models.AbstractModel):
    """Document → event → activity data → emissions → gases → CO2e once more, and the comparison with the ledger.

    Read again are the document, the rule's meaning, units and conversions known when the row was collected, exchange rates, the
    factor versions approved until the inventory was computed, their gas lines and the GWP set. The share of the boundary is taken
    from the inventory. Numbers are equal when they are equal to 12 decimals.
    """

    _inherit = "carbon.verification.reperformance"

    @api.model
    def _perform(self, inventory, activity_ids):
        """Calculate rows of activity data again.

        :param inventory: one ``carbon.inventory`` that they are in
        :return: ``{activity id: outcome}``, see :meth:`_outcome`; ids that the ledger does not hold are left out
        """
        world = self._read_world(inventory, activity_ids)
        world["regions"] = self._read_regions({row["source_id"] for row in world["ledger"]})
        self._add_rates(world)
        with localcontext() as context:
            context.prec = 60
            return {row["id"]: self._outcome(world, row) for row in world["ledger"]}

    @api.model
    def _outcome(self, world, row):
        """Return what came out for one row.

        :return: dict with ``result``, ``checks`` (codes with both numbers), ``gases`` (mass and CO2e of both sides), and the
            quantities and kg CO2e of both sides as exact texts, None where there is no second one
        """
        checks, emissions = [], None
        outcome = {"ledger_quantity": self._plain(row["quantity"]), "kernel_quantity": None}
        try:
            day, quantity = self._activity(world, row, checks)
            outcome["kernel_quantity"] = self._plain(quantity)
            if quantity != kernel.round12(row["quantity"]):
                self._differs(checks, "quantity", row["quantity"], quantity)
            emissions = self._kernel_emissions(world, row, day, quantity)
        except _Stop as stop:
            checks.append(stop.check)
        gases = self._compare_emissions(world, row, emissions, checks)
        outcome["ledger_kg"] = self._plain(sum((gas.pop("ledger_counts") for gas in gases), Decimal(0)))
        kernel_kg = sum((gas.pop("kernel_counts") for gas in gases), Decimal(0))
        outcome["kernel_kg"] = None if emissions is None else self._plain(kernel_kg)
        if emissions is not None and outcome["ledger_kg"] != outcome["kernel_kg"]:
            self._differs(checks, "co2e", outcome["ledger_kg"], outcome["kernel_kg"])
        cannot = any(check["code"] in CANNOT for check in checks)
        result = "cannot" if cannot else "fail" if checks else "pass"
        return {**outcome, "result": result, "checks": checks, "gases": gases}

    @api.model
    def _differs(self, checks, code, ledger, again, what=""):
        checks.append({"code": code, "what": what, "ledger": self._plain(ledger), "kernel": self._plain(again)})

    @api.model
    def _plain(self, value):
        """Return a number as text, rounded to 12 decimals and without trailing zeros; other values as text."""
        if value is None:
            return ""
        if isinstance(value, str):
            value = Decimal(value) if re.fullmatch(r"-?\d+(\.\d+)?", value) else value
        if not isinstance(value, Decimal):
            return str(value)
        text = f"{kernel.round12(value):f}"
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text

    # ------------------------------------------------------------------
    # Activity
    # ------------------------------------------------------------------
    @api.model
    def _find_event(self, world, row):
        """Return the event that a row comes from, and the first day of its month where a service period was split.

        :raises _Stop: where the document cannot be read, is gone, or gives no such event any more
        """
        model, key = row["origin_model"], (row["origin_model"], row["origin_id"])
        if model in world["unread"]:
            why = world["unread"][model]
            raise _Stop("unread", kernel=why, what=model) if why else _Stop("no_addon", what=model)
        if key not in world["exists"]:
            raise _Stop("gone", what=model)
        events = world["events"].get(key, {})
        if row["part"] in events:
            return events[row["part"]], None
        found = _MONTH.match(row["part"])
        event = found and events.get(found["part"] or "")
        if event and event["service_from"]:
            for part, begin, _share in self._months(event):
                if part == found["month"]:
                    return event, begin
        raise _Stop("no_event", ledger=self._plain(row["quantity"]))

    @api.model
    def _months(self, event):
        if not event["service_to"] or event["service_to"] < event["service_from"]:
            return []
        return ref.split_service(Decimal(1), event["service_from"], event["service_to"])

    @api.model
    def _activity(self, world, row, checks):
        """Return day and quantity of a row by the kernel, and note what else of it differs.

        :raises _Stop: where the document gives none
        """
        event, month = self._find_event(world, row)
        rule = world["rules"].get(row["rule_id"])
        if not rule:
            raise _Stop("no_rule")
        if event["problem"]:
            raise _Stop("waits", ledger=self._plain(row["quantity"]), kernel=event["problem"])
        self._compare_meaning(world, row, rule, event, checks)
        told, target = self._told_event(world, row, rule, event)
        try:
            parts = ref.activity(told, self._told_rule(rule, event), target, month)
        except ref.AmbiguousUnits as error:
            raise _Stop("ambiguous") from error
        except ref.MissingService as error:
            raise _Stop("service", ledger=self._plain(row["quantity"])) from error
        if parts is None:
            raise _Stop("unit")
        for part, day, quantity in parts:
            if " ".join(filter(None, (event["part"], part))) == row["part"]:
                if day != row["date"]:
                    self._differs(checks, "date", row["date"], day)
                return day, quantity
        raise _Stop("no_event", ledger=self._plain(row["quantity"]))

    @api.model
    def _compare_meaning(self, world, row, rule, event, checks):
        """Note what the row took over from document, rule and source and differs now."""
        for code in ("company_id", "kind", "product_id"):
            if (event[code] or None) != (row[code] or None):
                self._differs(checks, code, row[code], event[code])
        source = world["sources"][row["source_id"]]
        if rule["source_id"] != row["source_id"]:
            self._differs(checks, "source_id", row["source_id"], rule["source_id"])
        unit = "currency_id" if rule["quantity_basis"] == "amount" else "uom_id"
        if source[unit] != row[unit]:
            self._differs(checks, unit, row[unit], source[unit])

    @api.model
    def _told_rule(self, rule, event):
        """Return a rule in the words of the reference; a declaration without any period stands for its own day."""
        own_day = event["kind"] == "declared" and not event["service_from"] and not event["service_to"]
        return ref.Rule(
            str(rule["id"]),
            event["kind"],
            str(rule["source_id"]),
            multiplier=Decimal(rule["multiplier"]),
            split_service=rule["date_basis"] == "service" and not own_day,
            by_invoice=rule["date_basis"] in ("invoice", "accounting"),
        )

    @api.model
    def _told_event(self, world, row, rule, event):
        """Return an event in the words of the reference, and the unit that it is converted to."""
        by_day = {"invoice": event["date_invoice"], "accounting": event["date_accounting"]}.get(rule["date_basis"])
        source = world["sources"][row["source_id"]]
        quantity, material = event["quantity"], ref.Material()
        if rule["quantity_basis"] == "amount":
            quantity, (num, den) = event["amount"], self._rate_of(world, row, rule, event)
            # 1 unit of the document's currency is num / den of the source's
            unit, target = ref.Unit("money", num), ref.Unit("money", den)
        else:
            unit, target = world["units"].get(event["uom_id"]), world["units"].get(source["uom_id"])
            if not unit or not target:
                raise _Stop("unit")
            quantity = self._method_quantity(world, row, event, quantity)
            if unit.root != target.root:
                material = self._material(world, row, event["product_id"])
        if quantity is None:
            raise _Stop("no_event", ledger=self._plain(row["quantity"]))
        service = event["service_from"], event["service_to"]
        told = ref.Event(
            event["kind"], event["date"], Decimal(quantity), unit, material, None, *service, by_day or event["date"]
        )
        return told, target

    @api.model
    def _method_quantity(self, world, row, event, quantity):
        """Return the quantity of a declaration with a method from its inputs, that of other documents as they say it."""
        if row["origin_model"] != "carbon.declaration" or row["origin_id"] not in world["methods"]:
            return quantity
        results = world["methods"][row["origin_id"]]
        if isinstance(results, str):
            raise _Stop("refused", kernel=results)
        return results.get(event["part"])

    @api.model
    def _material(self, world, row, product_id):
        """Return what was known of a product when the row was collected."""
        product = world["products"].get(product_id)
        if not product:
            return ref.Material()
        units, known, path = world["units"], row["collected_on"], product["path"] or []
        conversions = tuple(
            ref.Conversion(
                units[c["from_uom_id"]],
                Decimal(c["factor"]),
                units[c["to_uom_id"]],
                path.index(c["category_id"]) + 1 if c["category_id"] else None,
                c["company_id"] is None,
                c["date_from"],
            )
            for c in world["conversions"]
            if (c["product_id"] == product_id or c["category_id"] in path)
            and c["company_id"] in (None, row["company_id"])
            and (c["active"] or (c["archived_on"] and c["archived_on"] > known))
            and not (c["create_date"] and c["create_date"] > known)
        )
        weight, volume = (units[uom] for uom in world["measures"])
        sizes = (Decimal(product["weight"]), weight, Decimal(product["volume"]), volume)
        return ref.Material("", (), units.get(product["uom_id"]), *sizes, conversions)

    # ------------------------------------------------------------------
    # Money
    # ------------------------------------------------------------------
    @api.model
    def _rate_keys(self, world, row, rule, event):
        """Return the keys of the rates of the source's and of the document's currency on the day that the rule counts by."""
        day = {"invoice": event["date_invoice"], "accounting": event["date_accounting"]}.get(rule["date_basis"])
        day = day or event["date"]
        currencies = world["sources"][row["source_id"]]["currency_id"], event["currency_id"]
        return [(row["company_id"], currency, day) for currency in currencies]

    @api.model
    def _add_rates(self, world):
        wanted = set()
        for row in world["ledger"]:
            rule = world["rules"].get(row["rule_id"])
            if not rule or rule["quantity_basis"] != "amount":
                continue
            for event in world["events"].get((row["origin_model"], row["origin_id"]), {}).values():
                wanted |= {key for key in self._rate_keys(world, row, rule, event) if key[1]}
        world["rates"] = self._read_rates(wanted)

    @api.model
    def _rate_of(self, world, row, rule, event):
        """Return numerator and denominator of what one unit of the document's currency is in that of the source."""
        own, theirs = self._rate_keys(world, row, rule, event)
        if own[1] == theirs[1]:
            return Decimal(1), Decimal(1)
        if own[1] == row["home"] and event["amount_booked"] is not None and Decimal(event["amount"] or 0):
            # as the document was booked
            return Decimal(event["amount_booked"]), Decimal(event["amount"])
        rates = world["rates"].get(own), world["rates"].get(theirs)
        if not all(rates):
            raise _Stop("rate")
        return rates

    # ------------------------------------------------------------------
    # Emissions
    # ------------------------------------------------------------------
    @api.model
    def _kernel_emissions(self, world, row, day, quantity):
        """Return the emissions by the kernel: ``[(stream, version, quantity, lends, basis)]``."""
        factors = world["factors"].get(row["source_id"], [])
        basis = {factor.stream: factor.basis for factor in factors}
        found = ref.emissions(day, quantity, world["regions"].get(row["source_id"], ()), factors)
        return [(*emission, basis[emission[0]]) for emission in found]

    @api.model
    def _compare_emissions(self, world, row, emissions, checks):
        """Compare result by result and gas by gas.

        :param emissions: from :meth:`_kernel_emissions`; None where the document gave none
        :return: list of gases with both sides
        """
        left, gases = list(emissions or ()), []
        for own in world["emissions"].get(row["id"], ()):
            same = [e for e in left if e[0] == own["stream"]]
            twin = next((e for e in same if e[1] == own["version_id"]), same[0] if same else None)
            if twin:
                left.remove(twin)
                self._compare_result(own, twin, checks)
            elif emissions is not None:
                self._differs(checks, "extra", own["quantity"], None, own["stream"])
            gases += self._compare_gases(world, own, twin, checks)
        for emission in left:
            self._differs(checks, "missing", None, emission[2], emission[0])
            gases += self._compare_gases(world, None, emission, checks)
        return gases

    @api.model
    def _compare_result(self, own, twin, checks):
        stream, version, quantity, lends, _basis = twin
        if version != own["version_id"]:
            self._differs(checks, "version", own["version_id"], version, stream)
        if quantity != kernel.round12(own["quantity"]):
            self._differs(checks, "emission", own["quantity"], quantity, stream)
        if lends != own["lends"]:
            self._differs(checks, "lends", own["lends"], lends, stream)

    @api.model
    def _compare_gases(self, world, own, twin, checks):
        """Return mass and CO2e of each gas on both sides, and note gas lines and GWP that differ."""
        sides, basis = {}, world["inventory"].electricity_basis
        for line in own["lines"] if own else ():
            sides[line["gas_id"], line["kind"]] = [line, None]
        for gas in world["gases"].get(twin[1], ()) if twin else ():
            sides.setdefault((gas["gas_id"], gas["kind"]), [None, None])[1] = gas
        shares = {line["gas_id"]: line["share"] for line in own["lines"]} if own else {}
        other = max(map(Decimal, shares.values()), default=Decimal(1))
        names = {gas["gas_id"]: gas["code"] for lines in world["gases"].values() for gas in lines}
        rows = []
        for (gas_id, kind), (line, gas) in sides.items():
            code, share = names.get(gas_id, str(gas_id)), Decimal(shares.get(gas_id, other))
            stream = own["stream"] if own else twin[0]
            told = {"stream": stream, "gas": code, "kind": kind, "share": self._plain(share)}
            told |= self._ledger_gas(own, line, basis)
            told |= self._kernel_gas(world, twin, gas, share, basis)
            self._check_gas(line, gas, twin, told, checks)
            rows.append(told)
        return rows

    @api.model
    def _ledger_gas(self, own, line, basis):
        """Return one gas as ledger and inventory have it; ``ledger_counts`` is what of it is in the total, in kg CO2e."""
        if not line:
            return {"ledger_kg": "", "ledger_gwp": "", "ledger_co2e": "", "ledger_counts": Decimal(0)}
        masses = kernel.gas_masses(own["quantity"], [("", "", line["kg"])])
        mass = masses["", ""]
        co2e = mass * Decimal(line["gwp"] or 0)
        counted = line["treatment"] == "total" and (own["basis"] in ("", basis) or own["lends"])
        return {
            "ledger_kg": self._plain(mass),
            "ledger_gwp": self._plain(line["gwp"]),
            "ledger_co2e": self._plain(co2e),
            "ledger_counts": co2e * Decimal(line["share"]) if counted else Decimal(0),
        }

    @api.model
    def _kernel_gas(self, world, twin, gas, share, basis):
        """Return one gas as the kernel calculates it from the factor version and the GWP set."""
        if not gas:
            return {"kernel_kg": "", "kernel_gwp": "", "kernel_co2e": "", "kernel_counts": Decimal(0)}
        masses = kernel.gas_masses(twin[2], [(gas["code"], gas["kind"], gas["parameter"] or gas["kg"])])
        gwp = world["gwp"].get(gas["code"])
        parts = kernel.co2e(masses, {gas["code"]: gwp or "0"})
        counted = not gas["apart"] and (twin[4] in ("", basis) or twin[3])
        return {
            "kernel_kg": self._plain(sum(masses.values())),
            "kernel_gwp": self._plain(gwp),
            "kernel_co2e": self._plain(sum(parts.values())),
            "kernel_counts": parts["total"] * share if counted else Decimal(0),
        }

    @api.model
    def _check_gas(self, line, gas, twin, told, checks):
        """Note what of a gas differs: its place in the factor, kg per unit, CO2 of parameters, GWP."""
        what = f"{told['stream']} {told['gas']}"
        if gas and gas["parameter"] is not None and kernel.round12(gas["kg"]) != gas["parameter"]:
            self._differs(checks, "parameter", gas["kg"], gas["parameter"], what)
        if not twin:
            return
        if not line or not gas:
            self._differs(checks, "gas", line and line["kg"], gas and gas["kg"], what)
            return
        if kernel.round12(line["kg"]) != kernel.round12(gas["kg"]):
            self._differs(checks, "kg_per_unit", line["kg"], gas["kg"], what)
        if told["ledger_gwp"] != told["kernel_gwp"] and Decimal(told["share"]):
            self._differs(checks, "gwp", line["gwp"], told["kernel_gwp"], what)
