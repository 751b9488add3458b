"""Bounds of retention in the staff pages: what holds and what will, and publishing a new one in two steps. Keeps P-RET-11."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from paasoo_portal.core import clock
from paasoo_portal.core.days import DayField
from paasoo_portal.core.tenancy import system_scope
from privacy.keys.models import DataClass
from privacy.published import Publication, PublishedAdmin
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
    effective_on = DayField(
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


def _judge(given: dict[str, Any]) -> None:
    new = Bound(given["data_class"], given["default_days"], given["floor_days"], given["ceiling_days"])
    publishing.validate(new, given["effective_on"], given["reason"])


def _publish(given: dict[str, Any], by_id: UUID | None) -> None:
    with system_scope("publish_bound"):
        publishing.publish(**given, by_id=by_id)


def _compared(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": DataClass(given["data_class"]).label,
        "former": bounds.bound(given["data_class"], clock.today()),
    }


@admin.register(RetentionBound)
class RetentionBoundAdmin(PublishedAdmin):
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
    publication = Publication(
        BoundForm,
        gettext_lazy("Publish a bound of retention"),
        "admin/privacy/retentionbound/publish.html",
        gettext_lazy("Published. The accounts whose days it changes are told by email."),
        judge=_judge,
        publish=_publish,
        compared=_compared,
    )
