"""What goes when: charts with their lines, the coming nights, the history of instructions, over all regions."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from messaging.messages.states import Direction, State
from messaging.usage.models import DayCount
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy import keys
from privacy.holds.models import LegalHold
from privacy.keys.models import DataClass
from privacy.pages import in_force, selectors, timeline
from privacy.retention import instructions
from privacy.retention.outlook import Kept, Outlook, Rule
from tests.pages.conftest import Cast
from tests.pages.visitor import Page, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
DAY = timedelta(days=1)
BOTH = settings.TRAFFIC_ALIASES


def traffic(
    account_id: UUID, alias: str, *, age: int, messages: int, content: int = 30, numbers: int = 90
) -> None:
    """A day of messages: its keys as accepting makes them, its count as the dispatcher writes it."""
    day = clock.today() - age * DAY
    with clock.travel(by=-age * DAY), scope(account_id, using=[alias]):
        for data_class, days in ((DataClass.CONTENT, content), (DataClass.NUMBER, numbers)):
            keys.for_sealing(alias, account_id, data_class, day, day + days * DAY)
    with scope(account_id, using=[alias]):
        counts = {"direction": Direction.OUTBOUND, "state": State.DELIVERED, "messages": messages}
        DayCount(account_id=account_id, day=day, segments=messages, **counts).save(using=alias)


def table(page: Page, caption: str) -> list[list[str]]:
    (found,) = (
        one for one in page.all("main table") if caption in one.cssselect("caption")[0].text_content()
    )
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found.cssselect("tbody tr")]


class TestNights:
    def test_an_empty_account_says_what_will_stand_there(self, alice: Visitor) -> None:
        page = alice.get("/retention/")
        assert "What each coming night erases will stand here" in page.text
        assert "You have given no instruction" in page.text
        assert not page.all("svg.chart-bars")

    def test_count_over_all_regions_by_class_and_night(self, alice: Visitor, cast: Cast) -> None:
        for alias in BOTH:
            traffic(cast.company.pk, alias, age=29, messages=1000)
            traffic(cast.company.pk, alias, age=27, messages=5)
        traffic(cast.other.pk, BOTH[0], age=29, messages=77)
        page = alice.get("/retention/")
        rows = table(page, "Erased next")
        written = clock.today() - 29 * DAY
        assert rows[0][1] == f"2,000 of {written.day} {written:%b}"
        assert rows[0][0].endswith("(tonight)")
        assert [row[1].split()[0] for row in rows[1:4]] == ["–", "10", "–"]
        before = written + 89 * DAY
        assert f"nothing before the night after {before.day} {before:%B %Y} (2,000 messages" in page.text

    def test_follow_a_change_that_waits(self, alice: Visitor, cast: Cast) -> None:
        """It takes effect after a day, so the first midnight after that takes everything that is too old then."""
        for age in (2, 10, 20):
            traffic(cast.company.pk, BOTH[0], age=age, messages=age)
        instructions.instruct(
            account_id=cast.company.pk, data_class=DataClass.CONTENT, days=7, person_id=cast.alice.pk
        )
        rows = table(alice.get("/retention/"), "Erased next")
        assert [row[1].split()[0] for row in rows] == ["–", "30", "–", "–", "2", "–", "–"]

    def test_leave_out_what_a_hold_preserves(self, alice: Visitor, cast: Cast) -> None:
        traffic(cast.company.pk, BOTH[0], age=29, messages=3)
        LegalHold.objects.create(
            account_id=cast.company.pk,
            classes=[DataClass.CONTENT],
            first_day=clock.today() - 40 * DAY,
            authority="High Court",
            reference="1",
            review_on=clock.today() + 90 * DAY,
        )
        page = alice.get("/retention/")
        assert "Under a legal hold" in page.text
        assert "Message content: nothing" not in page.text
        assert "End-User numbers: nothing before" in page.text


class TestChart:
    def test_shows_what_is_kept_and_what_is_erased_round_the_line(self, alice: Visitor, cast: Cast) -> None:
        for age, messages in ((3, 11), (29, 7), (33, 5)):
            for alias in BOTH:
                # The night has not taken the key of the 33rd day yet; it is refused all the same.
                traffic(cast.company.pk, alias, age=age, messages=messages)
        page = alice.get("/retention/")
        rows = {row[0]: row[1:] for row in table(page, "Message content: messages")}
        assert len(rows) == 36

        def at(age: int) -> list[str]:
            day = clock.today() - age * DAY
            return rows[f"{day.day} {day:%B %Y}"]

        assert (at(3), at(29), at(33), at(0)) == (["22", "0"], ["14", "0"], ["0", "10"], ["0", "0"])
        assert "Now: 30 days" in page.text
        assert [line.get("x1") for line in page.all("svg.chart-bars")[0].cssselect("line")] == ["60.0"]
        # Numbers live longer: nothing of them is gone.
        assert {row[2] for row in table(page, "End-User numbers: messages")} == {"0"}

    def test_the_preview_has_both_lines_and_the_figure_behind_them(self, alice: Visitor, cast: Cast) -> None:
        for age, messages in ((3, 11), (7, 20), (12, 400), (33, 5)):
            for alias in BOTH:
                traffic(cast.company.pk, alias, age=age, messages=messages)
        page = alice.get("/retention/content/", {"days": "7"})
        assert "840 messages" in page.text
        kept, going, gone = (
            sum(int(row[place].replace(",", "")) for row in table(page, "Message content"))
            for place in (1, 2, 3)
        )
        assert (kept, going, gone) == (22, 840, 10)
        assert [line.get("class") for line in page.all("svg line")] == ["now", "proposed"]
        assert "Proposed: 7 days" in page.text
        longer = alice.get("/retention/content/", {"days": "60"})
        assert {row[2] for row in table(longer, "Message content")} == {"0"}

    def test_a_longer_period_revives_nothing(self, alice: Visitor, cast: Cast) -> None:
        traffic(cast.company.pk, BOTH[0], age=33, messages=5)
        instructions.instruct(
            account_id=cast.company.pk, data_class=DataClass.CONTENT, days=60, person_id=None
        )
        rows = table(alice.get("/retention/"), "Message content: messages")
        assert sum(int(row[1]) for row in rows) == 0
        assert sum(int(row[2]) for row in rows) == 5

    def test_the_form_shows_it_before_anything_is_typed(self, alice: Visitor, cast: Cast) -> None:
        traffic(cast.company.pk, BOTH[0], age=3, messages=5)
        assert len(alice.get("/retention/content/").all("svg.chart-bars")) == 1
        assert not alice.get("/retention/recordings/").all("svg.chart-bars")

    @hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.dictionaries(st.integers(0, 500), st.integers(1, 10**6), max_size=30),
        st.integers(0, 400),
        st.integers(0, 400),
    )
    def test_every_message_in_sight_is_counted_once(
        self, ages: dict[int, int], days: int, proposed: int
    ) -> None:
        today = date(2026, 3, 1)
        counted = Counter({today - age * DAY: messages for age, messages in ages.items()})
        kept = [Kept(1, day, day + max(days, 1) * DAY, messages) for day, messages in counted.items()]
        found = Outlook(today, kept, {1: counted}, [])
        drawn = timeline.chart(found, DataClass.CONTENT, Rule(days), proposed, title="x")
        reach = timeline.span(today, max(days, proposed))
        seen = {age: messages for age, messages in ages.items() if age < reach.bars * reach.size}
        assert reach.bars <= timeline.MOST_BARS
        assert reach.bars * reach.size > max(days, proposed)
        if not seen:
            assert drawn is None
            return
        assert drawn is not None
        kept_, going, gone = (sum(one.values) for one in drawn.series)
        limit, shorter = max(days, 1), max(proposed, 1)
        assert kept_ == sum(m for age, m in seen.items() if age < min(limit, shorter))
        assert going == sum(m for age, m in seen.items() if shorter <= age < limit)
        assert gone == sum(m for age, m in seen.items() if age >= limit)


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 400), st.booleans()), max_size=8))
def test_the_page_s_days_are_those_that_are_enforced(steps: list[tuple[int, int, bool]]) -> None:
    """The page reads instructions once and tells by itself what was in force; the engine asks PostgreSQL."""
    account_id = uuid7()
    for hours, days, cancels in sorted(steps, reverse=True):
        with clock.travel(by=-timedelta(hours=hours)), suppress(ValidationError):
            made = instructions.instruct(
                account_id=account_id, data_class=DataClass.CONTENT, days=days, person_id=None, knowingly=True
            )
            if cancels:
                instructions.cancel(account_id=account_id, instruction_id=made.pk, person_id=None)
    with scope(account_id):
        found, bounds = selectors.given(account_id), selectors.published_bounds({})
        for hours in range(-40, 40, 5):
            at = clock.now() + timedelta(hours=hours)
            known = [one for one in found if one.instructed_at <= at]
            if len(known) == len(found):
                told = in_force.days(DataClass.CONTENT, at, found, bounds)
                assert told == instructions.in_force(account_id, DataClass.CONTENT, at)


class TestHistory:
    def rows(self, page: Page) -> list[list[str]]:
        return table(page, "Your instructions")

    def give(self, cast: Cast, days: int, data_class: DataClass = DataClass.CONTENT) -> Any:
        return instructions.instruct(
            account_id=cast.company.pk,
            data_class=data_class,
            days=days,
            person_id=cast.alice.pk,
            knowingly=True,
        )

    def test_says_from_what_to_what_and_what_became_of_it(self, alice: Visitor, cast: Cast) -> None:
        with clock.travel(by=-20 * DAY):
            self.give(cast, 60)
        with clock.travel(by=-15 * DAY):
            self.give(cast, 40)
        with clock.travel(by=-10 * DAY):
            cancelled = self.give(cast, 20)
        with clock.travel(by=-10 * DAY + timedelta(hours=2)):
            instructions.cancel(
                account_id=cast.company.pk, instruction_id=cancelled.pk, person_id=cast.alice.pk
            )
        self.give(cast, 7)
        self.give(cast, 100, DataClass.NUMBER)
        told = [
            (row[0].removesuffix("Alice"), row[1], row[4].split()[0])
            for row in self.rows(alice.get("/retention/"))
        ]
        assert told == [
            ("Message content", "40 → 7", "Waiting"),
            ("End-User numbers", "90 → 100", "In"),
            ("Message content", "40 → 20", "Cancelled"),
            ("Message content", "60 → 40", "In"),
            ("Message content", "30 → 60", "Replaced"),
        ]

    def test_a_change_that_waits_can_be_cancelled_there(
        self, alice: Visitor, vera: Visitor, cast: Cast
    ) -> None:
        self.give(cast, 7)
        page = alice.get("/retention/")
        assert page.all('#history form[action="/retention/content/cancel/"]')
        theirs = vera.get("/retention/")
        assert self.rows(theirs)[0][4].startswith("Waiting until")
        assert not theirs.all("main form")
        alice.post_on("/retention/content/cancel/")
        assert self.rows(alice.get("/retention/"))[0][4].startswith("Cancelled")

    def test_goes_page_by_page(self, alice: Visitor, cast: Cast) -> None:
        for back in range(23, 0, -1):
            with clock.travel(by=-back * timedelta(hours=1)):
                self.give(cast, 200 - back)
        pages = [self.rows(alice.get("/retention/", {"page": number})) for number in (1, 2, 3)]
        assert [len(rows) for rows in pages] == [10, 10, 3]
        assert pages[0][0][1] == "198 → 199"
        assert pages[2][-1][1] == "30 → 177"
        for nonsense in ("0", "99", "x", "-1", "9" * 50):
            assert self.rows(alice.get("/retention/", {"page": nonsense}))


def test_a_busy_account_s_page_is_small_and_asks_little(alice: Visitor, cast: Cast) -> None:
    """In production there are six regions: what one of them costs counts six times."""
    for alias in BOTH:
        for age in range(36):
            traffic(cast.company.pk, alias, age=age, messages=12_345 + age, content=90)
    for days in range(100, 112):
        instructions.instruct(
            account_id=cast.company.pk, data_class=DataClass.NUMBER, days=days, person_id=cast.alice.pk
        )
    for path in ("/retention/", "/retention/content/?days=7"):
        watched = {alias: CaptureQueriesContext(connections[alias]) for alias in settings.DATABASES}
        for one in watched.values():
            one.__enter__()
        page = alice.get(path)
        for one in watched.values():
            one.__exit__(None, None, None)
        # Inside a test every scope lies within another transaction, and restores what stood before.
        borders = ("SAVEPOINT", "RELEASE", "SELECT set_config(")
        asked = {
            alias: len([query for query in one.captured_queries if not query["sql"].startswith(borders)])
            for alias, one in watched.items()
        }
        each = max(asked[alias] for alias in BOTH)
        assert asked["default"] + 6 * each <= 30, (path, asked)
        assert len(page.response.content) <= 30_000, (path, len(page.response.content))
