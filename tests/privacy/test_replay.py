"""What an old copy does not know of is applied to it again: exactly that, once, and in order. P-RET-1, P-RET-7."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy import journal
from privacy.journal import guard, marks, replay, settle
from privacy.keys import guard as keys_guard
from privacy.keys import nightly
from privacy.keys.models import DataClass
from privacy.retention import enforce, instructions
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_journal import forget_since


def as_before(region: str, account: UUID, number: int) -> None:
    """Take the key table and the marks back to before the erasure."""
    forget_since(region, number)
    with as_owner(region) as connection:
        connection.execute(
            "INSERT INTO privacy_datakey (epoch, id, account_id, data_class, starts_on, due_on, generation, wrapped, "
            "created_at) SELECT last_epoch, key_id, account_id, data_class, starts_on, due_on, 0, '', now() "
            "FROM privacy_keytombstone"
        )
        connection.execute("TRUNCATE privacy_keytombstone")


def test_replay_brings_tombstones_and_certificates_back_as_they_were(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    made = {make_key(account, age=age).id for age in (31, 40, 50)}
    head = journal.journal().state().head
    enforce.enforce(region, clock.today())
    with as_owner(region) as connection:
        before = connection.execute(
            "SELECT key_id, account_id, data_class, starts_on, due_on, reason, run_id, certificate_id, last_epoch "
            "FROM privacy_keytombstone ORDER BY 1"
        ).fetchall()
    as_before(region, account, head + 1)
    with as_owner("default") as connection:
        certificates = connection.execute("SELECT * FROM privacy_certificate ORDER BY number").fetchall()
        connection.execute("TRUNCATE privacy_certificate")
    forget_since("default", head + 1)
    assert replay.replay("default").as_dict()["kinds"] == {"certificate": 1}
    assert replay.replay(region).as_dict() == {"database": region, "replayed": 1, "kinds": {"keys": 1}}
    with as_owner(region) as connection:
        after = connection.execute(
            "SELECT key_id, account_id, data_class, starts_on, due_on, reason, run_id, certificate_id, last_epoch "
            "FROM privacy_keytombstone ORDER BY 1"
        ).fetchall()
        assert connection.execute("SELECT id FROM privacy_datakey").fetchall() == []
    assert after == before
    assert {row[0] for row in after} == made
    with as_owner("default") as connection:
        assert (
            connection.execute("SELECT * FROM privacy_certificate ORDER BY number").fetchall() == certificates
        )
    keys_guard.check(region)
    journal.check("default")
    assert replay.replay(region).erasures.total() == replay.replay("default").erasures.total() == 0


def test_a_stopped_replay_goes_on(
    region: str, make_key: MakeKey, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_key(uuid7(), age=31)
    head = journal.journal().state().head
    enforce.enforce(region, clock.today())
    as_before(region, uuid7(), head + 1)
    real, calls = replay.apply, []

    def dies(one: replay.Outstanding) -> bool:
        calls.append(one)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(one)

    with monkeypatch.context() as patched:
        patched.setattr(replay, "apply", dies)
        with pytest.raises(KeyboardInterrupt):
            replay.replay(region)
    assert len(replay.outstanding(region)) == 2
    with pytest.raises(journal.DatabaseBehind):
        journal.check(region)
    assert replay.replay(region).erasures["keys"] == 2
    journal.check(region)


def test_a_later_epoch_asks_for_the_keys_first(region: str, make_key: MakeKey) -> None:
    head = journal.journal().state().head
    nightly.once(region)
    forget_since(region, head + 1)
    with as_owner(region) as connection:
        connection.execute("DELETE FROM privacy_epoch WHERE number = 2")
    with pytest.raises(journal.DatabaseBehind, match="keys restore"):
        replay.replay(region)


def test_another_history_of_certificates_is_not_joined(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    head = journal.journal().state().head
    enforce.enforce(region, clock.today())
    forget_since("default", head + 1)
    with as_owner("default") as connection:
        connection.execute("UPDATE privacy_certificate SET digest = repeat('0', 64)")
    with pytest.raises(journal.ReplayImpossible, match="two histories"):
        replay.replay("default")


def test_a_copy_older_than_the_journal_is_refused(region: str) -> None:
    with journal.erasing("messages", database=region, account=uuid7(), ids=[]) as erasure:
        pass
    with clock.travel(by=timedelta(days=500)):
        with journal.erasing("messages", database=region, account=uuid7(), ids=[]):
            pass
        assert settle.prune() == 1
        journal.check(region)
        with as_owner(region) as connection:
            connection.execute("DELETE FROM privacy_journalmark WHERE number >= %s", [erasure.number])
        guard.forget()
        with pytest.raises(journal.ReplayImpossible, match="older than the erasure journal"):
            replay.replay(region)


def test_an_unknown_kind_stops_the_replay(region: str) -> None:
    with journal.erasing("of the future", database=region, n=1) as erasure:
        pass
    forget_since(region, erasure.number)
    with pytest.raises(journal.ReplayImpossible, match="nobody knows"):
        replay.replay(region)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outcomes=st.lists(st.sampled_from(["done", "failed"]), max_size=6), cut=st.integers(0, 6))
def test_a_copy_of_any_moment_ends_where_the_present_is(region: str, outcomes: list[str], cut: int) -> None:
    """Whatever was erased or failed, a copy from before any of it has the same marks after a replay."""
    numbers = [journal.journal().state().head]
    for outcome in outcomes:
        try:
            with journal.erasing("messages", database=region, account=uuid7(), ids=[]) as erasure:
                numbers.append(erasure.number)
                if outcome == "failed":
                    raise RuntimeError
        except RuntimeError:
            pass
    present = set(marks.since(region, 0))
    forget_since(region, numbers[min(cut, len(numbers) - 1)])
    guard.forget()
    replay.replay(region)
    assert set(marks.since(region, 0)) == present
    journal.check(region)


def test_what_a_customer_instructed_since_is_in_force_in_an_old_copy(region: str, account: UUID) -> None:
    """A lost instruction would keep for months what was to go after days."""
    first, second, third = (
        instructions.instruct(
            account_id=account, data_class=DataClass.CONTENT, days=days, person_id=uuid7(), knowingly=True
        )
        for days in (20, 10, 15)
    )
    instructions.cancel(account_id=account, instruction_id=third.pk, person_id=None)
    present = [(one.pk, one.days, one.cancelled_at is None) for one in instructions.history(account)]
    number = min(one.number for one in journal.journal().entries() if one.kind == "instruction")
    with as_owner("default") as connection:
        connection.execute("DELETE FROM privacy_retentioninstruction WHERE id <> %s", [first.pk])
        connection.execute("UPDATE privacy_retentioninstruction SET cancelled_at = NULL")
    forget_since("default", number + 1)
    with pytest.raises(journal.DatabaseBehind):
        journal.check("default")
    assert replay.replay("default").erasures["instruction"] == 3
    assert [(one.pk, one.days, one.cancelled_at is None) for one in instructions.history(account)] == present
    assert (second.pk, 10, False) in present


def test_a_copy_that_lacks_an_earlier_erasure_but_has_a_later_one_is_found(region: str) -> None:
    """Its snapshot was taken while the earlier one was still being committed."""
    numbers = []
    for _ in range(2):
        with journal.erasing("messages", database=region, account=uuid7(), ids=[]) as erasure:
            numbers.append(erasure.number)
    with as_owner(region) as connection:
        connection.execute("DELETE FROM privacy_journalmark WHERE number = %s", [numbers[0]])
    guard.forget()
    with pytest.raises(journal.DatabaseBehind, match=f"erasure {numbers[0]} "):
        journal.check(region)
