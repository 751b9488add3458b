"""The end of copies: their key is gone already, and the rows follow. Also how many there are."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from messaging.preservation.models import PreservedMessage
from paasoo_portal.core.tenancy import system_scope
from privacy.keys.models import DataClass, KeyTombstone


def ended(*, alias: str, case_id: UUID) -> None:
    """The hook `preservation.ended`. Worker's role."""
    with system_scope("preservation", using=(alias,)):
        PreservedMessage.objects.using(alias).filter(case_id=case_id).delete()


def count(*, alias: str, case_id: UUID) -> int:
    """The hook `preservation.count`. Worker's role."""
    with system_scope("preservation", using=(alias,)):
        return int(PreservedMessage.objects.using(alias).filter(case_id=case_id).count())


def copies_of_keys(alias: str, account_id: UUID, first_day: date, last_day: date) -> int:
    """How many copies lie under keys that have died, of those that began on these days. Needs a system scope."""
    gone = KeyTombstone.objects.using(alias).filter(
        account_id=account_id,
        data_class=DataClass.PRESERVED,
        starts_on__gte=first_day,
        starts_on__lte=last_day,
    )
    ids = list(gone.values_list("key_id", flat=True))
    return int(PreservedMessage.objects.using(alias).filter(account_id=account_id, key_id__in=ids).count())
