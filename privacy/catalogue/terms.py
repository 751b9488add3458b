"""The closed vocabulary of the catalogue: categories, bases, roles, purposes, rules. Terms carry their DPV
2.3 IRI.

Keeps P-CAT-1, P-CAT-3, P-CAT-4. Legal readings of our own are marked; see domain.md for where each comes
from.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, StrEnum
from typing import Final

from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

from paasoo_portal.core import clock

DPV: Final = "https://w3id.org/dpv#"
PD: Final = "https://w3id.org/dpv/pd#"
GDPR: Final = "https://w3id.org/dpv/legal/eu/gdpr#"


class Category(Enum):
    """The policy's nine categories: label, type of data, and the most days any of it may be kept."""

    C1 = (N_("contact"), "account", 2557)
    C2 = (N_("commercial"), "account", 2557)
    C3 = (N_("traffic"), "usage + traffic", 400)
    C4 = (N_("payment"), "account + usage", 2557)
    C5 = (N_("voice"), "usage + traffic", 400)
    C6 = (N_("activity"), "usage", 730)
    C7 = (N_("cookies and logs"), "usage", 730)
    C8 = (N_("employment"), "account", 2557)
    C9 = (N_("feedback"), "usage", 730)

    @property
    def label(self) -> str:
        return self.value[0]

    @property
    def ceiling_days(self) -> int:
        return self.value[2]


# What is sealed before it reaches PostgreSQL, unless a field says why it stands in clear (P-SEC-1).
SEALED_CATEGORIES: Final = frozenset({Category.C3, Category.C5})
# Cookie and device information ends by a number of days, whatever else lives on (P-RET-3).
ENDING_CATEGORIES: Final = frozenset({Category.C6, Category.C7})
# Collected after consent alone, but for the strictly necessary minimum (P-CAT-3).
CONSENT_CATEGORIES: Final = frozenset({Category.C6, Category.C9})


class Basis(StrEnum):
    """The six bases of Art. 6(1) GDPR, from which every purpose picks."""

    CONSENT = N_("consent")
    CONTRACT = N_("contract")
    LEGAL_OBLIGATION = N_("legal obligation")
    VITAL_INTERESTS = N_("vital interests")
    PUBLIC_TASK = N_("public task")
    LEGITIMATE_INTERESTS = N_("legitimate interests")

    @property
    def iri(self) -> str:
        return f"{GDPR}A6-1-{'abcdef'[list(Basis).index(self)]}"


class Role(StrEnum):
    CONTROLLER = N_("controller")
    PROCESSOR = N_("processor")


class Subject(StrEnum):
    MEMBER = N_("member of a customer's account")
    END_USER = N_("End-User (recipient or sender of a message)")
    STAFF = N_("member of staff")
    INVITED = N_("invited person")
    VISITOR = N_("visitor")


class Source(StrEnum):
    PERSON = N_("the person")
    CUSTOMER = N_("the customer")
    ADMINISTRATOR = N_("the account's administrator")
    CARRIER = N_("the carrier")
    DEVICE = N_("the person's device")
    OURSELVES = N_("made by us")


class Recipient(StrEnum):
    NOBODY = "nobody"
    CUSTOMER = "the customer"
    CARRIERS = "carriers, to deliver, on the customer's instruction"
    HOSTING = "hosting sub-processors of the region"
    PAYPAL = "PayPal"


@dataclass(frozen=True)
class Purpose:
    """Why data are used, on what basis and in what role (P-CAT-4)."""

    slug: str
    text: str
    basis: Basis
    role: Role
    iri: str


def _purpose(slug: str, text: str, basis: Basis, role: Role, term: str) -> Purpose:
    return Purpose(slug, text, basis, role, DPV + term)


_OURS, _THEIRS = Role.CONTROLLER, Role.PROCESSOR
DELIVER: Final = _purpose(
    "deliver",
    N_("deliver messages on the customer's instruction"),
    Basis.CONTRACT,
    _THEIRS,
    "ServiceProvision",
)
SHOW: Final = _purpose(
    "show",
    N_("let the customer find and check its messages"),
    Basis.CONTRACT,
    _THEIRS,
    "TechnicalServiceProvision",
)
RUN_ACCOUNT: Final = _purpose(
    "account", N_("open, run and support the account"), Basis.CONTRACT, _OURS, "AccountManagement"
)
SIGN_IN: Final = _purpose(
    "sign-in", N_("sign people in and keep the session"), Basis.LEGITIMATE_INTERESTS, _OURS, "EnforceSecurity"
)
SECURITY: Final = _purpose(
    "security",
    N_("prevent, detect and investigate abuse"),
    Basis.LEGITIMATE_INTERESTS,
    _OURS,
    "EnforceSecurity",
)
BILLING: Final = _purpose(
    "billing", N_("charge, and let the customer check"), Basis.CONTRACT, _OURS, "PaymentManagement"
)
ACCOUNTING: Final = _purpose(
    "accounting",
    N_("keep the accounts that the law asks for"),
    Basis.LEGAL_OBLIGATION,
    _OURS,
    "LegalCompliance",
)
UNDERSTAND: Final = _purpose(
    "understand", N_("understand how the portal is used"), Basis.CONSENT, _OURS, "OptimiseUserInterface"
)
EVIDENCE: Final = _purpose(
    "evidence",
    N_("prove what was instructed, done and erased"),
    Basis.LEGAL_OBLIGATION,
    _OURS,
    "RecordManagement",
)


