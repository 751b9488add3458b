"""Reading the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from paasoo_portal.core import clock
from privacy.policy.models import PolicyVersion

FALLBACK = "en"


@dataclass(frozen=True)
class Part:
    """A heading, a paragraph or a list of items."""

    kind: str
    text: str = ""
    items: tuple[str, ...] = ()


def published() -> QuerySet[PolicyVersion]:
    """Every version that was published, newest first."""
    return PolicyVersion.objects.filter(published_at__lte=clock.now()).order_by("-effective_on", "-number")


def current(language: str) -> PolicyVersion | None:
    """The version in force, in the reader's language where there is one: never an earlier one for its language's sake."""
    in_force = published().filter(effective_on__lte=clock.today(), language=FALLBACK).first()
    return None if in_force is None else find(in_force.number, language)


def find(number: str, language: str) -> PolicyVersion | None:
    versions = published().filter(number=number)
    return versions.filter(language=language).first() or versions.filter(language=FALLBACK).first()


def parts(text: str) -> Iterator[Part]:
    """The text's headings, paragraphs and lists."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.strip() for line in block.strip().split("\n") if line.strip()]
        if not lines:
            continue
        if lines[0].startswith("# "):
            yield Part("heading", lines[0][2:])
            lines = lines[1:]
        if lines and all(line.startswith("- ") for line in lines):
            yield Part("list", items=tuple(line[2:] for line in lines))
        elif lines:
            yield Part("paragraph", " ".join(lines))
