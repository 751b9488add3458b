"""The last wall before a log: numbers, addresses and secrets go, what an operator needs stays."""

from __future__ import annotations

import logging

import pytest

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.logs import LineFormatter, RedactFilter, redact


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("sent to +447700900123", "sent to [number]"),
        ("sent to 447700900123.", "sent to [number]."),
        (
            "GET /json?key=abc&secret=s3cr3t&to=447700900123",
            "GET /json?key=[redacted]&secret=[redacted]&to=[number]",
        ),
        ("Password=hunter2 done", "Password=[redacted] done"),
        ("mail to alice.b+c@example.com failed", "mail to [email] failed"),
        ("took 12345 ms on port 54321", "took 12345 ms on port 54321"),
        ("day 2026-01-31", "day 2026-01-31"),
    ],
)
def test_what_goes_and_what_stays(text: str, kept: str) -> None:
    assert redact(text) == kept


def test_ids_stay_whole() -> None:
    for _ in range(200):
        made = str(uuid7())
        assert redact(f"message {made} failed") == f"message {made} failed"


def line(message: str, *arguments: object, error: BaseException | None = None, **fields: object) -> str:
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("name", logging.INFO, __file__, 1, message, arguments, info)
    record.__dict__.update(fields)
    RedactFilter().filter(record)
    return LineFormatter().format(record)


def test_fields_arguments_and_tracebacks_are_redacted_too() -> None:
    try:
        raise ValueError("no carrier for 447700900123")
    except ValueError as error:
        written = line("%s to %s", "failed", "447700900123", error=error, recipient="+447700900123", code=7)
    assert "7700900123" not in written
    assert "code=7" in written
    assert "ValueError" in written


def test_what_was_logged_cannot_forge_a_line() -> None:
    written = line("user said\r\x1b[2J hello", note="a\x00b\x85")
    assert not set("\r\x1b\x00\x85") & set(written)


def test_the_time_is_utc() -> None:
    record = logging.LogRecord("name", logging.INFO, __file__, 1, "hello", (), None)
    record.created = 0
    assert LineFormatter().format(record) == "1970-01-01T00:00:00Z INFO name hello"
