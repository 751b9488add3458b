"""Reading a certificate for its page, and checking it while at it: the page never shows what it has not
verified.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paasoo_portal.core import regions
from privacy.certificates.issue import DESTRUCTION
from privacy.certificates.models import Certificate
from privacy.certificates.verify import verify
from privacy.errors import PrivacyError
from privacy.keys import signing
from privacy.keys.models import DataClass

# The certificate's own sentences are signed in English; a reader gets them in the page's language beside it.
_NOT_COVERED = (
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


@dataclass(frozen=True)
class Line:
    """Of one class: keys destroyed, the days they sealed, and how many messages those days hold."""

    label: str
    rule_days: int | None
    keys: int
    first_on: date
    last_on: date
    messages: int | None


@dataclass(frozen=True)
class Shown:
    """A certificate as its page shows it."""

    row: Certificate
    region: str
    cutoff_on: date
    lines: list[Line]
    erased_at: datetime
    unreadable_at: datetime
    irrecoverable: bool
    carry_overs: int
    delay_days: int
    last_epoch: int
    final: Certificate | None
    not_covered: tuple[str | Promise, ...]
    signed_by: str
    verified: bool
    problem: str


def read(row: Certificate) -> Shown:
    """Everything the page shows. A body that does not verify is shown with its problem."""
    body = json.loads(row.body)
    everywhere = body["everywhere"]
    verified, problem = _check(row)
    rules = body["instructed_days"]
    return Shown(
        row=row,
        region=_region_name(body["database"]),
        cutoff_on=date.fromisoformat(body["cutoff_on"]),
        lines=[_line(line, rules) for line in body["erased"]],
        erased_at=datetime.fromisoformat(body["keys_erased_at"]),
        unreadable_at=datetime.fromisoformat(body["unreadable_to_the_running_system_since"]),
        irrecoverable=everywhere["erasure"] == "irrecoverable",
        carry_overs=everywhere["after_completed_carry_overs"],
        delay_days=everywhere["then_after_days"],
        last_epoch=everywhere["last_epoch"],
        final=_final(row, body["database"], everywhere["last_epoch"]),
        not_covered=_NOT_COVERED,
        signed_by=body["signed_by"],
        verified=verified,
        problem=problem,
    )


def of_account(certificate_id: UUID, account_id: UUID) -> Certificate | None:
    """The account's certificate; the table is exempt from policies, so the account is named here."""
    return Certificate.objects.filter(pk=certificate_id, account_id=account_id).first()


def _check(row: Certificate) -> tuple[bool, str]:
    try:
        found = verify(row.body, row.signature, signing.public_key())
    except PrivacyError:
        return False, _("The vault does not answer, so the signature cannot be checked now.")
    if found.ok:
        return True, ""
    return False, _("This certificate does not verify: its text or its signature was changed.")


def _final(row: Certificate, database: str, last_epoch: int) -> Certificate | None:
    """The vault's receipt that makes the certificate final, once it is there."""
    receipts = Certificate.objects.filter(kind=DESTRUCTION, number__gt=row.number)
    for receipt in receipts.filter(body__contains=f'"{database}"').order_by("number")[:100]:
        body = json.loads(receipt.body)
        if body["database"] == database and body["epoch"] >= last_epoch:
            return receipt
    return None


def _line(line: dict[str, Any], rules: dict[str, int]) -> Line:
    return Line(
        label=str(DataClass[line["class"].upper()].label),
        rule_days=rules.get(line["class"]),
        keys=line["keys"],
        first_on=date.fromisoformat(line["first_day"]),
        last_on=date.fromisoformat(line["last_day"]),
        messages=line["messages_of_those_days"],
    )


def _region_name(alias: str) -> str:
    try:
        return regions.get(alias).label
    except KeyError:
        return alias
