"""Opening what is sealed, to be shown: a number or a content is open, masked, erased, or not kept at all.

Only a key's tombstone (or its day) reads as erased; a missing key or a swapped ciphertext is said to be an
error. Keeps P-RET-2, P-SEC-1.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from messaging.messages.models import Message
from privacy.keys import Erased, Opener, SealRefused, UnknownKey

logger = logging.getLogger(__name__)
TABLE = Message._meta.db_table


@dataclass(frozen=True)
class Gone:
    """That something was erased: since when, by which day, and the certificate if it is written."""

    due_on: date | None
    erased_at: datetime | None = None
    certificate_id: UUID | None = None


@dataclass(frozen=True)
class Number:
    """A number to show: `text` with plus, or masked; or `gone`; or `broken`, which never reads as erased."""

    text: str = ""
    masked: bool = False
    gone: Gone | None = None
    broken: bool = False


@dataclass(frozen=True)
class Content:
    """A content to show; or `gone`; `unkept` (not beyond delivery); `broken`; or `withheld`."""

    text: str = ""
    gone: Gone | None = None
    unkept: bool = False
    broken: bool = False
    withheld: bool = False


class Numbers:
    """The numbers of one page of messages, opened with one key query."""

    def __init__(self, alias: str, account_id: UUID, *, masked: bool) -> None:
        self.opener = Opener(alias, account_id)
        self.masked = masked

    def prefetch(self, messages: Iterable[Message]) -> None:
        self.opener.prefetch({message.number_key_id for message in messages if message.has_number})

    def of(self, message: Message) -> Number:
        if not message.has_number:
            return Number(gone=Gone(message.number_due_on))
        try:
            digits = _open(self.opener, message, "number").decode()
        except Erased as erased:
            return Number(gone=_gone(erased))
        except (SealRefused, UnknownKey) as problem:
            return Number(broken=_tell(problem, message))
        return Number(mask(digits) if self.masked else f"+{digits}", masked=self.masked)


def content_of(alias: str, account_id: UUID, message: Message, *, withheld: bool) -> Content:
    """The content of one message; `withheld` tells only whether there is one and never opens it."""
    return content_by(Opener(alias, account_id), message, withheld=withheld)


def content_by(opener: Opener, message: Message, *, withheld: bool) -> Content:
    """The same by an opener that has the keys of many."""
    try:
        if withheld or not message.has_content:
            opener.key(message.content_key_id)
            return Content(unkept=not message.has_content, withheld=withheld)
        return Content(_open(opener, message, "content").decode())
    except Erased as erased:
        return Content(gone=_gone(erased))
    except (SealRefused, UnknownKey) as problem:
        return Content(broken=_tell(problem, message))


def mask(digits: str) -> str:
    """Enough to recognise a number one knows, too little to call it: its first and its last two digits."""
    return f"+{digits[:2]}{'•' * max(len(digits) - 4, 4)}{digits[-2:]}"


def _open(opener: Opener, message: Message, what: str) -> bytes:
    key_id = getattr(message, f"{what}_key_id")
    sealed = bytes(getattr(message, f"{what}_sealed"))
    return opener.open(key_id, sealed, table=TABLE, column=f"{what}_sealed", row=message.pk)


def _tell(problem: Exception, message: Message) -> bool:
    """One bad row must not take the page with it, nor stay unknown to those who run the service."""
    logger.error(
        "a sealed value was refused",
        extra={"row": str(message.pk), "problem": type(problem).__name__},
    )
    return True


def _gone(erased: Erased) -> Gone:
    return Gone(erased.due_on, erased.erased_at, erased.certificate_id)
