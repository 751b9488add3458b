"""Retention: days, bounds and reason; a change is previewed, confirmed by password, waits, and can be taken
back.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.messages.states import State
from messaging.pages.filters import MOST_DAYS
from paasoo_portal.core import clock
from privacy.keys.models import DataClass
from privacy.pages import preview
from privacy.retention import instructions
from privacy.retention.outlook import Kept
from tests.pages.conftest import Cast, Send, count
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def days(cast: Cast) -> int:
    return instructions.in_force(cast.company.pk, DataClass.CONTENT, clock.now())


def test_shows_days_bounds_and_the_clause(alice: Visitor) -> None:
    page = alice.get("/retention/")
    assert page.texts(".days") == ["30 days", "90 days", "30 days"]
    assert "0 – 400 days" in page.text
    assert "our default; you have not said otherwise" in page.text
    assert "by the customer's instruction" in page.text


def test_a_shorter_time_is_previewed_confirmed_and_waits(alice: Visitor, cast: Cast) -> None:
    assert alice.get("/retention/content/").values() == {"days": "30"}
    preview = alice.get("/retention/content/", {"days": "7"})
    assert "from 30 to 7 days" in preview.text
    assert alice.post_on("/retention/content/", {"days": "7"}) == (
        "/accounts/reauthenticate/?next=%2Fretention%2Fcontent%2F%3Fdays%3D7"
    )
    assert instructions.pending(cast.company.pk, DataClass.CONTENT) is None
    alice.confirm_recently()
    assert alice.post_on("/retention/content/", {"days": "7"}) == "/retention/"
    page = alice.get("/retention/")
    assert "Until then the change can be cancelled" in page.text
    assert days(cast) == 30
    with clock.travel(by=instructions.GRACE + timedelta(minutes=1)):
        assert days(cast) == 7
        assert alice.get("/retention/").texts(".days")[0] == "7 days"


def test_the_preview_counts_what_would_go(alice: Visitor, cast: Cast, send: Send) -> None:
    send()
    count(cast.company.pk, State.DELIVERED, messages=1284)
    day = clock.today()
    with clock.travel(by=timedelta(days=10)):
        page = alice.get("/retention/content/", {"days": "7"})
    assert "1,284 messages" in page.text
    assert f"{day.day} {day:%B %Y}" in page.text
    assert "cannot be undone" in page.text


def test_what_would_go_can_be_taken_out_first_exactly_those_days(
    alice: Visitor, cast: Cast, send: Send
) -> None:
    sent = send(text="About to go")
    count(cast.company.pk, State.DELIVERED, messages=1)
    day = clock.today().isoformat()
    assert not [link for link in alice.get("/retention/content/", {"days": "3"}).links() if "export" in link]
    with clock.travel(by=timedelta(days=2)):
        later = send(text="Not yet")
        count(cast.company.pk, State.DELIVERED, messages=1)
        page = alice.get("/retention/content/", {"days": "3"})
        (link,) = [link for link in page.links() if "export" in link]
        assert link == f"/messages/export/?region=sg&first={day}&last={day}"
        told = b"".join(alice.client.get(link).streaming_content).decode()  # type: ignore[attr-defined]
    assert str(sent.id) in told
    assert "About to go" in told
    assert str(later.id) not in told


def test_the_preview_tells_what_is_gone_when_it_first_takes_effect(
    alice: Visitor, cast: Cast, send: Send
) -> None:
    """24 hours, then the next midnight: by then what is four days old now is six."""
    send()
    count(cast.company.pk, State.DELIVERED, messages=6)
    day = clock.today()
    with clock.travel(by=timedelta(days=4)):
        six, seven = (alice.get("/retention/content/", {"days": str(days)}) for days in (6, 7))
    night = day + timedelta(days=5)
    assert "6 messages" in six.text
    assert f"from {day.day} {day:%B %Y}" in six.text
    assert f"in the first night after that: {night.day} {night:%B %Y}" in six.text
    assert "Nothing that is kept now is old enough" in seven.text


def test_spans_are_no_longer_than_the_log_exports_at_once() -> None:
    assert preview.MOST_DAYS == MOST_DAYS
    first = clock.today() - timedelta(days=249)
    going = [Kept(1, first + timedelta(days=n), clock.today(), 2, "sg") for n in range(250)]
    spans = list(preview._spans(going))
    assert [(one.last_on - one.first_on).days + 1 for one in spans] == [100, 100, 50]
    assert sum(one.messages for one in spans) == 500


def test_a_change_can_be_taken_back_in_its_grace_period(alice: Visitor, cast: Cast) -> None:
    alice.confirm_recently()
    alice.post_on("/retention/content/", {"days": "7"})
    assert alice.post_on("/retention/content/cancel/") == "/retention/"
    assert "The change is cancelled" in alice.get("/retention/").text
    with clock.travel(by=instructions.GRACE + timedelta(minutes=1)):
        assert days(cast) == 30
    alice.post_on("/retention/content/cancel/")
    assert "There is no change left to cancel" in alice.get("/retention/").text


def test_a_longer_time_holds_at_once_for_what_comes(alice: Visitor, cast: Cast) -> None:
    assert "from now on" in alice.get("/retention/content/", {"days": "60"}).text
    alice.confirm_recently()
    alice.post_on("/retention/content/", {"days": "60"})
    assert days(cast) == 60


def test_texts_that_outlive_numbers_need_a_knowing_yes(alice: Visitor, cast: Cast) -> None:
    page = alice.get("/retention/content/", {"days": "120"})
    assert "can no longer be found by number" in page.text
    alice.confirm_recently()
    refused = alice.post("/retention/content/", {"days": "120"})
    assert len(refused.texts(".error-summary a")) == 1
    alice.post_on("/retention/content/", {"days": "120", "knowingly": "on"})
    assert days(cast) == 120


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Enter a number of days"),
        ("a week", "Enter a whole number of days"),
        ("401", "Enter a number from 0 to 400"),
        ("-1", "Enter a number from 0 to 400"),
        ("30", "That is the number of days now"),
    ],
)
def test_wrong_days_are_named(alice: Visitor, typed: str, error: str) -> None:
    page = alice.get("/retention/content/", {"days": typed})
    assert page.texts(".error-summary a") == [error]
    assert alice.client.get("/retention/nonsense/").status_code == 404


def test_only_an_administrator_instructs(bob: Visitor, cast: Cast) -> None:
    page = bob.get("/retention/")
    assert "/retention/content/" not in page.links()
    for path in ("/retention/content/", "/retention/content/cancel/"):
        assert bob.client.post(path, {"days": "7"}).status_code == 403


def test_the_history_says_who_and_when(alice: Visitor) -> None:
    alice.confirm_recently()
    alice.post_on("/retention/content/", {"days": "60"})
    assert "Alice" in alice.get("/retention/").texts("#history table")[0]
