"""The journal that ERASURE_JOURNAL_URL names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from privacy.journal.base import Journal
from privacy.journal.errors import JournalUnavailable
from privacy.journal.folder import FolderJournal


def journal() -> Journal:
    return _open(settings.ERASURE_JOURNAL_URL)


@lru_cache(maxsize=8)
def _open(url: str) -> Journal:
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or not parts.path:
        raise JournalUnavailable("ERASURE_JOURNAL_URL must look like file:///path/of/a/folder")
    return FolderJournal(Path(unquote(parts.path)))
