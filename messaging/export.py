"""Messages for a copy of an account: opened as the pages open them, batch by batch, region by region.

A record is what the API tells of a message, and beside it whatever else the catalogue says is given back (P-RGT-3,
P-RET-6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

from messaging.messages.models import Message
from messaging.rest import reading
from paasoo_portal.core import regions
from paasoo_portal.core.tenancy import scope
from privacy.catalogue import returning
from privacy.catalogue.returning import Returned

BATCH: Final = 500
Records = Callable[[], Iterator[dict[str, Any]]]


def messages(account_id: UUID) -> list[tuple[str, Records]]:
    """The hook `export.messages`: a part for each database that holds traffic."""
    return [(alias, _records(alias, account_id)) for alias in regions.aliases()]


def _records(alias: str, account_id: UUID) -> Records:
    returned = returning.of(Message)

    def read() -> Iterator[dict[str, Any]]:
        after = UUID(int=0)
        while True:
            # Each batch asks for its keys anew, so that what is erased meanwhile is not in the copy.
            with scope(account_id, using=[alias]):
                rows = Message.objects.using(alias).filter(account_id=account_id, id__gt=after)
                batch = list(rows.order_by("id")[:BATCH])
                told = reading.details(alias, account_id, batch)
            for message, record in zip(batch, told, strict=True):
                yield {**_beside(returned, message), **record}
            if len(batch) < BATCH:
                return
            after = batch[-1].pk

    return read


def _beside(returned: Returned, message: Message) -> dict[str, Any]:
    """What stands in clear; what is sealed the API's record tells, opened."""
    sealed = {field.field for field in returned.fields if field.storage == "sealed"}
    return {name: value for name, value in returned.record(message).items() if name not in sealed}
