"""After the end: nothing of a person in any table, nothing readable of an account, and what must stay stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connections

from accounts.api_keys.services import create_api_key
from accounts.billing.services import top_up_balance
from accounts.closure import services
from accounts.closure.models import AccountClosure
from accounts.erasure.services import erase_person
from accounts.models import Account, Person
from accounts.teams.invitations import create_invitation
from messaging.messages.models import Message
from messaging.preservation.models import PreservedMessage
from paasoo_portal.core import audit, clock
from paasoo_portal.core.tenancy import scope
from privacy.certificates.models import Certificate
from privacy.exports import services as exports
from privacy.exports.models import ExportKind
from privacy.holds.models import LegalHold, Scope
from privacy.keys.models import DataClass, DataKey, KeyTombstone
from privacy.preservation import services as preservation
from privacy.preservation import wanted as wanting
from privacy.preservation.models import Preservation
from privacy.requests.models import Route
from privacy.requests.services import receive
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Visitor

# What names a closed account by its number alone: counts, money, and that keys died.
BOOKS = {
    "privacy_keytombstone",
    "messaging_daycount",
    "messaging_allowance",
    "messaging_allowancecredit",
    "messaging_erasedday",
    "messaging_erasedusage",
}
pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(exports, "_send", lambda job_id: None)


def everything(alias: str = "default") -> str:
    """Every row of every table of a database, as text. Needs a role that may read them."""
    told = []
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public' "
            "AND has_table_privilege(c.oid, 'SELECT')"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            told.append(f"{table}: {cursor.fetchone()[0] or ''}")
    return "\n".join(told)


def test_of_an_erased_person_no_table_holds_a_word(
    cast: Cast,
    bob: Visitor,
    as_role: Callable[[str], Any],
) -> None:
    bob.get("/messages/")
    create_api_key(account_id=cast.company.pk, name="Made by one who goes", created_by_id=cast.bob.pk)
    create_invitation(
        account_id=cast.company.pk, email="x@example.com", role="viewer", invited_by_id=cast.bob.pk
    )
    create_invitation(account_id=cast.other.pk, email="BOB@example.com", role="viewer", invited_by_id=None)
    receive(kind="other", person_id=cast.bob.pk, account_id=None, text="x", route=Route.STAFF)
    job = exports.ask(kind=ExportKind.PERSON, person_id=cast.bob.pk, account_id=None)
    exports.make(job.pk)
    with as_role("worker"):
        assert "bob@example.com" in everything()
    assert erase_person(cast.bob.pk, by_id=cast.bob.pk, by_kind="person")
    with as_role("worker"):
        left = everything().casefold()
    assert "bob@example.com" not in left
    assert "|bob|" not in left.replace(",", "|")
    named = [line.split(":")[0] for line in left.split("\n") if str(cast.bob.pk) in line]
    assert set(named) <= {"core_auditevent", "privacy_consentrecord", "privacy_requeststep"}, named
    assert not exports.path_of(job.pk).exists()
    assert "made by one who goes" in left, "the key is the organisation's"
    assert not [
        one for one in Session.objects.all() if one.get_decoded().get("_auth_user_id") == str(cast.bob.pk)
    ]
    assert not erase_person(cast.bob.pk, by_id=None, by_kind="system")


@pytest.fixture
def doomed(cast: Cast, send: Send) -> Iterator[Cast]:
    """The company with messages in two regions, its closing decided a week ago."""
    send(text="Never to be read again")
    send(text="Nor this", region="ie")
    send(account_id=cast.other.pk, text="Another company’s", region="sg")
    top_up_balance(account_id=cast.company.pk, amount=Decimal(10), reference="paid")
    create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.alice.pk)
    create_invitation(
        account_id=cast.company.pk, email="x@example.com", role="viewer", invited_by_id=cast.alice.pk
    )
    services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
    with clock.travel(by=timedelta(days=7, seconds=1)):
        yield cast


def keys(cast: Cast, alias: str) -> int:
    with scope(cast.company.pk, using=[alias]):
        return DataKey.objects.using(alias).count()


def is_gone(cast: Cast) -> None:
    for alias in ("sg", "ie"):
        assert keys(cast, alias) == 0
        with scope(cast.company.pk, using=[alias]):
            assert KeyTombstone.objects.using(alias).filter(reason="closed").exists()
            assert not Message.objects.using(alias).exists()
        named = [line.split(":")[0] for line in everything(alias).split("\n") if str(cast.company.pk) in line]
        assert set(named) <= BOOKS, named
    left = everything()
    for gone in ("alice@example.com", "bob@example.com", "Harbour Logistics", "x@example.com"):
        assert gone not in left, gone
    assert "charlie@example.com" in left


def test_nothing_of_the_account_can_be_read_and_its_books_stay(
    doomed: Cast, as_role: Callable[[str], Any], django_capture_on_commit_callbacks: Any
) -> None:
    assert keys(doomed, "sg") > 0
    with as_role("worker"), django_capture_on_commit_callbacks(execute=False):
        assert services.close_due() == 1
        assert services.close_due() == 0
        is_gone(doomed)
        with scope(doomed.other.pk, using=["sg"]):
            assert Message.objects.using("sg").count() == 1
        found = AccountClosure.objects.get()
        assert found.finished_at is not None
        certificates = Certificate.objects.filter(account_id=doomed.company.pk)
        assert {str(one.pk) for one in certificates} == set(found.counts["certificates"])
        assert "closed by its administrator" in certificates[0].body
        assert "paid" in everything()
    assert Account.objects.get(pk=doomed.company.pk).state == "closed"
    assert not Person.objects.filter(pk=doomed.alice.pk).exists()
    assert audit.verify(doomed.company.pk) is None
    signed_in = Visitor().client.post(
        "/accounts/login/", {"login": "alice@example.com", "password": "correct horse battery"}
    )
    assert signed_in.status_code == 200


def test_copies_for_a_hold_and_a_case_outlive_the_account(
    doomed: Cast, as_role: Callable[[str], Any]
) -> None:
    """P-RET-8, P-RET-9."""
    today = clock.today()
    hold = LegalHold.objects.create(
        scope=Scope.ACCOUNT,
        account_id=doomed.company.pk,
        secret=True,
        classes=[DataClass.CONTENT, DataClass.NUMBER],
        first_day=today - timedelta(days=30),
        authority="Dublin District Court",
        reference="2026/1",
        review_on=today + timedelta(days=90),
        confirmed_at=clock.now(),
    )
    with as_role("worker"):
        for alias in ("sg", "ie"):
            preservation.arm(alias, wanting.of_hold(hold))
        services.close_due()
        for alias in ("sg", "ie"):
            with scope(doomed.company.pk, using=[alias]):
                assert not Message.objects.using(alias).exists()
                assert Preservation.objects.using(alias).get().pk == hold.pk
                assert PreservedMessage.objects.using(alias).count() == 1


def test_whoever_has_another_account_keeps_their_sign_in(doomed: Cast, as_role: Callable[[str], Any]) -> None:
    from accounts.teams.services import add_member

    add_member(account_id=doomed.company.pk, person_id=doomed.charlie.pk, role="viewer", added_by_id=None)
    with as_role("worker"):
        services.close_due()
    assert Person.objects.filter(pk=doomed.charlie.pk).exists()
    assert mail.outbox[-1].subject == "Your account is closed"


@pytest.mark.parametrize("step", ["_stop", "_part_with_people", "_erase_account"])
def test_a_crash_anywhere_is_gone_on_from(
    doomed: Cast, as_role: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real = getattr(services, step)

    def dies(*given: object) -> None:
        real(*given)
        raise KeyboardInterrupt

    with as_role("worker"):
        with monkeypatch.context() as patched:
            patched.setattr(services, step, dies)
            with pytest.raises(KeyboardInterrupt):
                services.close_due()
        assert AccountClosure.objects.get().finished_at is None
        assert not services.cancel(account_id=doomed.company.pk, person=doomed.charlie)
        assert services.close_due() == 1
        is_gone(doomed)
    numbers = list(Certificate.objects.filter(account_id=doomed.company.pk).values_list("number", flat=True))
    assert len(numbers) == 2
