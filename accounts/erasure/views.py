"""Delete my data. An invited user's administrator answers first; everybody else is erased at once. Keeps P-WHO-2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.centre import words
from accounts.centre.answers import accounts_of
from accounts.erasure import services
from accounts.errors import AccountError
from accounts.people.models import Person
from accounts.seats import seat_of
from accounts.teams.models import Account, Role
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently
from privacy.catalogue import people
from privacy.catalogue.terms import Erasure
from privacy.holds import register
from privacy.requests.models import Kind, Route
from privacy.requests.services import receive


@dataclass(frozen=True)
class HeldRows:
    """Rows of one kind that name a person."""

    name: str
    count: int
    becomes: str
    rule: str
    stays: bool


class DeleteForm(forms.Form):
    email = forms.CharField(
        label=_("Type your email address"),
        max_length=254,
        error_messages={"required": _("Type your email address to confirm")},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = email

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed.strip().casefold() != self._email.casefold():
            raise forms.ValidationError(_("This is not the address you sign in with"))
        return typed


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def privacy_delete(request: HttpRequest) -> HttpResponse:
    person = cast(Person, request.user)
    seat = seat_of(request)
    routed = seat is not None and seat.role != Role.ADMINISTRATOR
    alone = Account.objects.filter(pk__in=services.sole_accounts(person.pk))
    form = DeleteForm(request.POST if request.method == "POST" else None, email=person.email)
    if request.method == "POST" and form.is_valid() and not alone:
        if not confirmed_recently(request):
            return ask_to_confirm(reverse("privacy_delete"))
        if routed and seat is not None:
            made = receive(
                kind=Kind.ERASURE,
                person_id=person.pk,
                account_id=seat.account_id,
                text="",
                route=Route.ADMINISTRATOR,
                region=seat.account.region,
            )
            return redirect("request", reference=made.reference)
        try:
            services.erase_person(person.pk, by_id=person.pk, by_kind="person")
        except AccountError as error:
            form.add_error(None, str(error.user))
        else:
            logout(request)
            return redirect("privacy_deleted")
    held = _held(person.pk)
    context = {
        "section": "privacy",
        "form": form,
        "routed": routed,
        "alone": alone,
        "goes": [one for one in held if not one.stays],
        "stays": [one for one in held if one.stays],
        "holds": register.shown_to_person(person.pk),
    }
    return render(request, "accounts/delete.html", context)


@require_safe
def privacy_deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/deleted.html")


def _held(person_id: UUID) -> list[HeldRows]:
    """By table where the person is named: how many rows, and what becomes of them, as the catalogue says."""
    found = []
    for place, count in people.counts_of_person(person_id, accounts_of(person_id), worked_here=False):
        erasures = {place.erasure_of(lookup) for lookup in place.declaration.person} - {Erasure.KEPT}
        becomes = gettext("deleted") if Erasure.ROW in erasures else gettext("your name is taken out")
        rule = gettext(place.declaration.retention.text)
        found.append(HeldRows(words.of_table(place.model), count, becomes, rule, stays=not erasures))
    return found
