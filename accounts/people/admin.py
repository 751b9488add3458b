"""People, for staff: masked in lists, found by their whole address, switched off and on; nothing else is
edited.

Keeps P-SEC-2: each look at a person is recorded before it is shown.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.people.masking import mask_email
from accounts.people.models import Person
from accounts.seats import roles_of
from accounts.staff import ReasonForm, looked_at


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    list_display = ("id", "masked_email", "is_active", "is_staff", "joined_at")
    list_filter = ("is_active", "is_staff")
    search_fields = ("=email",)
    search_help_text = _("A whole email address")
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
    filter_horizontal = ("groups",)
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        if search_term:
            return queryset.filter(email__iexact=search_term.strip()), False
        return queryset, False

    def get_urls(self) -> list[URLPattern]:
        mine = path("<uuid:person_id>/unmask/", self.admin_site.admin_view(self.unmask_view), name="unmask")
        return [mine, *super().get_urls()]

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
