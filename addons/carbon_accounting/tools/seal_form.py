"""The canonical form of a sealed inventory: which columns, in which order, as which text.

A seal names the version of the form it was made with. A form never changes once released: a new column means a new
version, so that old seals can still be verified.

One row is the texts of its columns joined by ``|``. A NULL is ``\\N``; a text is its length, ``:`` and itself;
numbers are written without trailing zeros, dates ISO. Since numbers and dates contain no ``|`` and texts say where
they end, no two different rows give the same text. The digest of a row is the SHA-256 of that text.
"""

import hashlib

from odoo.tools import SQL

VERSION = 6
BATCH_ROWS = 1000
NULL = "\\N"
#: Bytes of a row in the index of a batch: the id, and the beginning of its digest.
ID_BYTES, DIGEST_BYTES = 4, 8
#: Kinds in the order of the chain. Those of the ledger are cut by month.
LEDGER_KINDS = ("activity", "emission", "approval")

_PLAIN, _TEXT, _NUMBER = "plain", "text", "number"


def _columns(text):
    """Return ``{column: type}`` of a notation ``name``, ``name:text`` or ``name:number``."""
    pairs = (word.partition(":")[::2] for word in text.split())
    return {name: kind or _PLAIN for name, kind in pairs}


_PROPERTY = _columns("id name:text value:text")
FORMS = {
    1: {
        "header": _PROPERTY,
        "boundary": _PROPERTY,
        "edition": _columns("id code:text"),
        "mapping": _columns("id edition_id emission_category_id code:text"),
        "gwp": _columns("id gwp_set_id gas_id value:number"),
        "factor": _columns(
            "id factor_id factor_code:text factor_uom_id factor_currency_id region_id date_from state:text method:text ncv:number "
            "ncv_uom_id carbon_content:number oxidation_rate:number heating_value_basis:text uncertainty:number data_year "
            "published_on:text reporting_years:text source_document:text provenance:text confirmation_reason:text zero_reason:text "
            "licence:text note:text approved_by_id approved_on"
        ),
        "gas": _columns("id version_id gas_id kind:text kg_per_unit:number"),
        "line": _columns(
            "id inventory_id company_id period source_id emission_category_id segment:text stream:text basis:text in_location in_market "
            "version_id gas_id gas_kind:text treatment:text quantity:number kg_per_unit:number share:number exclusion:text "
            "mass_kg:number gwp:number co2e_kg:number"
        ),
        "intensity": _columns(
            "id inventory_id sequence name:text source_id site_id quantity:number unit:text expected:number advanced:number"
        ),
        "bridge": _columns("id inventory_id cause:text co2e_kg:number"),
        "activity": _columns(
            "id company_id date origin_model:text origin_id origin_part:text seq reverses_id kind:text label:text rule_id source_id "
            "category_id product_id partner_id equipment_id pair_id recognition:text quantity:number uom_id currency_id "
            "origin_quantity:number origin_uom_id quality:text uncertainty:number collected_on"
        ),
        "emission": _columns(
            "id activity_id company_id date source_id category_id product_id partner_id stream:text version_id quantity:number seq "
            "reverses_id lends"
        ),
    }
}
#: Properties of the inventory's head (alias ``i``) and of its boundary (``b``), one row each: name → text.
PROPERTIES = {
    1: {
        "header": {
            "uuid": "i.uuid",
            "name": "i.name",
            "company_id": "i.company_id::text",
            "date_from": "i.date_from::text",
            "date_to": "i.date_to::text",
            "gwp_set_id": "i.gwp_set_id::text",
            "electricity_basis": "i.electricity_basis",
            "boundary_id": "i.boundary_id::text",
            "intended_use": "i.intended_use",
            "intended_user": "i.intended_user",
            "materiality": "trim_scale(i.materiality)::text",
            "maker_note": "i.maker_note",
            "issue_note": "i.issue_note",
            "acknowledged_issues": "i.acknowledged_issues::text",
            "version": "i.version::text",
            "restates_id": "i.restates_id::text",
            "restatement_cause": "i.restatement_cause",
            "restatement_reason": "i.restatement_reason",
            "computed_on": "i.computed_on::text",
            "computed_by_id": "i.computed_by_id::text",
            "ledger_count": "i.ledger_count::text",
            "ledger_max_id": "i.ledger_max_id::text",
            "checked_on": "i.checked_on::text",
            "checked_by_id": "i.checked_by_id::text",
        },
        "boundary": {
            "uuid": "b.uuid",
            "boundary_type": "b.boundary_type",
            "approach": "b.approach",
            "share": "trim_scale(b.share)::text",
            "organisational_id": "b.organisational_id::text",
            "organisational_share": "(SELECT trim_scale(o.share)::text FROM carbon_boundary o WHERE o.id = b.organisational_id)",
            "company_shares": "(SELECT string_agg(concat_ws('=', l.company_id, trim_scale(l.share)), ',' ORDER BY l.company_id, l.id) "
            "FROM carbon_boundary_company l WHERE l.boundary_id = COALESCE(b.organisational_id, b.id))",
            "site_ids": "(SELECT string_agg(s.carbon_site_id::text, ',' ORDER BY s.carbon_site_id) "
            "FROM carbon_boundary_carbon_site_rel s WHERE s.carbon_boundary_id = b.id)",
            **{f"gas_{gas}": f"b.gas_{gas}::text" for gas in ("co2", "ch4", "n2o", "hfcs", "pfcs", "sf6", "nf3")},
            **{
                f"include_{part}": f"b.include_{part}::text"
                for part in ("direct", "energy_indirect", "other_indirect", "removals")
            },
            "guideline": "b.guideline",
            "base_year": "b.base_year::text",
        },
    }
}
# 2: the site of a line, and the uncertainty
FORMS[2] = FORMS[1] | {
    "line": FORMS[1]["line"] | _columns("site_id"),
    "uncertainty": _columns(
        "id inventory_id company_id source_id emission_category_id segment:text stream:text in_location in_market treatment:text "
        "factor_id version_id equipment_id quality:text provenance:text row_count co2e_kg:number activity_percent:number "
        "activity_origin:text factor_percent:number factor_origin:text percent:number half_kg:number score"
    ),
    "interval": _columns(
        "id inventory_id company_id sequence level:text measure:text segment:text emission_category_id source_id equipment_id "
        "quality:text factor_id co2e_t:number percent:number half_t:number coverage:number score:number share:number "
        "halved_percent:number"
    ),
}
PROPERTIES[2] = PROPERTIES[1] | {
    "header": PROPERTIES[1]["header"]
    | {
        "uncertainty_on": "i.uncertainty_on::text",
        "simulation_seed": "i.simulation_seed::text",
        "simulation_trials": "i.simulation_trials::text",
        "simulation_distribution": "i.simulation_distribution",
        **{
            name: f"trim_scale(i.{name})::text"
            for name in (
                *("uncertainty_percent", "uncertainty_coverage", "quality_score"),
                *("simulated_mean_t", "simulated_low_t", "simulated_high_t"),
            )
        },
    }
}

