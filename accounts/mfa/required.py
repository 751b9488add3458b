"""Who must have a second factor: administrators and staff, whose sign-in opens other people's data."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from accounts.people.models import Person
from accounts.seats import seat_of
from accounts.teams.models import Role

KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_enrol(request: HttpRequest) -> bool:
    """Whether the signed-in person may go on only once a second factor is on."""
    if not settings.MFA_REQUIRED or not _asked_of(request):
        return False
    return not enrolled(cast(Person, request.user))


def enrolled(person: Person) -> bool:
    return Authenticator.objects.filter(user=person, type__in=KINDS).exists()


def with_factor(person_ids: list[UUID]) -> set[UUID]:
    """Those of the people who have a second factor."""
    rows = Authenticator.objects.filter(user_id__in=person_ids, type__in=KINDS)
    return set(rows.values_list("user_id", flat=True))


def _asked_of(request: HttpRequest) -> bool:
    if cast(Person, request.user).is_staff:
        return True
    seat = seat_of(request)
    return seat is not None and seat.role == Role.ADMINISTRATOR
