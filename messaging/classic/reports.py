"""A message's state as the classic API's pull tells it."""

from __future__ import annotations

import logging
from typing import TypedDict
from uuid import UUID

from django.db import DatabaseError

from messaging.accept.codes import SubmitCode
from messaging.accept.rows import NUMBER, TABLE
from messaging.classic import ids
from messaging.classic.statuses import dr_status
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core import regions
from paasoo_portal.core.tenancy import scope
from privacy.keys import Erased, open_sealed

log = logging.getLogger(__name__)


class Report(TypedDict):
    """The fields and types that clients unmarshal."""

    type: str
    messageid: str
    to: str
    status: int
    drStatus: int
    drStatuscode: str
    drErrcode: str | None
    price: float
    counts: int


# The same for an id of another account as for one that nobody has.
UNKNOWN: Report = {
    "type": "dlr",
    "messageid": "",
    "to": "",
    "status": int(SubmitCode.MISSING_PARAMS),
    "drStatus": 400,
    "drStatuscode": "unknown",
    "drErrcode": None,
    "price": 0,
    "counts": 0,
}


def report(account_id: UUID, region: regions.Region, classic_id: str) -> Report:
    """The report of a message of the account. Raises DatabaseError when it may lie in a region that is down.

    The host's region is asked first; clients ask one host for all their messages, so the others follow.
    """
    bounds = ids.bounds(classic_id)
    if bounds is None:
        return UNKNOWN
    down: DatabaseError | None = None
    for alias in (region.alias, *(alias for alias in regions.aliases() if alias != region.alias)):
        try:
            found = _find(alias, account_id, *bounds)
        except DatabaseError as error:
            log.warning("a region could not be asked for a report", extra={"database": alias})
            down = error
        else:
            if found is not None:
                return found
    if down is not None:
        raise down
    return UNKNOWN


def _find(alias: str, account_id: UUID, low: UUID, high: UUID) -> Report | None:
    with scope(account_id, using=[alias]):
        message = Message.objects.using(alias).filter(id__gte=low, id__lte=high).first()
        return None if message is None else _report(alias, message)


def _report(alias: str, message: Message) -> Report:
    dr_code, word = dr_status(State(message.state))
    return {
        "type": "dlr",
        "messageid": ids.encode(message.pk),
        "to": _number(alias, message),
        "status": int(SubmitCode.SUCCESS),
        "drStatus": dr_code,
        "drStatuscode": word,
        "drErrcode": None if message.error_code is None else str(message.error_code),
        "price": float(message.price),
        "counts": message.segments,
    }


def _number(alias: str, message: Message) -> str:
    """The number, or "" once it has been erased."""
    if message.number_sealed is None or not message.has_number:
        return ""
    try:
        return open_sealed(
            alias,
            message.account_id,
            message.number_key_id,
            bytes(message.number_sealed),
            table=TABLE,
            column=NUMBER,
            row=message.pk,
        ).decode()
    except Erased:
        return ""
