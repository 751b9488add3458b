"""Bounds of retention by staff: checked, published a month ahead where data go earlier, told to whom they touch (P-RET-11)."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from accounts.bound_notices.services import tell
from accounts.models import BoundNotice
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from privacy.keys.models import DataClass
from privacy.retention import instructions, publishing
from privacy.retention.models import RetentionBound
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/retentionbound/add/"


def given(**changes: Any) -> dict[str, Any]:
    return {
        "data_class": int(DataClass.CONTENT),
        "default_days": 20,
        "floor_days": 0,
        "ceiling_days": 200,
        "effective_on": (clock.today() + timedelta(days=40)).isoformat(),
        "reason": "Review of 2027: shorter by default (Art. 25).",
        **changes,
    }


def published(**changes: Any) -> RetentionBound:
    values = given(**changes)
    values["effective_on"] = clock.today() + timedelta(days=40)
    return publishing.publish(**values, by_id=None)


def test_the_officer_checks_then_publishes_and_it_is_recorded(cast: Cast, officer: Visitor) -> None:
    page = officer.client.post(ADD, given(step="check")).content.decode()
    assert "In force today" in page
    assert not RetentionBound.objects.filter(published_at__isnull=False).exists(), "a check publishes nothing"
    answer = officer.client.post(ADD, given(step="publish"))
    assert answer.status_code == 302
    made = RetentionBound.objects.get(published_at__isnull=False)
    assert (made.default_days, made.ceiling_days) == (20, 200)
    assert AuditEvent.objects.filter(
        event=audit.Event.BOUND_PUBLISHED, actor_id=made.published_by_id
    ).exists()
    assert made.reason in shown(officer, f"/admin/privacy/retentionbound/{made.pk}/change/")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"default_days": 500}, "lies between floor and ceiling"),
        ({"floor_days": 30}, "lies between floor and ceiling"),
        ({"effective_on": "2020-01-01"}, "announced a month before"),
        ({"effective_on": "soon"}, "Enter a day as"),
        ({"reason": " "}, "required"),
        ({"data_class": 9}, "not one of the available choices"),
        ({"ceiling_days": 99999}, "less than or equal to 3650"),
    ],
)
def test_what_is_wrong_is_said_and_kept(officer: Visitor, changes: dict[str, Any], field: str) -> None:
    for step in ("check", "publish"):
        page = officer.client.post(ADD, given(**changes, step=step)).content.decode()
        assert field in page
        assert "errorlist" in page
    assert not RetentionBound.objects.filter(published_at__isnull=False).exists()


def test_a_month_ahead_where_anything_goes_earlier_else_a_day() -> None:
    soon = clock.today() + timedelta(days=2)
    with pytest.raises(ValidationError, match="month before"):
        publishing.publish(**given() | {"effective_on": soon}, by_id=None)
    publishing.publish(**given(default_days=30, ceiling_days=500) | {"effective_on": soon}, by_id=None)
    with pytest.raises(ValidationError, match="already"):
        publishing.publish(**given(default_days=30, ceiling_days=500) | {"effective_on": soon}, by_id=None)


def test_nobody_else_publishes_or_edits(staff: dict[str, Visitor], officer: Visitor) -> None:
    made = published()
    for role, visitor in staff.items():
        if visitor is not officer:
            assert visitor.client.post(ADD, given(step="publish")).status_code == 403, role
    where = f"/admin/privacy/retentionbound/{made.pk}/change/"
    assert officer.client.post(where, {"default_days": 1}).status_code in {302, 403}
    made.refresh_from_db()
    assert made.default_days == 20


class TestTold:
    def addresses(self) -> list[str]:
        return [address for sent in mail.outbox for address in sent.to]

    def test_accounts_whose_days_change_and_their_administrators_alone(
        self, cast: Cast, as_role: AsRole
    ) -> None:
        with scope(cast.other.pk):
            instructions.instruct(
                account_id=cast.other.pk, data_class=DataClass.CONTENT, days=25, person_id=None
            )
        with clock.travel(by=timedelta(days=2)):
            bound = published()
            with as_role("worker"):
                assert tell() >= 1
                assert tell() == 0, "told once"
        assert cast.alice.email in self.addresses(), "its default becomes shorter"
        assert cast.charlie.email not in self.addresses(), "25 days stay 25 days"
        assert cast.bob.email not in self.addresses(), "no administrator"
        letter = next(sent for sent in mail.outbox if cast.alice.email in sent.to)
        assert "until now kept 30 days" in str(letter.body)
        assert "on 20 days" in str(letter.body)
        assert bound.reason in str(letter.body)

    def test_a_mail_server_that_is_down_loses_nobody(
        self, cast: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        published()

        def down(*args: Any, **kwargs: Any) -> None:
            raise SMTPException

        with as_role("worker"), monkeypatch.context() as during:
            during.setattr("accounts.bound_notices.services.mail.send", down)
            assert tell() == 0
        with scope(cast.company.pk):
            assert not BoundNotice.objects.exists()
        with as_role("worker"):
            tell()
        assert cast.alice.email in self.addresses()


def test_on_its_day_the_regions_learn_it_once(
    cast: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(instructions, "announce", told.append)
    published()
    with as_role("worker"):
        assert publishing.put_in_force() == 0
        with clock.travel(by=timedelta(days=40)):
            assert publishing.put_in_force() == 1
            assert publishing.put_in_force() == 0
            assert instructions.in_force(cast.company.pk, DataClass.CONTENT) == 20
    assert set(told) >= {cast.company.pk, cast.other.pk}
