"""Reading a certificate for its page, and checking it while at it: the page never shows what it has not
verified.

What a certificate of a kind unknown here says besides is shown by its own names, so that none is ever kept back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paasoo_portal.core import clock, regions
from privacy.certificates import canonical, issue, published
from privacy.certificates.check import Check, State, Verdict, check
from privacy.certificates.envelope import Published
from privacy.certificates.models import Certificate
from privacy.errors import PrivacyError
from privacy.keys.models import DataClass, Epoch

# The certificate's own sentences are signed in English; a reader gets them in the page's language beside it.
_NOT_COVERED: Final = (
    gettext_lazy("Copies of the vault or of readable text that were made before the erasure."),
    gettext_lazy(
        "Copies under a legal hold or a named exception. They are listed on the retention page as far as the law lets "
        "us, and get a certificate of their own when they end."
    ),
    gettext_lazy("What carriers, recipients and your own systems were given, and what you downloaded."),
    gettext_lazy(
        "Sender IDs, client references, countries and states, which are not encrypted: they leave with their "
        "day’s records and with the oldest back-up."
    ),
)
_BECAUSE: Final = {
    issue.INSTRUCTED: gettext_lazy("Your retention instruction, or the published default"),
    issue.CLOSED: gettext_lazy("The account was closed by its administrator"),
    issue.ORDERED: gettext_lazy("You erased single messages, or everything of a number"),
}
CLOSURE: Final = "closure"
KINDS: Final = {
    issue.RETENTION: gettext_lazy("End of the time kept"),
    issue.ERASURE: gettext_lazy("Erasure on request"),
    CLOSURE: gettext_lazy("Account closed"),
    issue.DESTRUCTION: gettext_lazy("Epoch key destroyed"),
}
# What the page says in words of its own; the rest is shown by name.
_SAID: Final = frozenset(
    {"account", "because", "catalogue", "certificate", "cutoff_on", "database", "erased", "everywhere"}
    | {"instructed_days", "issued_at", "keys_erased_at", "kind", "not_covered", "number", "ordered_at", "previous"}
    | {"messages_erased", "ordered_until"}
    | {"signed_by", "unreadable_to_the_running_system_since"}
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """Of one class: keys destroyed, the days they sealed, and how many messages those days hold."""

    label: str
    rule_days: int | None
    keys: int | None
    first_on: date | None
    last_on: date | None
    messages: int | None


@dataclass(frozen=True)
class Everywhere:
    """When nobody can read it any more: since when, or after how many carry-overs and about when."""

    irrecoverable: bool
    last_epoch: int
    delay_days: int
    receipt: Certificate | None
    since: datetime | None
    carry_overs_left: int | None
    about_on: date | None

    @property
    def final(self) -> bool:
        """The receipt is there, and the vault has had its time."""
        return self.receipt is not None and not self.waits_for_vault

    @property
    def waits_for_vault(self) -> bool:
        """The receipt is there, and the vault's own delay is still running."""
        return self.since is not None and self.since > clock.now()


@dataclass(frozen=True)
class Shown:
    """A certificate as its page shows it."""

    row: Certificate
    kind: str
    label: str
    region: str
    because: str | Promise
    cutoff_on: date | None
    ordered_at: datetime | None
    ordered_until: datetime | None
    messages_erased: int | None
    lines: list[Line]
    erased_at: datetime | None
    unreadable_at: datetime | None
    everywhere: Everywhere | None
    not_covered: tuple[str | Promise, ...]
    catalogue: str
    signed_by: str
    more: list[tuple[str, str]]
    verdict: Verdict | None
    size: int
    problem: str

    @property
    def keys(self) -> int:
        return sum(line.keys or 0 for line in self.lines)


def read(row: Certificate) -> Shown:
    """Everything the page shows. A body that does not verify is shown with its problem."""
    body = published.content_of(row)
    kind = kind_of(body, row)
    verdict, size, problem = _checked(row)
    return Shown(
        row=row,
        kind=kind,
        label=label_of(kind),
        region=_region_name(_text(body.get("database"))),
        because=_BECAUSE.get(_text(body.get("because")), _text(body.get("because"))),
        cutoff_on=_day(body.get("cutoff_on")),
        ordered_at=_moment(body.get("ordered_at")),
        ordered_until=_moment(body.get("ordered_until")),
        messages_erased=_whole(body.get("messages_erased")),
        lines=lines_of(body),
        erased_at=_moment(body.get("keys_erased_at")),
        unreadable_at=_moment(body.get("unreadable_to_the_running_system_since")),
        everywhere=_everywhere(body),
        not_covered=_not_covered(body.get("not_covered")),
        catalogue=_text(body.get("catalogue")),
        signed_by=_text(body.get("signed_by")),
        more=[(name, _plain(value)) for name, value in sorted(body.items()) if name not in _SAID],
        verdict=verdict,
        size=size,
        problem=problem,
    )