# 3: what was counted of the ledger, where the company approves its data
FORMS[3] = FORMS[2] | {"approval": _columns("id decision_id activity_id company_id date outcome:text seq")}
PROPERTIES[3] = PROPERTIES[2] | {
    "header": PROPERTIES[2]["header"]
    | {"approval_basis": "i.approval_basis", "approval_max_id": "i.approval_max_id::text"}
}

# 4: the benchmark that an intensity is compared with
FORMS[4] = FORMS[3] | {"intensity": FORMS[3]["intensity"] | _columns("benchmark_id")}
PROPERTIES[4] = PROPERTIES[3]

# 5: both sides of an uncertainty that is not symmetric
FORMS[5] = FORMS[4] | {
    "factor": FORMS[4]["factor"] | _columns("uncertainty_low:number uncertainty_high:number"),
    "uncertainty": FORMS[4]["uncertainty"] | _columns("factor_low_percent:number factor_high_percent:number"),
    "interval": FORMS[4]["interval"] | _columns("below_t:number above_t:number"),
}
PROPERTIES[5] = PROPERTIES[4]

# 6: under which heading and scope emissions are reported, what methods calculate, and the names that reports print
FORMS[6] = FORMS[5] | {
    "category": _columns("id edition_id code:text scope parent_id"),
    "leaf": _columns("id code:text direct is_emission parent_id"),
    "substance": _columns("id code:text gas_group:text is_pseudo pseudo_gwp_set_id"),
    "method": _columns("id code:text version state:text family:text category_id formula:text clause:text"),
    "category_label": _columns("id code:text name:text"),
    "leaf_label": _columns("id code:text name:text"),
    "substance_label": _columns("id code:text name:text formula:text"),
    "source_label": _columns("id code:text name:text"),
}
PROPERTIES[6] = PROPERTIES[5] | {
    "header": PROPERTIES[5]["header"] | {"simulated_moved": "trim_scale(i.simulated_moved)::text"}
}
#: Kinds that may be corrected after sealing, with an entry in the trail.
LABEL_KINDS = ("category_label", "leaf_label", "substance_label", "source_label")

