"""Everything of one End-User's number: found, exported, erased (P-WHO-3). Date-bounded, for numbers are recycled."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.erasure.services import MOST
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope
from privacy.keys import number_probes

# A probe is paired with the days of its key, so that each one prunes to those partitions.
_SEARCH: Final = """
SELECT found.id FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[]) AS probe(lo, hi, token)
CROSS JOIN LATERAL (
  SELECT id FROM messaging_message
  WHERE account_id = %s AND number_token = probe.token AND id >= probe.lo AND id < probe.hi
    AND id >= %s AND id < %s
) AS found ORDER BY found.id LIMIT %s
"""


def messages_of(
    alias: str, account_id: UUID, number: str, first_day: date, last_day: date, *, limit: int = MOST
) -> list[UUID]:
    """The ids of an account's messages with a number (E.164 digits), oldest first, on days whose numbers live."""
    low, high = uuid7_floor(first_day), uuid7_floor(last_day + timedelta(days=1))
    with scope(account_id, using=[alias]):
        lo, hi, probes = number_probes(alias, account_id, number.encode(), first_day, last_day)
        if not probes:
            return []
        with connections[alias].cursor() as cursor:
            cursor.execute(_SEARCH, [lo, hi, probes, account_id, low, high, limit])
            return [row[0] for row in cursor.fetchall()]
