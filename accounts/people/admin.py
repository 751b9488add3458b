"""People, for staff: masked in lists, found by their whole address, switched off and on; nothing else is
edited.

Keeps P-SEC-2: each look at a person is recorded before it is shown.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.people.masking import mask_email
from accounts.people.models import Person
from accounts.seats import roles_of
from accounts.staff import ReasonForm, looked_at
from paasoo_portal.core.staff import StaffAdmin


class FindForm(forms.Form):
    email = forms.EmailField(
        label=_("A whole email address"),
        error_messages={"required": _("Enter an email address"), "invalid": _("Enter a whole email address")},
    )


@admin.register(Person)
class PersonAdmin(StaffAdmin):
    list_display = ("id", "masked_email", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    ordering = ("-joined_at",)
    fields = (
        "id",
        "masked_email",
        "language",
        "timezone",
        "joined_at",
        "last_login",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
    )
    change_form_template = "admin/accounts/person/change_form.html"

    @admin.display(description=_("email address"))
    def masked_email(self, person: Person) -> str:
        return mask_email(person.email)

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> list[str]:
        """Staff rights are given by superusers, and never to oneself."""
        readonly = [name for name in self.fields if name != "is_active"]
        if request.user.is_superuser and obj is not None and obj.pk != request.user.pk:
            readonly = [name for name in readonly if name not in {"is_staff", "is_superuser", "groups"}]
        return readonly

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        return False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = forms.CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("find/", guarded(self.find_view), name="accounts_person_find"),
            path("<uuid:person_id>/unmask/", guarded(self.unmask_view), name="unmask"),
            *super().get_urls(),
        ]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """From a whole address to its person, in a POST: an address is never in a URL."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = FindForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            person = self.get_queryset(request).filter(email__iexact=form.cleaned_data["email"]).first()
            if person is not None:
                return redirect("admin:accounts_person_change", person.pk)
            form.add_error("email", _("Nobody has this address"))
        context = {**self.admin_site.each_context(request), "title": _("Find a person"), "form": form}
        return TemplateResponse(request, "admin/accounts/person/find.html", context)

    def unmask_view(self, request: HttpRequest, person_id: UUID) -> HttpResponse:
        """Ask why, record it in each of the person's trails first, then show name and address once."""
        person = self.get_queryset(request).filter(pk=person_id).first()
        if person is None or not self.has_view_permission(request, person):
            raise Http404
        form = ReasonForm(request.POST if request.method == "POST" else None)
        shown = None
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            trails: list[UUID | None] = [*roles_of(person)]
            for account_id in trails or [None]:
                looked_at(request, subject=person_id, what="address", account_id=account_id, reason=reason)
            shown = person
        context = {
            **self.admin_site.each_context(request),
            "title": _("Show name and address"),
            "person_id": person_id,
            "form": form,
            "shown": shown,
        }
        return TemplateResponse(request, "admin/accounts/person/unmask.html", context)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        looked_at(request, subject=object_id, what="person")
        return super().change_view(request, object_id, *args, **kwargs)
