"""One batch from the queue to the carrier: claim, open, mark, hand over, record.

No transaction is open while the carrier is called. A crash before the mark leaves a lease that runs out, and the
message is sent by another; a crash after it leaves `sending`, which becomes unknown and is never sent blindly.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from messaging.accept.rows import CONTENT, NUMBER, TABLE
from messaging.carriers.base import SUBMIT_SECONDS, Carrier, CarrierError, Submission, SubmitAnswer
from messaging.delivery import bounds
from messaging.delivery.claim import Claimed, claim, give_back, mark_sending
from messaging.delivery.record import Report, record
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import system_scope
from privacy.keys import Erased, Opener, SealRefused, UnknownKey, opener

log = logging.getLogger(__name__)

JOB: Final = "dispatch"
BATCH: Final = 100
# A message whose seal does not open is tried so often, ever more seldom, before it is given up.
MOST_ATTEMPTS: Final = 10
# The carrier is asked soon about a lost answer; about a lease that ran out only once nobody can still be handing over.
ASK_AFTER: Final = timedelta(seconds=2)


def dispatch(alias: str, carrier: Carrier, worker: str, *, limit: int = BATCH) -> int:
    """Take one batch as far as it goes; how many messages were claimed.

    Raises VaultUnavailable (the batch is given back by its leases) and DatabaseError.
    """
    with system_scope(JOB, using=(alias,)):
        claimed = claim(alias, worker, limit)
    if not claimed:
        return 0
    fault("dispatch.after_claim")
    with system_scope(JOB, using=(alias,)):
        ready = _open(alias, worker, claimed)
    held_until = time.monotonic() + bounds.LEASE_SECONDS - SUBMIT_SECONDS
    with system_scope(JOB, using=(alias,)):
        sending = mark_sending(alias, worker, [row for row, _ in ready])
    ours = {row.id for row in sending}
    if sending and time.monotonic() < held_until:
        fault("dispatch.before_submit")
        _submit(alias, carrier, sending, [one for row, one in ready if row.id in ours])
    return len(claimed)


def backoff(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s … ten minutes, with jitter, so that what failed together does not come back together."""
    return timedelta(seconds=min(5.0 * 2 ** min(attempts - 1, 7), 600.0) * random.uniform(0.8, 1.2))


def _open(alias: str, worker: str, claimed: Sequence[Claimed]) -> list[tuple[Claimed, Submission]]:
    """Unseal what may be sent; settle at once what may not."""
    now = clock.now()
    keys = opener(alias, until_taken=True)
    ready, over, later = [], [], []
    with suppress(SealRefused):  # a damaged key shows again at its own rows, and stops no others
        keys.prefetch([key for row in claimed for key in (row.content_key_id, row.number_key_id)])
    for row in claimed:
        if now - time_of(row.id) > bounds.VALIDITY:
            over.append(_over(row, State.EXPIRED, "validity"))
            continue
        try:
            ready.append((row, _submission(keys, row)))
        except Erased:
            over.append(_over(row, State.EXPIRED, "erased"))
        except (SealRefused, UnknownKey, UnicodeDecodeError) as error:
            log.error(
                "a message does not open",
                extra={"message_id": row.id, "database": alias, "error": type(error).__name__},
            )
            if row.attempts < MOST_ATTEMPTS:
                later.append((row, now + backoff(row.attempts)))
            else:
                over.append(_over(row, State.FAILED, "unreadable"))
    record(alias, over)
    give_back(alias, worker, later)
    return ready


def _submission(keys: Opener, row: Claimed) -> Submission:
    if row.content_sealed is None or row.number_sealed is None:
        raise UnknownKey(row.content_key_id, keys.alias)
    number = keys.open(row.number_key_id, bytes(row.number_sealed), table=TABLE, column=NUMBER, row=row.id)
    text = keys.open(row.content_key_id, bytes(row.content_sealed), table=TABLE, column=CONTENT, row=row.id)
    return Submission(row.id, row.sender, number.decode(), text.decode())


def _over(row: Claimed, state: State, note: str) -> Report:
    return Report(row.account_id, row.id, state, Actor.PAASOO, clock.now(), note=note, attempt=row.attempts)


def _submit(alias: str, carrier: Carrier, rows: Sequence[Claimed], batch: Sequence[Submission]) -> None:
    try:
        answers = {answer.reference: answer for answer in carrier.submit(batch)}
    except CarrierError as error:
        log.warning(
            "a carrier took nothing", extra={"carrier": carrier.name, "database": alias, "why": error.log}
        )
        reports = [_refused(row, error) for row in rows]
    except Exception as error:
        log.exception(
            "a carrier's answer was lost",
            extra={"carrier": carrier.name, "database": alias, "error": type(error).__name__},
        )
        reports = [_answered(row, carrier, None) for row in rows]
    else:
        reports = [_answered(row, carrier, answers.get(row.id)) for row in rows]
    fault("dispatch.after_submit")
    with system_scope(JOB, using=(alias,)):
        record(alias, reports)
    fault("dispatch.after_record")


def _answered(row: Claimed, carrier: Carrier, answer: SubmitAnswer | None) -> Report:
    now = clock.now()
    if answer is None:
        return Report(
            row.account_id,
            row.id,
            State.UNKNOWN,
            Actor.PAASOO,
            now,
            note="answer_lost",
            carrier=carrier.name,
            due_at=now + ASK_AFTER,
            attempt=row.attempts,
        )
    return Report(
        row.account_id,
        row.id,
        answer.state,
        Actor.CARRIER,
        now,
        answer.error_code,
        carrier=carrier.name,
        carrier_ref=answer.carrier_ref,
    )


def _refused(row: Claimed, error: CarrierError) -> Report:
    """The whole batch was refused, so nothing was handed over: it may be tried again."""
    now = clock.now()
    if error.permanent:
        return Report(row.account_id, row.id, State.FAILED, Actor.CARRIER, now, 1, attempt=row.attempts)
    return Report(
        row.account_id,
        row.id,
        State.QUEUED,
        Actor.PAASOO,
        now,
        note="retry",
        due_at=now + backoff(row.attempts),
        attempt=row.attempts,
    )
