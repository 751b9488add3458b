"""What is returned is everything that the catalogue says, and nothing else: held against the database. P-RET-6, P-SEC-5."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models

from messaging.messages.models import Message
from paasoo_portal.core import audit
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.catalogue import catalogue, returning
from privacy.catalogue.declarations import PersonalData, entries
from privacy.catalogue.terms import Export, Subject
from privacy.exports import content
from privacy.exports import returns as exported
from privacy.exports.models import ExportJob
from tests.accounts.closure.test_returned import make, media, opened
from tests.centre.rows_of_everything import Maker
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send

__all__ = ["media"]
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def archive(cast: Cast, send: Send, as_role: AsRole) -> Iterator[zipfile.ZipFile]:
    """Of an account with a row of everything, made as it is returned."""
    Maker(cast, send, as_role).everything()
    send(account_id=cast.other.pk, text="Another company’s")
    with as_role("worker"):
        exported.ask(cast.company.pk)
        make()
        yield opened()


def test_it_holds_each_row_and_each_field_that_the_catalogue_says(
    cast: Cast, archive: zipfile.ZipFile
) -> None:
    for one in returning.returned():
        if one.label == content.MESSAGES:
            continue
        for alias in ["sg", "ie"] if one.traffic else ["default"]:
            told = [json.loads(line) for line in archive.read(content.file_of(one.model, alias)).splitlines()]
            known = [as_told(one, row) for row in one.rows(cast.company.pk, alias)]
            if one.model is ExportJob:  # it was not ready while it was made
                told, known = told[:-1], known[:-1]
                assert len(known) == in_database(one, cast, alias) - 1
                continue
            assert told == known, one.label
            with system_scope("test", using=dict.fromkeys(("default", alias))):
                assert len(told) == in_database(one, cast, alias), one.label


def test_every_message_with_every_field(cast: Cast, archive: zipfile.ZipFile) -> None:
    fields = {field.field for field in returning.of(Message).fields}
    words = {"content_sealed": "text", "number_sealed": "number"}
    for alias in ("sg", "ie"):
        told = [json.loads(line) for line in archive.read(f"messages-{alias}.jsonl").splitlines()]
        with scope(cast.company.pk, using=[alias]):
            known = {str(one) for one in Message.objects.using(alias).values_list("pk", flat=True)}
        assert {one["id"] for one in told} == known
        for one in told:
            assert {words.get(field, field) for field in fields} <= set(one)


def test_what_is_declared_to_be_returned_is_all_but_what_says_why_not() -> None:
    whole = {one.label for one in returning.returned()}
    for declaration in catalogue().models.values():
        if not isinstance(declaration, PersonalData) or declaration.model in whole:
            continue
        kept = [one for one in entries(declaration) if one.personal and one.export is not Export.NONE]
        assert declaration.own or not kept or all(one.subject is Subject.STAFF for one in kept), (
            declaration.model
        )


def test_no_secret_no_other_company_and_no_person_s_own(cast: Cast, archive: zipfile.ZipFile) -> None:
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "bob@example.com" in everything
    assert "alice@example.com" in everything
    for strange in ("charlie@example.com", "Another company", cast.bob.password):
        assert strange not in everything
    names = {field.field for one in returning.returned() for field in one.fields}
    assert not names & {"password", "secret", "former_secret", "secret_hash", "former_hash", "token_hash"}
    assert not names & {"last_login", "purpose", "decision", "text_version"}
    assert not {"mfa-authenticator.jsonl", "privacy-consentrecord.jsonl"} & set(archive.namelist())


def test_who_acted_for_us_stays_unnamed(cast: Cast, as_role: AsRole) -> None:
    audit.record(
        audit.Event.STAFF_VIEWED, account_id=cast.company.pk, actor_id=cast.dana.pk, actor_kind="staff"
    )
    with as_role("worker"):
        exported.ask(cast.company.pk)
        make()
        told = opened().read("core-auditevent.jsonl").decode()
    assert "staff:record:viewed" in told
    assert str(cast.dana.pk) not in told


def as_told(one: returning.Returned, row: models.Model) -> dict[str, Any]:
    """A row's returned fields, each read from the row itself."""
    values = {
        field.field: getattr(row, one.model._meta.get_field(field.field).attname)  # type: ignore[union-attr]
        for field in one.fields
    }
    if values.get("actor_kind") == "staff":
        values["actor_id"] = None
    told: dict[str, Any] = json.loads(content.line(values))
    return told


def in_database(one: returning.Returned, cast: Cast, alias: str) -> int:
    """How many rows are the company's, counted past every policy."""
    rows = one.model._base_manager.using(alias)
    if one.organisation == "members":
        return rows.filter(pk__in=[person.pk for person in cast.by_role().values()]).count()
    return rows.filter(**{one.organisation: cast.company.pk}).count()
