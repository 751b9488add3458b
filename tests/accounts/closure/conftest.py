"""The cast of the pages' tests, in place of the committed people of the other tests of accounts."""

from __future__ import annotations

from tests.pages.conftest import alice, bob, cast, charlie, dana, nobody, own_cache, send, vera
from tests.staff.conftest import officer, staff

__all__ = [
    "alice", "bob", "cast", "charlie", "dana", "nobody", "officer", "own_cache", "send", "staff", "vera",
]  # fmt: skip
