"""Enforcement: due keys become tombstones, and what they sealed can be read by nobody any more.

The cost is O(keys due), whatever the number of messages: no message is touched. Borders of transactions: all
of one account's due keys move in one statement on the regional database, with their line in the erasure journal; its certificate and audit entry are
one transaction on the control plane, under an id that the tombstones carry already. A crash between the two
leaves tombstones without certificate, which the next try of the same run writes first. Undone can be nothing:
so clock and vault are checked first, and days are settled before. Keeps P-RET-2.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connections

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.certificates import issue
from privacy.certificates.issue import ErasedLine
from privacy.certificates.verify import require_own_key
from privacy.holds.restrict import restrict
from privacy.keys import burial, cache, guard, locks
from privacy.keys.burial import Buried
from privacy.preservation import services as preservation
from privacy.retention import clock_guard, plan, rules, runs
from privacy.retention.models import RetentionRun
from privacy.retention.rules import Rules

log = logging.getLogger(__name__)

WAIT_SECONDS = 60.0
REASON = "retention"

_MOVE = f"""
WITH {rules.RULES_CTE},
gone AS (
  DELETE FROM privacy_datakey d USING (
    SELECT k.epoch, k.id, {rules.DUE_ON} AS was_due_on
    FROM privacy_datakey k LEFT JOIN rule USING (account_id, data_class)
    WHERE k.account_id = %(account)s AND {rules.IS_DUE}
  ) k WHERE d.epoch = k.epoch AND d.id = k.id AND d.account_id = %(account)s
  RETURNING d.id, d.epoch, d.account_id, d.data_class, d.starts_on, k.was_due_on
),
buried AS (
  INSERT INTO privacy_keytombstone
    (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, run_id, certificate_id, last_epoch)
  SELECT id, account_id, data_class, starts_on, was_due_on, %(at)s, 'retention', %(run)s, %(certificate)s, max(epoch)
  FROM gone GROUP BY id, account_id, data_class, starts_on, was_due_on
  ON CONFLICT (key_id) DO NOTHING
  RETURNING key_id, data_class, starts_on, due_on, last_epoch
)
SELECT * FROM buried ORDER BY data_class, starts_on
"""  # noqa: S608  constants

# What a hold keeps although the days in force let it die now: its own due day is later, and readers would go by that.
_RESTRICT = f"""
WITH {rules.RULES_CTE}
SELECT k.id FROM privacy_datakey k LEFT JOIN rule USING (account_id, data_class)
WHERE {rules.IS_PAST} AND k.due_on > %(cutoff)s AND {rules.IS_HELD}
"""  # noqa: S608  constants

_BURIED = """
SELECT data_class, count(*), min(starts_on), max(starts_on), max(last_epoch) FROM privacy_keytombstone
WHERE account_id = %s AND certificate_id = %s GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class Outcome:
    """What an enforcement run did."""

    run: RetentionRun
    accounts: int
    keys: int


def enforce(alias: str, cutoff_on: date, *, accept_clock: bool = False) -> Outcome:
    """Let every key die that is due at the UTC midnight of `cutoff_on`. Repeating it does nothing twice.

    Raises Busy, ClockStepped, VaultMismatch, VaultUnavailable; nothing is destroyed then.
    """
    if accept_clock:
        clock_guard.accept()
    clock_guard.check(alias)
    guard.check(alias)
    require_own_key()
    clock_guard.accept()
    hooks.call("retention.settle", alias=alias, before=cutoff_on)
    with locks.maintenance(alias, wait_seconds=WAIT_SECONDS):
        run, resumed = runs.begin(alias, runs.ENFORCE, cutoff_on)
        if resumed:
            _finish_certificates(alias, run)
        # Whatever a hold or a case covers is copied before any key dies; if it cannot be, none dies tonight.
        preservation.reconcile(alias)
        hooks.call("retention.preserve", alias=alias, account_id=None)
        fault("enforce.preserved")
        in_force = rules.at(cutoff_on)
        accounts = _due_accounts(alias, in_force)
        keys = sum(_enforce_account(alias, account_id, in_force, run) for account_id in accounts)
        if in_force.keeps:
            restrict(alias, _RESTRICT, in_force.parameters(), cutoff_on)
        done = Outcome(run, len(accounts), keys)
        if accounts or not runs.is_done(run):
            earlier = run.counts
            runs.finish(
                run,
                accounts=earlier.get("accounts", 0) + done.accounts,
                keys=earlier.get("keys", 0) + done.keys,
            )
    cache.forget()
    log.info(
        "retention enforced",
        extra={"database": alias, "cutoff_on": cutoff_on, "accounts": done.accounts, "keys": done.keys},
    )
    return done


def _due_accounts(alias: str, in_force: Rules) -> list[UUID]:
    with system_scope("retention_enforce", using=(alias,)):
        return list(dict.fromkeys(line.account_id for line in plan.due(alias, in_force)))


def _enforce_account(alias: str, account_id: UUID, in_force: Rules, run: RetentionRun) -> int:
    """One account's due keys, by one statement; then its certificate. Returns how many keys went."""
    # Chosen before the certificate exists, so that the tombstones can name it.
    at, certificate_id = clock.now(), uuid7()
    mine = in_force.of(account_id)
    with (
        journal.erasing(burial.KIND, database=alias) as erasure,
        system_scope("retention_enforce", using=(alias,)),
    ):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                _MOVE,
                mine.parameters(account=account_id, at=at, run=run.id, certificate=certificate_id),
            )
            buried = [Buried(*row) for row in cursor.fetchall()]
        if buried:
            erasure.intend(
                **burial.facts(
                    account_id=account_id,
                    reason=REASON,
                    run_id=run.id,
                    certificate_id=certificate_id,
                    buried=buried,
                )
            )
    fault("enforce.moved")
    if buried:
        _certify(alias, account_id, certificate_id, run, mine, issue.lines_of(buried))
    fault("enforce.certified")
    return len(buried)


def _certify(
    alias: str,
    account_id: UUID,
    certificate_id: UUID,
    run: RetentionRun,
    mine: Rules,
    lines: list[ErasedLine],
) -> None:
    with system_scope("retention_enforce", using=("default", alias)):
        counted = [
            line.counted(plan.messages_of(alias, account_id, line.data_class, line.first_day, line.last_day))
            for line in lines
        ]
        issue.retention(
            certificate_id=certificate_id,
            account_id=account_id,
            alias=alias,
            run=run.id,
            cutoff_on=run.cutoff_on,
            instructed_days=mine.by_class(),
            lines=counted,
        )


def _finish_certificates(alias: str, run: RetentionRun) -> None:
    """Write the certificates that a crash kept from being written."""
    with system_scope("retention_enforce", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id, certificate_id FROM privacy_keytombstone WHERE run_id = %s", [run.id]
        )
        named = cursor.fetchall()
    in_force = rules.at(run.cutoff_on)
    for account_id, certificate_id in named:
        if issue.exists(certificate_id):
            continue
        with system_scope("retention_enforce", using=(alias,)), connections[alias].cursor() as cursor:
            cursor.execute(_BURIED, [account_id, certificate_id])
            lines = [ErasedLine(*row) for row in cursor.fetchall()]
        _certify(alias, account_id, certificate_id, run, in_force.of(account_id), lines)
