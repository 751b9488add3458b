"""The page on which staff accept the duty; until then the staff pages lead here."""

from __future__ import annotations

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.duty import services


class DutyForm(forms.Form):
    agreed = forms.BooleanField(
        label=_("I have read it and accept it"),
        error_messages={"required": _("Without your acceptance nobody’s data can be shown to you")},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def staff_duty(request: HttpRequest) -> HttpResponse:
    if not request.user.is_staff:
        raise Http404
    form = DutyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        services.accept(request.user.pk)
        return redirect("admin:index")
    return render(request, "accounts/duty.html", {"form": form, "version": services.TEXT_VERSION})
