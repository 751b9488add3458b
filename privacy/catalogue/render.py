"""The catalogue for readers: a table for people, JSON for programs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from privacy.catalogue import dpv
from privacy.catalogue.declarations import Catalogue, FieldEntry, Store


def as_dict(catalogue: Catalogue) -> dict[str, Any]:
    """Fields and other stores, with the version that certificates name."""
    body = {
        "fields": [_field(entry) for entry in catalogue.entries()],
        "stores": [_store(store) for store in catalogue.stores],
    }
    return {"version": _digest(body), **body}


def version(catalogue: Catalogue) -> str:
    """The first 16 hex digits of the content's digest."""
    known = _versions.get(id(catalogue))
    if known is None or known[0] is not catalogue:
        known = _versions[id(catalogue)] = (catalogue, str(as_dict(catalogue)["version"]))
    return known[1]


_versions: dict[int, tuple[Catalogue, str]] = {}


def as_json(catalogue: Catalogue) -> str:
    return json.dumps(as_dict(catalogue), indent=2, ensure_ascii=False)


def as_markdown(catalogue: Catalogue) -> str:
    """The same table for a page or a record: GitHub's Markdown."""
    head, *rows = _rows(catalogue)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines)


def as_table(catalogue: Catalogue) -> str:
    rows = _rows(catalogue)
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        for row in rows
    )


def _rows(catalogue: Catalogue) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("MODEL", "FIELD", "CATEGORY", "STORED", "RETENTION", "ERASURE OR REASON")]
    for entry in catalogue.entries():
        if entry.personal:
            assert entry.category and entry.retention and entry.erasure
            rows.append(
                (
                    entry.model,
                    entry.field,
                    f"{entry.category.name} {entry.category.label}",
                    entry.storage,
                    entry.retention.text,
                    entry.erasure.value,
                )
            )
        else:
            rows.append((entry.model, entry.field, "not personal", "", "", entry.reason))
    for store in catalogue.stores:
        rows.append(
            (
                f"({store.kind})",
                store.name,
                store.category.name if store.category else "not personal",
                "",
                store.retention.text if store.retention else "",
                store.reason,
            )
        )
    return rows


def _field(entry: FieldEntry) -> dict[str, Any]:
    base: dict[str, Any] = {"model": entry.model, "field": entry.field, "personal": entry.personal}
    if not entry.personal:
        return base | {"reason": entry.reason, "withheld_because": entry.withheld}
    assert entry.category and entry.retention and entry.erasure and entry.export and entry.source
    return base | {
        "term": dpv.personal_data(entry),
        "category": entry.category.name,
        "subject": str(entry.subject),
        "purposes": [_purpose(purpose) for purpose in entry.purposes],
        "source": str(entry.source),
        "recipients": [str(recipient) for recipient in entry.recipients],
        "retention": {
            "rule": entry.retention.slug,
            "text": entry.retention.text,
            "promise": entry.retention.promise,
            "counts_from": list(entry.since),
            "or_sooner": list(entry.sooner),
            "ended_by": entry.by or ("the nightly run" if entry.since else "its account or its person"),
        },
        "stored": entry.storage,
        "clear_because": entry.reason,
        "export": str(entry.export),
        "withheld_because": entry.withheld,
        "not_returned_because": entry.own,
        "erasure": str(entry.erasure),
    }


def _purpose(purpose: Any) -> dict[str, str]:
    return {
        "purpose": purpose.slug,
        "text": purpose.text,
        "basis": str(purpose.basis),
        "role": str(purpose.role),
        "iri": purpose.iri,
    }


def _store(store: Store) -> dict[str, Any]:
    return {
        "kind": store.kind,
        "name": store.name,
        "reason": store.reason,
        "personal": store.category is not None,
        "category": store.category.name if store.category else None,
        "purposes": [_purpose(purpose) for purpose in store.purposes],
        "retention": store.retention.text if store.retention else "",
        "path": store.path,
        "recipients": [str(recipient) for recipient in store.recipients],
    }


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
