"""The cast of the pages' tests, and one member of staff of each role."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts import staff_roles
from accounts.duty import services as duty
from tests.pages.conftest import Cast, alice, bob, cast, charlie, dana, enrol, nobody, own_cache, person, send
from tests.pages.visitor import Visitor


@pytest.fixture
def staff(cast: Cast) -> dict[str, Visitor]:
    """By role; each with the second factor that is asked of staff."""
    found = {}
    for role in staff_roles.ROLES:
        someone = person(role.split()[0].title(), is_staff=True)
        someone.groups.add(Group.objects.get(name=role))
        enrol(someone)
        duty.accept(someone.pk)
        found[role] = Visitor(someone)
    return found


@pytest.fixture
def officer(staff: dict[str, Visitor]) -> Visitor:
    return staff[staff_roles.OFFICER]


@pytest.fixture
def finance(staff: dict[str, Visitor]) -> Visitor:
    return staff[staff_roles.FINANCE]


__all__ = ["alice", "bob", "cast", "charlie", "dana", "nobody", "own_cache", "send"]
