"""Beat's part in money: allowances kept between their marks, and what regions know of accounts kept right.

Arguments are region codes alone. A round that was not begun in time expires, so that a broker that was away
is not followed by an hour of rounds.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from celery import current_app, shared_task
from django.db import DatabaseError, connection

from messaging.allowance.services import top_up
from messaging.projections.services import repair
from paasoo_portal.core import clock, heartbeat, regions

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 5
REPAIR_EVERY: Final = timedelta(minutes=1)


@shared_task(name="messaging.top_up_allowances")
def top_up_allowances() -> None:
    """One round over all regional databases, each on its own region's queue."""
    for code in regions.aliases():  # a database bears the code of a region that lives in it
        current_app.send_task(
            "messaging.top_up_region", args=[code], queue=f"region.{code}", expires=2 * ROUND_SECONDS
        )


@shared_task(name="messaging.top_up_region")
def top_up_region(region: str) -> None:
    """Fill and empty one region's allowances; once a minute compare its projections too."""
    alias = regions.alias(region)
    try:
        if _first(alias):
            _look_after(region, alias)
    except DatabaseError:
        # A region or the control plane is down; the next round comes in five seconds.
        log.warning("allowances were not looked after", extra={"database": alias})


def _look_after(region: str, alias: str) -> None:
    try:
        top_up(region)
        _repair_now_and_then(alias)
    finally:
        _leave(alias)


def _repair_now_and_then(alias: str) -> None:
    name = f"projections.{alias}"
    last = heartbeat.last(name)
    if last is None or abs(clock.now() - last) >= REPAIR_EVERY:
        repair(alias)
        heartbeat.beat(name)


def _first(alias: str) -> bool:
    """Whether nobody else is at this region now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 23))", [alias])
        return bool(cursor.fetchone()[0])


def _leave(alias: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 23))", [alias])
    except DatabaseError:
        connection.close()  # with the session goes its lock
