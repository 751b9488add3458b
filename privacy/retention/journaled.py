"""Instructions outlive an old copy of the control plane: what a customer instructed since is in force there again.

Shortening is a promise to erase sooner, so its line stands in the journal like an erasure's. Keeps P-RET-1, P-RET-7.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from paasoo_portal.core import hooks
from paasoo_portal.core.tenancy import scope
from privacy.journal.erasing import Erasure
from privacy.retention.models import RetentionInstruction

KIND: Final = "instruction"


def given(erasure: Erasure, made: RetentionInstruction, cancelled: list[UUID]) -> None:
    """Journal a new instruction, and those pending that it takes the place of."""
    erasure.intend(
        account=made.account_id,
        cancelled=cancelled,
        instruction={
            "id": made.pk,
            "data_class": made.data_class,
            "days": made.days,
            "instructed_by_id": made.instructed_by_id,
            "instructed_at": made.instructed_at,
            "effective_at": made.effective_at,
        },
    )


def taken_back(erasure: Erasure, account_id: UUID, instruction_id: UUID) -> None:
    erasure.intend(account=account_id, cancelled=[instruction_id])


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """Hook `erasure.replay` for instructions. One that a crash left undecided was asked for: it is given."""
    if kind != KIND:
        return False
    account_id = UUID(facts["account"])
    with scope(account_id):
        RetentionInstruction.objects.filter(pk__in=facts["cancelled"], cancelled_at=None).update(
            cancelled_at=at
        )
        if row := facts.get("instruction"):
            times = {name: datetime.fromisoformat(row[name]) for name in ("instructed_at", "effective_at")}
            RetentionInstruction.objects.get_or_create(
                pk=row["id"], defaults=row | times | {"account_id": account_id}
            )
    transaction.on_commit(lambda: hooks.call("account.changed", account_id=account_id), robust=True)
    return True
