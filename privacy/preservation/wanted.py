"""What is to be preserved by copies now, as the control plane's registers of holds and cases say."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from paasoo_portal.core import regions
from privacy.cases import register as cases
from privacy.cases.models import Case
from privacy.holds import register as holds
from privacy.holds.models import LegalHold, Scope
from privacy.holds.register import FOREVER
from privacy.keys.models import DataClass
from privacy.preservation.models import About, Source

# People belong to no region; the controller's own region keeps the keys of their copies (P-WHO-1).
PEOPLE_REGION = "ie"


class Wanted(NamedTuple):
    """One hold or case that needs copies. `account_id` is the person's id where it is about a person."""

    case_id: UUID
    account_id: UUID
    source: Source
    about: About
    number: str
    with_content: bool
    with_number: bool
    first_day: date
    last_day: date | None
    most: int | None
    starts_on: date
    due_on: date


def everything(alias: str) -> dict[UUID, Wanted]:
    """All that a database has to preserve, by the hold's or case's id."""
    found = [of_hold(hold) for hold in holds.by_copies()] + [of_case(case) for case in cases.open_now()]
    return {one.case_id: one for one in found if alias in aliases_of(one)}


def aliases_of(wanted: Wanted) -> list[str]:
    """The databases that hold what is wanted: every region's for messages, one for a person."""
    if wanted.about is About.PERSON:
        return [regions.alias(PEOPLE_REGION)]
    return regions.aliases()


def of_hold(hold: LegalHold) -> Wanted:
    person = hold.scope == Scope.PERSON
    subject = hold.person_id if person else hold.account_id
    assert subject is not None
    return Wanted(
        hold.pk,
        subject,
        Source.HOLD,
        About.PERSON if person else About.MESSAGES,
        hold.number or "",
        DataClass.CONTENT in hold.classes,
        DataClass.NUMBER in hold.classes,
        hold.first_day,
        hold.last_day,
        None,
        hold.placed_at.date(),
        FOREVER,
    )


def of_case(case: Case) -> Wanted:
    return Wanted(
        case.pk,
        case.account_id,
        Source.CASE,
        About.MESSAGES,
        case.number or "",
        case.with_content,
        case.with_number,
        case.first_day,
        case.last_day,
        case.most,
        case.opened_at.date(),
        case.ends_on,
    )
