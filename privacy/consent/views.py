"""The notice's form, the settings page, and the browser signal's own address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paasoo_portal.core.http.back import back
from privacy.consent import register
from privacy.consent.choices import set_cookies, standing
from privacy.consent.models import ConsentRecord, How
from privacy.consent.register import LABELS, MEANINGS, Purpose
from privacy.consent.services import choose

_SHOWN = 50


class ChoicesForm(forms.Form):
    """A pair of radios for each purpose; they start at No."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for purpose in Purpose:
            self.fields[purpose] = forms.ChoiceField(
                label=str(LABELS[purpose]),
                help_text=str(MEANINGS[purpose]),
                choices=[("no", gettext_lazy("No")), ("yes", gettext_lazy("Yes"))],
                widget=forms.RadioSelect,
                initial="no",
                error_messages={"required": gettext_lazy("Choose yes or no")},
            )

    def granted(self) -> frozenset[Purpose]:
        return frozenset(purpose for purpose in Purpose if self.cleaned_data[purpose] == "yes")


@require_http_methods(["GET", "HEAD", "POST"])
def cookies(request: HttpRequest) -> HttpResponse:
    """The register as a table, and the choices."""
    now = standing(request)
    if request.method == "POST":
        form = ChoicesForm(request.POST)
        if form.is_valid():
            # Said by the address: a message would set the session's cookie for who never signed in.
            response = redirect(f"{reverse('cookies')}?saved=1")
            _keep(request, response, form.granted(), How.SETTINGS)
            return response
    else:
        form = ChoicesForm(initial={purpose: "yes" if now.allows(purpose) else "no" for purpose in Purpose})
    return render(
        request,
        "consent/cookies.html",
        {
            "form": form,
            "saved": request.method != "POST" and "saved" in request.GET,
            "signal": now.signal,
            "choice": now.choice,
            "needed": [cookie for cookie in register.cookies() if cookie.purpose is None],
            "optional": [cookie for cookie in register.cookies() if cookie.purpose is not None],
            "records": _records(request),
        },
    )


# Every page holds this form, so it bears no token: one would set a cookie before anybody chose. The browser's word on
# where the form stood takes its place.
@csrf_exempt
@require_POST
def cookie_choice(request: HttpRequest) -> HttpResponse:
    """The notice's two buttons."""
    response = back(request, otherwise="/")
    if _from_here(request) and request.POST.get("answer") in {"yes", "no"}:
        granted = frozenset(Purpose) if request.POST["answer"] == "yes" else frozenset[Purpose]()
        _keep(request, response, granted, How.BANNER)
        return response
    return redirect("cookies")


@require_safe
def gpc(request: HttpRequest) -> JsonResponse:
    """That the site honours the Global Privacy Control (P-CON-2)."""
    return JsonResponse({"gpc": True, "lastUpdate": "2026-11-24"})


def _keep(request: HttpRequest, response: HttpResponseBase, granted: frozenset[Purpose], how: How) -> None:
    choice = choose(
        standing(request), granted, how=how, person_id=_person(request), language=get_language() or "en"
    )
    set_cookies(response, choice)


def _from_here(request: HttpRequest) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return urlsplit(origin).netloc == request.get_host()


def _person(request: HttpRequest) -> UUID | None:
    return request.user.pk if request.user.is_authenticated else None


def _records(request: HttpRequest) -> list[ConsentRecord]:
    """What was chosen before: by the signed-in person, and under this browser's number."""
    person, choice = _person(request), standing(request).choice
    if person is not None:
        found = ConsentRecord.objects.filter(person_id=person)
    elif choice is not None and choice.visitor_id is not None:
        found = ConsentRecord.objects.filter(visitor_id=choice.visitor_id)
    else:
        return []
    return list(found.order_by("-at")[:_SHOWN])
