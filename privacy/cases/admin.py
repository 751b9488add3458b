"""Named exceptions, for support and privacy officers: opened, extended once and closed, each with a check page. Keeps P-RET-8."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from paasoo_portal.core import directory
from paasoo_portal.core.staff import OfAccountsAdmin, StaffAdmin
from privacy.cases import register, services
from privacy.cases.forms import CaseForm, ExtendForm
from privacy.cases.models import Case, CaseRule
from privacy.disclosure import extracts
from privacy.errors import PrivacyError
from privacy.holds.masking import mask


@admin.register(CaseRule)
class CaseRuleAdmin(StaffAdmin):
    """Rules are data with effective dates: a new one is added, what was in force stays readable."""

    list_display = (
        "kind",
        "days",
        "extension_days",
        "with_number",
        "with_content",
        "most",
        "officer_only",
        "effective_on",
    )
    ordering = ("kind", "-effective_on")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Case)
class CaseAdmin(OfAccountsAdmin):
    list_display = ("case", "account", "days", "opened_at", "ends_on", "is_over")
    ordering = ("-opened_at",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_lazy("case"))
    def case(self, found: Case) -> str:
        return str(found)

    @admin.display(description=_lazy("account"))
    def account(self, found: Any) -> str:
        return str(found.account_name)

    @admin.display(description=_lazy("days"))
    def days(self, found: Case) -> str:
        return f"{found.first_day} – {found.last_day}"

    @admin.display(description=_lazy("over"), boolean=True)
    def is_over(self, found: Case) -> bool:
        return not found.is_open

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Form, check page with what the kind's rule says, and then the case."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        initial = {"account_id": request.GET.get("account", "")}
        form = CaseForm(request.POST if request.method == "POST" else None, initial=initial)
        step = request.POST.get("step", "")
        if step == "open" and form.is_valid():
            made = self._open(request, form)
            if made is not None:
                return redirect("admin:privacy_case_change", made.pk)
        checked = step == "check" and form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Open a case"),
            "form": form,
            "check": checked,
            "rule": register.rule_of(form.cleaned_data["kind"]) if checked else None,
            "account": directory.label("account", form.cleaned_data["account_id"]) if checked else "",
            "number": mask(form.cleaned_data["number"]) if checked else "",
        }
        return TemplateResponse(request, "admin/privacy/case/open.html", context)

    def _open(self, request: HttpRequest, form: CaseForm) -> Case | None:
        guarded = request.user.has_perm("privacy.open_guarded_case")
        try:
            made = services.open_case(**form.cleaned_data, by_id=_me(request), guarded=guarded)
        except PrivacyError as error:
            form.add_error(None, str(error.user))
            return None
        messages.success(
            request, _("Copies are being made. The customer sees the case on the retention page.")
        )
        return made

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = _found(object_id)
        step = request.POST.get("step", "")
        if step and not self.has_change_permission(request):
            raise PermissionDenied
        form = ExtendForm(request.POST if step in {"check_extend", "extend"} else None)
        if step in {"close", "prepare"} or (step == "extend" and form.is_valid()):
            return self._decide(request, found, step, form)
        context = {
            **self.admin_site.each_context(request),
            "title": str(found),
            "found": found,
            "account": directory.label("account", found.account_id),
            "number": mask(found.number or ""),
            "opened_by": directory.label("person", found.opened_by_id) if found.opened_by_id else "",
            "extracts": extracts.of(found.pk),
            "copies": register.copies(found.account_id).get(found.pk, 0),
            "form": form,
            "check": "extend" if step == "check_extend" and form.is_valid() else step.removeprefix("check_"),
            "may_close": found.is_open and self.has_change_permission(request),
            "may_extend": found.is_open
            and found.extended_at is None
            and found.extension_days > 0
            and self.has_change_permission(request),
        }
        if context["check"] == "extend" and not form.is_valid():
            context["check"] = ""
        return TemplateResponse(request, "admin/privacy/case/one.html", context)

    def _decide(self, request: HttpRequest, found: Case, step: str, form: ExtendForm) -> HttpResponse:
        try:
            if step == "prepare":
                services.prepare(found.pk, by_id=_me(request))
                messages.success(request, _("A file is being made. Somebody else has to release it."))
            elif step == "close":
                services.close(found.pk, by_id=_me(request))
                messages.success(request, _("Closed. The copies are being erased now."))
            else:
                services.extend(found.pk, reason=form.cleaned_data["reason"], by_id=_me(request))
                messages.success(request, _("Extended. It cannot be extended again."))
        except PrivacyError as error:
            messages.error(request, str(error.user))
        return redirect("admin:privacy_case_change", found.pk)


def _found(object_id: str) -> Case:
    try:
        return Case.objects.get(pk=UUID(object_id))
    except (ValueError, Case.DoesNotExist):
        raise Http404 from None


def _me(request: HttpRequest) -> UUID:
    return cast(UUID, request.user.pk)
