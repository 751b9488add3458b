"""Instructions: within published bounds, shortened with a grace period that can be cancelled, never edited."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from paasoo_portal.core import clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import uuid7
from privacy.keys.models import DataClass
from privacy.retention import instructions
from tests.privacy.conftest import Registered

CONTENT, NUMBER = DataClass.CONTENT, DataClass.NUMBER
HOUR = timedelta(hours=1)


def instruct(account: UUID, days: int, data_class: int = CONTENT, knowingly: bool = False) -> UUID:
    return instructions.instruct(
        account_id=account, data_class=data_class, days=days, person_id=None, knowingly=knowingly
    ).id


@pytest.fixture(autouse=True)
def _clean(region: str, registered: Registered) -> None:
    """A clean control plane, and stand-ins for what others register."""


def test_without_an_instruction_the_published_default_holds(account: UUID) -> None:
    assert instructions.in_force(account, CONTENT) == 30
    assert instructions.in_force(account, NUMBER) == 90


def test_lengthening_holds_at_once_and_tells_the_regions(account: UUID, registered: Registered) -> None:
    instruct(account, 60)
    assert instructions.in_force(account, CONTENT) == 60
    assert instructions.in_force(uuid7(), CONTENT) == 30
    assert registered.of("account.changed") == [{"account_id": account}]


def test_shortening_holds_after_its_grace_period(account: UUID) -> None:
    instruct(account, 7)
    assert instructions.in_force(account, CONTENT) == 30
    assert instructions.pending(account, CONTENT) is not None
    with clock.travel(by=25 * HOUR):
        assert instructions.in_force(account, CONTENT) == 7
        assert instructions.pending(account, CONTENT) is None


def test_within_the_grace_period_it_can_be_cancelled_and_not_after(account: UUID) -> None:
    first = instruct(account, 7)
    instructions.cancel(account_id=account, instruction_id=first, person_id=None)
    with clock.travel(by=25 * HOUR):
        assert instructions.in_force(account, CONTENT) == 30
        second = instruct(account, 5)
    with clock.travel(by=60 * HOUR), pytest.raises(ValidationError):
        instructions.cancel(account_id=account, instruction_id=second, person_id=None)
    events = AuditEvent.objects.filter(chain=account).order_by("number").values_list("event", flat=True)
    assert list(events) == [
        "account:retention:instructed",
        "account:retention:cancelled",
        "account:retention:instructed",
    ]


def test_a_new_instruction_replaces_the_one_that_waits(account: UUID) -> None:
    instruct(account, 7)
    instruct(account, 60)
    with clock.travel(by=48 * HOUR):
        assert instructions.in_force(account, CONTENT) == 60
    assert [one.days for one in instructions.history(account)] == [60, 7]


def test_another_account_s_instruction_cannot_be_cancelled(account: UUID) -> None:
    mine = instruct(account, 7)
    with pytest.raises(ValidationError):
        instructions.cancel(account_id=uuid7(), instruction_id=mine, person_id=None)
    assert instructions.pending(account, CONTENT) is not None


@pytest.mark.parametrize(
    ("days", "data_class", "code"),
    [
        (-1, CONTENT, "out_of_bounds"),
        (401, CONTENT, "out_of_bounds"),
        (30, CONTENT, "unchanged"),
        (91, CONTENT, "outlives_number"),
        (29, NUMBER, "outlives_number"),
    ],
)
def test_refusals_name_the_field_and_how_to_mend_it(
    account: UUID, days: int, data_class: int, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        instruct(account, days, data_class)
    [error] = refused.value.error_dict["days"]
    assert error.code == code
    assert "%(" not in refused.value.message_dict["days"][0]


def test_content_may_outlive_its_number_when_said_so(account: UUID) -> None:
    instruct(account, 91, knowingly=True)
    assert instructions.in_force(account, CONTENT) == 91


def test_zero_is_within_the_bounds(account: UUID) -> None:
    instruct(account, 0)
    with clock.travel(by=25 * HOUR):
        assert instructions.in_force(account, CONTENT) == 0
