"""API keys: list, make (a secret is shown once), one with its two secrets, change, revoke by a page of its own."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.api_keys import selectors, services
from accounts.api_keys.forms import ApiKeyForm, KeyChangeForm
from accounts.api_keys.models import ApiKey
from accounts.permissions import Permission, page
from accounts.seats import sitting
from paasoo_portal.core.http import once


@page(Permission.SEE_API_KEYS)
@require_safe
def api_keys(request: HttpRequest) -> HttpResponse:
    working, ended = selectors.keys_shown()
    context = {"section": "api", "working": working, "ended": ended}
    return render(request, "accounts/api_keys.html", context)


@page(Permission.MANAGE_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_new(request: HttpRequest) -> HttpResponse:
    """The secret is drawn in the answer to the POST and stored nowhere; sending the form again makes no
    second key.
    """
    form = ApiKeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        seat, key_id = sitting(request), once.taken(request)
        if key_id is None:
            form.add_error(None, once.LOST)
        else:
            try:
                made = services.create_api_key(
                    account_id=seat.account.pk,
                    key_id=key_id,
                    created_by_id=request.user.pk,
                    **form.service_arguments(),
                )
            except services.MadeAlready as error:
                messages.info(request, str(error.user))
                return redirect("api_keys")
            context = {"section": "api", "made": made, "region": seat.account.region}
            return render(request, "accounts/api_key_made.html", context)
    context = {"section": "api", "form": form, "once": once.offer(request)}
    return render(request, "accounts/api_key_new.html", context)


@page(Permission.SEE_API_KEYS)
@require_safe
def api_key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    context = _frame() | {"row": selectors.shown(_find(key_id)), "region": sitting(request).account.region}
    return render(request, "accounts/api_key.html", context)


@page(Permission.MANAGE_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_change(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = _find(key_id)
    if key.revoked_at is not None:
        return redirect("api_key", key_id)
    initial = {"name": key.name, "scopes": key.scopes, "ip_allow": "\n".join(key.ip_allow)}
    form = KeyChangeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_api_key(
            account_id=key.account_id,
            key_id=key_id,
            by_id=cast(UUID, request.user.pk),
            **form.cleaned_data,
        )
        messages.success(request, _("The key is changed, in all regions within a few seconds."))
        return redirect("api_key", key_id)
    return render(request, "accounts/api_key_change.html", _frame() | {"key": key, "form": form})


@page(Permission.MANAGE_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_secret(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """A second secret, shown in the answer to the POST; sending the form again makes no third."""
    key = _find(key_id)
    if key.revoked_at is not None:
        return redirect("api_key", key_id)
    if request.method == "POST":
        try:
            made = services.add_secret(
                account_id=key.account_id, key_id=key_id, by_id=cast(UUID, request.user.pk)
            )
        except services.TwoSecrets as error:
            messages.error(request, str(error.user))
            return redirect("api_key", key_id)
        return render(request, "accounts/api_key_made.html", _frame() | {"made": made, "second": True})
    return render(request, "accounts/api_key_secret.html", _frame() | {"key": key})


@page(Permission.MANAGE_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_former(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Stop the former secret, after a page that says when it was last used."""
    key = _find(key_id)
    if not key.former_hash:
        return redirect("api_key", key_id)
    if request.method == "POST":
        services.stop_former_secret(
            account_id=key.account_id, key_id=key_id, by_id=cast(UUID, request.user.pk)
        )
        messages.success(request, _("The former secret is stopped."))
        return redirect("api_key", key_id)
    return render(request, "accounts/api_key_former.html", _frame() | {"key": key})


@page(Permission.MANAGE_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    key = _find(key_id)
    if request.method == "POST":
        services.revoke_api_key(
            account_id=sitting(request).account.pk, key_id=key_id, revoked_by_id=request.user.pk
        )
        messages.success(request, _("The key “%(name)s” is revoked.") % {"name": key.name})
        return redirect("api_keys")
    if key.revoked_at is not None:
        return redirect("api_keys")
    return render(request, "accounts/api_key_revoke.html", {"section": "api", "key": key})


def _find(key_id: UUID) -> ApiKey:
    """A key of the account in scope, which row-level security sees to."""
    key = ApiKey.objects.select_related("created_by").filter(pk=key_id).first()
    if key is None:
        raise Http404
    return key


def _frame() -> dict[str, str]:
    return {"section": "api", "tab": "keys"}
