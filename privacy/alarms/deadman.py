"""The sign of life to the outside: once a day, when the whole night is done and nothing critical rings.

Somebody outside who misses it rings: a portal that is gone, with all its beats and letters, cannot. Keeps P-RET-7.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from http.client import HTTPException
from typing import Final

from django.conf import settings

from paasoo_portal.core import clock, heartbeat, outbound
from privacy.alarms import night
from privacy.alarms.models import Alarm, Severity

log = logging.getLogger(__name__)
NAME: Final = "deadman"
_TIMEOUT: Final = timedelta(seconds=10)


def tell_outside() -> bool:
    """Call DEADMAN_URL, unless it was called today or the night is not whole; whether it was called and answered."""
    if not settings.DEADMAN_URL:
        return False
    today, last = clock.today(), heartbeat.last(NAME)
    if last is not None and last.date() >= today:
        return False
    if not night.done_on(today) or Alarm.objects.filter(ended_at=None, severity=Severity.CRITICAL).exists():
        return False
    try:
        answer = outbound.fetch("GET", settings.DEADMAN_URL, timeout=_TIMEOUT.total_seconds())
    except outbound.OutboundRefused as refusal:
        log.error("the dead-man's URL may not be called", extra={"because": refusal.code})
        return False
    except (OSError, HTTPException) as error:
        log.warning("the dead-man's URL does not answer", extra={"error": type(error).__name__})
        return False
    if not 200 <= answer.status < 300:
        log.warning("the dead-man's URL refuses", extra={"status": answer.status})
        return False
    heartbeat.beat(NAME)
    return True
