"""What goes into a copy: every declared row of a person or an organisation, a file a table. Keeps P-RGT-1, P-RGT-3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

from paasoo_portal.core import hooks, regions
from privacy.catalogue import people, returning
from privacy.catalogue.people import Place
from privacy.catalogue.returning import Returned

# Told by messaging itself, with what is sealed opened as the pages open it.
MESSAGES = "messaging.Message"


@dataclass(frozen=True)
class Part:
    """A file of the copy: its name, what it holds, and its records."""

    name: str
    about: str
    records: Callable[[], Iterable[dict[str, Any]]]


def of_person(person_id: UUID, account_ids: list[UUID]) -> list[Part]:
    """Everything about a person on the control plane, where people are."""
    return [
        Part(file_of(place.model), _about(place), _person_rows(place, person_id, account_ids))
        for place in people.places_of_people()
        if place.exported
    ]


def of_account(account_id: UUID) -> list[Part]:
    """Everything of an organisation, and its messages region by region."""
    parts = []
    for place in people.places():
        if not place.of_account or not place.exported or place.label == MESSAGES:
            continue
        aliases = regions.aliases() if place.traffic else ["default"]
        parts += [
            Part(file_of(place.model, alias), _about(place), _account_rows(place, account_id, alias))
            for alias in aliases
        ]
    return parts + _messages(account_id)


def of_return(account_id: UUID) -> list[Part]:
    """Everything that an organisation gets back when it leaves (P-RET-6): its rows whole but for secrets."""
    parts = []
    for one in returning.returned():
        if one.label != MESSAGES:
            aliases = regions.aliases() if one.traffic else ["default"]
            parts += [
                Part(file_of(one.model, alias), _named(one.model), _returned_rows(one, account_id, alias))
                for alias in aliases
            ]
    return parts + _messages(account_id)


def _messages(account_id: UUID) -> list[Part]:
    return [
        Part(f"messages-{alias}.jsonl", MESSAGES, records)
        for found in hooks.call("export.messages", account_id=account_id)
        for alias, records in found
    ]


def _returned_rows(one: Returned, account_id: UUID, alias: str) -> Callable[[], Iterator[dict[str, Any]]]:
    return lambda: (one.record(row) for row in one.rows(account_id, alias))


def line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, default=_plain).encode() + b"\n"


def _person_rows(
    place: Place, person_id: UUID, account_ids: list[UUID]
) -> Callable[[], Iterator[dict[str, Any]]]:
    return lambda: (
        people.values(place, row, place.told) for row in people.rows_of_person(place, person_id, account_ids)
    )


def _account_rows(place: Place, account_id: UUID, alias: str) -> Callable[[], Iterator[dict[str, Any]]]:
    return lambda: (
        people.values(place, row, place.exported) for row in people.rows_of_account(place, account_id, alias)
    )


def file_of(model: type[models.Model], alias: str = "default") -> str:
    """The name of the file that holds a model's rows of one database."""
    name = model._meta.db_table.replace("_", "-")
    return f"{name}.jsonl" if alias == "default" else f"{name}-{alias}.jsonl"


def _about(place: Place) -> str:
    first = place.fields[0]
    category = first.category.label if first.category else ""
    return f"{_named(place.model)} ({category})"


def _named(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)
