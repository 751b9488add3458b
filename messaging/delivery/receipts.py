"""Receipts: from the carrier's reference to the message, through the state table. Recorded first, then acknowledged, so
a receipt may come twice and never gets lost.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.carriers.base import Carrier, Receipt
from messaging.delivery import bounds
from messaging.delivery.record import Report, record
from messaging.messages.states import Actor, State
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import system_scope

log = logging.getLogger(__name__)

JOB: Final = "receipts"
BATCH: Final = 200
_FIND: Final = """
SELECT carrier_ref, account_id, id FROM messaging_message
WHERE carrier_ref = ANY(%s) AND carrier_ref <> '' AND carrier = %s AND id >= %s AND id < %s
"""
_HANDSETS: Final = frozenset({State.DELIVERED, State.UNDELIVERED})


def pump(alias: str, carrier: Carrier, *, limit: int = BATCH) -> int:
    """Take the receipts that wait, and record those whose message is known; how many there were.

    One that comes before its submit answer was recorded finds no message: it is not acknowledged and comes again.
    """
    waiting = carrier.receipts(limit)
    if not waiting:
        return 0
    taken = apply(alias, carrier, waiting)
    fault("receipts.after_commit")
    if taken:
        carrier.acknowledge(taken)
    return len(waiting)


def apply(alias: str, carrier: Carrier, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Record receipts; those whose message was found."""
    with system_scope(JOB, using=(alias,)):
        known = _find(alias, carrier, receipts)
        taken = [receipt for receipt in receipts if receipt.carrier_ref in known]
        record(alias, [_report(receipt, *known[receipt.carrier_ref]) for receipt in taken])
        fault("receipts.before_commit")
    return taken


def _find(alias: str, carrier: Carrier, receipts: Sequence[Receipt]) -> dict[str, tuple[UUID, UUID]]:
    low, high = bounds.submitted(carrier.submitted_on(receipt.carrier_ref) for receipt in receipts)
    with connections[alias].cursor() as cursor:
        cursor.execute(_FIND, [[receipt.carrier_ref for receipt in receipts], carrier.name, low, high])
        return {ref: (account_id, identity) for ref, account_id, identity in cursor.fetchall()}


def _report(receipt: Receipt, account_id: UUID, message_id: UUID) -> Report:
    actor = Actor.HANDSET if receipt.state in _HANDSETS else Actor.CARRIER
    return Report(account_id, message_id, receipt.state, actor, receipt.at, receipt.error_code)
