"""One contender of the tenancy benchmark, in a process of its own: the message log, in its scope or without any wall.

`python -m benchmarks.log_page seed|scoped|unscoped`; the last two print the milliseconds of each page as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import nullcontext
from typing import Any, Final

import django

MESSAGES: Final = 5000
WARM: Final = 20
PAGES: Final = 150


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    django.setup()
    what = sys.argv[1]
    if what == "seed":
        _seed()
        return
    if what == "unscoped":
        _without_walls()
    print(json.dumps(_measure()))


def _seed() -> None:
    """Messages of the account under load, through the service."""
    from accounts.models import Account
    from messaging.accept.portal import accept_messages

    account = Account.objects.get(name="Load")
    for start in range(0, MESSAGES, 100):
        recipients = [f"44770090{number % 10000:04d}" for number in range(start, start + 100)]
        accept_messages(
            account_id=account.pk, region="sg", sender="Load", recipients=recipients, text=f"Text {start}"
        )


def _without_walls() -> None:
    """The same page as a superuser of PostgreSQL, whom no policy stops, with nothing set and nothing filtered."""
    from django.db import connections

    from paasoo_portal.core.tenancy import models, scope

    for alias in connections:
        connections.settings[alias]["USER"] = "postgres"
    scope._setting = lambda *_: nullcontext()  # type: ignore[assignment]
    models.ScopedQuerySet.within = lambda self: self  # type: ignore[method-assign]


def _measure() -> list[float]:
    from django.test import Client

    from accounts.models import Person

    client = Client()
    person = Person.objects.get(email="load@example.com")
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    taken: list[float] = []
    for number in range(WARM + PAGES):
        begun = time.perf_counter()
        response: Any = client.get("/messages/")
        if number >= WARM:
            taken.append((time.perf_counter() - begun) * 1000)
        if response.status_code != 200 or response.content.count(b"<tr") < 40:
            raise SystemExit(f"the log answered {response.status_code} without a full page")
    return taken


if __name__ == "__main__":
    main()
