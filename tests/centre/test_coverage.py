"""Declared minus exercised is empty, three times: every personal field is exported, erased and ended as it is declared.

A field that is declared and not exported says why; one that is declared to go, and does not, is named here. P-RGT-1,
P-RGT-3, P-RET-1, P-RET-3, P-RET-4.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from accounts.closure import services as closure
from accounts.closure.models import AccountClosure
from accounts.erasure.services import erase_person
from accounts.models import Person
from paasoo_portal.core import clock
from privacy.catalogue import people
from privacy.catalogue.declarations import FieldEntry
from privacy.catalogue.terms import COPY_RULE, HOLD_RULE, Erasure, Export
from privacy.consent.choices import Choice, Standing
from privacy.consent.models import How
from privacy.consent.services import choose
from privacy.exports import sealed, services
from privacy.exports.models import ExportKind
from privacy.retention import nightly, rows
from tests.centre.rows_of_everything import ELSEWHERE, Maker, Row
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send

pytestmark = pytest.mark.django_db(databases="__all__")
Fields = set[tuple[str, str]]
EMPTY = (None, "", b"", [], {})


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT, settings.VAR = tmp_path, tmp_path
    monkeypatch.setattr(services, "_send", lambda job_id: None)


@pytest.fixture
def everything(cast: Cast, send: Send, as_role: AsRole) -> dict[str, Row]:
    return Maker(cast, send, as_role).everything()


def declared() -> Iterator[FieldEntry]:
    """Every personal field of the catalogue."""
    for place in people.places():
        if place.label not in ELSEWHERE:
            yield from place.fields


def names(entries: Iterable[FieldEntry]) -> Fields:
    return {(entry.model, entry.field) for entry in entries}


def copied(kind: ExportKind, person: Person, account_id: UUID | None = None) -> Fields:
    """The fields of which a copy tells a value, by model."""
    job = services.ask(kind=kind, person_id=person.pk, account_id=account_id)
    services.make(job.pk)
    job.refresh_from_db()
    plain = b"".join(sealed.unseal(services.path_of(job.pk), bytes(job.key), job.pk))
    labels = {place.model._meta.db_table.replace("_", "-"): place.label for place in people.places()}
    told: Fields = set()
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        for name in archive.namelist():
            stem = name.removesuffix(".jsonl")
            label = labels.get(stem) or labels.get(stem.rpartition("-")[0])
            for line in archive.read(name).splitlines() if name.endswith(".jsonl") else []:
                if stem.startswith("messages-"):
                    told |= told_of_message(json.loads(line))
                elif label is not None:
                    told |= {(label, field) for field in json.loads(line)}
    return told


def told_of_message(record: dict[str, Any]) -> Fields:
    """A message is told in the API's words; every field that it has under another name there is listed."""
    words = {"content_sealed": "text", "number_sealed": "number"}
    place = next(one for one in people.places() if one.label == "messaging.Message")
    return {
        (place.label, field.field) for field in place.fields if words.get(field.field, field.field) in record
    }


def test_every_field_is_exported_or_says_why_not(cast: Cast, everything: dict[str, Row]) -> None:
    exercised = copied(ExportKind.PERSON, cast.bob) | copied(ExportKind.ACCOUNT, cast.alice, cast.company.pk)
    wanted = names(entry for entry in declared() if entry.export is not Export.NONE)
    assert wanted - exercised == set()
    kept_back = [entry for entry in declared() if entry.export is Export.NONE]
    assert exercised & names(kept_back) == set(), "what is withheld is in no copy"
    assert all(entry.withheld for entry in kept_back)


def erased(row: Row, entry: FieldEntry) -> bool:
    """Whether what is declared of a field's erasure is what happened to it."""
    now, column = row.now(), row.place.model._meta.get_field(entry.field).attname  # type: ignore[union-attr]
    if entry.erasure is Erasure.BLANK:
        return now is None or now[column] in EMPTY
    if entry.erasure is Erasure.KEPT:
        assert entry.retention is not None
        with_account = entry.retention.days is None and entry.retention not in (HOLD_RULE, COPY_RULE)
        return now is None if with_account else now is not None and now[column] == row.said[column]
    return now is None


def test_every_field_is_erased_as_it_is_declared(
    cast: Cast, everything: dict[str, Row], as_role: AsRole
) -> None:
    visit = everything["privacy.PageVisit"].said["visitor_id"]
    before = Standing(Choice(frozenset(), clock.today(), visit), signal=False)
    choose(before, frozenset(), how=How.SETTINGS, person_id=None, language="en")
    assert erase_person(cast.bob.pk, by_id=cast.bob.pk, by_kind="person")
    closure.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
    with clock.travel(by=timedelta(days=8)), as_role("worker"):
        assert closure.close_due() == 1
        nightly.run("sg", clock.today())
        exercised = {
            (entry.model, entry.field)
            for row in everything.values()
            for entry in row.place.fields
            if erased(row, entry)
        }
    assert names(declared()) - exercised == set()


def test_every_field_with_days_is_ended_when_they_are_over(
    cast: Cast, everything: dict[str, Row], as_role: AsRole
) -> None:
    now = clock.now()
    with as_role("worker"):
        AccountClosure.objects.create(
            account_id=cast.company.pk, asked_by_id=None, asked_at=now, final_at=now, finished_at=now
        )
    # Beyond the longest rule, and the end of the year in which it began to count.
    with clock.travel(by=timedelta(days=2557 + 2 * 366)), as_role("worker"):
        for alias in ("default", *django_settings.TRAFFIC_ALIASES):
            rows.run(alias, clock.today())
        nightly.run("sg", clock.today())
        left = {label: row.now() for label, row in everything.items()}
    wanted = [
        entry for entry in declared() if entry.retention is not None and entry.retention.days is not None
    ]
    exercised = {
        (entry.model, entry.field)
        for entry in wanted
        if (found := left[entry.model]) is None
        or found[everything[entry.model].place.model._meta.get_field(entry.field).attname] in EMPTY  # type: ignore[union-attr]
    }
    assert names(wanted) - exercised == set()


def test_what_is_exercised_elsewhere_is_little_and_named() -> None:
    root = Path(django_settings.BASE_DIR)
    for label, test in ELSEWHERE.items():
        assert (root / test).is_file(), label
    assert len(ELSEWHERE) == 4
