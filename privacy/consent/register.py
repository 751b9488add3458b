"""The register of cookies. The notice, the settings page and the crawl that looks for undeclared ones come from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The text that people consent to; a changed one gets another version, and they are asked again.
TEXT_VERSION: Final = "2026-11"
CHOICE_COOKIE: Final = "choices"
VISIT_COOKIE: Final = "visit"


class Purpose(StrEnum):
    """What is optional; each is asked for by itself."""

    STATISTICS = "statistics"


LABELS: Final[dict[Purpose, Promise | str]] = {Purpose.STATISTICS: _("Statistics of use")}
MEANINGS: Final[dict[Purpose, Promise | str]] = {
    Purpose.STATISTICS: _(
        "We count which pages are used, on our own servers, under a random number in a cookie. Nobody else gets it."
    )
}


@dataclass(frozen=True)
class Cookie:
    """One cookie; without a purpose it is needed for what the visitor asks for."""

    name: str
    purpose: Purpose | None
    why: Promise | str
    expires: Promise | str
    who: str = "PaaSoo"


def cookies() -> list[Cookie]:
    """Every cookie that the portal may set."""
    return [
        Cookie(settings.SESSION_COOKIE_NAME, None, _("keeps you signed in"), _("12 hours")),
        Cookie(settings.CSRF_COOKIE_NAME, None, _("protects forms against forgery"), _("one year")),
        Cookie(
            CHOICE_COOKIE,
            None,
            _("remembers what you chose here; set only once you choose"),
            _("six months"),
        ),
        Cookie(
            settings.LANGUAGE_COOKIE_NAME,
            None,
            _("remembers the language you chose; set only when you choose one"),
            _("one year"),
        ),
        Cookie(VISIT_COOKIE, Purpose.STATISTICS, _("counts which pages are used"), _("six months")),
    ]
