"""The end of an account's traffic: every key of it dies at once, whatever its day, with a certificate per database.

The same two transactions as a night's enforcement, under an id that the tombstones carry, so that a crash between them
is mended by the next try. Keeps P-RET-6 and P-RET-7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connections

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.certificates import issue
from privacy.certificates.issue import ErasedLine
from privacy.certificates.models import Certificate
from privacy.certificates.verify import require_own_key
from privacy.holds.restrict import restrict
from privacy.keys import burial, cache, guard, locks
from privacy.keys.burial import Buried
from privacy.retention import plan, rules

REASON: Final = "closed"
WAIT_SECONDS: Final = 60.0
_CERTIFICATES: Final = UUID("5b0f0f0e-6d5f-5a52-8a53-2f6c0b8f7c11")

# Class 4, preserved copies, lives until its own hold or case ends.
_MOVE: Final = f"""
WITH {rules.RULES_CTE}, gone AS (
  DELETE FROM privacy_datakey k WHERE account_id = %(account)s AND data_class <> 4 AND NOT {rules.IS_HELD}
  RETURNING id, epoch, account_id, data_class, starts_on, due_on
)
INSERT INTO privacy_keytombstone
  (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, run_id, certificate_id, last_epoch)
SELECT id, account_id, data_class, starts_on, due_on, %(at)s, %(reason)s, %(run)s, %(certificate)s, max(epoch)
FROM gone GROUP BY id, account_id, data_class, starts_on, due_on
ON CONFLICT (key_id) DO NOTHING
RETURNING key_id, data_class, starts_on, due_on, last_epoch
"""  # noqa: S608  constants
# What a legal hold keeps is read by nobody any more, whatever day it carries.
_RESTRICT: Final = (
    "SELECT id FROM privacy_datakey "
    "WHERE account_id = %(account)s AND data_class <> 4 AND due_on > %(cutoff)s"
)
_BURIED: Final = """
SELECT data_class, count(*), min(starts_on), max(starts_on), max(last_epoch) FROM privacy_keytombstone
WHERE account_id = %s AND certificate_id = %s GROUP BY 1 ORDER BY 1
"""


def erase_traffic(
    alias: str, account_id: UUID, closure_id: UUID, *, returned: Mapping[str, str | None] | None = None
) -> Certificate | None:
    """Let every key of the account die in one database; the certificate, or None where there was none to die.

    `returned` says, for the certificate, whether everything was given back first, and when it was fetched.

    Repeating it does nothing twice. Raises Busy, VaultMismatch, VaultUnavailable; nothing is destroyed then.
    """
    certificate_id = uuid5(_CERTIFICATES, f"{closure_id}/{alias}")
    guard.check(alias)
    require_own_key()
    with locks.maintenance(alias, wait_seconds=WAIT_SECONDS):
        hooks.call("retention.preserve", alias=alias, account_id=account_id)
        in_force = rules.at(clock.today()).of(account_id)
        given = in_force.parameters(
            account=account_id, at=clock.now(), reason=REASON, run=closure_id, certificate=certificate_id
        )
        _move(alias, account_id, closure_id, certificate_id, given)
        with system_scope("account_close", using=(alias,)), connections[alias].cursor() as cursor:
            cursor.execute(_BURIED, [account_id, certificate_id])
            lines = [ErasedLine(*row) for row in cursor.fetchall()]
        if lines:
            _certify(alias, account_id, certificate_id, closure_id, lines, returned)
        restrict(alias, _RESTRICT, given, in_force.cutoff_on)
    cache.forget()
    return Certificate.objects.filter(pk=certificate_id).first()


def _move(
    alias: str, account_id: UUID, closure_id: UUID, certificate_id: UUID, given: dict[str, Any]
) -> None:
    with (
        journal.erasing(burial.KIND, database=alias) as erasure,
        system_scope("account_close", using=(alias,)),
    ):
        with connections[alias].cursor() as cursor:
            cursor.execute(_MOVE, given)
            buried = [Buried(*row) for row in cursor.fetchall()]
        if buried:
            erasure.intend(
                **burial.facts(
                    account_id=account_id,
                    reason=REASON,
                    run_id=closure_id,
                    certificate_id=certificate_id,
                    buried=buried,
                )
            )


def _certify(
    alias: str,
    account_id: UUID,
    certificate_id: UUID,
    closure_id: UUID,
    lines: list[ErasedLine],
    returned: Mapping[str, str | None] | None,
) -> None:
    with system_scope("account_close", using=("default", alias)):
        counted = [
            line.counted(plan.messages_of(alias, account_id, line.data_class, line.first_day, line.last_day))
            for line in lines
        ]
        issue.retention(
            certificate_id=certificate_id,
            account_id=account_id,
            alias=alias,
            run=closure_id,
            cutoff_on=clock.today(),
            instructed_days={},
            lines=counted,
            because=issue.CLOSED,
            returned=returned,
        )
