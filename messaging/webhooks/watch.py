"""Looking after webhooks: those that fail for three days are paused, and secrets that were changed are let go."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connections

from accounts.teams.services import touch_account
from messaging.delivery import bounds
from messaging.delivery.push_rows import GIVE_UP_AFTER
from messaging.projections.services import push_account
from messaging.webhooks import services
from messaging.webhooks.models import Pause, WebhookEndpoint
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope, system_scope

log = logging.getLogger(__name__)
_STANDING: Final = """
SELECT account_id, endpoint_id, max(last_at) FILTER (WHERE state = 1),
  max(last_at) FILTER (WHERE state = 2 AND last_error NOT IN ('gone', 'no_url')),
  max(last_at) FILTER (WHERE last_error = 'gone')
FROM messaging_deliverypush
WHERE endpoint_id IS NOT NULL AND state <> 0 AND message_id >= %s AND message_id < %s GROUP BY 1, 2
"""


@dataclass
class _Standing:
    """When a webhook's calls last came to something, over all regions."""

    account_id: UUID
    done: datetime | None = None
    given_up: datetime | None = None
    gone: datetime | None = None

    def take(self, done: datetime | None, given_up: datetime | None, gone: datetime | None) -> None:
        self.done = _later(self.done, done)
        self.given_up = _later(self.given_up, given_up)
        self.gone = _later(self.gone, gone)

    def reason(self, working_since: datetime) -> Pause | None:
        """Why to pause one that has worked since then, if there is a reason."""
        if self.gone is not None and self.gone > working_since:
            return Pause.GONE
        if self.given_up is None or self.given_up <= working_since:
            return None
        silent = self.done is None or self.done < clock.now() - GIVE_UP_AFTER
        return Pause.FAILING if silent else None


def look_after() -> int:
    """Pause what fails; how many. A region that cannot be asked stops the round: it might know of successes."""
    paused = 0
    for endpoint_id, standing in _standings().items():
        with scope(standing.account_id):
            found = WebhookEndpoint.objects.filter(pk=endpoint_id, paused_at=None).first()
        why = standing.reason(found.working_since) if found is not None else None
        if why is not None:
            paused += services.pause(
                account_id=standing.account_id, endpoint_id=endpoint_id, why=why, by_id=None
            )
    _forget_former_secrets()
    if paused:
        log.info("webhooks paused", extra={"count": paused})
    return paused


def _standings() -> dict[UUID, _Standing]:
    found: dict[UUID, _Standing] = {}
    for alias in regions.aliases():
        with system_scope("webhooks", using=(alias,)), connections[alias].cursor() as cursor:
            cursor.execute(_STANDING, bounds.waiting())
            for account_id, endpoint_id, *times in cursor.fetchall():
                found.setdefault(endpoint_id, _Standing(account_id)).take(*times)
    return found


def _forget_former_secrets() -> None:
    with system_scope("webhooks"):
        over = WebhookEndpoint.objects.filter(former_until__lte=clock.now())
        accounts = set(over.values_list("account_id", flat=True))
        over.update(former_secret="", former_until=None)
        for account_id in accounts:
            touch_account(account_id)
    for account_id in accounts:
        push_account(account_id)


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    return max(filter(None, (first, second)), default=None)