PRESERVE: Final = _purpose(
    "preserve",
    N_("preserve what a court or an authority orders"),
    Basis.LEGAL_OBLIGATION,
    _OURS,
    "LegalCompliance",
)
EXCEPT: Final = _purpose(
    "exceptions",
    N_("settle invoices, find faults, and act against spam, fraud and abuse, case by case"),
    Basis.LEGITIMATE_INTERESTS,
    _OURS,
    "FraudPreventionAndDetection",
)


@dataclass(frozen=True)
class Rule:
    """How long: `days` after the event it names; with `instructed` the account's instruction within its
    bounds; with `years` so many after the financial year (the calendar's) in which the event lies.
    """

    slug: str
    text: str
    days: int | None
    instructed: bool = False
    promise: str = ""
    years: int = 0

    @property
    def exact(self) -> bool:
        """What is kept two days at most is ended by the hour; all else by the night."""
        return self.days is not None and self.days <= 2

    def before(self, cutoff_on: date, now: datetime) -> datetime:
        """What happened before this instant is over: at the midnight of `cutoff_on`, or `now` where the rule is exact."""
        assert self.days is not None
        if self.years:
            return clock.midnight(date(cutoff_on.year - self.years, 1, 1))
        return (now if self.exact else clock.midnight(cutoff_on)) - timedelta(days=self.days)

    def last_day(self, since: datetime) -> date:
        """The UTC day after whose end nothing of it is left."""
        assert self.days is not None
        if self.years:
            return date(since.year + self.years, 12, 31)
        return (since + timedelta(days=self.days)).date()


CONTENT_RULE: Final = Rule(
    "content", N_("the account's instruction for message content"), 400, True, "P-RET-2"
)
NUMBER_RULE: Final = Rule(
    "number", N_("the account's instruction for End-User numbers"), 400, True, "P-RET-2"
)
RECORDING_RULE: Final = Rule(
    "recording", N_("the account's instruction for recordings"), 400, True, "P-RET-2"
)
TRAFFIC_ROW: Final = Rule(
    "traffic-row", N_("dropped with its day's partition once no key of that day lives"), 400, True, "P-RET-2"
)
HOLD_RULE: Final = Rule(
    "hold",
    N_("until the legal hold is released, then at once"),
    None,
    promise="P-RET-9",
)
COPY_RULE: Final = Rule(
    "copy",
    N_("until the legal hold is released or the named exception ends, then at once"),
    None,
    promise="P-RET-8, P-RET-9",
)
ONE_DAY: Final = Rule("day", N_("one day"), 1, promise="P-RET-7")
ACCOUNT_LIFE: Final = Rule(
    "account", N_("as long as the account, then as instructed"), None, promise="P-RET-1"
)
MEMBERSHIP_LIFE: Final = Rule(
    "membership", N_("until the person leaves the account"), None, promise="P-RET-1"
)
INVITATION: Final = Rule(
    "invitation", N_("30 days after it was accepted, revoked or ran out"), 30, promise="P-RET-1"
)
# Counted from the moment at which a session runs out.
SESSION: Final = Rule("session", N_("12 hours after the last sign-in"), 0, promise="P-RET-3")
SECURITY_LOG: Final = Rule("security-log", N_("one year after the event"), 365, promise="P-RET-3")
THIRTY_DAYS: Final = Rule("thirty-days", N_("30 days after the event"), 30, promise="P-RET-3")
# A day less, so that the night in which it goes lies within the two years.
TWO_YEARS: Final = Rule("device", N_("two years after it was collected"), 729, promise="P-RET-3")
ACCOUNTING_YEARS: Final = Rule(
    "accounting", N_("seven years after the financial year"), 2557, promise="P-RET-4", years=7
)
REQUEST_YEARS: Final = Rule(
    "request", N_("three years after the request was closed"), 1095, promise="P-RGT-2"
)
EXPORT_WEEK: Final = Rule("export", N_("seven days after it was made"), 7, promise="P-RET-1")
RETURN_KEPT: Final = Rule(
    "return", N_("until the account is erased or kept after all, 100 days at most"), 100, promise="P-RET-6"
)
EXPORT_NOTE: Final = Rule("export-note", N_("35 days after it was asked for"), 35, promise="P-RET-1")
NOTICE: Final = Rule("notice", N_("two years after it was sent"), 730, promise="P-POL-1")
UNCONFIRMED_SIGN_UP: Final = Rule(
    "unconfirmed-sign-up",
    N_("seven days after signing up, when the address was never confirmed"),
    7,
    promise="P-RET-1",
)
UNCONFIRMED_REQUEST: Final = Rule(
    "unconfirmed-request",
    # Counted from the moment at which the time for it runs out.
    N_("when the time to confirm its address is over"),
    0,
    promise="P-RGT-2",
)
EVIDENCE_YEARS: Final = Rule("evidence", N_("seven years, by id alone"), 2557, promise="P-RET-4")


class Export(StrEnum):
    """Art. 15 lists what there is; Art. 20 hands over what the person or customer gave."""

    ACCESS = "access"
    PORTABLE = "access and portability"
    NONE = "not exported"


class Erasure(StrEnum):
    KEY = "unreadable when its data key is not carried over; the row goes with its partition"
    ROW = "the row is deleted"
    PARTITION = "the row goes with its partition"
    BLANK = "overwritten with nothing"
    KEPT = "kept under its named exception until its rule ends"
