"""One's own profile: name, language, time zone, and how one signs in."""

from __future__ import annotations

from typing import cast

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people import services
from accounts.people.forms import ProfileForm
from accounts.people.models import Person
from paasoo_portal.core.http.back import back


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    initial = {"name": person.name, "language": person.language, "timezone": person.timezone}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_profile(person, **form.cleaned_data)
        with translation.override(person.language):
            messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    kinds = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    context = {
        "form": form,
        "app": Authenticator.Type.TOTP in kinds,
        "key": Authenticator.Type.WEBAUTHN in kinds,
    }
    return render(request, "accounts/profile.html", context)


@login_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Every page's foot: go on in another language, on the page where one was."""
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseBadRequest()
    services.change_language(cast(Person, request.user), code)
    return back(request, otherwise=reverse("profile"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions_end(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        person = cast(Person, request.user)
        services.end_sessions(person)
        update_session_auth_hash(request, person)
        messages.success(request, _("You are signed out everywhere else."))
        return redirect("profile")
    return render(request, "accounts/sessions_end.html")
