"""Is everything that is due unreadable, and the evidence whole? Reads only, and names the culprits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy.certificates.models import Certificate
from privacy.certificates.verify import verify_chain
from privacy.errors import PrivacyError
from privacy.keys import epochs, guard
from privacy.keys.models import DataClass
from privacy.preservation import verify as preservation
from privacy.retention import rows, rules, runs
from privacy.retention.ends import Moment

# The night's run begins ten minutes after midnight; until it is done, or this late, yesterday's cut-off
# counts.
# Readers refuse a key from the midnight on at which it is due, whenever the run comes.
_LATE_AFTER: Final = timedelta(hours=2)
_MOST_CULPRITS: Final = 100


@dataclass
class Verification:
    """`culprits` names each thing that is wrong by id; `ok` means there is none."""

    database: str
    cutoff_on: date
    checked: int = 0
    culprits: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.culprits

    def as_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "database": self.database,
            "cutoff_on": self.cutoff_on.isoformat(),
            "checked": self.checked,
            "culprits": self.culprits,
        }


def verify(alias: str, cutoff_on: date | None = None) -> Verification:
    """Check one database. Needs the worker's role."""
    found = Verification(alias, cutoff_on or expected_cutoff(alias))
    with system_scope("retention_verify", using=("default", alias)):
        found.checked = _count(alias, "SELECT count(*) FROM privacy_datakey")
        found.culprits += _past_due(alias, found.cutoff_on)
        found.culprits += _unrestricted(alias, found.cutoff_on)
        found.culprits += _resurrected(alias)
        found.culprits += _without_certificate(alias)
        found.culprits += list(preservation.culprits(alias))
        found.culprits += list(_epochs(alias))
    for late in hooks.call("retention.overdue", alias=alias, cutoff_on=found.cutoff_on):
        found.culprits += late
    return found


def verify_certificates() -> Verification:
    """The chain of certificates, on the control plane."""
    chain = verify_chain()
    found = Verification("default", clock.today(), checked=Certificate.objects.count())
    if not chain.ok:
        found.culprits.append({"kind": "certificate", "number": chain.number, "problem": chain.problem})
    return found


def verify_rows(alias: str, cutoff_on: date | None = None) -> Verification:
    """Rows of one database, the control plane included, whose end has come. Needs the worker's role."""
    at = Moment(cutoff_on or expected_cutoff(alias, runs.ROWS), clock.now() - _LATE_AFTER)
    found = Verification(alias, at.cutoff_on)
    with system_scope(rows.JOB, using=dict.fromkeys(("default", alias))):
        found.culprits += rows.overdue(alias, at, _MOST_CULPRITS)
    return found


def kinds_of(culprits: list[dict[str, Any]]) -> dict[str, int]:
    """How many of each kind: what may stand in a run's counts, where no id belongs."""
    return dict(Counter(str(culprit["kind"]) for culprit in culprits))


def expected_cutoff(alias: str, kind: str = runs.ENFORCE) -> date:
    """Today, or yesterday while the night's run may still be on its way."""
    now = clock.now()
    done = runs.last_done(alias, kind)
    if done is not None and done.cutoff_on >= now.date():
        return now.date()
    late = now - clock.midnight(now.date()) >= _LATE_AFTER
    return now.date() if late else now.date() - timedelta(days=1)


def _past_due(alias: str, cutoff_on: date) -> list[dict[str, Any]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"WITH {rules.RULES_CTE} SELECT DISTINCT k.id, k.account_id, k.data_class, k.starts_on, {rules.DUE_ON} "  # noqa: S608  constants
            f"FROM privacy_datakey k LEFT JOIN rule USING (account_id, data_class) WHERE {rules.IS_DUE} "
            "ORDER BY 5 LIMIT %(most)s",
            rules.at(cutoff_on).parameters(most=_MOST_CULPRITS),
        )
        return [_key("key past its due day", *row) for row in cursor.fetchall()]


def _unrestricted(alias: str, cutoff_on: date) -> list[dict[str, Any]]:
    """What only a legal hold keeps, and readers would still open."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"WITH {rules.RULES_CTE} SELECT DISTINCT k.id, k.account_id, k.data_class, k.starts_on, {rules.DUE_ON} "  # noqa: S608  constants
            f"FROM privacy_datakey k LEFT JOIN rule USING (account_id, data_class) "
            f"WHERE {rules.IS_PAST} AND k.due_on > %(cutoff)s AND {rules.IS_HELD} ORDER BY 5 LIMIT %(most)s",
            rules.at(cutoff_on).parameters(most=_MOST_CULPRITS),
        )
        return [_key("held key past its due day that can be read", *row) for row in cursor.fetchall()]


def _resurrected(alias: str) -> list[dict[str, Any]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT k.id, k.account_id, k.data_class, k.starts_on, k.due_on FROM privacy_datakey k "
            "JOIN privacy_keytombstone t ON t.key_id = k.id LIMIT %s",
            [_MOST_CULPRITS],
        )
        return [_key("erased key that lives", *row) for row in cursor.fetchall()]


def _without_certificate(alias: str) -> list[dict[str, Any]]:
    """Tombstones of the last runs whose certificate is missing (older ones are covered by the chain's
    numbers).
    """
    since = clock.now() - timedelta(days=8)
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT certificate_id, account_id FROM privacy_keytombstone "
            "WHERE erased_at >= %s AND certificate_id IS NOT NULL",
            [since],
        )
        named = dict(cursor.fetchall())
    known = set(Certificate.objects.filter(pk__in=named).values_list("pk", flat=True))
    return [
        {
            "kind": "erasure without certificate",
            "certificate": str(certificate),
            "account": str(account),
            "database": alias,
        }
        for certificate, account in named.items()
        if certificate not in known
    ][:_MOST_CULPRITS]


def _epochs(alias: str) -> Iterator[dict[str, Any]]:
    try:
        rows = guard.check(alias)
    except PrivacyError as error:
        yield {"kind": type(error).__name__, "database": alias, "problem": error.log}
        return
    current = rows[-1].number
    for row in rows:
        if row.state != guard.OPEN and epochs.partition_exists(alias, row.number):
            yield _epoch(alias, row.number, "the partition of a closed epoch still holds keys")
        if row.state == guard.KEPT and row.number < current - 1 - settings.EPOCHS_KEPT:
            yield _epoch(alias, row.number, "an epoch key outlived its destruction")


def _key(
    kind: str, key_id: UUID, account_id: UUID, data_class: int, starts_on: date, due_on: date
) -> dict[str, Any]:
    return {
        "kind": kind,
        "key": str(key_id),
        "account": str(account_id),
        "class": DataClass(data_class).name.lower(),
        "starts_on": starts_on.isoformat(),
        "due_on": due_on.isoformat(),
    }


def _epoch(alias: str, number: int, problem: str) -> dict[str, Any]:
    return {"kind": "epoch", "database": alias, "epoch": number, "problem": problem}


def _count(alias: str, query: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
