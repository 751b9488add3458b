"""Opening a scope: a transaction on each database with `SET LOCAL paasoo.account`, restored afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.db import connections, transaction


class NoScope(Exception):
    """A tenant's data were asked for outside any scope."""


@dataclass(frozen=True)
class Scope:
    """Whose data may be touched: one account, or (account None) those of a named system job."""

    account_id: UUID | None
    job: str = ""
    person_id: UUID | None = None


_current: ContextVar[Scope | None] = ContextVar("tenancy_scope", default=None)


def current() -> Scope:
    """The open scope. Raises NoScope."""
    found = _current.get()
    if found is None:
        raise NoScope("Open core.tenancy.scope(account_id) or system_scope(job) around this query.")
    return found


def open_scope() -> Scope | None:
    """The open scope, or None."""
    return _current.get()


@contextmanager
def scope(account_id: UUID, *, using: Iterable[str] = ("default",)) -> Iterator[None]:
    """Work on one account's data, in one transaction on each of the databases `using`.

    A nested scope of another account on the same database is restored when it closes. No transaction may span a
    call to a carrier or a webhook, so neither may a scope.
    """
    with ExitStack() as stack:
        for alias in using:
            inside = _in_transaction(alias)
            stack.enter_context(transaction.atomic(using=alias))
            stack.enter_context(_setting(alias, "paasoo.account", str(account_id), restore=inside))
        token = _current.set(Scope(account_id))
        stack.callback(_current.reset, token)
        yield


@contextmanager
def system_scope(job: str, *, using: Iterable[str] = ("default",)) -> Iterator[None]:
    """Work as a named system job over all accounts; PostgreSQL grants that to the worker role alone."""
    with ExitStack() as stack:
        for alias in using:
            stack.enter_context(transaction.atomic(using=alias))
        token = _current.set(Scope(None, job))
        stack.callback(_current.reset, token)
        yield


@contextmanager
def person_scope(person_id: UUID) -> Iterator[None]:
    """Read what names a person in whatever account (their memberships), on the control plane."""
    inside = _in_transaction("default")
    with transaction.atomic(), _setting("default", "paasoo.person", str(person_id), restore=inside):
        token = _current.set(Scope(None, person_id=person_id))
        try:
            yield
        finally:
            _current.reset(token)


def _in_transaction(alias: str) -> bool:
    """Whether a transaction is open that a scope opened now would not end."""
    return connections[alias].in_atomic_block or not connections[alias].get_autocommit()


# One round trip; the former value is read before the new one is set, since that one waits for the CTE.
_SET = """
WITH former AS MATERIALIZED (SELECT current_setting(%s, true) AS value)
SELECT value, set_config(%s, %s, true) FROM former
"""


@contextmanager
def _setting(alias: str, name: str, value: str, *, restore: bool = True) -> Iterator[None]:
    """SET LOCAL, and the former value again afterwards: a released savepoint would keep ours.

    Where the transaction ends with the scope, it takes the setting along, and one round trip is saved.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(_SET, [name, name, value])
        former = cursor.fetchone()[0] or ""
    yield
    # Not in a finally: after an error the transaction or savepoint is rolled back, and the setting with it.
    if restore and former != value:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, former])
