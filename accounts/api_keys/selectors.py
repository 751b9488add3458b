"""Reading API keys for the pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.api_keys.models import ApiKey
from accounts.api_keys.scopes import KeyScope
from paasoo_portal.core import clock


@dataclass(frozen=True)
class Shown:
    """A key as the list shows it."""

    key: ApiKey
    by: str
    may: list[str]
    ended: str


def keys_shown() -> tuple[list[Shown], list[Shown]]:
    """The account's working keys and its ended ones, newest first. Needs the account's scope."""
    rows = [shown(key) for key in ApiKey.objects.select_related("created_by").order_by("-created_at")]
    return [row for row in rows if not row.ended], [row for row in rows if row.ended]


def shown(key: ApiKey) -> Shown:
    """One key. Needs the account's scope, if its maker was not read with it."""
    person = key.created_by
    labels = dict(KeyScope.choices)
    if key.revoked_at is not None:
        ended = _("Revoked")
    elif key.expires_at is not None and key.expires_at <= clock.now():
        ended = _("Expired")
    else:
        ended = ""
    by = (person.name or person.email) if person is not None else ""
    return Shown(key=key, by=by, may=[str(labels.get(scope, scope)) for scope in key.scopes], ended=ended)
