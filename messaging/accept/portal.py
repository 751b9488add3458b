"""Accepting from the portal's own page: the door's rules, sealing and statement, in one synchronous call."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import DatabaseError, connections
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.teams.models import AccountState
from messaging.accept import counters, keyring, limits, rows, rules
from messaging.accept.codes import Refused, SubmitCode
from messaging.allowance import services as allowance
from messaging.projections.models import RegionAccount, RegionPrice
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope
from privacy.errors import PrivacyError

_TRIES: Final = 4

_WORDS: dict[SubmitCode, Promise | str] = {
    SubmitCode.MISSING_PARAMS: _("Enter a text and a number"),
    SubmitCode.INVALID_NUMBER: _("This number cannot be sent to: check it and its country code"),
    SubmitCode.INVALID_SENDER: _("Enter at most 11 letters and digits, or a number, as sender"),
    SubmitCode.MESSAGE_BOMBING: _("The same text went to this number a moment ago. Wait three seconds."),
    SubmitCode.QUOTA_EXCEEDED: _("The balance does not cover this message, or the account is not open"),
    SubmitCode.INVALID_CREDENTIALS: _("This account is closed"),
    SubmitCode.THROTTLED: _("Your account sends too fast just now. Try again in a second."),
    SubmitCode.SYSTEM_ERROR: _("This region cannot take messages just now. Nothing was sent; try again."),
}


class NotAccepted(Exception):
    """Nothing was sent; `user` says why and what to do."""

    def __init__(self, code: SubmitCode) -> None:
        super().__init__(f"not accepted: {code.name}")
        self.code, self.user = code, _WORDS[code]


@dataclass(frozen=True)
class Accepted:
    id: UUID
    segments: int


def accept_messages(
    *,
    account_id: UUID,
    region: str,
    sender: str,
    recipients: list[str],
    text: str,
    api_key_id: UUID | None = None,
    content_days: int | None = None,
) -> list[Accepted]:
    """Accept one message a recipient, all or none; they are sent from `region` and kept there (P-LOC-1).

    `content_days` may only shorten what the account instructs. Raises NotAccepted.
    """
    alias = regions.alias(region)
    try:
        account, prices = _look_up(alias, account_id)
        drafts = rules.prepare(account, prices, sender=sender, to=",".join(recipients), text=text)
        group, claim = _seal(alias, account, drafts, api_key_id, content_days)
        _store_within_limits(alias, region, claim, group)
    except Refused as refused:
        raise NotAccepted(refused.code) from refused
    except (DatabaseError, PrivacyError) as error:
        raise NotAccepted(SubmitCode.SYSTEM_ERROR) from error
    counters.wake(alias)
    return [Accepted(row.id, row.segments) for row in group]


def _look_up(alias: str, account_id: UUID) -> tuple[rules.AccountRules, rules.Prices]:
    with scope(account_id, using=[alias]):
        row = RegionAccount.objects.using(alias).filter(pk=account_id).first()
    if row is None:
        raise Refused(SubmitCode.SYSTEM_ERROR)
    if row.state == AccountState.CLOSED:
        raise Refused(SubmitCode.INVALID_CREDENTIALS)
    prices = RegionPrice.objects.using(alias).values_list("country", "network", "amount")
    return (
        rules.AccountRules(
            account_id,
            row.state == AccountState.OPEN,
            row.default_sender,
            row.content_days,
            row.number_days,
            row.throttle_per_second,
        ),
        {(country, network): amount for country, network, amount in prices},
    )


def _seal(
    alias: str,
    account: rules.AccountRules,
    drafts: list[rules.Draft],
    api_key_id: UUID | None,
    content_days: int | None,
) -> tuple[list[rows.Row], limits.Claim]:
    at = clock.now()
    days = account.content_days if content_days is None else min(content_days, account.content_days)
    keeping = rules.keeping(at.date(), days, account.number_days)
    content_key, number_key = keyring.fetch(alias, account.account_id, keeping)
    group = [
        rows.build(
            draft,
            account_id=account.account_id,
            api_key_id=api_key_id,
            keeping=keeping,
            content_key=content_key,
            number_key=number_key,
            at=at,
        )
        for draft in drafts
    ]
    return group, limits.claim(account.account_id, account.throttle_per_second, drafts, number_key)


def _store_within_limits(alias: str, region: str, claim: limits.Claim, group: list[rows.Row]) -> None:
    verdict = counters.check([claim])[0]
    if verdict is not SubmitCode.SUCCESS:
        raise Refused(verdict)
    try:
        _store(alias, region, group)
    except (Refused, DatabaseError):
        counters.release([claim])
        raise


def _store(alias: str, region: str, group: list[rows.Row]) -> None:
    """The door's statement. A region that runs short is filled from the balance, and asked again."""
    (account_id,), given = rows.parameters(group)
    cost = sum((row.price * row.segments for row in group), Decimal(0))
    funded = True
    for _attempt in range(_TRIES):
        with scope(account_id, using=[alias]), connections[alias].cursor() as cursor:
            cursor.execute(rows.ACCEPT_SQL, given)
            if cursor.fetchone()[0][0]:
                return
        if not funded:
            break
        funded = allowance.pull(account_id, region, cost)
    raise Refused(SubmitCode.QUOTA_EXCEEDED)


__all__ = ["Accepted", "NotAccepted", "accept_messages"]
