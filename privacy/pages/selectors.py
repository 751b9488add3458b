"""Reading retention for its pages: each class with its days, bounds, reason, what waits, and what goes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

from paasoo_portal.core import clock
from privacy.cases import register as cases
from privacy.cases.models import Case
from privacy.floors import register as floors
from privacy.floors.models import StatutoryFloor
from privacy.keys.models import DataClass
from privacy.pages import in_force
from privacy.retention import outlook
from privacy.retention.models import RetentionBound, RetentionInstruction
from privacy.retention.outlook import Outlook, Rule

NIGHTS_SHOWN: Final = 7

# The word for a class in addresses, and what it covers in a person's words.
SLUGS: Final = {"content": DataClass.CONTENT, "numbers": DataClass.NUMBER, "recordings": DataClass.RECORDING}
_PARTNERS: Final = {DataClass.CONTENT: DataClass.NUMBER, DataClass.NUMBER: DataClass.CONTENT}
MEANINGS: Final = {
    DataClass.CONTENT: _lazy("The text of each message, from the day it is sent or received."),
    DataClass.NUMBER: _lazy(
        "The phone number at the other end of each message. Without it a message is not found."
    ),
    DataClass.RECORDING: _lazy("Recorded calls. Recording is off until you turn it on."),
}
# The reasons of the first bounds, for translators; those that staff write later are shown as they wrote them.
REASONS: Final = (
    N_("Policy: message content, by the customer's instruction. 0 = not stored beyond delivery."),
    N_("Policy: End-User numbers, by the customer's instruction, apart from content."),
    N_("Policy: recordings, by the customer's instruction."),
)


@dataclass(frozen=True)
class ClassShown:
    """A data class as the page shows it."""

    slug: str
    data_class: DataClass
    meaning: str
    days: int
    bound: RetentionBound
    instructed_at: datetime | None
    pending: RetentionInstruction | None
    # Days of the class that a text is found by, or that is found by a number.
    partner_days: int
    # The law that makes us keep it, where one is switched on (P-RET-12).
    floor: StatutoryFloor | None = None

    def text_outlives_number(self, days: int) -> bool:
        """Whether with so many days texts would outlive the numbers they are found by."""
        if self.data_class == DataClass.CONTENT:
            return days > self.partner_days
        return self.data_class == DataClass.NUMBER and days < self.partner_days

    @property
    def reason(self) -> str:
        """Of the bounds; a law that binds us comes first, and is the reason of a refusal too."""
        if self.floor is None:
            return _(self.bound.reason)
        law = _("The law makes us keep it for %(days)d days: %(law)s.")
        return law % {"days": self.floor.days, "law": self.floor.law}

    @property
    def is_default(self) -> bool:
        return self.instructed_at is None

    @property
    def chart_id(self) -> str:
        return f"volume-{self.slug}"

    @property
    def rule(self) -> Rule:
        if self.pending is None:
            return Rule(self.days)
        return Rule(self.days, self.pending.days, outlook.first_midnight(self.pending.effective_at))


@dataclass(frozen=True)
class Night:
    """What a night erases: for each class shown, how many messages lose it, and the days they were written."""

    before: date
    cells: list[Cell | None]


@dataclass(frozen=True)
class Cell:
    messages: int
    first_on: date
    last_on: date


@dataclass(frozen=True)
class Coming:
    """By night, for the classes of which something goes soon; `later` names the others' first night."""

    classes: list[ClassShown]
    nights: list[Night]
    later: list[tuple[ClassShown, date, Cell | None]]


def given(account_id: UUID) -> list[RetentionInstruction]:
    """The account's instructions, newest first. Needs its scope."""
    return list(RetentionInstruction.objects.filter(account_id=account_id).order_by("-instructed_at"))


Laws = dict[int, StatutoryFloor]


def published_bounds(laws: Laws) -> list[RetentionBound]:
    """All of them, newest first, lifted by the statutory floors that bind now (P-RET-12)."""
    found = list(RetentionBound.objects.order_by("-effective_on"))
    for row in found:
        least = laws[row.data_class].days if row.data_class in laws else 0
        row.default_days, row.floor_days = max(row.default_days, least), max(row.floor_days, least)
        row.ceiling_days = max(row.ceiling_days, least)
    return found


def classes_shown(
    instructed: list[RetentionInstruction], bounds: list[RetentionBound], laws: Laws
) -> list[ClassShown]:
    return [_class_shown(slug, instructed, bounds, laws) for slug in SLUGS]


def class_shown(account_id: UUID, slug: str) -> ClassShown:
    """One class. Raises KeyError for a slug that is none."""
    if slug not in SLUGS:
        raise KeyError(slug)
    laws = floors.shown()
    return _class_shown(slug, given(account_id), published_bounds(laws), laws)


def furthest_back(shown: list[ClassShown]) -> int:
    """How many days the counts must reach back: past every class's bound, where anything may still live."""
    return max(one.bound.ceiling_days for one in shown) * 6 // 5


def coming(found: Outlook, shown: list[ClassShown]) -> Coming:
    """What the coming nights erase of each class, and of a class that is spared so long its first night."""
    going = {one.slug: found.going(one.data_class, one.rule) for one in shown}
    days = [found.today + timedelta(days=ahead) for ahead in range(1, NIGHTS_SHOWN + 1)]
    soon = [one for one in shown if set(going[one.slug]) & set(days)]
    later = [
        (one, day - timedelta(days=1), _cell(kept))
        for one in shown
        if one not in soon
        for day, kept in list(going[one.slug].items())[:1]
    ]
    nights = [
        Night(day - timedelta(days=1), [_cell(going[one.slug].get(day, [])) for one in soon]) for day in days
    ]
    return Coming(soon, nights if soon else [], later)


def _cell(kept: list[outlook.Kept]) -> Cell | None:
    if not kept:
        return None
    days = [one.day for one in kept]
    return Cell(outlook.messages_of(kept), min(days), max(days))


def _class_shown(
    slug: str,
    instructed: list[RetentionInstruction],
    bounds: list[RetentionBound],
    laws: Laws,
) -> ClassShown:
    data_class, now = SLUGS[slug], clock.now()
    taken = in_force.latest(data_class, now, instructed)
    waiting = [
        one
        for one in instructed
        if one.data_class == data_class and one.cancelled_at is None and one.effective_at > now
    ]
    return ClassShown(
        slug=slug,
        data_class=data_class,
        meaning=str(MEANINGS[data_class]),
        days=in_force.days(data_class, now, instructed, bounds),
        bound=in_force.bound(data_class, now.date(), bounds),
        instructed_at=taken.instructed_at if taken else None,
        pending=waiting[0] if waiting else None,
        partner_days=in_force.days(_PARTNERS.get(data_class, data_class), now, instructed, bounds),
        floor=laws.get(data_class),
    )


def cases_shown(account_id: UUID) -> list[tuple[Case, int]]:
    """The open cases about the account, each with how many copies it has (P-RET-8)."""
    found = cases.shown(account_id)
    copies = cases.copies(account_id) if found else {}
    return [(case, copies.get(case.pk, 0)) for case in found]