_PIECES = {
    _PLAIN: "COALESCE(%(x)s::text, %(null)s)",
    _TEXT: "COALESCE(length(%(x)s) || ':' || %(x)s, %(null)s)",
    _NUMBER: "COALESCE(trim_scale(%(x)s)::text, %(null)s)",
}


def pieces(version, kind):
    """Return the SQL of the canonical text of each column of ``r``, in order.

    :param version: version of the form
    :param kind: kind of row
    :return: ``{column: SQL}``
    """
    return {
        name: SQL(_PIECES[form], x=SQL("r.%s", SQL.identifier(name)), null=NULL)
        for name, form in FORMS[version][kind].items()
    }


def digest(version, kind):
    """Return the SQL of the SHA-256 of a row ``r``."""
    texts = SQL(", ").join(pieces(version, kind).values())
    return SQL("sha256(convert_to(concat_ws('|', %s), 'UTF8'))", texts)


def row_digest(texts):
    """Return the beginning of the digest of a row, as an index keeps it.

    :param texts: canonical texts of its columns, in order

    A separator inside a text does not make two rows equal, because the text says where it ends.

    >>> row_digest(["1", "3:a|b", NULL]) == row_digest(["1", "1:a", "1:b"])
    False
    """
    return hashlib.sha256("|".join(texts).encode()).digest()[:DIGEST_BYTES]


def genesis(version, uuid):
    """Return the hash that the first batch of an inventory continues.

    >>> genesis(1, "x") != genesis(1, "y") != genesis(2, "y")
    True
    """
    return hashlib.sha256(f"carbon-seal|{version}|{uuid}".encode()).hexdigest()


def chained(previous, number, kind, period, first, last, count, content):
    """Return the hash of a batch.

    :param previous: hash of the batch before, hexadecimal
    :param number: number of the batch, from 1
    :param period: first day of its month, ISO, or an empty text
    :param first: id of its first row
    :param last: id of its last row
    :param count: number of rows
    :param content: SHA-256 of the digests of its rows one after the other, hexadecimal
    """
    text = "|".join(map(str, (previous, number, kind, period, first, last, count, content)))
    return hashlib.sha256(text.encode()).hexdigest()


def read_index(index):
    """Return ``{id: beginning of the digest}`` of the index of a batch.

    >>> read_index(bytes([0, 0, 1, 2]) + b"12345678")
    {258: b'12345678'}
    """
    size = ID_BYTES + DIGEST_BYTES
    rows = (index[start : start + size] for start in range(0, len(index), size))
    return {int.from_bytes(row[:ID_BYTES], "big", signed=True): row[ID_BYTES:] for row in rows}
