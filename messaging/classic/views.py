"""`/api/dlr`, `/api/balance` and `/api/validnumber`, as PaaSoo's clients read them.

HTTP 200 for every outcome the API itself decides; credentials never reach a log.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from messaging import numbers
from messaging.accept.codes import TEXTS, Refused, SubmitCode
from messaging.accept.rows import NUMBER, TABLE
from messaging.allowance import services as allowance
from messaging.classic import credentials, ids
from messaging.classic.statuses import dr_status
from messaging.door.parse import TooLarge
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core import regions
from paasoo_portal.core.tenancy import scope
from privacy.keys import Erased, open_sealed

Given = dict[str, str]
View = Callable[[HttpRequest, Given, regions.Region], HttpResponse]


def classic(*, as_list: bool = False) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A classic endpoint: parameters from anywhere, region by host, refusals as codes with HTTP 200."""

    def wrap(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @require_http_methods(["GET", "POST"])
        @functools.wraps(view)
        def endpoint(request: HttpRequest) -> HttpResponse:
            try:
                region = regions.by_host(request.META.get("HTTP_HOST", ""))
                return view(request, credentials.parameters(request), region)
            except regions.UnknownHost:
                return HttpResponse(status=421)
            except TooLarge:
                return HttpResponse(status=413)
            except Refused as refused:
                return _refusal(refused.code, as_list=as_list)
            except (OperationalError, InterfaceError):
                response = _refusal(SubmitCode.SYSTEM_ERROR, as_list=as_list)
                response["Retry-After"] = "1"
                return response

        return endpoint

    return wrap


@classic(as_list=True)
def dlr(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """The state of one message: an array of one object, or of none when the account has no such message."""
    if not given.get("messageid"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    caller = credentials.caller(request, given, region, "messages:read")
    account_id = caller.account.account_id
    for alias in _places(region):
        with scope(account_id, using=[alias]):
            message = _find(alias, given["messageid"])
            if message is not None:
                return JsonResponse([_report(alias, message)], safe=False)
    return JsonResponse([], safe=False)


@classic()
def balance(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """What the account may still spend, in all regions together, as a string."""
    caller = credentials.caller(request, given, region, "balance:read")
    amount = allowance.available(caller.account.account_id)
    return JsonResponse({"balance": money(amount), "currency": "EUR"})


@classic()
def validnumber(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """Whether a national number is well formed under a country code: the body is `true` or `false`."""
    if not given.get("countryCode") or not given.get("nationalNumber"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    credentials.caller(request, given, region, "numbers:lookup")
    fine = numbers.is_well_formed(given["countryCode"], given["nationalNumber"])
    return HttpResponse("true" if fine else "false", content_type="application/json")


def money(amount: Decimal) -> str:
    """At least two decimals, and as many as the amount has: "9.77", "9.7525"."""
    text = f"{amount:.5f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"


def _places(region: regions.Region) -> list[str]:
    """The host's region first. Clients ask one host for all, so the account's own call reads on in the others."""
    return [region.alias, *(alias for alias in regions.aliases() if alias != region.alias)]


def _find(alias: str, classic_id: str) -> Message | None:
    bounds = ids.bounds(classic_id)
    if bounds is None:
        return None
    return Message.objects.using(alias).filter(id__gte=bounds[0], id__lte=bounds[1]).first()


def _report(alias: str, message: Message) -> dict[str, Any]:
    state = State(message.state)
    code, word = dr_status(state)
    return {
        "type": "dlr",
        "messageid": ids.encode(message.pk),
        "to": _number(alias, message),
        "status": int(SubmitCode.SUCCESS),
        "drStatus": code,
        "drStatuscode": word,
        "drErrcode": None if message.error_code is None else str(message.error_code),
        "price": float(message.price),
        "counts": message.segments,
    }


def _number(alias: str, message: Message) -> str:
    """The number, or "" once it has been erased."""
    if message.number_sealed is None:
        return ""
    try:
        return open_sealed(
            alias,
            message.account_id,
            message.number_key_id,
            bytes(message.number_sealed),
            table=TABLE,
            column=NUMBER,
            row=message.pk,
        ).decode()
    except Erased:
        return ""


def _refusal(code: SubmitCode, *, as_list: bool) -> HttpResponse:
    if as_list:
        return JsonResponse(
            [{"type": "dlr", "status": int(code), "status_code": TEXTS[code]}], safe=False
        )
    return JsonResponse({"status": str(int(code)), "status_code": TEXTS[code]})


