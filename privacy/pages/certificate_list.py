"""The list of an account's certificates: of a kind, of a period, page by page, each with whether it is final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paasoo_portal.core import clock
from paasoo_portal.core.days import DayPicker
from privacy.certificates import issue, published
from privacy.certificates.models import Certificate
from privacy.pages import certificate as reading
from privacy.pages.certificate import Line

PER_PAGE: Final = 20
_CLOSED: Final = f'"because":"{issue.CLOSED}"'


@dataclass(frozen=True)
class Listed:
    """A line of the list."""

    id: UUID
    number: int
    label: str
    lines: list[Line]
    issued_at: datetime
    final: bool
    waits: bool


@dataclass(frozen=True)
class Listing:
    rows: list[Listed]
    page: dict[str, str]
    filtered: bool


class CertificateFilter(forms.Form):
    """Days are UTC days, both included."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Why"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose a reason from the list")},
    )
    first = DayPicker(label=gettext_lazy("Issued from"))
    last = DayPicker(label=gettext_lazy("Issued until"))

    def __init__(self, data: QueryDict, kinds: list[str]) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("Any reason")),
            *((kind, reading.label_of(kind)) for kind in kinds),
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("first") and found.get("last") and found["last"] < found["first"]:
            self.add_error("last", _("The last day lies before the first"))
        return found


def kinds_of(account_id: UUID) -> list[str]:
    """The reasons to choose from: those that we know, and whatever other kinds the account has."""
    usual = [issue.RETENTION, "erasure", reading.CLOSURE]
    there = Certificate.objects.filter(account_id=account_id).order_by("kind").values_list("kind", flat=True)
    return [*usual, *(kind for kind in there.distinct() if kind not in usual)]


def listing(account_id: UUID, asked: CertificateFilter, *, before: int | None, after: int | None) -> Listing:
    """A page, newest first; the table is exempt from policies, so the account is named here."""
    rows = Certificate.objects.filter(account_id=account_id)
    valid = asked.is_valid()
    if valid:
        rows = _narrowed(rows, asked.cleaned_data)
    found = _slice(rows, before, after) if valid else []
    newer, older = _neighbours(rows, found)
    query = {name: value for name, value in asked.data.items() if name in asked.fields and value}
    return Listing(
        rows=_shown(found),
        page={"newer": _address(query, "after", newer), "older": _address(query, "before", older)},
        filtered=bool(query),
    )


def _narrowed(rows: QuerySet[Certificate], asked: dict[str, Any]) -> QuerySet[Certificate]:
    kind, first, last = asked["kind"], asked["first"], asked["last"]
    if kind == reading.CLOSURE:
        rows = rows.filter(kind=issue.RETENTION, body__contains=_CLOSED)
    elif kind == issue.RETENTION:
        rows = rows.filter(kind=kind).exclude(body__contains=_CLOSED)
    elif kind:
        rows = rows.filter(kind=kind)
    if first:
        rows = rows.filter(issued_at__gte=clock.midnight(first))
    if last:
        rows = rows.filter(issued_at__lt=clock.midnight(last + timedelta(days=1)))
    return rows


def _slice(rows: QuerySet[Certificate], before: int | None, after: int | None) -> list[Certificate]:
    if after is not None:
        return list(rows.filter(number__gt=after).order_by("number")[:PER_PAGE])[::-1]
    if before is not None:
        rows = rows.filter(number__lt=before)
    return list(rows.order_by("-number")[:PER_PAGE])


def _neighbours(rows: QuerySet[Certificate], found: list[Certificate]) -> tuple[int | None, int | None]:
    if not found:
        return None, None
    newest, oldest = found[0].number, found[-1].number
    newer = newest if rows.filter(number__gt=newest).exists() else None
    return newer, oldest if rows.filter(number__lt=oldest).exists() else None


def _address(query: dict[str, Any], name: str, number: int | None) -> str:
    return "" if number is None else f"{reverse('certificates')}?{urlencode({**query, name: number})}"


def _shown(rows: list[Certificate]) -> list[Listed]:
    contents = [published.content_of(row) for row in rows]
    receipts = published.receipts(contents)
    shown = []
    for row, content in zip(rows, contents, strict=True):
        place = published.place_of(content)
        shown.append(
            Listed(
                id=row.pk,
                number=row.number,
                label=reading.label_of(reading.kind_of(content, row)),
                lines=reading.lines_of(content),
                issued_at=row.issued_at,
                final=place in receipts,
                waits=place is not None and place not in receipts,
            )
        )
    return shown
