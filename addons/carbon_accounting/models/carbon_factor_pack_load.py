import csv
import hashlib
import io
import json
from collections import defaultdict

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import file_open

from ..tools import kernel
from ..tools.factor_makers import NOBODY
from ..tools.units import UNIT_XMLIDS

UNVERIFIED = "recalled_unverified"
#: column of the file → field of the version, where the text is taken as it is
VERSION_TEXTS = {
    "date_from": "date_from",
    "method": "method",
    "basis": "heating_value_basis",
    "published_on": "published_on",
    "reporting_years": "reporting_years",
    "source": "source_document",
    "licence": "licence",
    "provenance": "provenance",
}
#: columns that a file may have: the 95 % interval in per cent of the value, symmetric or by its two sides
UNCERTAINTIES = ("uncertainty", "uncertainty_low", "uncertainty_high")


class CarbonFactorPack(models.Model):
    """Loading of a pack: rows of the file that are missing become records.

    A row is known by (factor code, region, valid from). Existing records are
    left as they are, whatever the file says now.
    """

    _inherit = "carbon.factor.pack"

    def _load(self):
        """Load this pack and write the summary on it."""
        self.ensure_one()
        content, rows = self._read_file()
        links = self._get_links()
        skipped = defaultdict(list)
        usable = []
        for row in rows:
            problem, detail = self._find_problem(row, links)
            if problem:
                label = f"{row['code']} ({detail})" if detail else row["code"]
                skipped[problem].append(label)
            else:
                usable.append(row)
        factors, existing = self._load_factors(usable, links)
        created, drafts = self._load_versions(usable, factors, links)
        self._load_translations(usable, factors)
        self._activate_units(usable, links)
        self.write(
            {
                "state": "loaded",
                "record_count": len(rows),
                "created_count": len(created),
                "existing_count": len(usable) - len(created),
                "draft_count": len(drafts),
                "skipped_count": sum(map(len, skipped.values())),
                "load_log": self._format_log(skipped, drafts, existing),
                "loaded_on": fields.Datetime.now(),
                "loaded_by_id": self.env.uid,
            }
        )
        self._append_to_trail(content)

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------
    def _read_file(self):
        """Return the bytes and the rows of the file."""
        try:
            with file_open(self.file, "rb", filter_ext=(".csv",)) as stream:
                content = stream.read()
        except (FileNotFoundError, ValueError) as error:
            raise UserError(
                self.env._(
                    "The file %(file)s of %(pack)s cannot be read. Reinstall the addon that brings it.",
                    file=self.file,
                    pack=self.display_name,
                )
            ) from error
        return content, list(csv.DictReader(io.StringIO(content.decode("utf-8"))))

    def _get_links(self):
        """Return the ids behind the codes that a file uses."""

        def by_code(model, field="code"):
            records = self.env[model].with_context(active_test=False)
            return {r[field]: r.id for r in records.search_fetch([], [field])}

        units = {word: self.env.ref(xmlid, raise_if_not_found=False) for word, xmlid in UNIT_XMLIDS.items()}
        return {
            "unit": {word: unit.id for word, unit in units.items() if unit},
            "currency": by_code("res.currency", "name"),
            "region": by_code("carbon.region"),
            "category": by_code("carbon.emission.category"),
            "stream": by_code("carbon.emission.stream"),
            "gas": by_code("carbon.gas"),
        }

    def _find_problem(self, row, links):
        """Return why a row cannot become a factor version, and the word at fault."""
        if row["skip"]:
            return row["skip"], None
        for column, problem in self._missing_problems().items():
            if row[column] and row[column] not in links[column]:
                return problem, row[column]
        if bool(row["unit"]) == bool(row["currency"]):
            return self.env._("neither per unit nor per currency"), None
        lines = self._parse_gases(row)
        if unknown := [gas for gas, _kind, _kg in lines if gas not in links["gas"]]:
            return self.env._("the gas is not known here"), unknown[0]
        if not lines or any(kg <= 0 for _gas, _kind, kg in lines):
            return self.env._("no gas above zero"), None
        return None, None

    def _missing_problems(self):
        """Return what to say when the code in a column has no record."""
        return {
            "unit": self.env._("the unit is not known here"),
            "currency": self.env._("the currency is not known here"),
            "region": self.env._("the region is not known here"),
            "category": self.env._("the emission category is not known here"),
            "stream": self.env._("the emission stream is not known here"),
        }

    @staticmethod
    def _parse_gases(row):
        """Return ``[(gas code, kind, Decimal kg)]`` of a row, exactly."""
        if row["method"] == "parameter":
            parameters = row["ncv"], row["carbon_content"], row["oxidation_rate"]
            return [("CO2", "fossil", kernel.parameter_kg_per_unit(*parameters))]
        parts = (part.split(":") for part in row["gases"].split(";") if part)
        return [(gas, kind, kernel.round12(kg)) for gas, kind, kg in parts]

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------
    def _load_factors(self, rows, links):
        """Create missing factors.

        :return: ``{code: factor id}`` of all rows, and how many were there before
        """
        factors = self.env["carbon.emission.factor"].with_context(active_test=False, lang="en_US")
        first = {}
        for row in rows:
            first.setdefault(row["code"], row)
        domain = [("code", "in", list(first)), ("company_id", "=", False)]
        ids = {f.code: f.id for f in factors.search_fetch(domain, ["code"])}
        missing = [row for code, row in first.items() if code not in ids]
        created = factors.create([self._factor_values(r, links) for r in missing])
        existing = len(ids)
        ids.update((factor.code, factor.id) for factor in created)
        return ids, existing

    def _factor_values(self, row, links):
        values = {
            "code": row["code"],
            "name": row["name_en"],
            "company_id": False,
            "pack_id": self.id,
            "material_keywords": row["keywords"],
            "emission_category_id": links["category"].get(row["category"]),
            "stream_id": links["stream"].get(row["stream"]),
        }
        if row["currency"]:
            return values | {
                "currency_id": links["currency"][row["currency"]],
                "price_year": int(row["price_year"]),
                "price_basis": row["price_basis"],
            }
        return values | {"uom_id": links["unit"][row["unit"]]}

    def _load_versions(self, rows, factors, links):
        """Create missing versions with their gas lines; approve what is published.

        :return: the created versions, and those of them left in draft
        """
        versions = self.env["carbon.emission.factor.version"].with_context(carbon_factor_by=NOBODY)
        known = {
            (v.factor_id.id, v.region_id.id, fields.Date.to_string(v.date_from))
            for v in versions.search_fetch(
                [("factor_id", "in", list(factors.values()))],
                ["factor_id", "region_id", "date_from"],
            )
        }
        missing = [
            row
            for row in rows
            if (
                factors[row["code"]],
                links["region"].get(row["region"], False),
                row["date_from"],
            )
            not in known
        ]
        created = versions.create([self._version_values(row, factors, links) for row in missing])
        self._insert_gas_lines(created, missing, links)
        drafts = versions.browse(
            version.id
            for version, row in zip(created, missing, strict=True)
            if row["draft"] or row["provenance"] == UNVERIFIED
        )
        (created - drafts)._approve_in_bulk()
        return created, drafts

    def _version_values(self, row, factors, links):
        values = {name: row[column] or False for column, name in VERSION_TEXTS.items()}
        notes = filter(None, (row["note"], row["draft"]))
        values |= {
            "factor_id": factors[row["code"]],
            "region_id": links["region"].get(row["region"], False),
            "data_year": int(row["data_year"] or 0),
            "note": "; ".join(notes) or False,
        }
        values |= {name: float(row[name]) for name in UNCERTAINTIES if row.get(name)}
        if row["method"] == "parameter":
            values |= {
                "ncv": float(row["ncv"]),
                "ncv_uom_id": links["unit"][row["unit"]],
                "carbon_content": float(row["carbon_content"]),
                "oxidation_rate": float(row["oxidation_rate"]),
            }
        return values

    def _insert_gas_lines(self, versions, rows, links):
        """Insert gas lines of new versions in one statement, as exact decimals."""
        lines = [
            {
                "version_id": version.id,
                "gas_id": links["gas"][gas],
                "kind": kind,
                "kg_per_unit": f"{kg:f}",
            }
            for version, row in zip(versions, rows, strict=True)
            for gas, kind, kg in self._parse_gases(row)
        ]
        model = self.env["carbon.emission.factor.gas"]
        versions.flush_recordset()
        self.env.cr.execute(
            SQL(
                """INSERT INTO carbon_emission_factor_gas (
                       version_id, gas_id, kind, kg_per_unit,
                       create_uid, create_date, write_uid, write_date)
                   SELECT version_id, gas_id, kind, kg_per_unit::numeric,
                          %(uid)s, now() AT TIME ZONE 'UTC',
                          %(uid)s, now() AT TIME ZONE 'UTC'
                     FROM jsonb_to_recordset(%(lines)s::jsonb) AS line(
                          version_id int, gas_id int, kind text, kg_per_unit text)""",
                uid=self.env.uid,
                lines=json.dumps(lines),
            )
        )
        model.invalidate_model()
        versions.invalidate_recordset(["gas_line_ids"])

    def _load_translations(self, rows, factors):
        """Write Chinese names where that language is installed and none exists."""
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        names = {factors[row["code"]]: row["name_zh"] for row in rows if row["name_zh"]}
        factor_model = self.env["carbon.emission.factor"]
        factor_model.flush_model(["name"])
        for lang in {"zh_CN"}.intersection(installed):
            self.env.cr.execute(
                SQL(
                    """UPDATE carbon_emission_factor factor
                          SET name = factor.name || jsonb_build_object(%s, named.value)
                         FROM jsonb_each_text(%s::jsonb) AS named
                        WHERE factor.id = named.key::int
                          AND NOT jsonb_exists(factor.name, %s)""",
                    lang,
                    json.dumps(names),
                    lang,
                )
            )
        factor_model.invalidate_model(["name", "display_name"])

    def _activate_units(self, rows, links):
        """Unarchive the units in which the loaded factors are expressed."""
        used = {links["unit"][row["unit"]] for row in rows if row["unit"]}
        units = self.env["uom.uom"].browse(used)
        units.filtered(lambda unit: not unit.active).active = True
        codes = {row["currency"] for row in rows if row["currency"]}
        currencies = self.env["res.currency"].browse(map(links["currency"].get, codes))
        currencies.filtered(lambda currency: not currency.active).active = True

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------
    def _format_log(self, skipped, drafts, existing):
        """Return the reasons of what was not approved, for people."""
        lines = []
        if existing:
            lines.append(self.env._("Factors already there: %(count)s", count=existing))
        if drafts:
            lines.append(
                self.env._(
                    "Drafts, to be compared with their source (%(count)s): %(codes)s",
                    count=len(drafts),
                    codes=self._shorten(drafts.mapped("display_name")),
                )
            )
        for reason, codes in skipped.items():
            lines.append(
                self.env._(
                    "Rows skipped, %(reason)s (%(count)s): %(codes)s",
                    count=len(codes),
                    reason=reason,
                    codes=self._shorten(codes),
                )
            )
        return "\n".join(lines)

    @staticmethod
    def _shorten(names, limit=12):
        shown = ", ".join(names[:limit])
        return f"{shown}, …" if len(names) > limit else shown

    def _append_to_trail(self, content):
        """Leave one entry per load: what file, and what became of its rows."""
        self.env["carbon.trail.entry"]._append(
            self.env.company,
            "factor_pack.load",
            record=self,
            to_state="loaded",
            payload={
                "pack": self.code,
                "sha256": hashlib.sha256(content).hexdigest(),
                "rows": self.record_count,
                "created": self.created_count,
                "existing": self.existing_count,
                "drafts": self.draft_count,
                "skipped": self.skipped_count,
            },
        )