@dataclass(frozen=True)
class Summary:
    """What a genuine certificate states, for who holds its file alone."""

    label: str
    account: str
    region: str
    lines: list[Line]
    issued_at: datetime | None
    unreadable_at: datetime | None


def summary(body: dict[str, Any]) -> Summary:
    """Of the signed text; any name of a class or database stands as it is signed where we have no other word."""
    kind = CLOSURE if body.get("because") == issue.CLOSED else _text(body.get("kind"))
    return Summary(
        label=label_of(kind),
        account=_text(body.get("account")),
        region=_region_name(_text(body.get("database"))),
        lines=lines_of(body),
        issued_at=_moment(body.get("issued_at")),
        unreadable_at=_moment(body.get("unreadable_to_the_running_system_since")),
    )


def of_account(certificate_id: UUID, account_id: UUID) -> Certificate | None:
    """The account's certificate, or one about a key of all accounts; the table is exempt from policies, so the account
    is named here.
    """
    theirs = Certificate.objects.filter(Q(account_id=account_id) | Q(account_id=None))
    return theirs.filter(pk=certificate_id).first()


def kind_of(content: dict[str, Any], row: Certificate) -> str:
    """A closure's certificate is of the kind of retention's, and tells itself apart by its reason."""
    return CLOSURE if content.get("because") == issue.CLOSED else row.kind


def label_of(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def lines_of(content: dict[str, Any]) -> list[Line]:
    """What went, by class."""
    rules = content.get("instructed_days")
    lines = content.get("erased")
    known = rules if isinstance(rules, dict) else {}
    return [_line(line, known) for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _checked(row: Certificate) -> tuple[Verdict | None, int, str]:
    """The checks of the very file that can be downloaded, against the head that is published now."""
    try:
        file = published.envelope(row)
    except PrivacyError:
        return None, 0, _("The vault does not answer, or the chain has a gap, so it cannot be checked now.")
    verdict = check(file, published=Published(file.head))
    if not verdict.failed:
        return verdict, file.head.number, ""
    problem = _("This certificate does not verify: its text or its signature was changed.")
    return verdict, file.head.number, problem


def _everywhere(body: dict[str, Any]) -> Everywhere | None:
    place = published.place_of(body)
    if place is None:
        return None
    told, receipt = body["everywhere"], published.receipts([body], begun=True).get(place)
    delay = _whole(told.get("then_after_days")) or 0
    at = _destroyed_at(receipt)
    left = None if receipt else _carry_overs_left(*place, _whole(told.get("after_completed_carry_overs")))
    return Everywhere(
        irrecoverable=told.get("erasure") == "irrecoverable",
        last_epoch=place[1],
        delay_days=delay,
        receipt=receipt,
        since=at + timedelta(days=delay) if at else None,
        carry_overs_left=left,
        about_on=None if left is None else clock.today() + timedelta(days=left + delay),
    )


def _destroyed_at(receipt: Certificate | None) -> datetime | None:
    if receipt is None:
        return None
    told = published.content_of(receipt).get("receipt")
    return _moment(told.get("destroyed_at")) if isinstance(told, dict) else receipt.issued_at


def _carry_overs_left(alias: str, last_epoch: int, after: int | None) -> int | None:
    """How many carry-overs are still to come; one makes an epoch. None where nobody can tell."""
    if alias not in regions.aliases() or after is None:
        return None
    current = Epoch.objects.using(alias).order_by("-number").values_list("number", flat=True).first()
    return None if current is None else max(last_epoch + after - current, 1)


def _line(line: dict[str, Any], rules: dict[str, Any]) -> Line:
    name = _text(line.get("class"))
    known = name.upper() in DataClass.__members__
    return Line(
        label=str(DataClass[name.upper()].label) if known else name,
        rule_days=_whole(rules.get(name)),
        keys=_whole(line.get("keys")),
        first_on=_day(line.get("first_day")),
        last_on=_day(line.get("last_day")),
        messages=_whole(line.get("messages_of_those_days")),
    )


def _not_covered(told: Any) -> tuple[str | Promise, ...]:
    if told == list(issue.NOT_COVERED):
        return _NOT_COVERED
    return tuple(_plain(text) for text in told) if isinstance(told, list) else ()


def _region_name(alias: str) -> str:
    try:
        return regions.get(alias).label
    except KeyError:
        return alias


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(_text(value))
    except ValueError:
        return None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value))
    except ValueError:
        return None


def _plain(value: Any) -> str:
    """A value of a member that has no words of its own here."""
    return value if isinstance(value, str) else canonical.encode({"": value})[4:-1]


def checks_shown(checks: Iterable[Check]) -> list[tuple[str, str, str]]:
    """Tone, icon and text of each check."""
    looks = {State.PASSED: ("good", "done"), State.FAILED: ("bad", "failed"), State.OPEN: ("info", "wait")}
    return [(*looks[one.state], one.text) for one in checks]
