"""The end of rows that are no traffic: each at its moment, bounded, resumable, held, seen by verify. P-RET-1, P-RET-3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import ProgrammingError, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.billing.models import Balance, LedgerEntry, LedgerKind
from accounts.closure.models import AccountClosure
from accounts.models import ApiKey, Person
from paasoo_portal.core import audit, clock, faults
from paasoo_portal.core.audit import cut
from paasoo_portal.core.audit.models import AuditAnchor, AuditEvent
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.sessions import SessionStore
from paasoo_portal.core.tenancy import system_scope
from privacy.catalogue.terms import ACCOUNTING_YEARS, SECURITY_LOG, SESSION, Rule
from privacy.consent.models import PageVisit
from privacy.holds.models import LegalHold, Scope
from privacy.keys.models import DataClass
from privacy.preservation import people as preserving
from privacy.retention import clock_guard, files, instructions, rows, runs, tasks, verify
from privacy.retention.ends import Moment
from privacy.retention.models import RetentionInstruction, RetentionRun
from tests.conftest import AsRole
from tests.pages.conftest import person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def worker(db: None, as_role: AsRole) -> Iterator[None]:
    with as_role("worker"):
        yield


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Any) -> Any:
    settings.VAR = tmp_path
    return tmp_path


def run(alias: str = "default", **given: Any) -> rows.Outcome:
    return rows.run(alias, clock.today(), **given)


def visits(count: int, *, age: int) -> None:
    day = clock.today() - timedelta(days=age)
    PageVisit.objects.bulk_create(PageVisit(visitor_id=uuid7(), day=day, page="home") for _ in range(count))


Hold = Callable[..., LegalHold]


@pytest.fixture
def hold(as_role: AsRole) -> Hold:
    """Place a hold, as a page does."""

    def place(**given: Any) -> LegalHold:
        with as_role("app"):
            return LegalHold.objects.create(
                **given,
                classes=[DataClass.CONTENT],
                first_day=clock.today(),
                authority="High Court",
                reference="2026/1",
                review_on=clock.today(),
            )

    return place


class TestAtItsMoment:
    def test_a_row_goes_after_its_days_and_not_before(self) -> None:
        visits(1, age=729)
        assert run().counts["privacy.PageVisit"] == 0
        with clock.travel(by=timedelta(days=1)):
            assert run().counts == {"privacy.PageVisit": 1}

    def test_books_go_seven_years_after_their_financial_year(self) -> None:
        with system_scope("test"):
            for at in (datetime(2018, 12, 31, 23, tzinfo=UTC), datetime(2019, 1, 1, tzinfo=UTC)):
                LedgerEntry.objects.create(
                    account_id=uuid7(), kind=LedgerKind.TOPUP, amount=1, reference=str(at), at=at
                )
            with clock.travel(datetime(2025, 12, 31, 12, tzinfo=UTC)):
                assert run().counts["accounts.LedgerEntry"] == 0
            with clock.travel(datetime(2026, 1, 1, 1, tzinfo=UTC)):
                assert run().counts["accounts.LedgerEntry"] == 1
            assert LedgerEntry.objects.get().at.year == 2019

    def test_what_a_closed_account_has_left_goes_with_its_closing(self) -> None:
        account, other = uuid7(), uuid7()
        closed = datetime(2018, 5, 1, tzinfo=UTC)
        AccountClosure.objects.create(
            account_id=account, asked_by_id=None, asked_at=closed, final_at=closed, finished_at=closed
        )
        with system_scope("test"):
            Balance.objects.create(account_id=account, amount=0)
            Balance.objects.create(account_id=other, amount=0)
            counts = run().counts
            assert (counts["accounts.Balance"], counts["accounts.AccountClosure"]) == (1, 1)
            assert Balance.objects.get().account_id == other

    def test_the_instruction_in_force_stays_however_old(self) -> None:
        account, start = uuid7(), datetime(2015, 1, 1, tzinfo=UTC)
        with system_scope("test"):
            for year, days in ((0, 30), (1, 7)):
                at = start + timedelta(days=365 * year)
                RetentionInstruction.objects.create(
                    account_id=account,
                    data_class=DataClass.CONTENT,
                    days=days,
                    instructed_at=at,
                    effective_at=at,
                )
            with clock.travel(start + timedelta(days=365 + 2557)):
                assert run().counts["privacy.RetentionInstruction"] == 0
            with clock.travel(start + timedelta(days=365 + 2559)):
                assert run().counts["privacy.RetentionInstruction"] == 1
            assert instructions.in_force(account, DataClass.CONTENT, clock.now()) == 7

    def test_a_field_with_a_rule_of_its_own_is_blanked_and_its_row_stays(self) -> None:
        someone = person("Rarely")
        Person.objects.filter(pk=someone.pk).update(last_login=clock.now())
        account = uuid7()
        with system_scope("test"):
            key = ApiKey(account_id=account, key="k", secret_hash="x", name="K", last_used_net="192.0.2.0/24")
            key.last_used_at = clock.now()
            key.save()
            with clock.travel(by=timedelta(days=366)):
                counts = run().counts
                assert (counts["accounts.Person.last_login"], counts["accounts.ApiKey.last_used_net"]) == (
                    1,
                    1,
                )
                assert run().counts == {}
            key.refresh_from_db()
            someone.refresh_from_db()
        assert (key.last_used_net, someone.last_login) == ("", None)

    def test_who_never_confirmed_an_address_goes_and_everybody_else_stays(self) -> None:
        for name in ("Never", "Always", "Worker"):
            person(name, is_staff=name == "Worker")
        for who in ("never", "worker"):
            Person.objects.get(email=f"{who}@example.com").emailaddress_set.update(verified=False)
        with clock.travel(by=timedelta(days=8)):
            assert run().counts["accounts.Person"] == 1
        assert set(Person.objects.values_list("name", flat=True)) == {"Always", "Worker"}

    def test_sessions_go_within_the_hour_though_the_night_is_done(self) -> None:
        noon = clock.midnight(clock.today()) + timedelta(hours=12)
        with clock.travel(to=noon):
            Session.objects.create(session_key="a", session_data="", expire_date=noon + timedelta(minutes=5))
            visits(1, age=2000)
            assert run().counts == {"privacy.PageVisit": 1}
            visits(1, age=2000)
        with clock.travel(to=noon + timedelta(minutes=6)):
            assert run().counts == {"sessions.Session": 1}, "the night's part is done for today"

    def test_a_session_made_in_another_time_ends_in_that_time(self) -> None:
        with clock.travel(by=timedelta(days=3)):
            SessionStore().create()
            assert not run().counts["sessions.Session"]
            with clock.travel(by=timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)):
                assert run().counts["sessions.Session"] == 1

    @given(
        days=st.integers(0, 3000),
        years=st.sampled_from([0, 7]),
        since=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
        later=st.integers(-20, 4000),
    )
    def test_a_row_is_over_the_night_after_its_last_day(
        self, days: int, years: int, since: datetime, later: int
    ) -> None:
        rule = Rule("r", "r", days + 3, years=years)
        cutoff_on = since.date() + timedelta(days=later)
        over = since < rule.before(cutoff_on, clock.midnight(cutoff_on))
        assert over == (cutoff_on > rule.last_day(since))


class TestTheWork:
    def test_is_bounded_and_gone_on_with(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rows, "BATCH", 3)
        visits(8, age=800)
        first = run(most=6)
        assert (first.counts.total(), first.left) == (6, True)
        assert runs.last_done("default", runs.ROWS) is None
        second = run(most=6)
        assert (second.counts.total(), second.left) == (2, False)
        night = RetentionRun.objects.get(kind=runs.ROWS)
        assert (night.state, night.counts) == ("done", {"privacy.PageVisit": 8})

    def test_a_crash_between_two_batches_is_gone_on_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rows, "BATCH", 2)
        visits(5, age=800)
        met = []

        def dies(name: str) -> None:
            met.append(name)
            if PageVisit.objects.count() == 3:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(rows, "fault", dies)
            with pytest.raises(KeyboardInterrupt):
                run()
        assert set(met) == {"rows.batch"}
        assert run().counts["privacy.PageVisit"] == 3
        assert not PageVisit.objects.exists()
        assert faults.fault is rows.fault

    def test_the_task_asks_to_be_called_again_and_refuses_what_is_forged(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[tuple[Any, ...]] = []
        monkeypatch.setattr(
            tasks.current_app, "send_task", lambda name, *, args, queue: sent.append((name, *args, queue))
        )
        today = clock.today().isoformat()
        monkeypatch.setattr(rows, "MOST", 2)
        monkeypatch.setattr(rows.run, "__kwdefaults__", {"most": 2, "accept_clock": False})
        visits(3, age=800)
        tasks.rows_run("default", today)
        assert sent == [("privacy.rows_run", "default", today, "control")]
        tasks.rows_run("default", (clock.today() + timedelta(days=1)).isoformat())
        tasks.rows_run("elsewhere", today)
        assert PageVisit.objects.count() == 1
        sent.clear()
        tasks.rows_nightly()
        assert {database for _, database, _, _ in sent} == {"default", "ie", "sg"}

    def test_nothing_goes_by_a_clock_that_jumped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        visits(1, age=800)

        def stepped(alias: str) -> None:
            raise clock_guard.ClockStepped("the clocks disagree")

        monkeypatch.setattr(clock_guard, "check", stepped)
        with pytest.raises(clock_guard.ClockStepped):
            run()
        assert PageVisit.objects.exists()

    def test_a_hold_on_an_account_covers_its_traffic_and_keeps_none_of_its_rows(self, hold: Hold) -> None:
        """A secret one would show itself: by an invitation, say, that outlives its days."""
        account = uuid7()
        hold(account_id=account, secret=True)
        with system_scope("test"):
            at = datetime(2010, 1, 1, tzinfo=UTC)
            LedgerEntry.objects.create(
                account_id=account, kind=LedgerKind.TOPUP, amount=1, reference="r", at=at
            )
            assert run().counts["accounts.LedgerEntry"] == 1
            assert verify.verify_rows("default").ok

    def test_files_go_by_their_age(self, var: Any) -> None:
        folder = var / "emails"
        folder.mkdir()
        (folder / "one.log").write_text("to somebody")
        assert files.over(Moment(clock.today(), clock.now())) == []
        with clock.travel(by=timedelta(days=32)):
            assert run().counts["files"] == 1
        assert not list(folder.iterdir())


class TestTheTrail:
    def events(self, chain: UUID, count: int, *, age: int = 0) -> None:
        with clock.travel(by=timedelta(days=-age)):
            for _ in range(count):
                audit.record(audit.Event.SETTINGS_CHANGED, account_id=chain)

    def test_is_cut_from_its_oldest_end_and_verified_from_there(self) -> None:
        chain, other = uuid7(), uuid7()
        self.events(chain, 3, age=400)
        self.events(other, 1, age=400)
        self.events(chain, 2, age=300)
        assert rows.plan("default", clock.today()) == {"core.AuditEvent": 4}
        assert not verify.verify_rows("default").ok
        assert run().counts == {"core.AuditEvent": 4}
        assert verify.verify_rows("default").ok
        assert audit.verify(chain) is None
        assert list(
            AuditEvent.objects.filter(chain=chain).order_by("number").values_list("number", flat=True)
        ) == [4, 5]
        self.events(other, 1)
        assert AuditEvent.objects.get(chain=other).number == 2, "a trail that was cut whole goes on"
        assert audit.verify(other) is None

    def test_an_altered_rest_or_anchor_shows(self, as_role: AsRole) -> None:
        chain = uuid7()
        self.events(chain, 4, age=400)
        assert cut.cut(chain, 2) == 2
        assert cut.cut(chain, 2) == 0
        assert audit.verify(chain) is None
        with as_role("owner"):
            AuditAnchor.objects.filter(chain=chain).update(digest=b"0" * 32)
        assert audit.verify(chain) == 3
        with as_role("owner"):
            AuditAnchor.objects.filter(chain=chain).update(number=3)
        assert audit.verify(chain) == 4

    def test_no_fresh_entry_can_be_cut(self) -> None:
        chain = uuid7()
        self.events(chain, 2, age=400)
        self.events(chain, 1, age=364)
        with pytest.raises(ProgrammingError, match="younger than 365 days"), transaction.atomic():
            cut.cut(chain, 3)
        assert AuditEvent.objects.filter(chain=chain).count() == 3
        with clock.travel(by=timedelta(days=30)):
            assert run().counts["core.AuditEvent"] == 2, "PostgreSQL's own clock counts too"

    def test_whom_a_hold_covers_is_copied_before_any_is_cut(
        self, hold: Hold, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there: list[int] = []
        monkeypatch.setattr(
            preserving, "before_erasure", lambda *given: there.append(AuditEvent.objects.count())
        )
        person, chain = uuid7(), uuid7()
        hold(scope=Scope.PERSON, person_id=person)
        run()
        assert there == []
        self.events(chain, 2, age=400)
        with clock.travel(by=timedelta(days=1)):
            run()
        assert there
        assert there[0] >= 2
        assert not AuditEvent.objects.filter(chain=chain).exists()


class TestTheCommand:
    def told(self, action: str) -> Any:
        out = StringIO()
        try:
            call_command("retention", action, "--json", "--database", "ie", stdout=out)
        except SystemExit:
            pass
        return json.loads(out.getvalue())

    def test_verify_names_overdue_rows_by_model_and_id(self) -> None:
        visits(2, age=800)
        found = verify.verify_rows("default")
        assert [one["model"] for one in found.culprits] == ["privacy.PageVisit"] * 2
        assert {one["id"] for one in found.culprits} == {
            str(pk) for pk in PageVisit.objects.values_list("pk", flat=True)
        }
        assert rows.plan("default", clock.today()) == {"privacy.PageVisit": 2}
        run()
        assert verify.verify_rows("default").ok

    def test_plan_and_verify_tell_of_rows(self) -> None:
        from messaging.key_use.models import KeyUse

        with system_scope("test", using=["ie"]):
            KeyUse(
                id=uuid7(clock.now() - timedelta(days=3)), account_id=uuid7(), key_id=uuid7(), former=False
            ).save(using="ie", force_insert=True)
        assert self.told("plan")["rows"] == {"ie": {"messaging.KeyUse": 1}}
        assert [one["model"] for one in self.told("verify")["culprits"] if "model" in one] == [
            "messaging.KeyUse"
        ]


def test_the_rules_say_when_in_figures() -> None:
    on = date(2026, 6, 15)
    now = datetime(2026, 6, 15, 14, tzinfo=UTC)
    assert SESSION.before(on, now) == now
    assert SECURITY_LOG.before(on, now) == datetime(2025, 6, 15, tzinfo=UTC)
    assert ACCOUNTING_YEARS.before(on, now) == datetime(2019, 1, 1, tzinfo=UTC)
    assert ACCOUNTING_YEARS.last_day(datetime(2018, 3, 3, tzinfo=UTC)) == date(2025, 12, 31)
