"""Who calls: `key` and `secret` of the classic API, judged by the door's own rules. Never logged."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from accounts.teams.models import AccountState
from messaging.accept.callers import LONGEST_KEY, Caller, authorise, is_former
from messaging.accept.codes import Refused, SubmitCode
from messaging.accept.rules import AccountRules
from messaging.classic import parse
from messaging.key_use import record as key_use
from messaging.projections.models import RegionAccount, RegionKey
from paasoo_portal.core import regions
from paasoo_portal.core.http.client_ip import Address, client_ip
from paasoo_portal.core.tenancy import scope as account_scope

_NOBODY = UUID(int=0)


def parameters(request: HttpRequest) -> parse.Given:
    """The parameters of a classic call: the query's, then the body's, whatever the method. Raises TooLarge."""
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    return parse.parameters(query, request.body, request.headers.get("Content-Type", ""))


def account(request: HttpRequest, given: parse.Given, region: regions.Region, scope: str) -> UUID:
    """The caller's account, by the region's projection. Raises Refused."""
    if not given.get("key") or not given.get("secret"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    found = caller_of(region.alias, given["key"])
    known = authorise(found, given["secret"], scope, lambda: address_of(request))
    former = is_former(known, given["secret"])
    key_use.used(region.alias, known, former=former, address=address_of(request))
    return known.account.account_id


def caller_of(alias: str, key: str) -> Caller | None:
    """An unknown key takes the same queries as a known one."""
    row = RegionKey.objects.using(alias).filter(pk=key[:LONGEST_KEY]).first()
    account_id = row.account_id if row is not None else _NOBODY
    with account_scope(account_id, using=[alias]):
        known = RegionAccount.objects.using(alias).filter(pk=account_id).first()
    if row is None or known is None or row.key != key:
        return None
    # These calls ask for nothing of the account's rules but whether it still is one.
    rules = AccountRules(account_id, True, "", 0, 0, 0, known.state == AccountState.CLOSED)
    return Caller(
        row.key_id,
        row.secret_hash,
        row.former_hash,
        frozenset(row.scopes),
        tuple(row.ip_allow),
        row.expires_at,
        row.revoked_at,
        rules,
    )


def address_of(request: HttpRequest) -> Address | None:
    forwarded = request.headers.get("X-Forwarded-For", "")
    return client_ip(request.META.get("REMOTE_ADDR", ""), forwarded, settings.ALLAUTH_TRUSTED_PROXY_COUNT)
