"""Recent authentication, asked for before what matters (the hook `person.recently_confirmed`)."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpRequest


def recently_confirmed(request: HttpRequest) -> bool:
    """Whether the person gave their password again within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    return bool(did_recently_reauthenticate(request))
