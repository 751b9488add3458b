"""Legal clocks in the staff pages: what holds and what will, and publishing a new one in two steps. Keeps P-RGT-2, P-RET-11."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy

from paasoo_portal.core.days import DayField
from privacy.clocks import publishing, register
from privacy.clocks.models import ClockKind, LegalClock, Unit, region_choices
from privacy.published import Publication, PublishedAdmin


class ClockForm(forms.Form):
    """What staff say of a new clock; the service judges it."""

    kind = forms.ChoiceField(label=gettext_lazy("Clock"), choices=ClockKind.choices)
    region = forms.ChoiceField(
        label=gettext_lazy("Region"),
        required=False,
        choices=region_choices,
        help_text=gettext_lazy("Of the account’s home: for the law of one region, where it differs."),
    )
    amount = forms.IntegerField(label=gettext_lazy("How long"), min_value=0, max_value=366)
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=Unit.choices)
    effective_on = DayField(
        label=gettext_lazy("Holds from"),
        help_text=gettext_lazy(
            "A UTC day, as 2027-01-31, tomorrow at the earliest. What began before keeps its clock."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Law or clause behind it"),
        max_length=500,
        help_text=gettext_lazy("Customers read it in their privacy centre."),
    )


def _compared(given: dict[str, Any]) -> dict[str, Any]:
    new = LegalClock(kind=given["kind"], amount=given["amount"], unit=given["unit"])
    return {
        "label": ClockKind(given["kind"]).label,
        "former": register.span(given["kind"], region=given["region"]).text,
        "then": register.span_of(new).text,
        "told": given["kind"] in publishing.TOLD,
    }


@admin.register(LegalClock)
class LegalClockAdmin(PublishedAdmin):
    list_display = ("kind", "region", "amount", "unit", "effective_on", "published_at")
    list_filter = ("kind", "region")
    ordering = ("-effective_on", "kind")
    fields = (*list_display, "reason")
    publication = Publication(
        ClockForm,
        gettext_lazy("Publish a legal clock"),
        "admin/privacy/legalclock/publish.html",
        gettext_lazy("Published. The administrators whom it concerns are told by email."),
        judge=lambda given: publishing.validate(**given),
        publish=lambda given, by_id: publishing.publish(**given, by_id=by_id),
        compared=_compared,
    )
