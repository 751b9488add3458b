"""Who calls: `key` and `secret` of the classic API, judged by the door's own rules. Never logged."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from messaging.accept.codes import Refused, SubmitCode
from messaging.accept.rules import AccountRules
from messaging.door import parse
from messaging.door.projections import Caller, authorise
from messaging.projections.models import RegionKey
from paasoo_portal.core import regions
from paasoo_portal.core.http.client_ip import client_ip


def parameters(request: HttpRequest) -> dict[str, str]:
    """The parameters of a classic call: the query's, then the body's, whatever the method."""
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    return parse.parameters(query, request.body, request.headers.get("Content-Type", ""))


def caller(request: HttpRequest, given: dict[str, str], region: regions.Region, scope: str) -> Caller:
    """The caller, from the region's projection. Raises Refused."""
    if not given.get("key") or not given.get("secret"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    row = RegionKey.objects.using(region.alias).filter(pk=given["key"][:16]).first()
    found = row and Caller(
        row.key_id,
        row.secret_hash,
        frozenset(row.scopes),
        tuple(row.ip_allow),
        row.expires_at,
        row.revoked_at,
        # These calls ask for nothing of the account's rules but its id.
        AccountRules(row.account_id, True, "", 0, 0, 0),
    )
    forwarded = request.headers.get("X-Forwarded-For", "")
    address = client_ip(request.META.get("REMOTE_ADDR", ""), forwarded, settings.ALLAUTH_TRUSTED_PROXY_COUNT)
    return authorise(found or None, given["secret"], address, scope)
