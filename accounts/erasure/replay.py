"""People, places and accounts that were erased, erased again in an old copy (hook `erasure.replay`). Keeps P-RET-7."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.closure.services import ACCOUNT, close_again
from accounts.erasure.rows import erase_in_account
from accounts.erasure.services import PERSON, erase_person_again
from accounts.teams.members import MEMBER


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """All were confirmed and allowed before their line was written, so an undecided one is carried out like any."""
    if kind == PERSON:
        erase_person_again(UUID(facts["person"]))
    elif kind == MEMBER:
        erase_in_account(UUID(facts["person"]), UUID(facts["account"]))
    elif kind == ACCOUNT:
        close_again(database, UUID(facts["account"]), UUID(facts["closing"]), at)
    else:
        return False
    return True
