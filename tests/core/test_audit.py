"""The audit trail shows every edit: change, removal, insertion, swap. Keeps P-SEC-2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from paasoo_portal.core import audit
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.audit.record import SYSTEM_CHAIN
from paasoo_portal.core.ids import uuid7

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def chain() -> UUID:
    chain = uuid7()
    for days in range(6):
        audit.record(
            audit.Event.RETENTION_INSTRUCTED, account_id=chain, actor_id=uuid7(), actor_kind="person",
            subject_id=uuid7(), days=days, early=True,
        )  # fmt: skip
    return chain


def entry(chain: UUID, number: int) -> AuditEvent:
    return AuditEvent.objects.get(chain=chain, number=number)


def test_is_whole_and_numbered_without_a_gap(chain: UUID) -> None:
    assert audit.verify(chain) is None
    numbers = AuditEvent.objects.filter(chain=chain).order_by("id").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5, 6]


def test_chains_do_not_touch_each_other(chain: UUID) -> None:
    audit.record(audit.Event.KEYS_DESTROYED, epoch=3)
    assert audit.verify(SYSTEM_CHAIN) is None
    assert audit.verify(chain) is None
    assert entry(chain, 6).digest != entry(SYSTEM_CHAIN, 1).digest


def change(**fields: object) -> Callable[[UUID, int], None]:
    return lambda chain, number: _update(chain, number, fields)


def _update(chain: UUID, number: int, fields: dict[str, object]) -> None:
    AuditEvent.objects.filter(chain=chain, number=number).update(**fields)


def remove(chain: UUID, number: int) -> None:
    entry(chain, number).delete()


def remove_and_close_the_gap(chain: UUID, number: int) -> None:
    remove(chain, number)
    for later in range(number + 1, 7):
        _update(chain, later, {"number": later - 1})


def swap_with_the_next(chain: UUID, number: int) -> None:
    _update(chain, number, {"number": 100})
    _update(chain, number + 1, {"number": number})
    _update(chain, 100, {"number": number + 1})


def make_older(chain: UUID, number: int) -> None:
    _update(chain, number, {"at": entry(chain, number).at - timedelta(microseconds=1)})


TAMPERINGS = {
    "other data": change(data={"days": 999}),
    "no data": change(data={}),
    "another event": change(event=audit.Event.API_KEY_REVOKED),
    "another actor": change(actor_id=UUID(int=1)),
    "no actor": change(actor_id=None),
    "another kind of actor": change(actor_kind="staff"),
    "another subject": change(subject_id=UUID(int=1)),
    "another digest": change(digest=b"\0" * 32),
    "another time": make_older,
    "removed": remove,
    "removed, gap closed": remove_and_close_the_gap,
    "swapped": swap_with_the_next,
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("number", [1, 3, 5])
def test_finds_the_first_entry_that_was_touched(
    chain: UUID, as_role: Callable[..., object], name: str, number: int
) -> None:
    with as_role("owner"):  # type: ignore[attr-defined]
        TAMPERINGS[name](chain, number)
    assert audit.verify(chain) == number


def test_neither_app_nor_worker_may_edit_it(chain: UUID, as_role: Callable[..., object]) -> None:
    for role in ("app", "worker"):
        for statement in (change(data={}), remove):
            with pytest.raises(ProgrammingError) as caught, transaction.atomic(), as_role(role):  # type: ignore[attr-defined]
                statement(chain, 2)
            assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert audit.verify(chain) is None


def test_an_act_that_fails_leaves_no_trace(chain: UUID) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        audit.record(audit.Event.SETTINGS_CHANGED, account_id=chain)
        raise ZeroDivisionError
    assert AuditEvent.objects.filter(chain=chain).count() == 6


def test_every_event_is_named_by_source_subject_and_act() -> None:
    for event in audit.Event:
        source, subject, act = event.split(":")
        assert source in {"account", "system", "staff", "person"}
        assert subject
        assert act
