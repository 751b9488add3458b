"""Preserved copies: what a number's or a secret hold covers is copied before it goes, the original goes on time, and
nothing survives the release (P-RET-8, P-RET-9).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connections

from messaging.delivery.record import Report, record
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import Actor, State
from messaging.pages.opening import content_of
from messaging.preservation import copying, reading
from messaging.preservation.models import PreservedMessage
from messaging.rest.reading import details
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.cases.models import Case
from privacy.certificates.models import Certificate
from privacy.holds.models import LegalHold, Scope
from privacy.keys import preserving
from privacy.keys.models import DataClass, KeyTombstone
from privacy.preservation import tasks as preservation
from privacy.preservation.models import Preservation
from privacy.retention import closing, nightly, verify
from tests.privacy.conftest import Registered, as_owner
from tests.privacy.test_enforcement import living
from tests.privacy.test_message_life import NUMBER, TEXT, look, write

DAY = timedelta(days=1)
OTHER = "447700900177"


# The product's own hooks in a child, which in_child replaces by nothing.
REAL_HOOKS = (
    "from django.utils.module_loading import import_string; "
    "hooks.handlers = lambda name: [import_string(path) for path in settings.HOOKS[name]]; "
)


@contextmanager
def as_user(user: str, alias: str = "default") -> Iterator[None]:
    """Another role on one database, committed: what the portal's pages do, or its owner may."""
    connection = connections[alias]
    former = connection.settings_dict["USER"]
    connection.close()
    connection.settings_dict["USER"] = user
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["USER"] = former


def hold(account_id: UUID, **given: Any) -> LegalHold:
    """A confirmed hold over all days, as two officers leave it."""
    today = clock.today()
    values: dict[str, Any] = {
        "scope": Scope.NUMBER,
        "account_id": account_id,
        "number": NUMBER,
        "classes": [DataClass.CONTENT, DataClass.NUMBER],
        "first_day": today - 365 * DAY,
        "authority": "Dublin District Court",
        "reference": "2026/1",
        "review_on": today + 90 * DAY,
        "confirmed_at": clock.now(),
    }
    with as_user("paasoo_owner"):
        return LegalHold.objects.create(**values | given)


def case(account_id: UUID, **given: Any) -> Case:
    today = clock.today()
    values: dict[str, Any] = {
        "kind": "spam",
        "account_id": account_id,
        "first_day": today - 60 * DAY,
        "last_day": today,
        "with_number": True,
        "with_content": True,
        "most": 5_000,
        "reason": "a carrier complains",
        "ends_on": today + 30 * DAY,
        "extension_days": 30,
    }
    with as_user("paasoo_owner"):
        return Case.objects.create(**values | given)


def let_go(found: LegalHold) -> None:
    with as_user("paasoo_owner"):
        LegalHold.objects.filter(pk=found.pk).update(released_at=clock.now())


def copies(alias: str, case_id: UUID) -> dict[UUID, tuple[str, str]]:
    """What the disclosure desk would read, by message: number and text."""
    keys.forget()
    with system_scope("test", using=(alias,)):
        return {one["message"]: (one["number"], one["text"]) for one in reading.copies(alias, case_id)}


def rows(alias: str) -> int:
    with as_owner(alias) as connection:
        found = connection.execute("SELECT count(*) FROM messaging_preservedmessage").fetchone()
    assert found is not None
    return int(found[0])


def decide(alias: str, account_id: UUID) -> None:
    with as_owner(alias) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE account_id = %s",
            [int(State.DELIVERED), account_id],
        )


def test_the_copy_outlives_the_original_and_no_page_reads_it(
    region: str, account: UUID, registered: Registered
) -> None:
    covered = write(region, account, age=31)
    found = hold(account)
    nightly.run(region, clock.today())
    assert look(region, account, covered) == ("", f"+{NUMBER}", True), "the original went on its day"
    assert copies(region, found.pk) == {covered: (NUMBER, TEXT)}
    with clock.travel(by=60 * DAY):
        nightly.run(region, clock.today())
        assert look(region, account, covered) == ("", "", False)
        assert copies(region, found.pk) == {covered: (NUMBER, TEXT)}
        assert verify.verify(region).ok


