"""One look at everything. It never raises: what could not be looked at is an alarm itself, and hides no other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final

from django.db import Error, connections, transaction

from paasoo_portal.core import regions
from privacy.alarms.conditions import CONDITIONS, Condition
from privacy.alarms.finding import Finding
from privacy.alarms.models import Kind, Severity
from privacy.alarms.night import CONTROL

log = logging.getLogger(__name__)
# Of one statement; a condition asks a handful.
_LIMIT: Final = "10s"
_REACH: Final = "reach"


@dataclass
class Look:
    """What is wrong, and what nobody could say anything about: that is neither wrong nor over."""

    findings: list[Finding] = field(default_factory=list)
    unknown: set[tuple[str, str]] = field(default_factory=set)


def evaluate() -> Look:
    """Ask every condition about every database it concerns. Needs the worker's role."""
    look = Look()
    failed: dict[str, dict[str, str]] = {}
    reached = _answers(CONTROL, failed)
    for alias in (CONTROL, *regions.aliases()):
        mine = [one for one in CONDITIONS if one.concerns(alias)]
        # Of all that is asked, the control plane knows a part.
        if not reached or (alias != CONTROL and not _answers(alias, failed)):
            _leave_open(look, mine, alias)
            continue
        for condition in mine:
            _ask(look, condition, alias, failed)
    for alias, errors in failed.items():
        look.findings.append(Finding(Kind.UNCHECKED, alias, Severity.CRITICAL, detail={"errors": errors}))
    order = list(Kind)
    look.findings.sort(key=lambda one: (order.index(one.kind), one.database != CONTROL, one.database))
    return look


def _ask(look: Look, condition: Condition, alias: str, failed: dict[str, dict[str, str]]) -> None:
    try:
        with _bounded(alias) if condition.bounded else ExitStack():
            look.findings += list(condition.check(alias))
    except Exception as error:
        name = condition.check.__name__
        failed.setdefault(alias, {})[name] = type(error).__name__
        log.warning("an alarm's condition could not be checked", exc_info=error, extra={"condition": name})
        _leave_open(look, [condition], alias)
        _forget_broken((CONTROL, alias))


def _leave_open(look: Look, conditions: Iterable[Condition], alias: str) -> None:
    look.unknown |= {(kind.value, alias) for condition in conditions for kind in condition.kinds}


def _answers(alias: str, failed: dict[str, dict[str, str]]) -> bool:
    """Asked first: a server that is down costs one time-out, not one for each condition."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        failed[alias] = {_REACH: type(error).__name__}
        _forget_broken((alias,))
        return False
    return True


@contextmanager
def _bounded(alias: str) -> Iterator[None]:
    with ExitStack() as stack:
        for one in dict.fromkeys((CONTROL, alias)):
            stack.enter_context(transaction.atomic(using=one))
            with connections[one].cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [_LIMIT])
        yield


def _forget_broken(aliases: Iterable[str]) -> None:
    for alias in aliases:
        connections[alias].close_if_unusable_or_obsolete()
