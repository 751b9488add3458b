"""Reading the list of sub-processors, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

from privacy.subprocessors.models import SubProcessor

# The words of the first list, for translators; what staff write later is shown as they wrote it.
WORDS: Final = (
    N_("data in communications"),
    N_("data in voice communications"),
    N_("hosting, storage and back-up"),
    N_("hosting and storage"),
    N_("text to speech, for customers who use it"),
    N_("network"),
    N_("infrastructure"),
    N_("management of network infrastructure"),
    N_("management of database infrastructure"),
)


@dataclass(frozen=True)
class Company:
    name: str
    subject: str
    purpose: str
    regions: list[str]
    ended_on: date | None


def companies() -> list[Company]:
    """All of them, by name; those that ended too."""
    return [
        Company(
            one.name,
            _(one.subject),
            _(one.purpose),
            [_(region) for region in one.regions.split(", ") if region],
            one.ended_on,
        )
        for one in SubProcessor.objects.all()
    ]