def test_of_another_number_another_day_or_another_account_nothing_is_copied(
    region: str, account: UUID, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = uuid7()
    wanted, early = write(region, account, age=5), write(region, account, age=9)
    write(region, other, age=5)
    monkeypatch.setattr("tests.privacy.test_message_life.NUMBER", OTHER)
    write(region, account, age=5)
    found = hold(account, first_day=clock.today() - 6 * DAY, last_day=clock.today() - 4 * DAY)
    nightly.run(region, clock.today())
    assert set(copies(region, found.pk)) == {wanted}
    assert early not in copies(region, found.pk)


def test_new_messages_are_copied_night_by_night(region: str, account: UUID, registered: Registered) -> None:
    found = hold(account)
    for _ in range(3):
        write(region, account, age=0)
        nightly.run(region, clock.today())
        preservation.preserve(region)
    assert len(copies(region, found.pk)) == 3


def test_only_the_classes_held_are_copied(region: str, account: UUID, registered: Registered) -> None:
    covered = write(region, account, age=3)
    found = hold(account, classes=[DataClass.NUMBER])
    preservation.preserve(region)
    assert copies(region, found.pk) == {covered: (NUMBER, "")}


def test_release_kills_key_and_rows_at_once_with_a_certificate(
    region: str, account: UUID, registered: Registered
) -> None:
    write(region, account, age=3)
    found = hold(account)
    preservation.preserve(region)
    key_id = preserving.id_of(found.pk, region)
    assert key_id in living(region)
    let_go(found)
    for _ in range(2):
        preservation.preserve(region)
        assert key_id not in living(region)
        assert rows(region) == 0
        with system_scope("test", using=(region,)):
            assert not Preservation.objects.using(region).exists()
    certificate = Certificate.objects.get(account_id=account)
    body = json.loads(certificate.body)
    assert body["because"] == "the legal hold under which the copies were kept was released"
    assert body["erased"][0]["messages_of_those_days"] == 1
    assert verify.verify(region).ok
    assert verify.verify_certificates().ok


def test_what_was_ended_is_never_begun_again(region: str, account: UUID, registered: Registered) -> None:
    """A control plane restored from before the release: the tombstone stands against it."""
    write(region, account, age=3)
    found = hold(account)
    preservation.preserve(region)
    let_go(found)
    preservation.preserve(region)
    with as_user("paasoo_owner"):
        LegalHold.objects.filter(pk=found.pk).update(released_at=None)
    preservation.preserve(region)
    assert rows(region) == 0
    assert preserving.id_of(found.pk, region) not in living(region)


def test_the_customer_erases_and_the_copy_stays(region: str, account: UUID, registered: Registered) -> None:
    covered = write(region, account, age=1)
    decide(region, account)
    found = hold(account)
    preservation.preserve(region)
    second = write(region, account, age=0)
    decide(region, account)
    erased = erase_messages(region, account, [covered, second], actor_id=None, actor_kind="system")
    assert set(erased) == {covered, second}, "the erasure neither waits nor reaches less"
    assert copies(region, found.pk) == {covered: (NUMBER, TEXT), second: (NUMBER, TEXT)}


def test_a_text_kept_for_0_days_is_copied_in_the_transaction_that_takes_it(
    region: str, account: UUID, registered: Registered
) -> None:
    found = hold(account)
    preservation.preserve(region)
    message_id = write(region, account, age=0)
    with as_owner(region) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s, content_due_on = %s, number_due_on = %s WHERE id = %s",
            [int(State.SENT), clock.today(), clock.today(), message_id],
        )
    report = Report(account, message_id, State.DELIVERED, Actor.CARRIER, clock.now())
    with system_scope("test", using=(region,)):
        assert record(region, [report]) == 1
    with as_owner(region) as connection:
        kept = connection.execute(
            "SELECT content_sealed, number_sealed FROM messaging_message WHERE id = %s", [message_id]
        ).fetchone()
    assert kept == (None, None)
    assert copies(region, found.pk) == {message_id: (NUMBER, TEXT)}


def test_a_text_kept_for_0_days_stays_where_an_open_hold_keeps_it_and_nobody_reads_it(
    region: str, account: UUID, registered: Registered
) -> None:
    found = hold(account, scope=Scope.ACCOUNT, number=None, classes=[DataClass.CONTENT])
    message_id = write(region, account, age=0, days=(0, 0))
    with as_owner(region) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE id = %s", [int(State.SENT), message_id]
        )
    report = Report(account, message_id, State.DELIVERED, Actor.CARRIER, clock.now())
    with system_scope("test", using=(region,)):
        assert record(region, [report]) == 1
        message = Message.objects.using(region).get(pk=message_id)
        assert message.content_sealed is not None
        assert message.number_sealed is message.number_token is None, "numbers are not held"
        shown = content_of(region, account, message, withheld=False)
        assert shown.unkept
        assert not shown.text
        assert details(region, account, [message])[0]["text"] is None
    with clock.travel(by=DAY):
        nightly.run(region, clock.today())
        assert message.content_key_id in living(region)
        let_go(found)
        nightly.run(region, clock.today())
        with system_scope("test", using=(region,)):
            assert content_of(region, account, message, withheld=False).gone


