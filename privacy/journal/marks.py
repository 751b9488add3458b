"""The marks of a database, as SQL."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connections


class Mark(NamedTuple):
    """Of which journal, and what the line's digest was."""

    fingerprint: str
    digest: str


def leave(alias: str, number: int, fingerprint: str, digest: str) -> None:
    """In the erasure's own transaction."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO privacy_journalmark (number, fingerprint, digest) VALUES (%s, %s, %s) "
            "ON CONFLICT (number) DO NOTHING",
            [number, fingerprint, digest],
        )


def newest(alias: str) -> tuple[int, Mark] | None:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT number, fingerprint, digest FROM privacy_journalmark ORDER BY number DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], Mark(*row[1:]))


def since(alias: str, number: int) -> dict[int, Mark]:
    """The marks from a number on."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT number, fingerprint, digest FROM privacy_journalmark WHERE number >= %s", [number]
        )
        return {row[0]: Mark(*row[1:]) for row in cursor.fetchall()}


def forget_before(alias: str, number: int) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("DELETE FROM privacy_journalmark WHERE number < %s", [number])
