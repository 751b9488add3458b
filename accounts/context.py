"""What the frame around every page shows: the account, the role, and the nouns this person may go to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.mfa.required import must_enrol
from accounts.permissions import Permission
from accounts.policy_notices import services as policy_notices
from accounts.seats import Seat, seat_of
from accounts.teams.models import Account
from privacy.policy.models import PolicyVersion


@dataclass(frozen=True)
class Noun:
    """A line of the list on the left; `section` is what its pages call themselves."""

    section: str
    label: str
    icon: str
    url: str


@dataclass(frozen=True)
class Portal:
    account: Account | None = None
    role: str = ""
    others: tuple[Account, ...] = ()
    nouns: tuple[Noun, ...] = ()
    mode: str = ""
    may: frozenset[str] = frozenset()
    closing: datetime | None = None
    development: bool = not settings.PRODUCTION


_NOUNS: Final = [
    ("home", gettext_lazy("Home"), "home", "home", Permission.MEMBER),
    ("messages", gettext_lazy("Messages"), "messages", "messages", Permission.SEE_MESSAGES),
    ("api", gettext_lazy("API"), "api", "api_keys", Permission.SEE_API_KEYS),
    ("team", gettext_lazy("Team"), "team", "team", Permission.SEE_TEAM),
    ("privacy", gettext_lazy("Privacy"), "privacy", "privacy_centre", Permission.MEMBER),
]


def portal(request: HttpRequest) -> dict[str, Any]:
    """The context processor; nothing is read until a template asks."""
    return {
        "portal": SimpleLazyObject(lambda: _portal(request)),
        "policy_news": SimpleLazyObject(lambda: _policy_news(request)),
        "mfa_lacking": SimpleLazyObject(lambda: request.user.is_authenticated and must_enrol(request)),
    }


def _policy_news(request: HttpRequest) -> PolicyVersion | None:
    return policy_notices.unseen(request.user.pk) if request.user.is_authenticated else None


def _portal(request: HttpRequest) -> Portal:
    # An error page may be drawn before sign-in was looked at.
    seat: Seat | None = seat_of(request) if hasattr(request, "user") else None
    if seat is None:
        return Portal()
    nouns = tuple(
        Noun(section, str(label), icon, reverse(name))
        for section, label, icon, name, permission in _NOUNS
        if seat.may(permission)
    )
    return Portal(
        account=seat.account,
        role=seat.role_label,
        others=seat.others,
        nouns=nouns,
        mode=_("Test") if settings.SANDBOX_CARRIER else _("Live"),
        closing=seat.closing,
        may=frozenset(str(permission) for permission in Permission if seat.may(permission)),
    )
