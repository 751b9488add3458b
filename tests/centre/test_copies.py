"""What is held, and copies: every exportable field is in both, for its person alone, for a week. P-RGT-1, P-RGT-3."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from kombu.exceptions import OperationalError

from accounts.api_keys.services import create_api_key
from accounts.centre.answers import accounts_of
from accounts.policy_notices.models import PolicyNotice
from accounts.teams.invitations import create_invitation
from accounts.teams.services import add_member
from paasoo_portal.core import clock
from privacy.catalogue import people
from privacy.exports import content, sealed, services
from privacy.exports.models import ExportJob, ExportKind, ExportState
from privacy.requests.models import Route
from privacy.requests.services import receive
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Visitor

# What the fixture below puts out of the way.
SEND = services._send
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(services, "_send", lambda job_id: None)
    return tmp_path


def made(kind: ExportKind, person: Any, account_id: UUID | None = None) -> ExportJob:
    job = services.ask(kind=kind, person_id=person.pk, account_id=account_id)
    services.make(job.pk)
    return ExportJob.objects.get(pk=job.pk)


def opened(job: ExportJob) -> zipfile.ZipFile:
    plain = b"".join(sealed.unseal(services.path_of(job.pk), bytes(job.key), job.pk))
    assert hashlib.sha256(plain).hexdigest() == job.digest
    return zipfile.ZipFile(io.BytesIO(plain))


def records(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def test_every_model_leads_to_its_person_or_its_organisation() -> None:
    for place in people.places():
        visitors = place.label == "privacy.PageVisit"
        if place.exported and not visitors:
            assert place.declaration.person or place.of_account, place.label
        for lookup in place.declaration.person:
            place.model._base_manager.filter(**{lookup: UUID(int=0)}).exists()


def test_what_is_held_is_shown_with_its_values(cast: Cast, bob: Visitor) -> None:
    create_api_key(account_id=cast.company.pk, name="Bob’s own", created_by_id=cast.bob.pk)
    receive(kind="other", person_id=cast.bob.pk, account_id=None, text="Held too", route=Route.STAFF)
    page = bob.get("/privacy/held/")
    for value in ("bob@example.com", "Bob", "Developer", "Bob’s own", "Held too"):
        assert value in page.text, value
    assert "a secret, held but never shown" in page.text
    assert cast.bob.password not in page.source
    assert "alice@example.com" not in page.text
    shown = {section.get("aria-labelledby") for section in page.all("main section")}
    assert {"accounts-person", "accounts-membership", "account-emailaddress", "accounts-apikey"} <= shown


def test_a_person_s_copy_holds_every_row_about_them(cast: Cast) -> None:
    create_api_key(account_id=cast.company.pk, name="Bob’s own", created_by_id=cast.bob.pk)
    invited = {"account_id": cast.company.pk, "email": "else@example.com", "role": "viewer"}
    create_invitation(**invited, invited_by_id=cast.bob.pk)
    archive = opened(made(ExportKind.PERSON, cast.bob))
    for place in people.places_of_people():
        if place.exported:
            known = list(people.rows_of_person(place, cast.bob.pk, accounts_of(cast.bob.pk)))
            told = records(archive, place.model._meta.db_table.replace("_", "-") + ".jsonl")
            assert len(told) == len(known), place.label
            for record in told:
                assert set(record) == {one.field for one in place.told if one in place.exported}
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "bob@example.com" in everything
    assert "alice@example.com" not in everything
    assert "else@example.com" not in everything, "whom somebody invited is another's address"
    assert cast.bob.password not in everything
    manifest = json.loads(archive.read("manifest.json"))
    for entry in manifest:
        assert hashlib.sha256(archive.read(entry["file"])).hexdigest() == entry["sha256"]


def test_an_account_s_copy_holds_its_messages_as_the_pages_show_them(cast: Cast, send: Send) -> None:
    message = send(text="Parcel for the copy")
    send(account_id=cast.other.pk, text="Another company’s", region="ie")
    archive = opened(made(ExportKind.ACCOUNT, cast.alice, cast.company.pk))
    (told,) = records(archive, "messages-sg.jsonl")
    assert (told["id"], told["text"]) == (str(message.id), "Parcel for the copy")
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "Another company" not in everything
    assert {entry["role"] for entry in records(archive, "accounts-membership.jsonl")} >= {"administrator"}


def test_a_copy_is_asked_for_followed_and_fetched(cast: Cast, bob: Visitor, vera: Visitor) -> None:
    assert "Copies you ask for appear here" in bob.get("/privacy/export/").text
    assert bob.post_on("/privacy/export/", {"kind": "person"}).startswith("/accounts/reauthenticate/")
    bob.confirm_recently()
    assert bob.post_on("/privacy/export/", {"kind": "person"}) == "/privacy/export/"
    assert bob.post_on("/privacy/export/", {"kind": "person"}) == "/privacy/export/"
    job = ExportJob.objects.get()
    assert "Waiting" in bob.get("/privacy/export/").text
    services.make(job.pk)
    assert "Ready" in bob.get("/privacy/export/").text
    where = f"/privacy/export/{job.pk}/"
    response = bob.client.post(where)
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert len(body) == int(response["Content-Length"])
    assert zipfile.ZipFile(io.BytesIO(body)).testzip() is None
    vera.confirm_recently()
    assert vera.client.post(where).status_code == 404


def test_only_who_may_have_the_account_s_copy_gets_it(cast: Cast, alice: Visitor, bob: Visitor) -> None:
    bob.confirm_recently()
    assert bob.client.post("/privacy/export/", {"kind": "account"}).status_code == 404
    alice.confirm_recently()
    alice.post_on("/privacy/export/", {"kind": "account"})
    job = ExportJob.objects.get()
    services.make(job.pk)
    alice.client.post("/account/switch/", {"account": str(cast.company.pk)})
    assert alice.client.post(f"/privacy/export/{job.pk}/").status_code == 200
    ExportJob.objects.update(account_id=cast.other.pk)
    assert alice.client.post(f"/privacy/export/{job.pk}/").status_code == 404


def test_each_account_has_a_copy_of_its_own(cast: Cast, alice: Visitor) -> None:
    add_member(
        account_id=cast.other.pk,
        person_id=cast.alice.pk,
        role="administrator",
        added_by_id=cast.charlie.pk,
    )
    alice.confirm_recently()
    for account in (cast.company, cast.other):
        alice.client.post("/account/switch/", {"account": str(account.pk)})
        alice.post_on("/privacy/export/", {"kind": "account"})
        assert len(alice.get("/privacy/export/").all("main li.job, main tbody tr")) == 1
    assert set(ExportJob.objects.values_list("account_id", flat=True)) == {cast.company.pk, cast.other.pk}


def test_five_copies_a_day_are_enough(cast: Cast, bob: Visitor) -> None:
    bob.confirm_recently()
    for _ in range(5):
        bob.post_on("/privacy/export/", {"kind": "person"})
        services.make(ExportJob.objects.latest("asked_at").pk)
    bob.post_on("/privacy/export/", {"kind": "person"})
    assert ExportJob.objects.count() == 5
    assert "ask again tomorrow" in bob.get("/privacy/export/").text
    with clock.travel(by=timedelta(days=1, seconds=1)):
        services.ask(kind=ExportKind.PERSON, person_id=cast.bob.pk, account_id=None)


def test_after_a_week_file_and_key_are_gone(cast: Cast, media: Path) -> None:
    job = made(ExportKind.PERSON, cast.bob)
    assert services.path_of(job.pk).is_file()
    with clock.travel(by=timedelta(days=6)):
        assert services.forget() == 0
    with clock.travel(by=timedelta(days=7, seconds=1)):
        assert services.forget() == 1
    job.refresh_from_db()
    assert (job.state, bytes(job.key)) == (ExportState.OVER, b"")
    assert not list(media.rglob("*.sealed"))


def test_a_copy_whose_worker_died_is_made_after_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    job = services.ask(kind=ExportKind.PERSON, person_id=cast.bob.pk, account_id=None)

    def dies(*_args: object) -> Iterator[object]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(content, "of_person", dies)
        with pytest.raises(KeyboardInterrupt):
            services.make(job.pk)
    ExportJob.objects.update(state=ExportState.RUNNING)
    services.make(job.pk)
    assert ExportJob.objects.get().state == ExportState.RUNNING, "another worker is alive"
    sent: list[UUID] = []
    monkeypatch.setattr(services, "_send", sent.append)
    with clock.travel(by=timedelta(minutes=11)):
        services.forget()
        assert sent == [job.pk]
        services.make(job.pk)
    assert ExportJob.objects.get().state == ExportState.READY


def test_one_that_cannot_be_made_says_so(cast: Cast, bob: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    job = services.ask(kind=ExportKind.PERSON, person_id=cast.bob.pk, account_id=None)
    monkeypatch.setattr(content, "of_person", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.make(job.pk)
    assert "Ask for it again" in bob.get("/privacy/export/").text


def test_a_sealed_file_cannot_be_altered_cut_or_given_to_another_job(tmp_path: Path) -> None:
    key, job, other = bytes(32), UUID(int=1), UUID(int=2)
    text = b"x" * (2 * sealed.CHUNK + 5)
    path = tmp_path / "file"
    sealed.seal(io.BytesIO(text), path, key, job)
    assert b"".join(sealed.unseal(path, key, job)) == text
    whole = path.read_bytes()
    step = sealed.CHUNK + sealed.TAG
    for altered in (
        whole[:step],
        whole[:-1] + b"\0",
        whole[step : 2 * step] + whole[:step] + whole[2 * step :],
    ):
        path.write_bytes(altered)
        with pytest.raises(sealed.FileRefused):
            b"".join(sealed.unseal(path, key, job))
    path.write_bytes(whole)
    with pytest.raises(sealed.FileRefused):
        b"".join(sealed.unseal(path, key, other))
    empty = tmp_path / "empty"
    sealed.seal(io.BytesIO(b""), empty, key, job)
    assert b"".join(sealed.unseal(empty, key, job)) == b""


def test_without_the_broker_a_copy_waits_for_beat(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(*_args: object, **_given: object) -> None:
        raise OperationalError("the broker is away")

    monkeypatch.setattr(services, "_send", SEND)
    monkeypatch.setattr(services.current_app, "send_task", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = services.ask(kind=ExportKind.PERSON, person_id=cast.bob.pk, account_id=None)
    assert ExportJob.objects.get(pk=job.pk).state == ExportState.WAITING


def test_what_goes_by_itself_is_shown_with_its_last_day(cast: Cast, bob: Visitor) -> None:
    with clock.travel(datetime(2026, 3, 2, 13, tzinfo=UTC)):
        PolicyNotice.objects.create(person_id=cast.bob.pk, version="2026-11", told_at=clock.now())
    page = bob.get("/privacy/held/")
    assert "Kept until the end of" in page.text
    assert "1 March 2028" in page.text
