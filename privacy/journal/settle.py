"""After a crash: an erasure whose mark stands has happened; one that was only intended is carried out now."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings

from paasoo_portal.core import clock, regions
from privacy.journal import guard, marks, replay
from privacy.journal.entries import DONE, INTENT
from privacy.journal.opened import journal

log = logging.getLogger(__name__)

# Between intent and commit lie milliseconds; what is older was left by a crash.
LEFT_AFTER: Final = timedelta(minutes=10)


def settle(alias: str) -> int:
    """Decide what a crash left undecided in a database that agrees with the journal; how many. Worker's role."""
    guard.check(alias)
    known = journal().state().of(alias)
    undecided = [number for number, phase in known.phases.items() if phase != DONE]
    if not undecided:
        return 0
    present = marks.since(alias, min(undecided))
    settled = 0
    for number in undecided:
        kind = known.begun[number][1] if number in known.begun else ""
        if number in present and kind and journal().append(kind, DONE, alias, of=number) is not None:
            settled += 1
    old = clock.now() - LEFT_AFTER
    left = [number for number in undecided if known.phases[number] == INTENT and number not in present]
    if any(known.begun[number][0] <= old for number in left):
        settled += sum(replay.apply(one) for one in replay.outstanding(alias) if one.entry.at <= old)
    if settled:
        log.warning("erasures that a crash interrupted are settled", extra={"database": alias, "n": settled})
    return settled


def prune() -> int:
    """Forget the months that no back-up reaches any more; how many. Marks go first: without them nothing is missed."""
    before = clock.today() - timedelta(days=settings.BACKUP_DAYS)
    heads = journal().heads_before(before)
    for alias in ["default", *regions.aliases()]:
        marks.forget_before(alias, heads.get(alias, 0))
    return journal().prune(before)
