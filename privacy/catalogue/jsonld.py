"""The catalogue as JSON-LD in the words of DPV 2.3: one process for each model, purpose and kind of person.

Others' tools can read it as a record of processing: what is used for what, on which basis, in whose role, from whom, for
how long. DPV has no word for the destruction of a key; the text says it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from privacy.catalogue import dpv
from privacy.catalogue.declarations import Catalogue, FieldEntry, Store
from privacy.catalogue.render import as_dict
from privacy.catalogue.terms import DPV, GDPR, PD, Purpose, Role

PAASOO: Final = "urn:paasoo:organisation"
CUSTOMER: Final = "urn:paasoo:customer"
CONTEXT: Final = {
    "dpv": DPV,
    "pd": PD,
    "eu-gdpr": GDPR,
    "dct": "http://purl.org/dc/terms/",
    **{iri.removeprefix(DPV): {"@id": iri, "@type": "@id"} for iri in dpv.PROPERTIES.values()},
    **{iri.removeprefix(DPV): {"@id": iri, "@type": "@id"} for iri in dpv.ROLES.values()},
}


def as_jsonld(catalogue: Catalogue) -> str:
    return json.dumps(as_graph(catalogue), indent=2, ensure_ascii=False)


def as_graph(catalogue: Catalogue) -> dict[str, Any]:
    """Processes of the tables, then of the other stores that hold personal data."""
    return {
        "@context": CONTEXT,
        "@id": f"urn:paasoo:catalogue:{as_dict(catalogue)['version']}",
        "dct:conformsTo": {"@id": DPV.removesuffix("#")},
        "@graph": [*_tables(catalogue), *_stores(catalogue)],
    }


def _tables(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    groups: dict[tuple[str, Purpose, str], list[FieldEntry]] = {}
    for entry in catalogue.entries():
        if entry.personal:
            for purpose in entry.purposes:
                groups.setdefault((entry.model, purpose, str(entry.subject)), []).append(entry)
    for (model, purpose, _subject), fields in groups.items():
        subject = fields[0].subject
        assert subject is not None
        yield {
            **_process(f"{model}:{purpose.slug}:{subject.name.lower()}", model, purpose),
            "dpv:hasPersonalData": _each(_field(entry) for entry in fields),
            "hasDataSubject": dpv.SUBJECTS[subject],
            "hasDataSource": _each(dpv.SOURCES[entry.source] for entry in fields if entry.source),
            "hasRecipient": _each(
                dpv.RECIPIENTS[one] for entry in fields for one in entry.recipients if one in dpv.RECIPIENTS
            ),
            "dpv:hasStorageCondition": _each(_kept(entry) for entry in fields),
            "hasTechnicalMeasure": _each(
                [dpv.GUARDED, *(iri for entry in fields for iri in dpv.STORED[entry.storage])]
            ),
        }


def _stores(catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    for store in catalogue.stores:
        if store.category is None or store.retention is None:
            continue
        for purpose in store.purposes:
            yield {
                **_process(
                    f"{store.kind}:{store.name}:{purpose.slug}", f"{store.kind}: {store.name}", purpose
                ),
                "dct:description": store.reason,
                "hasPersonalData": dpv.CATEGORIES[store.category],
                "hasRecipient": _each(
                    dpv.RECIPIENTS[one] for one in store.recipients if one in dpv.RECIPIENTS
                ),
                "dpv:hasStorageCondition": _duration(store),
            }


def _process(name: str, title: str, purpose: Purpose) -> dict[str, Any]:
    ours = purpose.role is Role.CONTROLLER
    roles = {"hasDataController": PAASOO if ours else CUSTOMER}
    return {
        "@id": f"urn:paasoo:process:{name.replace(' ', '-')}",
        "@type": dpv.PROCESS,
        "dct:title": title,
        "hasPurpose": purpose.iri,
        "hasLegalBasis": purpose.basis.iri,
        **(roles if ours else roles | {"hasDataProcessor": PAASOO}),
    }


def _field(entry: FieldEntry) -> dict[str, str]:
    """A field is an instance of the word for it, under a name of its own."""
    return {
        "@id": f"urn:paasoo:field:{entry.model}.{entry.field}",
        "@type": dpv.personal_data(entry),
        "dct:title": entry.field,
    }


def _kept(entry: FieldEntry) -> list[dict[str, str]]:
    assert entry.retention is not None and entry.erasure is not None
    return [
        {"@type": dpv.DURATION, "dct:description": entry.retention.text},
        {"@type": dpv.DELETION, "dct:description": entry.erasure.value},
    ]


def _duration(store: Store) -> dict[str, str]:
    assert store.retention is not None
    return {"@type": dpv.DURATION, "dct:description": store.retention.text}


def _each(found: Iterable[Any]) -> list[Any]:
    """Each once, in order; lists within are opened."""
    flat: list[Any] = []
    for one in found:
        flat += one if isinstance(one, list) else [one]
    return [one for place, one in enumerate(flat) if one not in flat[:place]]
