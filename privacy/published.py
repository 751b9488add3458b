"""What staff publish and nobody edits: a form, a page that says what would change, the publication. Keeps P-RET-11."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from paasoo_portal.core.staff import StaffAdmin


@dataclass(frozen=True)
class Publication:
    """What is published: its form and page, who judges what the form says, and who writes it."""

    form: type[forms.Form]
    title: str | Promise
    template: str
    done: str | Promise
    # Both raise ValidationError for what will not do.
    judge: Callable[[dict[str, Any]], None]
    publish: Callable[[dict[str, Any], UUID | None], object]
    # What the page says of what holds today.
    compared: Callable[[dict[str, Any]], dict[str, Any]]


class PublishedAdmin(StaffAdmin):
    """Never edited and never deleted: what changes is published anew, from a day on."""

    publication: ClassVar[Publication]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, the page that says what would change, and the publication."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.publication.form(request.POST if request.method == "POST" else None)
        step = request.POST.get("step", "")
        if step == "publish" and form.is_valid() and self._publish(request, form):
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        checked = step == "check" and form.is_valid() and self._judged(form)
        context = {
            **self.admin_site.each_context(request),
            "title": self.publication.title,
            "form": form,
            "check": checked,
            **(self.publication.compared(form.cleaned_data) if checked else {}),
        }
        return TemplateResponse(request, self.publication.template, context)

    def _judged(self, form: forms.Form) -> bool:
        try:
            self.publication.judge(form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        return form.is_valid()

    def _publish(self, request: HttpRequest, form: forms.Form) -> bool:
        try:
            self.publication.publish(form.cleaned_data, request.user.pk)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return False
        messages.success(request, str(self.publication.done))
        return True
