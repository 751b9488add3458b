"""Everything is returned before anything is erased, where the customer chose so: whole, once, whatever crashes. P-RET-6."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail

from accounts.closure import returns, services
from accounts.closure.models import AccountClosure
from accounts.models import Account, Person
from messaging.messages.models import Message
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from privacy.certificates.models import Certificate
from privacy.exports import content, sealed
from privacy.exports import services as exports
from privacy.exports.models import ExportJob, ExportKind, ExportState
from privacy.keys.models import DataKey
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
Stop = Callable[[str], AbstractContextManager[None]]
WEEK, MONTH = timedelta(days=7, seconds=1), timedelta(days=30, seconds=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(exports, "_send", lambda job_id: None)
    return tmp_path


@pytest.fixture
def leaving(cast: Cast, send: Send) -> Cast:
    """The company, which chose to have everything returned."""
    send(text="To be given back")
    send(text="This too", region="ie")
    send(account_id=cast.other.pk, text="Another company’s")
    services.ask(account_id=cast.company.pk, person=cast.alice, choice="return")
    return cast


def closure() -> AccountClosure:
    return AccountClosure.objects.get()


def job() -> ExportJob:
    return ExportJob.objects.get(kind=ExportKind.RETURN)


def tick() -> None:
    """What beat does every quarter of an hour; it knows no answer of the tick before."""
    returns.look_after()
    services.close_due()


def make() -> None:
    exports.make(job().pk)


def ready(as_role: AsRole) -> None:
    """Until it lies ready to be fetched: after the week, by ticks of beat and a worker."""
    with as_role("worker"):
        tick()
        with clock.travel(by=timedelta(minutes=6)):
            tick()
            make()
            tick()


def alive(cast: Cast) -> bool:
    with scope(cast.company.pk, using=["sg"]):
        return DataKey.objects.using("sg").exists() and Message.objects.using("sg").exists()


def opened() -> zipfile.ZipFile:
    one = job()
    plain = b"".join(sealed.unseal(exports.path_of(one.pk, one.kind), bytes(one.key), one.pk))
    return zipfile.ZipFile(io.BytesIO(plain))


class TestTheChoice:
    def test_none_is_made_beforehand_and_the_periods_are_said(self, cast: Cast, alice: Visitor) -> None:
        page = alice.get("/privacy/close-account/")
        assert "30 days to fetch it" in page.text
        assert [one for one in page.all("input[type=radio]") if one.get("checked")] == []
        alice.confirm_recently()
        page = alice.post("/privacy/close-account/", {"name": "Harbour Logistics"})
        assert "Choose one of the two" in page.texts(".error-summary")[0]
        assert not AccountClosure.objects.exists()

    def test_it_is_kept_told_and_shown(
        self, cast: Cast, alice: Visitor, django_capture_on_commit_callbacks: Any
    ) -> None:
        alice.confirm_recently()
        with django_capture_on_commit_callbacks(execute=True):
            alice.post_on("/privacy/close-account/", {"name": "Harbour Logistics", "choice": "return"})
        found = closure()
        assert (found.choice, found.return_days) == ("return", 30)
        assert found.final_at - found.asked_at == timedelta(days=37)
        assert "have everything returned before it is erased" in str(mail.outbox[-1].body)
        assert "30 days" in str(mail.outbox[-1].body)
        assert "Return everything to us, then erase it" in alice.get("/privacy/close-account/").text


class TestTheOrder:
    def test_the_service_ends_then_all_is_made_then_the_letter_then_the_period(
        self, leaving: Cast, as_role: AsRole, django_capture_on_commit_callbacks: Any
    ) -> None:
        with as_role("worker"), django_capture_on_commit_callbacks(execute=True):
            tick()
            assert closure().stopped_at is None, "the week is not over"
            with clock.travel(by=WEEK):
                tick()
                assert Account.objects.get(pk=leaving.company.pk).state == "suspended"
                assert not ExportJob.objects.exists(), "what was accepted just now settles first"
                mail.outbox.clear()
            with clock.travel(by=WEEK + timedelta(minutes=6)):
                tick()
                tick()
                make()
                tick()
            assert [sent.to for sent in mail.outbox] == [["alice@example.com"]]
            found = closure()
            assert found.returned_at is not None
            assert found.final_at - found.returned_at == timedelta(days=30)
            with clock.travel(by=WEEK + MONTH):
                tick()
                assert alive(leaving), "nothing before the last day that the letter names"
            with clock.travel(by=WEEK + MONTH + timedelta(minutes=7)):
                tick()
                assert not alive(leaving)
        assert audit.verify(leaving.company.pk) is None

    def test_fetched_and_confirmed_it_is_erased_at_once(
        self, leaving: Cast, alice: Visitor, as_role: AsRole, media: Path
    ) -> None:
        with clock.travel(by=WEEK):
            ready(as_role)
            alice.confirm_recently()
            alice.post_on("/privacy/close-account/return/confirm/")
            assert closure().confirmed_at is None, "nobody confirms what they have not fetched"
            response = alice.client.post("/privacy/close-account/return/")
            body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
            assert len(body) == int(response["Content-Length"]) == job().size
            assert "To be given back" in zipfile.ZipFile(io.BytesIO(body)).read("messages-sg.jsonl").decode()
            assert "I have it whole" in alice.get("/privacy/close-account/").text
            alice.post_on("/privacy/close-account/return/confirm/")
            with as_role("worker"):
                mail.outbox.clear()
                tick()
                assert not alive(leaving)
                assert not ExportJob.objects.filter(kind=ExportKind.RETURN).exists()
        assert not list(media.rglob("*.sealed"))
        (told,) = {json.dumps(json.loads(one.body)["returned_first"]) for one in Certificate.objects.all()}
        assert json.loads(told)["choice"] == "return"
        assert json.loads(told)["fetched_at"] == closure().fetched_at.isoformat()  # type: ignore[union-attr]

    def test_the_last_letter_says_what_was_chosen_and_when_it_was_fetched(
        self, leaving: Cast, as_role: AsRole, django_capture_on_commit_callbacks: Any
    ) -> None:
        with clock.travel(by=WEEK):
            ready(as_role)
            AccountClosure.objects.update(
                fetched_at=clock.now(), confirmed_at=clock.now(), final_at=clock.now()
            )
            with as_role("worker"), django_capture_on_commit_callbacks(execute=True):
                tick()
        letter = next(sent for sent in mail.outbox if sent.subject == "Your account is closed")
        assert "returned first; it was fetched on" in " ".join(str(letter.body).split())

    def test_a_reminder_before_it_is_gone_once(self, leaving: Cast, as_role: AsRole) -> None:
        with clock.travel(by=WEEK):
            ready(as_role)
            mail.outbox.clear()
        with clock.travel(by=WEEK + timedelta(days=28)), as_role("worker"):
            tick()
            tick()
        assert [sent.subject for sent in mail.outbox] == [
            "Nobody has fetched what Harbour Logistics gets back"
        ]


class TestKeptAfterAll:
    @pytest.mark.parametrize("stage", ["asked", "stopped", "made"])
    def test_the_account_is_as_it_was_and_the_file_is_gone(
        self, leaving: Cast, alice: Visitor, as_role: AsRole, media: Path, stage: str
    ) -> None:
        with clock.travel(by=WEEK):
            if stage == "stopped":
                with as_role("worker"):
                    tick()
            if stage == "made":
                ready(as_role)
                assert list(media.rglob("*.sealed"))
            alice.post_on("/privacy/close-account/cancel/")
            with as_role("worker"):
                tick()
        assert Account.objects.get(pk=leaving.company.pk).state == "open"
        assert not list(media.rglob("*.sealed"))
        assert {(one.state, bytes(one.key)) for one in ExportJob.objects.all()} <= {(ExportState.OVER, b"")}
        with clock.travel(by=WEEK + MONTH * 2), as_role("worker"):
            tick()
        assert alive(leaving)

    def test_while_it_is_being_made(
        self, leaving: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch, media: Path
    ) -> None:
        real = content.of_return

        def meanwhile(account_id: Any) -> list[content.Part]:
            services.cancel(account_id=account_id, person=leaving.alice)
            return real(account_id)

        with clock.travel(by=WEEK + timedelta(minutes=6)), as_role("worker"):
            tick()
            AccountClosure.objects.update(stopped_at=clock.now() - timedelta(minutes=6))
            tick()
            monkeypatch.setattr(content, "of_return", meanwhile)
            make()
        assert not list(media.rglob("*.sealed")) + list(media.rglob("*.draft"))
        assert job().state == ExportState.OVER

    def test_where_staff_open_it_meanwhile_what_was_made_is_made_anew(
        self, leaving: Cast, as_role: AsRole, media: Path
    ) -> None:
        with clock.travel(by=WEEK):
            ready(as_role)
            first = job().pk
            AccountClosure.objects.update(
                fetched_at=clock.now(), confirmed_at=clock.now(), final_at=clock.now()
            )
            Account.objects.filter(pk=leaving.company.pk).update(state="open")
            with as_role("worker"):
                tick()
                assert alive(leaving)
                assert not list(media.rglob("*.sealed"))
                with clock.travel(by=WEEK + timedelta(minutes=6)):
                    tick()
                    second = ExportJob.objects.get(state=ExportState.WAITING)
                    assert second.pk != first
                    exports.make(second.pk)
                    tick()
        assert closure().returned_at is not None
        assert closure().fetched_at is None

    def test_one_that_was_suspended_before_stays_so(self, leaving: Cast, as_role: AsRole) -> None:
        Account.objects.filter(pk=leaving.company.pk).update(state="suspended")
        with clock.travel(by=WEEK):
            with as_role("worker"):
                tick()
            services.cancel(account_id=leaving.company.pk, person=leaving.alice)
        assert Account.objects.get(pk=leaving.company.pk).state == "suspended"


class TestFailures:
    def test_what_cannot_be_made_keeps_the_account_alarms_staff_and_is_tried_again(
        self,
        leaving: Cast,
        alice: Visitor,
        officer: Visitor,
        as_role: AsRole,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        with clock.travel(by=WEEK), as_role("worker"):
            tick()
        with clock.travel(by=WEEK + timedelta(minutes=6)), as_role("worker"):
            tick()
            with monkeypatch.context() as patched:
                patched.setattr(content, "of_return", lambda *_args: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    make()
            assert job().state == ExportState.FAILED
        with clock.travel(by=WEEK + MONTH * 3):
            assert "Returns of data that could not be made" in officer.client.get("/admin/").content.decode()
            assert "It could not be made yet" in alice.get("/privacy/close-account/").text
            sent: list[Any] = []
            monkeypatch.setattr(exports, "_send", sent.append)
            with as_role("worker"):
                tick()
                assert alive(leaving), "long after its day, and not erased"
                assert job().state == ExportState.WAITING
                make()
                tick()
            assert closure().returned_at is not None
            assert "could not be made" not in officer.client.get("/admin/").content.decode()
            assert alive(leaving), "its period begins now"

    @pytest.mark.parametrize("how", ["gone", "altered"])
    def test_a_file_that_is_lost_is_made_anew_and_its_period_begins_anew(
        self, leaving: Cast, alice: Visitor, as_role: AsRole, how: str
    ) -> None:
        with clock.travel(by=WEEK):
            ready(as_role)
            before = closure().final_at
            path = exports.path_of(job().pk, job().kind)
            alice.confirm_recently()
            if how == "gone":
                path.unlink()
                assert alice.client.post("/privacy/close-account/return/").status_code == 404
            else:
                path.write_bytes(path.read_bytes()[:-1] + b"x")
                response = alice.client.post("/privacy/close-account/return/")
                with pytest.raises(sealed.FileRefused):
                    b"".join(response.streaming_content)  # type: ignore[attr-defined]
            assert closure().fetched_at is None
        with clock.travel(by=WEEK + timedelta(days=2)), as_role("worker"):
            tick()
            assert closure().returned_at is None
            make()
            tick()
        assert closure().final_at > before
        assert opened().testzip() is None

    def test_without_its_letter_nobody_s_period_runs(
        self, leaving: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def down(*args: Any, **kwargs: Any) -> None:
            raise SMTPException

        with clock.travel(by=WEEK), monkeypatch.context() as during:
            during.setattr("accounts.closure.telling.mail.send", down)
            ready(as_role)
        assert closure().returned_at is None
        with clock.travel(by=WEEK + MONTH * 2), as_role("worker"):
            tick()
            assert alive(leaving)
            assert closure().final_at > clock.now() + timedelta(days=29)

    @pytest.mark.parametrize(
        "point", ["closure.stopped", "closure.asked", "export.sealed", "closure.told", "closure.begun"]
    )
    def test_a_crash_at_any_step_loses_nothing_and_does_nothing_twice(
        self, leaving: Cast, as_role: AsRole, monkeypatch: pytest.MonkeyPatch, point: str
    ) -> None:
        died: list[str] = []

        def die(name: str) -> None:
            if name == point and not died:
                died.append(name)
                raise KeyboardInterrupt

        for module in (returns, services, exports):
            monkeypatch.setattr(module, "fault", die)
        monkeypatch.setattr(exports, "STALE_AFTER", timedelta(0))
        at = WEEK
        with as_role("worker"):
            while closure().finished_at is None and at < timedelta(days=60):
                with clock.travel(by=at):
                    before = alive(leaving)
                    try:
                        tick()
                        if (one := ExportJob.objects.filter(kind=ExportKind.RETURN).first()) is not None:
                            exports.make(one.pk)
                    except KeyboardInterrupt:
                        assert before == alive(leaving), "nothing is erased by the step that died"
                at += timedelta(minutes=6) if at < WEEK + timedelta(hours=1) else timedelta(days=5)
        assert died == [point]
        found = closure()
        assert found.finished_at is not None
        assert found.returned_at is not None
        assert found.finished_at - found.returned_at >= timedelta(days=30)
        events = AuditEvent.objects.filter(chain=leaving.company.pk)
        for event in (audit.Event.RETURN_MADE, audit.Event.ACCOUNT_CLOSED):
            assert events.filter(event=event).count() == 1, event
        assert len(found.counts["certificates"]) == 2
        assert not Person.objects.filter(pk=leaving.alice.pk).exists()


def test_only_administrators_fetch_it(leaving: Cast, bob: Visitor, charlie: Visitor, as_role: AsRole) -> None:
    with clock.travel(by=WEEK):
        ready(as_role)
        for visitor, status in ((bob, 403), (charlie, 404)):
            visitor.confirm_recently()
            assert visitor.client.post("/privacy/close-account/return/").status_code == status
            visitor.client.post("/privacy/close-account/return/confirm/")
        assert closure().confirmed_at is None


def test_a_copy_of_this_kind_is_not_asked_for_by_hand(cast: Cast, alice: Visitor) -> None:
    alice.confirm_recently()
    alice.post_on("/privacy/export/", {"kind": "return"})
    assert not ExportJob.objects.exists()
