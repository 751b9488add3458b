"""Several follow one link at the same moment: one is let in."""

from __future__ import annotations

import threading

from django.db import connections

from accounts.errors import AccountError
from accounts.models import Person, Role
from accounts.teams import invitations
from accounts.teams.services import open_account
from tests import money
from tests.pages.visitor import PASSWORD

NEW = {"name": "Noor Haddad", "password": "a long sentence is good"}


def test_of_two_at_once_one_is_let_in(committed: None) -> None:
    with money.role("app"):
        boss = Person.objects.create_user("boss@example.com", PASSWORD)
        account = open_account(person=boss, name="Harbour Logistics", region="sg")
        made = invitations.create_invitation(
            account_id=account.pk, email="new@example.com", role=Role.VIEWER, invited_by_id=boss.pk
        )
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def join() -> None:
        start.wait()
        try:
            with money.role("app"):
                invitations.accept_as_new(invitation_id=made.invitation.pk, language="en", **NEW)
            outcomes.append("in")
        except AccountError as error:
            outcomes.append(type(error).__name__)
        except Exception as error:
            outcomes.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=join) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("in") == 1, outcomes
    assert set(outcomes) <= {"in", "AlreadyMember", "InvitationOver"}, outcomes
    assert Person.objects.filter(email="new@example.com").count() == 1
