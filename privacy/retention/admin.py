"""Bounds of retention in the staff pages: what holds and what will, and publishing a new one in two steps. Keeps P-RET-11."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy.keys.models import DataClass
from privacy.retention import bounds, publishing
from privacy.retention.bounds import Bound
from privacy.retention.models import RetentionBound


class BoundForm(forms.Form):
    """What staff say of a new bound; the service judges it."""

    data_class = forms.TypedChoiceField(
        label=gettext_lazy("Data class"), choices=DataClass.choices, coerce=int, empty_value=None
    )
    default_days = forms.IntegerField(label=gettext_lazy("Default (days)"), min_value=0, max_value=3650)
    floor_days = forms.IntegerField(label=gettext_lazy("Floor (days)"), min_value=0, max_value=3650)
    ceiling_days = forms.IntegerField(label=gettext_lazy("Ceiling (days)"), min_value=0, max_value=3650)
    effective_on = forms.DateField(
        label=gettext_lazy("Holds from"),
        help_text=gettext_lazy(
            "A UTC day, as 2027-01-31. What lets data go earlier is announced a month before."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Law or clause behind it"),
        max_length=500,
        help_text=gettext_lazy("Customers read it on their retention page."),
    )


@admin.register(RetentionBound)
class RetentionBoundAdmin(admin.ModelAdmin):
    """Never edited and never deleted: what changes is published anew, from a day on."""

    list_display = (
        "data_class",
        "effective_on",
        "default_days",
        "floor_days",
        "ceiling_days",
        "published_at",
    )
    list_filter = ("data_class",)
    ordering = ("-effective_on", "data_class")
    fields = (*list_display, "reason")

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
        form = BoundForm(request.POST if request.method == "POST" else None)
        step = request.POST.get("step", "")
        if step == "publish" and form.is_valid() and self._publish(request, form):
            return redirect("admin:privacy_retentionbound_changelist")
        checked = step == "check" and form.is_valid() and self._judged(form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish a bound of retention"),
            "form": form,
            "check": checked,
            "label": DataClass(form.cleaned_data["data_class"]).label if checked else "",
            "former": bounds.bound(form.cleaned_data["data_class"], clock.today()) if checked else None,
        }
        return TemplateResponse(request, "admin/privacy/retentionbound/publish.html", context)

    def _judged(self, form: BoundForm) -> bool:
        given = form.cleaned_data
        new = Bound(given["data_class"], given["default_days"], given["floor_days"], given["ceiling_days"])
        try:
            publishing.validate(new, given["effective_on"], given["reason"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        return form.is_valid()

    def _publish(self, request: HttpRequest, form: BoundForm) -> bool:
        try:
            with system_scope("publish_bound"):
                publishing.publish(**form.cleaned_data, by_id=request.user.pk)
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return False
        messages.success(request, _("Published. The accounts whose days it changes are told by email."))
        return True
