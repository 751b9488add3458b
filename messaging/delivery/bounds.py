"""The stretches of time and of ids that delivery works in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7_floor

# A message not handed over by then is of no use to its recipient any more.
VALIDITY: Final = timedelta(hours=48)
# So long is a receipt waited for.
RECEIPT_WAIT: Final = timedelta(hours=72)
# Older ones have been given up; a dispatcher that was away for days still finds what it left.
LOOK_BACK: Final = timedelta(days=8)
LEASE_SECONDS: Final = 30


def waiting() -> tuple[UUID, UUID]:
    """The ids between which messages may still wait for us, so that a query opens few partitions."""
    now = clock.now()
    return uuid7_floor((now - LOOK_BACK).date()), uuid7_floor(now.date() + timedelta(days=2))


def of(ids: Iterable[UUID]) -> tuple[UUID, UUID]:
    """The lowest and the highest of some ids."""
    known = list(ids)
    return min(known), max(known)


def submitted(days: Iterable[date | None]) -> tuple[UUID, UUID]:
    """The ids of messages that were handed over on these days; None: on any."""
    known = list(days)
    if not known or None in known:
        return waiting()
    whole = [day for day in known if day is not None]
    return uuid7_floor(min(whole) - VALIDITY), uuid7_floor(max(whole) + timedelta(days=2))
