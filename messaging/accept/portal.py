"""Accepting from the portal's own page: the door's rules, sealing and statement, in one synchronous call."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connections
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.accept import keyring, limits, rows, rules
from messaging.accept.codes import Refused, SubmitCode
from messaging.allowance import services as allowance
from messaging.projections.models import RegionAccount, RegionPrice
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope

_WORDS: dict[SubmitCode, Promise] = {
    SubmitCode.MISSING_PARAMS: _("Enter a text and a number"),
    SubmitCode.INVALID_NUMBER: _("This number cannot be sent to: check it and its country code"),
    SubmitCode.INVALID_SENDER: _("Enter at most 11 letters and digits, or a number, as sender"),
    SubmitCode.MESSAGE_BOMBING: _("The same text went to this number a moment ago. Wait three seconds."),
    SubmitCode.QUOTA_EXCEEDED: _("The balance does not cover this message, or the account is not open"),
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
        group = _seal(alias, account, drafts, api_key_id, content_days)
        verdict = limits.check([limits.claim(account, group, drafts)])[0]
        if verdict is not SubmitCode.SUCCESS:
            raise Refused(verdict)
        _store(alias, region, account_id, group)
    except Refused as refused:
        raise NotAccepted(refused.code) from refused
    except DatabaseError as error:
        raise NotAccepted(SubmitCode.SYSTEM_ERROR) from error
    limits.wake(alias)
    return [Accepted(row.id, row.segments) for row in group]


def _look_up(alias: str, account_id: UUID) -> tuple[rules.AccountRules, dict[tuple[str, str], object]]:
    with scope(account_id, using=[alias]):
        row = RegionAccount.objects.using(alias).filter(pk=account_id).first()
    if row is None:
        raise Refused(SubmitCode.SYSTEM_ERROR)
    prices = {
        (price.country, price.network): price.amount for price in RegionPrice.objects.using(alias).all()
    }
    return (
        rules.AccountRules(
            account_id,
            row.state == "open",
            row.default_sender,
            row.content_days,
            row.number_days,
            row.throttle_per_second,
        ),
        prices,
    )


def _seal(
    alias: str,
    account: rules.AccountRules,
    drafts: list[rules.Draft],
    api_key_id: UUID | None,
    content_days: int | None,
) -> list[rows.Row]:
    at = clock.now()
    days = account.content_days if content_days is None else min(content_days, account.content_days)
    keeping = rules.keeping(at.date(), days, account.number_days)
    content_key, number_key = keyring.fetch(alias, account.account_id, keeping)
    return [
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


def _store(alias: str, region: str, account_id: UUID, group: list[rows.Row]) -> None:
    _, parameters = rows.parameters(group)
    for attempt in (1, 2):
        with scope(account_id, using=[alias]), connections[alias].cursor() as cursor:
            cursor.execute(rows.ACCEPT_SQL, parameters)
            if cursor.fetchone()[0][0]:
                return
        cost = sum((row.price * row.segments for row in group), start=group[0].price * 0)
        if attempt == 2 or not allowance.pull(account_id, region, cost):
            raise Refused(SubmitCode.QUOTA_EXCEEDED)
    raise Refused(SubmitCode.QUOTA_EXCEEDED)


__all__ = ["Accepted", "NotAccepted", "accept_messages"]
