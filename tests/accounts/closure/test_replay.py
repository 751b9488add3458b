"""People, places and accounts in an old copy: erased again by what the journal says, asking and telling nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.closure import services
from accounts.closure.models import AccountClosure
from accounts.erasure.services import erase_person
from accounts.models import Account, Membership, Person
from accounts.teams.members import remove_member
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy import journal
from privacy.journal.entries import INTENT, Entry
from tests.accounts.closure.test_erased import everything
from tests.pages.conftest import Cast, Send

pytestmark = pytest.mark.django_db(databases="__all__")


def line(kind: str) -> Entry:
    """The journal's newest intent of a kind."""
    return [one for one in journal.journal().entries() if (one.kind, one.phase) == (kind, INTENT)][-1]


def again(kind: str, database: str, **facts: Any) -> None:
    given = {name: str(value) for name, value in facts.items()}
    done = hooks.call(
        "erasure.replay", kind=kind, database=database, facts=given, at=clock.now(), certain=True
    )
    assert done.count(True) == 1, "one handler knows the kind"


def test_each_erasure_leaves_ids_alone_in_the_journal(
    cast: Cast, send: Send, as_role: Callable[[str], Any]
) -> None:
    sent = send()
    with scope(cast.company.pk, using=["sg"]):
        Message.objects.using("sg").filter(pk=sent.id).update(state=State.DELIVERED)
    erase_messages("sg", cast.company.pk, [sent.id], actor_id=None, actor_kind="system")
    assert line("messages").facts == {"account": str(cast.company.pk), "ids": [str(sent.id)]}
    with scope(cast.company.pk):
        member = Membership.objects.get(person_id=cast.bob.pk)
    remove_member(account_id=cast.company.pk, member_id=member.pk, by_id=cast.alice.pk)
    assert line("member").facts == {"account": str(cast.company.pk), "person": str(cast.bob.pk)}
    erase_person(cast.bob.pk, by_id=None, by_kind="system")
    assert line("person").facts == {"person": str(cast.bob.pk)}
    with clock.travel(by=-timedelta(days=8)):
        asked = services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
    with as_role("worker"):
        services.close(asked.pk)
    assert line("account").facts == {"account": str(cast.company.pk), "closing": str(asked.pk)}


def test_a_person_an_old_copy_still_has_is_erased_even_as_the_last_administrator(
    cast: Cast, as_role: Callable[[str], Any], django_capture_on_commit_callbacks: Any
) -> None:
    """Who administers the account now came after the copy."""
    with as_role("worker"), django_capture_on_commit_callbacks(execute=True):
        again("person", "default", person=cast.alice.pk)
        again("person", "default", person=cast.alice.pk)
        assert "alice@example.com" not in everything()
    assert not Person.objects.filter(pk=cast.alice.pk).exists()
    assert mail.outbox == []


def test_a_place_is_ended_again(cast: Cast, as_role: Callable[[str], Any]) -> None:
    with as_role("worker"):
        again("member", "default", account=cast.company.pk, person=cast.bob.pk)
        again("member", "default", account=cast.company.pk, person=cast.bob.pk)
    with scope(cast.company.pk):
        assert not Membership.objects.filter(person_id=cast.bob.pk).exists()
    assert Person.objects.filter(pk=cast.bob.pk).exists()


def test_an_account_is_closed_again_in_each_database(
    cast: Cast, send: Send, as_role: Callable[[str], Any], django_capture_on_commit_callbacks: Any
) -> None:
    send(text="Never to be read again")
    send(account_id=cast.other.pk, text="Another’s")
    with clock.travel(by=-timedelta(days=3)):
        services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
    mail.outbox.clear()
    closing = uuid7()
    with as_role("worker"), django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            for alias in ("sg", "default"):
                again("account", alias, account=cast.company.pk, closing=closing)
        with scope(cast.company.pk, using=["sg"]):
            assert not Message.objects.using("sg").exists()
        with scope(cast.other.pk, using=["sg"]):
            assert Message.objects.using("sg").exists()
        left = everything()
    for gone in ("alice@example.com", "bob@example.com", "Harbour Logistics"):
        assert gone not in left
    assert Account.objects.get(pk=cast.company.pk).state == "closed"
    assert AccountClosure.objects.get(pk=closing).finished_at is not None
    assert services.pending(cast.company.pk) is None, "what the copy had decided is no longer waiting"
    assert audit.verify(cast.company.pk) is None
    assert mail.outbox == []


def test_messages_go_again_and_their_day_is_listed(
    cast: Cast, send: Send, as_role: Callable[[str], Any]
) -> None:
    gone, stays = send(), send()
    facts = {"account": str(cast.company.pk), "ids": [str(gone.id)]}
    with as_role("worker"):
        for _ in range(2):
            hooks.call(
                "erasure.replay", kind="messages", database="sg", facts=facts, at=clock.now(), certain=True
            )
        with scope(cast.company.pk, using=["sg"]):
            assert list(Message.objects.using("sg").values_list("pk", flat=True)) == [stays.id]
        assert "messaging_erasedday: (" in everything("sg")
