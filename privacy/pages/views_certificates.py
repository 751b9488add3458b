"""Certificates: an account's own, each as a page and as a file; and for everybody the check of a file and the chain's
head. Keeps P-RET-2, P-RET-7.
"""

from __future__ import annotations

import logging
from typing import Any, Final
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from paasoo_portal.core import clock
from paasoo_portal.core.http.pages import page, seat
from privacy.certificates import published
from privacy.certificates.check import check
from privacy.certificates.envelope import Envelope, Published
from privacy.certificates.models import Certificate
from privacy.errors import PrivacyError
from privacy.pages import certificate as reading
from privacy.pages import certificate_list
from privacy.pages.certificate_list import CertificateFilter
from privacy.pages.check_form import CheckForm

log = logging.getLogger(__name__)

_HEAD_SECONDS: Final = 60


@page("see_certificates")
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    account_id = seat(request).account_id
    form = CertificateFilter(request.GET, certificate_list.kinds_of(account_id))
    found = certificate_list.listing(
        account_id, form, before=_number(request, "before"), after=_number(request, "after")
    )
    return render(request, "privacy/certificates.html", {"section": "privacy", "form": form, "found": found})


@page("see_certificates")
@require_safe
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    shown = reading.read(_found(request, certificate_id))
    context = {
        "section": "privacy",
        "certificate": shown,
        "now": clock.now(),
        "checks": reading.checks_shown(shown.verdict.checks) if shown.verdict else [],
        "check_address": f"{settings.PORTAL_URL}{reverse('certificate_check')}",
    }
    return render(request, "privacy/certificate.html", context)


@page("see_certificates")
@require_safe
def certificate_file(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """The certificate as anybody can check it."""
    row = _found(request, certificate_id)
    response = HttpResponse(published.envelope(row).write(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="paasoo-certificate-{row.number}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def certificate_check(request: HttpRequest) -> HttpResponse:
    """The verdict on a file, for whoever has one. It is looked at and forgotten."""
    if request.method != "POST":
        return render(request, "privacy/certificate_check.html", {"form": CheckForm(None), "head": _head()})
    if not ratelimit.consume(request, action="certificate_check"):
        return render(request, "429.html", {"request_id": ""}, status=429)
    form = CheckForm(request.POST, request.FILES)
    context: dict[str, Any] = {"form": form}
    if form.is_valid() and form.read is not None:
        head = _head(form.read)
        verdict = check(form.read, published=head)
        shown = reading.summary(verdict.content) if verdict.genuine else None
        context = {
            "form": CheckForm(None),
            "verdict": verdict,
            "checks": reading.checks_shown(verdict.checks),
            "shown": shown,
        }
        return render(request, "privacy/certificate_check.html", context | {"head": head})
    return render(request, "privacy/certificate_check.html", context | {"head": _head()})


@require_safe
def certificate_head(request: HttpRequest) -> JsonResponse:
    """The chain's head, for everybody, with the proofs asked for by `since` and `includes`."""
    asked = {name: request.GET[name] for name in ("since", "includes") if name in request.GET}
    numbers = {name: _number(request, name) for name in asked}
    if None in numbers.values():
        return JsonResponse({"error": "since and includes are numbers of certificates"}, status=400)
    try:
        found = published.published(**numbers)
    except published.NotInChain:
        return JsonResponse({"error": "the chain has no such number"}, status=404)
    except PrivacyError as error:
        log.error("the chain's head cannot be signed", extra={"because": error.log})
        return JsonResponse({"error": "the head cannot be signed at the moment"}, status=503)
    response = JsonResponse(found.as_dict(), json_dumps_params={"indent": 2})
    response["Cache-Control"] = f"public, max-age={_HEAD_SECONDS}"
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _head(file: Envelope | None = None) -> Published | None:
    """The published head, proven from the file's where it can be; None when there is none at the moment."""
    since = None if file is None or file.head.number > published.size() else file.head.number
    try:
        return published.published(since=since)
    except PrivacyError as error:
        log.warning("no head to check a certificate by", extra={"because": error.log})
        return None


def _found(request: HttpRequest, certificate_id: UUID) -> Certificate:
    row = reading.of_account(certificate_id, seat(request).account_id)
    if row is None:
        raise Http404
    return row


def _number(request: HttpRequest, name: str) -> int | None:
    """The number of a certificate; anything else is as good as none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
