"""The round of alarms: look, write down what began and what is over, and tell whoever is on duty.

Whoever comes second while a round goes on leaves at once, so two beats send one letter. The letter goes first, then the
note of it: after a crash between the two somebody is told twice, and nobody never. What nobody could look at stays as
it was: it is not over because it cannot be seen.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q

from paasoo_portal.core import clock, heartbeat, hooks
from paasoo_portal.core.faults import fault
from paasoo_portal.core.locks import only_one
from privacy.alarms import deadman
from privacy.alarms.evaluate import Look, evaluate
from privacy.alarms.models import Alarm, Kind, gravest_first
from privacy.alarms.night import CONTROL, ROUND

log = logging.getLogger(__name__)

_LOCK: Final = 0x5061_6153_6F6F_616C  # any number that nothing else locks by
# Over once it was not seen for two rounds: what comes and goes within minutes is told once.
OVER_AFTER: Final = timedelta(minutes=9)
# A restart or a lost connection mends itself: told when the next round sees it too.
PASSING: Final = (Kind.BEAT, Kind.DISPATCHER, Kind.UNCHECKED)
AGAIN_AFTER: Final = timedelta(days=1)
KEPT: Final = timedelta(days=400)


@dataclass(frozen=True)
class News:
    """What a letter says."""

    begun: list[Alarm]
    lasting: list[Alarm]
    over: list[Alarm]

    def __bool__(self) -> bool:
        return bool(self.begun or self.lasting or self.over)


def go_round() -> bool:
    """One round; False when another is on its way. Needs the worker's role."""
    with only_one(CONTROL, _LOCK) as mine:
        if not mine:
            return False
        write_down(evaluate())
        tell()
        deadman.tell_outside()
        heartbeat.beat(ROUND)
    return True


def write_down(look: Look) -> None:
    """Bring the table in line with what was seen."""
    now = clock.now()
    with transaction.atomic():
        ringing = {(one.kind, one.database): one for one in Alarm.objects.filter(ended_at=None)}
        for found in look.findings:
            row = ringing.pop(found.key, None)
            if row is None:
                row = Alarm(kind=found.kind, database=found.database, first_seen_at=now)
                log.error("an alarm rings", extra={"alarm": found.kind.value, "database": found.database})
            row.severity, row.since_at, row.detail = found.severity, found.since_at, found.detail
            row.last_seen_at = now
            row.save()
        for key, row in ringing.items():
            if key not in look.unknown and row.last_seen_at <= now - OVER_AFTER:
                row.ended_at = now
                row.save(update_fields=["ended_at"])
                log.info("an alarm is over", extra={"alarm": row.kind, "database": row.database})
        Alarm.objects.filter(ended_at__lt=now - KEPT).delete()


def news() -> News:
    """What whoever is on duty has not been told yet, or a day ago."""
    ringing = Alarm.objects.filter(ended_at=None)
    passing = Q(kind__in=PASSING, last_seen_at=F("first_seen_at"))
    ended = Alarm.objects.filter(ended_at__isnull=False, told_at__isnull=False, end_told_at=None)
    return News(
        sorted(ringing.filter(told_at=None).exclude(passing), key=gravest_first),
        sorted(ringing.filter(told_at__lte=clock.now() - AGAIN_AFTER), key=gravest_first),
        sorted(ended, key=gravest_first),
    )


def tell() -> int:
    """One letter for all of it; to how many. When it reaches nobody, it is tried again in the next round."""
    found = news()
    if not found:
        return 0
    told: int = sum(hooks.call("alarms.tell", news=found))
    if not told:
        log.error("an alarm reaches nobody", extra={"n": len(found.begun) + len(found.lasting)})
        return 0
    fault("alarms.told")
    now = clock.now()
    with transaction.atomic():
        Alarm.objects.filter(pk__in=[one.pk for one in (*found.begun, *found.lasting)]).update(told_at=now)
        Alarm.objects.filter(pk__in=[one.pk for one in found.over]).update(end_told_at=now)
    return told
