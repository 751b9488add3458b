"""What closing an account erases, and what stays: counted before anybody confirms. Keeps P-RET-5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.api_keys.models import ApiKey
from accounts.billing.models import Balance, LedgerEntry
from accounts.closure.models import AccountClosure
from accounts.teams.models import Invitation, Membership
from paasoo_portal.core import hooks
from privacy.cases import register as cases
from privacy.holds import register as holds


@dataclass(frozen=True)
class Line:
    """A kind of data and how many there are."""

    label: str | Promise
    count: int
    why: str | Promise = ""


def goes(account_id: UUID) -> list[Line]:
    """What is erased when the account closes. Needs its scope."""
    messages = sum(hooks.call("account.messages", account_id=account_id))
    return [
        Line(_("Messages, with their texts, numbers and every key that opens them"), messages),
        Line(_("Members"), Membership.objects.count()),
        Line(
            _("Open invitations"),
            Invitation.objects.filter(account_id=account_id, accepted_at=None, revoked_at=None).count(),
        ),
        Line(_("API keys"), ApiKey.objects.count()),
    ]


def stays(account_id: UUID) -> list[Line]:
    """What stays, with its reason (P-RET-4, P-RET-8). Needs the account's scope."""
    return [
        Line(
            _("Accounting records, without names"),
            LedgerEntry.objects.count(),
            _("seven years after the financial year: Companies Act 2014, s. 285, and our own accounts"),
        ),
        Line(
            _("Proof of what was instructed and erased, by random numbers alone"),
            1,
            _("seven years, so that erasure can be shown"),
        ),
        *_exceptions(account_id),
    ]


def _exceptions(account_id: UUID) -> list[Line]:
    """Copies under a named exception, and what a legal hold preserves, as far as the customer may know it."""
    found = cases.shown(account_id)
    copies = cases.copies(account_id) if found else {}
    lines = [
        Line(
            _("Copies of messages, %(count)d: %(kind)s")
            % {"count": copies.get(case.pk, 0), "kind": case.get_kind_display()},
            copies.get(case.pk, 0),
            _("until %(day)s, then they are erased") % {"day": formats.date_format(case.ends_on)},
        )
        for case in found
    ]
    return lines + [
        Line(
            _("What a legal hold preserves: %(authority)s") % {"authority": hold.authority},
            1,
            _("nobody reads it, and it is erased as soon as the hold is released"),
        )
        for hold in holds.shown(account_id)
    ]


def balance(account_id: UUID) -> object:
    """What is left to spend, or owed. Needs the account's scope."""
    return Balance.objects.filter(account_id=account_id).aggregate(amount=Sum("amount"))["amount"] or 0


def closed_before(*, before: datetime) -> list[UUID]:
    """The hook `retention.closed_accounts`: accounts whose closing was finished before an instant."""
    return list(AccountClosure.objects.filter(finished_at__lt=before).values_list("account_id", flat=True))
