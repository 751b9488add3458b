"""Accepting from the portal's pages and from REST: the door's rules, sealing and statement, in one synchronous call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
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
_NAME: Final = """
UPDATE messaging_message m SET client_ref = o.client_ref FROM unnest(%s::uuid[], %s::text[]) AS o(id, client_ref)
WHERE m.account_id = %s AND m.id = o.id AND m.id >= %s AND m.id <= %s
"""

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
    encoding: int = 0
    price: Decimal = Decimal(0)
    content_due_on: date | None = None
    number_due_on: date | None = None
    client_ref: str = ""


@dataclass(frozen=True, repr=False)
class Item:
    """One message of a request; `content_days` and `number_days` may only shorten what the account instructs."""

    to: str
    text: str
    sender: str = ""
    content_days: int | None = None
    number_days: int | None = None
    client_ref: str = ""


Outcome = Accepted | NotAccepted
# Runs in the transaction that stores the messages: what it writes stands and falls with them.
Also = Callable[[list[Outcome]], None]


def accept_messages(
    *,
    account_id: UUID,
    region: str,
    sender: str,
    recipients: list[str],
    text: str,
    api_key_id: UUID | None = None,
    content_days: int | None = None,
    also: Also | None = None,
) -> list[Accepted]:
    """Accept one message a recipient, all or none; they are sent from `region` and kept there (P-LOC-1).

    `also` is called in the transaction that stores them. Raises NotAccepted.
    """
    alias = regions.alias(region)
    with _told():
        account, prices = _look_up(alias, account_id)
        drafts = rules.prepare(account, prices, sender=sender, to=",".join(recipients), text=text)
        group, claim = _seal(alias, account, drafts, api_key_id, content_days)
        verdict = counters.check([claim])[0]
        if verdict is not SubmitCode.SUCCESS:
            raise Refused(verdict)
        accepted = [_accepted(row) for row in group]
        _store_or_release(alias, region, [claim], group, _after(alias, account_id, [*accepted], also))
    counters.wake(alias)
    return accepted


def accept_each(
    *,
    account_id: UUID,
    region: str,
    items: Sequence[Item],
    api_key_id: UUID | None = None,
    also: Also | None = None,
) -> list[Outcome]:
    """Accept what may be sent of several messages, and say of each other one why not; in the order of `items`.

    What is accepted is stored in one transaction, all or none of it. Raises NotAccepted when nothing can be judged:
    the account is closed, the region does not answer, or the balance does not cover them together.
    """
    alias = regions.alias(region)
    outcomes: list[Outcome] = [NotAccepted(SubmitCode.SYSTEM_ERROR)] * len(items)
    sealed: dict[int, tuple[rows.Row, limits.Claim]] = {}
    with _told():
        account, prices = _look_up(alias, account_id)
        for place, item in enumerate(items):
            try:
                draft = rules.prepare(account, prices, sender=item.sender, to=item.to, text=item.text)
                (row,), claim = _seal(
                    alias, account, draft[:1], api_key_id, item.content_days, item.number_days
                )
                sealed[place] = (row, claim)
            except Refused as refused:
                outcomes[place] = NotAccepted(refused.code)
        verdicts = counters.check([claim for _, claim in sealed.values()]) if sealed else []
        for (place, (row, _)), verdict in zip(list(sealed.items()), verdicts, strict=True):
            if verdict is SubmitCode.SUCCESS:
                outcomes[place] = _accepted(row, items[place].client_ref)
            else:
                outcomes[place] = NotAccepted(verdict)
                del sealed[place]
        _store_or_release(
            alias,
            region,
            [claim for _, claim in sealed.values()],
            [row for row, _ in sealed.values()],
            _after(alias, account_id, outcomes, also),
        )
    counters.wake(alias)
    return outcomes


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in words for whoever asked."""
    try:
        yield
    except Refused as refused:
        raise NotAccepted(refused.code) from refused
    except (DatabaseError, PrivacyError) as error:
        raise NotAccepted(SubmitCode.SYSTEM_ERROR) from error


def _accepted(row: rows.Row, client_ref: str = "") -> Accepted:
    return Accepted(
        row.id, row.segments, row.encoding, row.price, row.content_due_on, row.number_due_on, client_ref
    )


def _after(alias: str, account_id: UUID, outcomes: list[Outcome], also: Also | None) -> Callable[[], None]:
    """The customer's own references, which few use, and whatever the caller wants written with the messages."""

    def write() -> None:
        named = [one for one in outcomes if isinstance(one, Accepted) and one.client_ref]
        if named:
            ids = [one.id for one in named]
            with connections[alias].cursor() as cursor:
                cursor.execute(
                    _NAME, [ids, [one.client_ref for one in named], account_id, min(ids), max(ids)]
                )
        if also is not None:
            also(outcomes)

    return write


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
    number_days: int | None = None,
) -> tuple[list[rows.Row], limits.Claim]:
    at = clock.now()
    days = account.content_days if content_days is None else min(content_days, account.content_days)
    of_number = account.number_days if number_days is None else min(number_days, account.number_days)
    keeping = rules.keeping(at.date(), days, of_number)
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
    if number_days is not None:
        # Limits by recipient go by one key, whatever a message asks for itself.
        usual = rules.keeping(at.date(), account.content_days, account.number_days)
        _, number_key = keyring.fetch(alias, account.account_id, usual)
    return group, limits.claim(account.account_id, account.throttle_per_second, drafts, number_key)


def _store_or_release(
    alias: str,
    region: str,
    claims: list[limits.Claim],
    group: list[rows.Row],
    then: Callable[[], None] | None,
) -> None:
    try:
        _store(alias, region, group, then)
    except (Refused, DatabaseError):
        counters.release(claims)
        raise


def _store(alias: str, region: str, group: list[rows.Row], then: Callable[[], None] | None) -> None:
    """The door's statement. A region that runs short is filled from the balance, and asked again."""
    if not group:
        if then is not None:
            then()
        return
    (account_id,), given = rows.parameters(group)
    cost = sum((row.price * row.segments for row in group), Decimal(0))
    funded = True
    for _attempt in range(_TRIES):
        with scope(account_id, using=[alias]), connections[alias].cursor() as cursor:
            cursor.execute(rows.ACCEPT_SQL, given)
            if cursor.fetchone()[0][0]:
                if then is not None:
                    then()
                return
        if not funded:
            break
        funded = allowance.pull(account_id, region, cost)
    raise Refused(SubmitCode.QUOTA_EXCEEDED)


__all__ = ["Accepted", "Item", "NotAccepted", "Outcome", "accept_each", "accept_messages"]
