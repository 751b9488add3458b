"""Reading an account's trail: by page, with the names that its ids have now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.api_keys.models import ApiKey
from accounts.people.models import Person
from accounts.teams.models import Invitation
from accounts.trail import words
from paasoo_portal.core.audit import Event
from paasoo_portal.core.audit.models import AuditEvent

PER_PAGE: Final = 50
_STAFF: Final = (
    Event.STAFF_VIEWED,
    Event.STAFF_CHANGED,
    Event.HOLD_PLACED,
    Event.HOLD_CONFIRMED,
    Event.HOLD_RELEASE_PROPOSED,
    Event.HOLD_RELEASE_REFUSED,
    Event.HOLD_RELEASED,
    Event.EXTRACT_PREPARED,
    Event.EXTRACT_RELEASED,
    Event.EXTRACT_FETCHED,
    Event.CASE_OPENED,
    Event.CASE_EXTENDED,
    Event.CASE_CLOSED,
    Event.ACCOUNT_SUSPENDED,
    Event.ACCOUNT_RESUMED,
)


@dataclass(frozen=True)
class Entry:
    number: int
    at: datetime
    what: str
    who: str
    about: str
    details: str
    by_staff: bool


@dataclass(frozen=True)
class Page:
    """Entries, newest first; `older` and `newer` are the numbers to go on from, if any."""

    entries: list[Entry]
    older: int | None
    newer: int | None


def trail(account_id: UUID, *, staff_only: bool, before: int | None, after: int | None) -> Page:
    """A page of an account's trail. Needs its scope."""
    rows = AuditEvent.objects.filter(chain=account_id)
    if staff_only:
        rows = rows.filter(event__in=_STAFF)
    found = _slice(rows, before, after)
    if not found:
        return Page([], None, None)
    older = found[-1].number if rows.filter(number__lt=found[-1].number).exists() else None
    newer = found[0].number if rows.filter(number__gt=found[0].number).exists() else None
    names = _names(account_id, found)
    return Page([_entry(row, names) for row in found], older, newer)


def _slice(rows: QuerySet[AuditEvent], before: int | None, after: int | None) -> list[AuditEvent]:
    if after is not None:
        return list(rows.filter(number__gt=after).order_by("number")[:PER_PAGE])[::-1]
    if before is not None:
        rows = rows.filter(number__lt=before)
    return list(rows.order_by("-number")[:PER_PAGE])


def _names(account_id: UUID, rows: list[AuditEvent]) -> dict[UUID, str]:
    """The names of people, keys and invitations that the entries mention and that still exist."""
    ids = {found for row in rows for found in (row.actor_id, row.subject_id) if found is not None}
    names = {person.pk: person.name or person.email for person in Person.objects.filter(pk__in=ids)}
    names |= dict(ApiKey.objects.filter(pk__in=ids).values_list("pk", "name"))
    invited = Invitation.objects.filter(pk__in=ids, account_id=account_id)
    return names | dict(invited.values_list("pk", "email"))


def _entry(row: AuditEvent, names: dict[UUID, str]) -> Entry:
    return Entry(
        number=row.number,
        at=row.at,
        what=words.label(row.event),
        who=_who(row, names),
        about=names.get(row.subject_id, "") if row.subject_id else "",
        details=words.details(row.data),
        by_staff=row.event in _STAFF,
    )


def _who(row: AuditEvent, names: dict[UUID, str]) -> str:
    """Staff act for PaaSoo, and are named by their number; a person who is gone is named by theirs."""
    if row.actor_kind == "system" or row.actor_id is None:
        return _("PaaSoo, by itself")
    short = str(row.actor_id)[-6:]
    if row.actor_kind == "staff":
        return _("PaaSoo staff, number %(short)s") % {"short": short}
    name = names.get(row.actor_id)
    if row.actor_kind == "key":
        return _("API key %(name)s") % {"name": name or short}
    return name or _("a former member, number %(short)s") % {"short": short}
