"""`/api/dlr`, `/api/balance` and `/api/validnumber`, as PaaSoo's clients read them.

HTTP 200 for every outcome the API itself decides; credentials never reach a log.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.api_keys.scopes import KeyScope
from messaging import numbers
from messaging.accept.codes import TEXTS, Refused, SubmitCode
from messaging.allowance import services as allowance
from messaging.classic import credentials, reports
from messaging.classic.parse import Given, TooLarge
from messaging.pricing.amounts import money
from paasoo_portal.core import regions
from privacy.errors import PrivacyError

View = Callable[[HttpRequest, Given, regions.Region], HttpResponse]


def classic(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A classic endpoint: parameters from anywhere, region by host, refusals as codes with HTTP 200."""

    @csrf_exempt
    @never_cache
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
            return _refusal(refused.code)
        except (DatabaseError, InterfaceError, PrivacyError):
            return _refusal(SubmitCode.SYSTEM_ERROR)

    return endpoint


@classic
def dlr(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """The state of one message, in an array of one. An id that the account does not have is told like any other."""
    if not given.get("messageid"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    account_id = credentials.account(request, given, region, KeyScope.READ)
    return JsonResponse([reports.report(account_id, region, given["messageid"])], safe=False)


@classic
def balance(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """What the account may still spend, in all regions together, as a string."""
    account_id = credentials.account(request, given, region, KeyScope.BALANCE)
    return JsonResponse({"balance": money(allowance.available(account_id)), "currency": "EUR"})


@classic
def validnumber(request: HttpRequest, given: Given, region: regions.Region) -> HttpResponse:
    """Whether a national number is well formed under a country code: the body is `true` or `false`."""
    if not given.get("countryCode") or not given.get("nationalNumber"):
        raise Refused(SubmitCode.MISSING_PARAMS)
    credentials.account(request, given, region, KeyScope.LOOKUP)
    fine = numbers.is_well_formed(given["countryCode"], given["nationalNumber"])
    return HttpResponse("true" if fine else "false", content_type="application/json")


def _refusal(code: SubmitCode) -> HttpResponse:
    response = JsonResponse({"status": str(int(code)), "status_code": TEXTS[code]})
    if code is SubmitCode.SYSTEM_ERROR:
        response["Retry-After"] = "1"
    return response
