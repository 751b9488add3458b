"""Statutory floors, for privacy officers. Switching one is recorded; what was in force stays readable. Keeps P-RET-12."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from paasoo_portal.core import audit
from paasoo_portal.core.staff import StaffAdmin
from privacy.floors.models import StatutoryFloor


@admin.register(StatutoryFloor)
class StatutoryFloorAdmin(StaffAdmin):
    list_display = ("data_class", "days", "jurisdiction", "effective_on", "switched_on")
    ordering = ("data_class", "effective_on")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A law that changes is another floor; of this one the switch alone moves."""
        return () if obj is None else ("data_class", "days", "jurisdiction", "law", "effective_on")

    def save_model(self, request: HttpRequest, obj: StatutoryFloor, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(
            audit.Event.FLOOR_SET,
            actor_id=request.user.pk,
            actor_kind="staff",
            floor=obj.pk,
            data_class=obj.data_class,
            days=obj.days,
            switched_on=obj.switched_on,
        )
