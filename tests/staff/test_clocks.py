"""Legal clocks by staff: published a day ahead, never for what was received already, told, and said on every page. P-RGT-2."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from accounts.bound_notices.services import tell
from accounts.closure import services as closure
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from privacy.clocks import first, publishing, register
from privacy.clocks.models import ClockKind, LegalClock
from privacy.requests import calendar, services
from privacy.requests.models import RightsRequest, Route
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/legalclock/add/"
LAW = "Art. 12(3) GDPR as amended in 2027."


def given(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "answer",
        "region": "",
        "amount": 20,
        "unit": "days",
        "effective_on": (clock.today() + timedelta(days=1)).isoformat(),
        "reason": LAW,
        **changes,
    }


def published(days: int = 1, **changes: Any) -> LegalClock:
    values = given(**changes) | {"effective_on": clock.today() + timedelta(days=days)}
    return publishing.publish(**values, by_id=None)


def received(cast: Cast, region: str = "") -> RightsRequest:
    return services.receive(
        kind="other",
        person_id=cast.bob.pk,
        account_id=cast.company.pk,
        text="x",
        route=Route.ADMINISTRATOR,
        region=region,
    )


def test_the_first_are_those_that_came_with_the_product() -> None:
    rows = [(row.kind, row.amount, row.unit, row.reason) for row in LegalClock.objects.order_by("pk")]
    assert rows == list(first.FIRST)
    assert {row[0] for row in rows} == set(ClockKind.values), "every clock has its first"


def test_the_officer_checks_then_publishes_and_it_is_recorded(officer: Visitor) -> None:
    page = officer.client.post(ADD, given(step="check")).content.decode()
    assert "1 month" in page
    assert "20 days" in page
    assert not LegalClock.objects.filter(published_at__isnull=False).exists(), "a check publishes nothing"
    assert officer.client.post(ADD, given(step="publish")).status_code == 302
    made = LegalClock.objects.get(published_at__isnull=False)
    event = AuditEvent.objects.get(event=audit.Event.CLOCK_PUBLISHED)
    assert (event.actor_id, event.data["amount"]) == (made.published_by_id, 20)
    assert LAW in shown(officer, f"/admin/privacy/legalclock/{made.pk}/change/")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"effective_on": "2020-01-01"}, "tomorrow or later"),
        ({"kind": "take_over", "unit": "months", "amount": 1}, "counts days"),
        ({"amount": 0}, "From 1 to 92 days"),
        ({"amount": 7, "unit": "months"}, "From 1 to 92 days"),
        ({"kind": "confirm", "amount": 30}, "From 1 to 14 days"),
        ({"kind": "return", "amount": 99}, "From 7 to 90 days"),
        ({"kind": "closing", "region": "cn"}, "differ by region"),
        ({"reason": " "}, "required"),
        ({"kind": "nothing"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_kept(officer: Visitor, changes: dict[str, Any], field: str) -> None:
    for step in ("check", "publish"):
        page = officer.client.post(ADD, given(**changes, step=step)).content.decode()
        assert field in page
        assert "errorlist" in page
    assert not LegalClock.objects.filter(published_at__isnull=False).exists()


def test_today_is_too_late_and_twice_is_once_too_often() -> None:
    with pytest.raises(ValidationError, match="tomorrow"):
        published(days=0)
    published()
    with pytest.raises(ValidationError, match="already"):
        published(amount=25)


def test_nobody_else_publishes_or_edits(staff: dict[str, Visitor], officer: Visitor) -> None:
    made = published()
    for role, visitor in staff.items():
        if visitor is not officer:
            assert visitor.client.post(ADD, given(step="publish")).status_code == 403, role
    where = f"/admin/privacy/legalclock/{made.pk}/change/"
    assert officer.client.post(where, {"amount": 1}).status_code in {302, 403}
    made.refresh_from_db()
    assert made.amount == 20


class TestWhatItRuns:
    def test_what_was_received_before_keeps_its_clock_and_its_extension(self, cast: Cast) -> None:
        before = received(cast)
        published(amount=20)
        published(kind="extension", amount=10)
        published(kind="take_over", amount=3)
        with clock.travel(by=timedelta(days=2)):
            after = received(cast)
            again = services.extend(before.pk, by_id=cast.alice.pk, by_kind="administrator", text="x")
            longer = services.extend(after.pk, by_id=cast.alice.pk, by_kind="administrator", text="x")
        day = before.received_at.date()
        assert before.due_on == calendar.due_on(day, 1)
        assert before.take_over_on == before.due_on - timedelta(days=10)
        assert again.due_on == calendar.due_on(day, 3)
        assert after.due_on == calendar.due_on(after.received_at.date(), 0, 20)
        assert after.take_over_on == after.due_on - timedelta(days=3)
        assert longer.due_on == calendar.due_on(after.received_at.date(), 0, 30)
        assert longer.take_over_on == longer.due_on - timedelta(days=3)

    def test_a_request_says_which_clocks_it_was_given(self, cast: Cast) -> None:
        found = received(cast)
        assert found.clocks == {
            kind: register.in_force(kind).pk for kind in ("answer", "extension", "take_over", "confirm")
        }

    def test_one_of_before_clocks_were_noted_is_extended_by_its_day_s(self, cast: Cast) -> None:
        found = received(cast)
        RightsRequest.objects.update(clocks=None)
        published(kind="extension", amount=10)
        with clock.travel(by=timedelta(days=2)):
            found = services.extend(found.pk, by_id=cast.alice.pk, by_kind="administrator", text="x")
        assert found.due_on == calendar.due_on(found.received_at.date(), 3)

    def test_a_region_s_law_runs_where_the_account_is_at_home(self, cast: Cast, charlie: Visitor) -> None:
        published(region="ie", amount=15)
        with clock.travel(by=timedelta(days=1)):
            today = clock.today()
            assert received(cast, "ie").due_on == calendar.due_on(today, 0, 15)
            assert received(cast, "sg").due_on == calendar.due_on(today, 1)
            assert "within 15 days" in charlie.get("/privacy/").text

    def test_a_visitor_s_time_to_confirm_is_what_it_was_when_they_asked(self) -> None:
        asked = {"kind": "access", "email": "erin@example.com", "text": ""}
        _, early = services.ask_as_visitor(**asked)
        published(kind="confirm", amount=5)
        with clock.travel(by=timedelta(days=1)):
            _, late = services.ask_as_visitor(**asked)
        with clock.travel(by=timedelta(days=4)):
            assert services.confirm(early) is None
            assert services.confirm(late) is not None

    def test_closing_and_return(self, cast: Cast, alice: Visitor) -> None:
        closure.ask(account_id=cast.other.pk, person=cast.charlie, choice="return")
        published(kind="closing", amount=14)
        published(kind="return", amount=60)
        with clock.travel(by=timedelta(days=1)):
            assert "60 days to fetch it" in alice.get("/privacy/close-account/").text
            made = closure.ask(account_id=cast.company.pk, person=cast.alice, choice="return")
            assert made.final_at - made.asked_at == timedelta(days=74)
            former = closure.pending(cast.other.pk)
        assert former is not None
        assert former.final_at - former.asked_at == timedelta(days=37), "decided under the former"


class TestSaid:
    def test_the_centre_and_its_pages_say_the_rows(
        self, alice: Visitor, bob: Visitor, nobody: Visitor
    ) -> None:
        assert "within 1 month" in bob.get("/privacy/").text
        published(kind="take_over", amount=12)
        published(amount=25)
        published(kind="confirm", amount=3)
        assert "25 days" in nobody.get("/privacy/periods/").text, "published, and to come"
        with clock.travel(by=timedelta(days=1)):
            assert "within 25 days" in bob.get("/privacy/").text
            assert "within 25 days" in bob.get("/privacy/requests/new/other/").text
            assert "within 25 days" in bob.get("/privacy/delete/").text
            assert "12 days before it ends" in alice.get("/privacy/inbox/").text
            assert "deleted after 3 days" in nobody.get("/privacy/ask/").text
            page = nobody.get("/privacy/periods/")
            assert f"Answer to a rights request{LAW}25 days" in page.text

    def test_administrators_are_told_once_of_what_concerns_them(self, cast: Cast, as_role: AsRole) -> None:
        published(days=3, amount=25)
        published(days=3, kind="confirm", amount=3)
        with as_role("worker"):
            assert tell() >= 2
            assert tell() == 0
        letters = [sent for sent in mail.outbox if cast.alice.email in sent.to]
        assert len(letters) == 1, "how long visitors confirm concerns no account"
        body = " ".join(str(letters[0].body).split())
        assert "until now 1 month" in body
        assert "on 25 days" in body
        assert LAW in body
        assert not [sent for sent in mail.outbox if cast.bob.email in sent.to]

    def test_of_a_region_s_those_at_home_there_alone(self, cast: Cast, as_role: AsRole) -> None:
        published(region="ie", amount=15)
        with as_role("worker"):
            tell()
        assert [address for sent in mail.outbox for address in sent.to] == ["charlie@example.com"]


def test_the_newest_of_a_kind_runs_from_its_day_until_the_next() -> None:
    published(days=2, amount=20)
    published(days=4, amount=30)
    today = clock.today()
    told = [register.span(ClockKind.ANSWER, today + timedelta(days=ahead)) for ahead in range(6)]
    assert [(one.months, one.days) for one in told] == [(1, 0)] * 2 + [(0, 20)] * 2 + [(0, 30)] * 2
    with pytest.raises(register.NoClock):
        register.span(ClockKind.ANSWER, date(2020, 1, 1))
