"""One row of every catalogued model that holds personal data, about bob of the company: what the coverage tests walk over.

What the product's own services make is made by them; the rest is filled in by the kind of its fields.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models

from accounts.api_keys.services import create_api_key
from accounts.closure.models import AccountClosure
from accounts.models import Person
from messaging.webhooks import services as webhooks
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.catalogue import people
from privacy.catalogue.people import Place
from privacy.keys.models import DataClass
from privacy.requests.models import Route
from privacy.requests.services import receive
from privacy.retention.models import RetentionInstruction
from tests.conftest import AsRole
from tests.pages.conftest import REGION, Cast, Send

_numbers = itertools.count(1)
# About nobody: it is sealed and destroyed by the drill's own test alone.
ELSEWHERE = {
    "privacy.DrillSample": "tests/privacy/test_drill.py",
    # Copies stay while their hold or case lasts, whoever is erased; they end with it.
    "privacy.Preservation": "tests/privacy/test_preservation_ends.py",
    "privacy.PreservedPerson": "tests/privacy/test_preservation_ends.py",
    "messaging.PreservedMessage": "tests/privacy/test_preservation_ends.py",
}
# Moments that would make the row another kind of row.
STATES = {
    "accounts.Invitation": {"accepted_at", "revoked_at"},
    "accounts.ApiKey": {"revoked_at"},
    # A hold is on an account or a person, and two officers may not be one.
    "privacy.LegalHold": {"person_id", "confirmed_by_id", "release_asked_by_id"},
    "privacy.Extract": {"released_by_id"},
}


@dataclass(frozen=True)
class Row:
    """One row, where it lies, and what it says."""

    place: Place
    alias: str
    pk: Any
    said: dict[str, Any]

    def now(self) -> dict[str, Any] | None:
        """What it says by now, or None when it is gone."""
        with system_scope("test", using=dict.fromkeys(("default", self.alias))):
            found = self.place.model._base_manager.using(self.alias).filter(pk=self.pk).values().first()
        return found and dict(found)


class Maker:
    """Makes the rows; `account` owns what an account owns, and `bob` is whom it is about."""

    def __init__(self, cast: Cast, send: Send, as_role: AsRole) -> None:
        self.cast, self.send, self.as_role = cast, send, as_role
        self.bob, self.account = cast.bob, cast.company.pk
        self._services()

    def everything(self) -> dict[str, Row]:
        return self.of({place.label for place in people.places()} - set(ELSEWHERE))

    def of(self, labels: Collection[str]) -> dict[str, Row]:
        return {place.label: self._row(place) for place in people.places() if place.label in labels}

    def _services(self) -> None:
        """What has to be made as the product makes it: it is sealed, chained, or told to the regions."""
        self.message = self.send().id
        create_api_key(account_id=self.account, name="Bob’s", created_by_id=self.bob.pk)
        webhooks.create(
            account_id=self.account,
            url="https://example.com/",
            name="W",
            topics=[],
            created_by_id=self.bob.pk,
        )
        receive(kind="other", person_id=self.bob.pk, account_id=None, text="asked", route=Route.STAFF)
        with clock.travel(by=timedelta(days=-400)):
            audit.record(
                audit.Event.SETTINGS_CHANGED,
                account_id=uuid7(),
                actor_id=self.bob.pk,
                actor_kind="person",
                subject_id=uuid7(),
                days=1,
            )
        store = SessionStore()
        store["_auth_user_id"] = str(self.bob.pk)
        store.save()
        EmailConfirmation.create(EmailAddress.objects.get(user=self.bob))
        # Two, so that the first is superseded.
        now = clock.now()
        with scope(self.account):
            for at, person_id in ((now, self.bob.pk), (now + timedelta(seconds=1), None)):
                RetentionInstruction.objects.create(
                    account_id=self.account,
                    data_class=DataClass.CONTENT,
                    days=7,
                    instructed_by_id=person_id,
                    effective_at=at,
                )

    def _row(self, place: Place) -> Row:
        alias = REGION if place.traffic else "default"
        with self.as_role("owner"), system_scope("test", using=dict.fromkeys(("default", alias))):
            found = self._found(place, alias) or self._made(place, alias)
            self._complete(place, found, alias)
            said = place.model._base_manager.using(alias).filter(pk=found.pk).values().get()
        return Row(place, alias, found.pk, said)

    def _found(self, place: Place, alias: str) -> models.Model | None:
        rows = place.model._base_manager.using(alias).order_by("pk")
        if place.model is Session:
            return rows.last()
        if place.model is AuditEvent:
            return rows.filter(actor_id=self.bob.pk, at__lt=clock.now() - timedelta(days=300)).get()
        for lookup in place.declaration.person:
            if (mine := rows.filter(**{lookup: self.bob.pk}).first()) is not None:
                return mine
        if place.of_account and not place.declaration.person:
            return rows.filter(**{place.of_account: self.account}).first()
        return None

    def _made(self, place: Place, alias: str) -> models.Model:
        made = place.model(**self._filled(place.model))
        if place.model is AccountClosure:
            made.account_id = uuid7()  # the company's own is made when it closes
            made.finished_at = None
        if place.label == "privacy.LegalHold":
            # One that is held would keep everything; and two officers place and release it.
            made.account_id, made.person_id, made.scope = uuid7(), None, "account"
            made.confirmed_by_id, made.release_asked_by_id = None, None
        if place.label == "privacy.Extract":
            made.released_by_id = None
        made.save(using=alias, force_insert=True)
        return made

    def _filled(self, model: type[models.Model]) -> dict[str, Any]:
        return {
            field.attname: self._value(field)
            for field in model._meta.concrete_fields
            if not isinstance(field, models.AutoField) and not (field.primary_key and field.has_default())
        }

    def _complete(self, place: Place, row: models.Model, alias: str) -> None:
        """No personal field is empty, so that one that is emptied later shows; nor the moment from which one counts."""
        names = {
            name for entry in place.fields for name in (entry.field, *(entry.since if entry.alone else ()))
        }
        fields = [place.model._meta.get_field(name) for name in names - STATES.get(place.label, set())]
        empty = {
            field.attname: self._value(field)  # type: ignore[union-attr]
            for field in fields
            if getattr(row, field.attname) in (None, "", [], {})  # type: ignore[union-attr]
        }
        if empty:
            place.model._base_manager.using(alias).filter(pk=row.pk).update(**empty)

    def _value(self, field: Any) -> Any:
        number = next(_numbers)
        if field.related_model is not None:
            return self._related(field.related_model)
        if isinstance(field, models.UUIDField):
            return self._named(field.name)
        if field.choices:
            return field.choices[0][0]
        for kind, value in _VALUES:
            if isinstance(field, kind):
                return value(field, number)
        raise AssertionError(f"say here how a {type(field).__name__} is filled ({field})")

    def _named(self, name: str) -> UUID:
        if name == "account_id":
            return self.account
        if name.endswith("_by_id") or name == "person_id":
            return self.bob.pk
        if name in {"message_id", "reference"}:
            return self.message
        return uuid7()

    def _related(self, model: type[models.Model]) -> Any:
        if model is Person:
            return self.bob.pk
        if model is EmailAddress:
            return EmailAddress.objects.get(user=self.bob).pk
        assert model in {Group, Permission, ContentType}, model
        return model._base_manager.order_by("pk").first().pk  # type: ignore[union-attr]


_VALUES: list[tuple[Any, Callable[[Any, int], Any]]] = [
    (ArrayField, lambda field, number: [1]),
    (models.BooleanField, lambda field, number: False),
    (models.DecimalField, lambda field, number: Decimal(1)),
    (models.IntegerField, lambda field, number: 1),
    (models.DateTimeField, lambda field, number: clock.now()),
    (models.DateField, lambda field, number: clock.today()),
    (models.BinaryField, lambda field, number: number.to_bytes(32, "big")),
    (models.JSONField, lambda field, number: ["192.0.2.0/24"]),
    (models.EmailField, lambda field, number: f"n{number}@example.com"),
    (models.CharField, lambda field, number: f"x{number}"[: field.max_length]),
    (models.TextField, lambda field, number: f"x{number}"),
]
