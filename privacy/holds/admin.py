"""Legal holds, for the privacy officer: placed and released with a check page, never edited. Keeps P-RET-9."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from paasoo_portal.core import clock, directory
from privacy.holds import services
from privacy.holds.forms import HoldForm
from privacy.holds.models import LegalHold
from privacy.holds.services import HoldRefused
from privacy.keys.models import DataClass


@admin.register(LegalHold)
class LegalHoldAdmin(admin.ModelAdmin):
    list_display = ("reference", "authority", "account", "days", "preserved", "review_on", "released_at")
    ordering = ("released_at", "review_on")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_lazy("account"))
    def account(self, hold: LegalHold) -> str:
        return directory.label("account", hold.account_id)

    @admin.display(description=_lazy("days"))
    def days(self, hold: LegalHold) -> str:
        return f"{hold.first_day} – {hold.last_day or '…'}"

    @admin.display(description=_lazy("what is preserved"))
    def preserved(self, hold: LegalHold) -> str:
        return ", ".join(hold.labels)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Form, check page, and then the hold."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"account_id": request.GET.get("account", "")}
        form = HoldForm(request.POST if request.method == "POST" else None, initial=initial)
        step = request.POST.get("step", "")
        if step == "place" and form.is_valid():
            made = self._place(request, form)
            if made is not None:
                return redirect("admin:privacy_legalhold_change", made.pk)
        checked = step == "check" and form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Place a legal hold"),
            "form": form,
            "check": checked,
            "account": directory.label("account", form.cleaned_data["account_id"]) if checked else "",
            "labels": [DataClass(one).label for one in form.cleaned_data["classes"]] if checked else [],
        }
        return TemplateResponse(request, "admin/privacy/legalhold/place.html", context)

    def _place(self, request: HttpRequest, form: HoldForm) -> LegalHold | None:
        try:
            made = services.place(**form.cleaned_data, by_id=request.user.pk)
        except HoldRefused as error:
            form.add_error(None, str(error.user))
            return None
        messages.success(request, _("The hold is in force. The customer sees it on the retention page."))
        return made

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What it covers; and its release, in two steps."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = LegalHold.objects.filter(pk=_uuid(object_id)).first()
        if found is None:
            raise Http404
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.POST.get("step") == "release":
                return self._release(request, found)
        context = {
            **self.admin_site.each_context(request),
            "title": str(found),
            "found": found,
            "account": directory.label("account", found.account_id),
            "placed_by": directory.label("person", found.placed_by_id) if found.placed_by_id else "",
            "released_by": directory.label("person", found.released_by_id) if found.released_by_id else "",
            "may_release": found.released_at is None and self.has_change_permission(request),
            "check": request.POST.get("step") == "check",
            "overdue": found.released_at is None and found.review_on <= clock.today(),
        }
        return TemplateResponse(request, "admin/privacy/legalhold/one.html", context)

    def _release(self, request: HttpRequest, found: LegalHold) -> HttpResponse:
        try:
            released = services.release(found.pk, by_id=request.user.pk)
        except HoldRefused as error:
            messages.error(request, str(error.user))
        else:
            told = _("Released. What is due is being erased now.")
            messages.success(request, told if released else _("It was released before."))
        return redirect("admin:privacy_legalhold_change", found.pk)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
