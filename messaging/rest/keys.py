"""Who calls: `Authorization: Bearer <key>.<secret>`, or HTTP Basic with the same two. Never logged."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from messaging.accept.callers import authorise, is_former
from messaging.accept.codes import Refused, SubmitCode
from messaging.classic.credentials import address_of, caller_of
from messaging.key_use import record as key_use
from messaging.rest.problems import Problem
from paasoo_portal.core import regions

_LONGEST: Final = 1024


@dataclass(frozen=True)
class Program:
    """The calling program: its account, its key, and the region whose host it called."""

    account_id: UUID
    key_id: UUID
    scopes: frozenset[str]
    region: regions.Region
    is_authenticated: bool = True


class KeyAuthentication(BaseAuthentication):
    """By API key. A caller without a valid one is told the same whatever is wrong with it."""

    def authenticate(self, request: Request) -> tuple[Program, None]:
        key, secret = credentials(request)
        region = region_of(request._request)
        caller = caller_of(region.alias, key)
        if caller is not None:
            # For the handler: a refusal of a known key is kept for its customer.
            request._request.caller = (region, caller)  # type: ignore[attr-defined]
        scope = next(iter(caller.scopes), "") if caller is not None else ""
        try:
            known = authorise(caller, secret, scope, lambda: address_of(request._request))
        except Refused as refused:
            name = "address-not-allowed" if refused.code is SubmitCode.UNAUTHORIZED_IP else "unauthorized"
            raise Problem(name) from refused
        former = is_former(known, secret)
        key_use.used(region.alias, known, former=former, address=address_of(request._request))
        return Program(known.account.account_id, known.key_id, known.scopes, region), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="PaaSoo"'


class HasScope(BasePermission):
    """The view names the scope of each method: `scopes = {"GET": …}`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = getattr(view, "scopes", {}).get(request.method or "")
        if needed is not None and needed not in request.user.scopes:
            raise Problem("scope-missing", scope=str(needed))
        return True


def credentials(request: Request) -> tuple[str, str]:
    """The key and the secret. Raises Problem."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    text = rest.strip()
    if scheme.lower() == "basic" and len(text) <= _LONGEST:
        try:
            text = base64.b64decode(text, validate=True).decode().replace(":", ".", 1)
        except (binascii.Error, UnicodeDecodeError, ValueError):
            text = ""
    elif scheme.lower() != "bearer":
        text = ""
    key, found, secret = text[:_LONGEST].partition(".")
    if not (key and found and secret):
        raise Problem("unauthorized")
    return key, secret


def region_of(request: HttpRequest) -> regions.Region:
    """The region that answers on the host (P-LOC-1). Raises Problem."""
    try:
        return regions.by_host(request.META.get("HTTP_HOST", ""))
    except regions.UnknownHost as error:
        raise Problem("not-found") from error
