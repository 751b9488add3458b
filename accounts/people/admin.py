"""People, for staff: masked in lists, found by their whole address, switched off and on; nothing else is
edited.

Keeps P-SEC-2: each look at a person is recorded before it is shown.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.people.masking import mask_email
from accounts.people.models import Person
from accounts.staff import looked_at


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

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        looked_at(request, subject=object_id, what="person")
        return super().change_view(request, object_id, *args, **kwargs)
