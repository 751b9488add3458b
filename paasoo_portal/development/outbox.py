"""The emails that the portal would have sent, read from the files into which it writes them here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_BETWEEN: Final = b"\n" + b"-" * 79 + b"\n"
MOST: Final = 100


@dataclass(frozen=True)
class Mail:
    """One email; `name` finds it again."""

    name: str
    at: datetime
    to: str
    subject: str
    text: str
    html: str


@require_safe
def outbox(request: HttpRequest) -> HttpResponse:
    return render(request, "development/outbox.html", {"mails": mails()})


@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "development/mail.html", {"mail": _find(name)})


@require_safe
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a page of its own: it keeps the portal's policy, since it uses no style."""
    return HttpResponse(_find(name).html)


def mails() -> list[Mail]:
    """The newest, at most MOST."""
    folder = Path(settings.EMAIL_FILE_PATH)
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime) if folder.is_dir() else []
    found = [mail for file in files[-MOST:] for mail in _read(file)]
    return found[::-1][:MOST]


def _read(file: Path) -> list[Mail]:
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    parts = [part for part in file.read_bytes().split(_BETWEEN) if part.strip()]
    return [_parse(part.lstrip(), f"{file.name}/{place}", at) for place, part in enumerate(parts)]


def _parse(source: bytes, place: str, at: datetime) -> Mail:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(source)
    return Mail(
        hashlib.sha256(place.encode()).hexdigest()[:16],
        at,
        str(message["To"]),
        str(message["Subject"]),
        _part(message, "plain"),
        _part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""


def _find(name: str) -> Mail:
    for known in mails():
        if known.name == name:
            return known
    raise Http404
