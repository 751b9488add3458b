"""Log lines: structured fields, and a redaction filter as the last wall (the first is not to log it at all)."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

# What people are asked to quote (`core.http.request_id`), on every line that a request writes.
REQUEST_ID: Final[ContextVar[str]] = ContextVar("request_id", default="")
_STANDARD: Final = set(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SECRETS: Final = re.compile(r"(?i)\b(secret|password|key|token|authorization)=[^&\s]+")
_NUMBERS: Final = re.compile(r"(?<![\w-])\+?\d{9,15}(?![\w-])")
_EMAILS: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def redact(text: str) -> str:
    text = _SECRETS.sub(r"\1=[redacted]", text)
    text = _EMAILS.sub("[email]", text)
    return _NUMBERS.sub("[number]", text)


class RedactFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        return True


class LineFormatter(logging.Formatter):
    """`2026-01-31T12:00:00Z INFO logger message field=value …`, always one line an event and its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        told = {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        # Django logs what was answered after the request is over, and gives it along.
        if identity := getattr(told.get("request"), "request_id", "") or REQUEST_ID.get():
            told["request_id"] = identity
        fields = " ".join(f"{k}={v}" for k, v in told.items())
        stamp = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{stamp} {record.levelname} {record.name} {record.getMessage()} {redact(fields)}".rstrip()
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return _CONTROL.sub("?", line)
