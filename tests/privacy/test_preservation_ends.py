"""Named exceptions end by themselves, and a crash while copying or ending loses nothing and leaves nothing (P-RET-8)."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy import keys
from privacy.cases import services as cases
from privacy.cases.models import Case
from privacy.certificates.models import Certificate
from privacy.keys import preserving
from privacy.preservation import tasks as preservation
from privacy.retention import enforce, nightly, verify
from tests.privacy.conftest import Registered, as_owner
from tests.privacy.test_carry_over import in_child
from tests.privacy.test_enforcement import living
from tests.privacy.test_message_life import NUMBER, TEXT, write
from tests.privacy.test_preservation import REAL_HOOKS, as_user, case, copies, hold, let_go, rows

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_case_ends_by_itself_whatever_else_fails(
    region: str, account: UUID, registered: Registered
) -> None:
    write(region, account, age=1)
    found = case(account, ends_on=clock.today() + 7 * DAY)
    preservation.preserve(region)
    assert len(copies(region, found.pk)) == 1
    with clock.travel(by=7 * DAY):
        with pytest.raises(keys.Erased):
            copies(region, found.pk)
        nightly.run(region, clock.today())
        assert preserving.id_of(found.pk, region) not in living(region)
        assert rows(region) == 0
        body = json.loads(Certificate.objects.get(account_id=account).body)
        assert body["because"] == "the named exception under which the copies were kept has ended"
        assert verify.verify(region).ok


def test_an_extended_case_keeps_its_copies_until_the_new_day(
    region: str, account: UUID, registered: Registered
) -> None:
    covered = write(region, account, age=1)
    found = case(account, ends_on=clock.today() + 7 * DAY)
    preservation.preserve(region)
    with as_user("paasoo_owner"):
        Case.objects.filter(pk=found.pk).update(ends_on=clock.today() + 14 * DAY)
    with clock.travel(by=7 * DAY):
        nightly.run(region, clock.today())
        assert copies(region, found.pk) == {covered: (NUMBER, TEXT)}
    with clock.travel(by=14 * DAY), pytest.raises(keys.Erased):
        copies(region, found.pk)


def test_a_case_copies_no_more_than_its_rule_allows(
    region: str, account: UUID, registered: Registered
) -> None:
    for age in range(5):
        write(region, account, age=age)
    found = case(account, most=3, with_content=False)
    for _ in range(2):
        preservation.preserve(region)
        assert [text for _number, text in copies(region, found.pk).values()] == ["", "", ""]


def test_a_case_s_rule_counts_over_all_regions(region: str, account: UUID, registered: Registered) -> None:
    for age in range(5):
        write(region, account, age=age)
    found = case(account, most=3)
    with as_owner("ie") as elsewhere:
        for _ in range(2):
            elsewhere.execute(
                "INSERT INTO messaging_preservedmessage "
                "(id, account_id, case_id, message_id, key_id, decided, about_sealed, copied_at) "
                "VALUES (%s, %s, %s, %s, %s, true, '', now())",
                [uuid7(), account, found.pk, uuid7(), uuid7()],
            )
        preservation.preserve(region)
        assert len(copies(region, found.pk)) == 1
        elsewhere.execute("DELETE FROM messaging_preservedmessage WHERE case_id = %s", [found.pk])


@pytest.mark.parametrize("point", ["preservation.batch", "enforce.preserved", "enforce.moved"])
def test_killed_while_copying_nothing_covered_is_lost(
    region: str, account: UUID, registered: Registered, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    wanted = {write(region, account, age=31 + age) for age in range(3)}
    found = hold(account)
    died: subprocess.CompletedProcess[str] = in_child(
        region, f"{point}:1", job=f"{REAL_HOOKS}enforce.enforce({region!r}, clock.today())"
    )
    assert died.returncode == 137, died.stderr
    if point == "preservation.batch":
        assert len(living(region)) == 7, "no key died before everything was copied"
    enforce.enforce(region, clock.today())
    assert copies(region, found.pk) == dict.fromkeys(wanted, (NUMBER, TEXT))


@pytest.mark.parametrize("point", ["preservation.buried", "preservation.certified", "preservation.emptied"])
def test_killed_while_ending_it_is_ended_by_the_next_run(
    region: str, account: UUID, registered: Registered, point: str
) -> None:
    write(region, account, age=3)
    found = hold(account)
    preservation.preserve(region)
    let_go(found)
    died = in_child(region, f"{point}:1", job=f"{REAL_HOOKS}enforce.enforce({region!r}, clock.today())")
    assert died.returncode == 137, died.stderr
    assert preserving.id_of(found.pk, region) not in living(region)
    enforce.enforce(region, clock.today())
    assert rows(region) == 0
    assert Certificate.objects.filter(account_id=account).count() == 1
    assert verify.verify(region).ok


def test_verify_names_what_is_not_preserved_or_preserved_too_long(
    region: str, account: UUID, registered: Registered
) -> None:
    write(region, account, age=1)
    found = hold(account)
    assert [one["kind"] for one in verify.verify(region).culprits] == [
        "a hold or case that its region does not know"
    ]
    preservation.preserve(region)
    assert verify.verify(region).ok
    let_go(found)
    assert verify.verify(region).ok, "it has just been released"
    with clock.travel(by=3 * HOUR):
        [culprit] = verify.verify(region).culprits
        assert culprit["kind"] == "preserved copies that outlive their hold or case"
        assert culprit["case"] == str(found.pk)
    preservation.preserve(region)
    assert verify.verify(region).ok


def test_verify_names_copies_whose_key_is_gone_too_early(
    region: str, account: UUID, registered: Registered
) -> None:
    found = hold(account)
    preservation.preserve(region)
    with as_owner(region) as connection:
        connection.execute("DELETE FROM privacy_datakey WHERE id = %s", [preserving.id_of(found.pk, region)])
    kinds = {one["kind"] for one in verify.verify(region).culprits}
    assert kinds == {"preserved copies whose key is gone before their time"}


def test_a_region_that_is_down_keeps_no_other_s_night_from_its_work(
    region: str, account: UUID, registered: Registered
) -> None:
    for age in (31, 1):
        write(region, account, age=age)
    found = case(account)
    preservation.preserve(region)
    assert len(copies(region, found.pk)) == 2
    later = write(region, account, age=1)
    other = connections["ie"]
    other.close()
    name, other.settings_dict["NAME"] = other.settings_dict["NAME"], "paasoo_that_is_not_there"
    try:
        assert nightly.run(region, clock.today()).keys == 1
    finally:
        other.close()
        other.settings_dict["NAME"] = name
    assert later not in copies(region, found.pk), "its limit is promised"
    nightly.run(region, clock.today())
    assert later in copies(region, found.pk)


def test_verify_names_copies_that_are_missing(region: str, account: UUID, registered: Registered) -> None:
    write(region, account, age=1)
    found = hold(account)
    preservation.preserve(region)
    with as_owner(region) as connection:
        connection.execute("DELETE FROM messaging_preservedmessage")
    [culprit] = verify.verify(region).culprits
    assert (culprit["kind"], culprit["case"]) == ("preserved copies that are missing", str(found.pk))


def test_the_number_of_a_case_goes_with_its_copies(
    region: str, account: UUID, registered: Registered
) -> None:
    ended, standing = case(account, number=NUMBER, ends_on=clock.today() + DAY), case(account, number=NUMBER)
    with clock.travel(by=DAY):
        assert cases.forget_numbers() == 1
        assert cases.forget_numbers() == 0
    ended.refresh_from_db()
    standing.refresh_from_db()
    assert (ended.number, standing.number) == (None, NUMBER)
