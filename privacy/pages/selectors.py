"""Reading retention for its pages: each class with its days, bounds, reason, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

from paasoo_portal.core import clock, directory
from privacy.cases import register as cases
from privacy.cases.models import Case
from privacy.certificates.models import Certificate
from privacy.floors import register as floors
from privacy.floors.models import StatutoryFloor
from privacy.keys.models import DataClass
from privacy.retention import bounds, instructions
from privacy.retention.models import RetentionBound, RetentionInstruction

CERTIFICATES_SHOWN: Final = 20
HISTORY_SHOWN: Final = 20

# The word for a class in addresses, and what it covers in a person's words.
SLUGS: Final = {"content": DataClass.CONTENT, "numbers": DataClass.NUMBER, "recordings": DataClass.RECORDING}
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
    floor: StatutoryFloor | None = None

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


@dataclass(frozen=True)
class Past:
    """A line of the history."""

    label: str
    days: int
    by: str
    instructed_at: datetime
    effective_at: datetime
    cancelled_at: datetime | None


def bounds_of(on: date) -> dict[int, RetentionBound]:
    """The published bounds with their reasons, lifted by statutory floors."""
    rows = RetentionBound.objects.filter(effective_on__lte=on).order_by("effective_on")
    found = {row.data_class: row for row in rows}
    for data_class, lifted in bounds.in_force(on).items():
        row = found[data_class]
        row.default_days, row.floor_days = lifted.default_days, lifted.floor_days
        row.ceiling_days = lifted.ceiling_days
    return found


def class_shown(account_id: UUID, slug: str) -> ClassShown:
    """One class. Raises KeyError for a slug that is none."""
    return _shown(account_id, [slug])[0]


def classes_shown(account_id: UUID) -> list[ClassShown]:
    return _shown(account_id, list(SLUGS))


def _shown(account_id: UUID, slugs: list[str]) -> list[ClassShown]:
    """Everything is asked for once, however many classes there are."""
    now = clock.now()
    wanted = {slug: SLUGS[slug] for slug in slugs}
    days = instructions.days_of(account_id, wanted.values(), now)
    found, published, laws = instructions.history(account_id), bounds_of(now.date()), floors.shown()
    shown = []
    for slug, data_class in wanted.items():
        standing = [item for item in found if item.data_class == data_class and item.cancelled_at is None]
        taken = [item for item in standing if item.effective_at <= now]
        waiting = [item for item in standing if item.effective_at > now]
        shown.append(
            ClassShown(
                slug=slug,
                data_class=data_class,
                meaning=str(MEANINGS[data_class]),
                days=days[data_class],
                bound=published[data_class],
                instructed_at=taken[0].instructed_at if taken else None,
                pending=waiting[0] if waiting else None,
                floor=laws.get(data_class),
            )
        )
    return shown


def history_shown(account_id: UUID) -> list[Past]:
    """The account's last instructions, newest first, with who gave them."""
    return [
        Past(
            label=str(DataClass(item.data_class).label),
            days=item.days,
            by=directory.label("person", item.instructed_by_id) if item.instructed_by_id else "",
            instructed_at=item.instructed_at,
            effective_at=item.effective_at,
            cancelled_at=item.cancelled_at,
        )
        for item in instructions.history(account_id)[:HISTORY_SHOWN]
    ]


def cases_shown(account_id: UUID) -> list[tuple[Case, int]]:
    """The open cases about the account, each with how many copies it has (P-RET-8)."""
    found = cases.shown(account_id)
    copies = cases.copies(account_id) if found else {}
    return [(case, copies.get(case.pk, 0)) for case in found]


def certificates_shown(account_id: UUID) -> list[Certificate]:
    """The account's newest certificates; the table is exempt from policies, so the account is named here."""
    return list(Certificate.objects.filter(account_id=account_id).order_by("-number")[:CERTIFICATES_SHOWN])
