"""Webhooks: list, make (the secret is shown once), calls, test, change, new secret, pause, remove. Keeps P-SEC-5."""

from __future__ import annotations

from http.client import HTTPException
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.delivery.push_calls import CALL_SECONDS
from messaging.webhooks import body, selectors, services, signature
from messaging.webhooks.forms import WebhookForm
from messaging.webhooks.models import Pause, WebhookEndpoint
from paasoo_portal.core import outbound, regions
from paasoo_portal.core.http import once
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope


@page(Permission.SEE_WEBHOOKS)
@require_safe
def webhooks(request: HttpRequest) -> HttpResponse:
    rows = [selectors.shown(found) for found in WebhookEndpoint.objects.order_by("-created_at")]
    context = {"rows": rows, "most": services.MOST, "full": len(rows) >= services.MOST}
    return render(request, "messaging/webhooks.html", _frame() | context)


@page(Permission.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_new(request: HttpRequest) -> HttpResponse:
    """The secret is shown in the answer to the POST; sending the form again makes no second webhook."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        endpoint_id = once.taken(request)
        if endpoint_id is None:
            form.add_error(None, once.LOST)
        else:
            try:
                made = services.create(
                    account_id=sitting(request).account_id,
                    endpoint_id=endpoint_id,
                    created_by_id=cast(UUID, request.user.pk),
                    **form.cleaned_data,
                )
            except services.MadeAlready as error:
                messages.info(request, str(error.user))
                return redirect("webhooks")
            except services.TooManyWebhooks as error:
                form.add_error(None, str(error.user))
            else:
                return render(
                    request, "messaging/webhook_secret.html", _frame() | {"made": made, "new": True}
                )
    context = {"form": form, "once": once.offer(request)}
    return render(request, "messaging/webhook_new.html", _frame() | context)


@page(Permission.SEE_WEBHOOKS)
@require_safe
def webhook(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """One webhook with its calls in one region."""
    found = _find(endpoint_id)
    seat = sitting(request)
    region = regions.get(_region(request, seat.account.region))
    with scope(seat.account_id, using=[region.alias]):
        calls, older = selectors.calls(region.alias, found.pk, request.GET.get("before", ""))
    query = urlencode({"region": region.code, "before": older})
    context = {
        "row": selectors.shown(found),
        "calls": calls,
        "region": region,
        "regions": [(code, _(place.name)) for code, place in settings.REGIONS.items()],
        "page": {"older": f"{reverse('webhook', args=[found.pk])}?{query}" if older else None},
    }
    return render(request, "messaging/webhook.html", _frame() | context)


@page(Permission.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_change(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    found = _find(endpoint_id)
    initial = {"url": found.url, "name": found.name, "topics": found.topics}
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change(
            account_id=found.account_id,
            endpoint_id=found.pk,
            by_id=cast(UUID, request.user.pk),
            **form.cleaned_data,
        )
        messages.success(request, _("The webhook is changed, in all regions within a few seconds."))
        return redirect("webhook", found.pk)
    return render(request, "messaging/webhook_change.html", _frame() | {"form": form, "found": found})


@page(Permission.MANAGE_WEBHOOKS, scoped=False)
@require_POST
def webhook_test(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Call it now, and say what came back. No transaction is open meanwhile."""
    with scope(sitting(request).account_id):
        found = _find(endpoint_id)
    if not ratelimit.consume(request, action="webhook_test", user=request.user):  # type: ignore[arg-type]
        messages.error(request, _("That were many tests. Wait a minute before the next."))
        return redirect("webhook", endpoint_id)
    told = body.of_test()
    headers = signature.headers(str(uuid7()), told, signature.live(found))
    status, error = None, ""
    try:
        status = outbound.fetch("POST", found.url, headers=headers, body=told, timeout=CALL_SECONDS).status
    except outbound.OutboundRefused as refused:
        error = refused.code
    except TimeoutError:
        error = "timeout"
    except (OSError, HTTPException):
        error = "no_answer"
    answer = selectors.answer_of(status, error)
    if status is not None and 200 <= status < 300:
        messages.success(request, _("The test was taken: %(answer)s.") % {"answer": answer})
    else:
        messages.error(request, _("The test was not taken: %(answer)s.") % {"answer": answer})
    return redirect("webhook", endpoint_id)


@page(Permission.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_rotate(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    found = _find(endpoint_id)
    if request.method == "POST":
        made = services.rotate(
            account_id=found.account_id, endpoint_id=found.pk, by_id=cast(UUID, request.user.pk)
        )
        return render(request, "messaging/webhook_secret.html", _frame() | {"made": made, "new": False})
    return render(request, "messaging/webhook_rotate.html", _frame() | {"row": selectors.shown(found)})


@page(Permission.MANAGE_WEBHOOKS)
@require_POST
def webhook_pause(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    """Pause it or have it work again, as the button says."""
    found = _find(endpoint_id)
    given = {"account_id": found.account_id, "endpoint_id": found.pk, "by_id": cast(UUID, request.user.pk)}
    if request.POST.get("to") == "work":
        services.resume(**given)
        messages.success(request, _("The webhook works again. What happened meanwhile was not told."))
    else:
        services.pause(**given, why=Pause.BY_HAND)
        messages.success(request, _("The webhook is paused. What happens now is not told."))
    return redirect("webhook", found.pk)


@page(Permission.MANAGE_WEBHOOKS)
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_delete(request: HttpRequest, endpoint_id: UUID) -> HttpResponse:
    found = _find(endpoint_id)
    if request.method == "POST":
        services.delete(account_id=found.account_id, endpoint_id=found.pk, by_id=cast(UUID, request.user.pk))
        messages.success(request, _("The webhook “%(name)s” is removed.") % {"name": found.name})
        return redirect("webhooks")
    return render(request, "messaging/webhook_delete.html", _frame() | {"found": found})


@page(Permission.MANAGE_WEBHOOKS)
@require_POST
def webhook_again(request: HttpRequest, endpoint_id: UUID, region: str, call_id: UUID) -> HttpResponse:
    """Make a call that ended once more."""
    if region not in settings.REGIONS:
        raise Http404
    found = _find(endpoint_id)
    alias = regions.get(region).alias
    if not services.deliver_again(alias, account_id=found.account_id, endpoint_id=found.pk, call_id=call_id):
        raise Http404
    messages.success(request, _("The call is made once more within a few seconds."))
    return redirect(f"{reverse('webhook', args=[found.pk])}?{urlencode({'region': region})}")


def _find(endpoint_id: UUID) -> WebhookEndpoint:
    """A webhook of the account in scope, which row-level security sees to."""
    found = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if found is None:
        raise Http404
    return found


def _region(request: HttpRequest, home: str) -> str:
    asked = request.GET.get("region", "")
    return asked if asked in settings.REGIONS else home


def _frame() -> dict[str, Any]:
    return {"section": "api", "tab": "webhooks"}
