"""Bulk writes. COPY is refused under row-level security; INSERT … SELECT unnest reaches nine tenths of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol


class Cursor(Protocol):
    def execute(self, query: Any, params: Any = ...) -> Any: ...


@cache
def insert_sql(table: str, columns: tuple[tuple[str, str], ...], suffix: str = "") -> str:
    """The statement that inserts one array per column: columns are (name, PostgreSQL type) pairs."""
    names = ", ".join(f'"{name}"' for name, _ in columns)
    arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
    return f'INSERT INTO "{table}" ({names}) SELECT * FROM unnest({arrays}) {suffix}'  # noqa: S608  constants


def transpose(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def insert_unnest(
    cursor: Cursor,
    table: str,
    columns: tuple[tuple[str, str], ...],
    rows: Sequence[Sequence[Any]],
    suffix: str = "",
) -> None:
    """Insert `rows` in one statement; `suffix` may hold an ON CONFLICT clause. Names come from code alone."""
    if rows:
        cursor.execute(insert_sql(table, columns, suffix), transpose(rows))