def test_closing_the_account_copies_first_and_leaves_the_copies(
    region: str, account: UUID, registered: Registered
) -> None:
    covered = write(region, account, age=1)
    found, open_case = hold(account), case(account)
    preservation.preserve(region)
    closing.erase_traffic(region, account, uuid7())
    assert living(region) == {preserving.id_of(one, region) for one in (found.pk, open_case.pk)}
    assert copies(region, found.pk) == {covered: (NUMBER, TEXT)}
    assert copies(region, open_case.pk) == {covered: (NUMBER, TEXT)}


def test_a_secret_hold_on_an_account_changes_nothing_the_account_sees(
    region: str, account: UUID, registered: Registered
) -> None:
    """The same night with and without: the same tombstones, the same lines on the certificate."""
    other = uuid7()
    mine, theirs = write(region, account, age=100), write(region, other, age=100)
    decide(region, account)
    decide(region, other)
    found = hold(account, scope=Scope.ACCOUNT, number=None, secret=True)
    nightly.run(region, clock.today())
    erased = [json.loads(Certificate.objects.get(account_id=one).body)["erased"] for one in (account, other)]
    assert erased[0] == erased[1]
    assert copies(region, found.pk) == {mine: (NUMBER, TEXT)}
    let_go(found)
    preservation.preserve(region)
    assert Certificate.objects.filter(account_id=account).count() == 1, "its end names nobody"
    assert rows(region) == 0
    assert theirs != mine


def test_the_portal_can_add_copies_and_never_read_them(
    region: str, account: UUID, registered: Registered
) -> None:
    write(region, account, age=1)
    hold(account)
    preservation.preserve(region)
    with as_user("paasoo_app", region):
        with pytest.raises(ProgrammingError, match="permission denied"), scope(account, using=(region,)):
            list(PreservedMessage.objects.using(region).all())


def test_sql_shows_nothing_of_a_copy(region: str, account: UUID, registered: Registered) -> None:
    write(region, account, age=1)
    hold(account)
    preservation.preserve(region)
    with as_owner(region) as connection:
        shown = str(
            connection.execute(
                "SELECT row_to_json(p)::text, row_to_json(h)::text "
                "FROM messaging_preservedmessage p, privacy_preservation h"
            ).fetchall()
        )
    for secret in (TEXT, NUMBER, NUMBER[2:], "PaaSoo"):
        assert secret not in shown
        assert secret.encode().hex() not in shown


def test_a_damaged_row_keeps_nobody_else_from_being_copied_or_erased(
    region: str, account: UUID, registered: Registered
) -> None:
    damaged, whole = write(region, account, age=31), write(region, account, age=32)
    with as_owner(region) as connection:
        connection.execute("UPDATE messaging_message SET content_sealed = 'x' WHERE id = %s", [damaged])
    found = hold(account)
    nightly.run(region, clock.today())
    assert copies(region, found.pk) == {damaged: (NUMBER, ""), whole: (NUMBER, TEXT)}
    assert look(region, account, whole)[0] == ""


def test_what_was_copied_on_its_way_is_told_anew_once_decided(
    region: str, account: UUID, registered: Registered
) -> None:
    covered = write(region, account, age=0)
    found = hold(account)
    preservation.preserve(region)
    decide(region, account)
    preservation.preserve(region)
    with system_scope("test", using=(region,)):
        [one] = reading.copies(region, found.pk)
    assert (one["message"], one["about"]["state"]) == (covered, int(State.DELIVERED))


def test_copying_goes_on_batch_by_batch(
    region: str, account: UUID, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {write(region, account, age=age) for age in (1, 1, 2, 3, 40)}
    monkeypatch.setattr("messaging.preservation.capture.BATCH", 2)
    found = hold(account)
    preservation.preserve(region)
    assert set(copies(region, found.pk)) == wanted
    assert copying.FIELDS


def test_a_key_of_copies_has_a_tombstone_that_says_why(
    region: str, account: UUID, registered: Registered
) -> None:
    found = hold(account)
    preservation.preserve(region)
    let_go(found)
    preservation.preserve(region)
    with system_scope("test", using=(region,)):
        stone = KeyTombstone.objects.using(region).get(key_id=preserving.id_of(found.pk, region))
    assert (stone.reason, stone.data_class) == ("hold_released", DataClass.PRESERVED)
