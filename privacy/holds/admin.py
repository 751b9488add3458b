"""Legal holds, for privacy officers: each decision with a check page and by two of them, never edited. Keeps P-RET-9."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from paasoo_portal.core import clock, directory
from paasoo_portal.core.staff import OfAccountsAdmin
from privacy.holds import services
from privacy.holds.forms import HoldForm
from privacy.holds.masking import mask
from privacy.holds.models import LegalHold, Scope
from privacy.holds.services import HoldRefused
from privacy.keys.models import DataClass

Words = tuple[str | Promise, str | Promise, str | Promise]
# What may be decided: the button, what the check page says, what is said once it is done.
_ACTS: Final[dict[str, tuple[Callable[..., Any], Words]]] = {
    "confirm": (
        services.confirm,
        (
            _lazy("Confirm the hold"),
            _lazy(
                "You have seen the order, and it covers what this hold says. It stays until it is released."
            ),
            _lazy("Confirmed."),
        ),
    ),
    "reject": (
        services.release,
        (
            _lazy("Turn it down"),
            _lazy("What is past its day is erased at once. This cannot be undone."),
            _lazy("Turned down. What is due is being erased now."),
        ),
    ),
    "propose": (
        services.propose_release,
        (
            _lazy("Propose its release"),
            _lazy("Nothing is erased yet: another officer has to agree."),
            _lazy("Proposed. Another officer has to agree."),
        ),
    ),
    "keep": (
        services.keep,
        (_lazy("Keep the hold"), _lazy("It stays in force."), _lazy("The hold stays in force.")),
    ),
    "release": (
        services.release,
        (
            _lazy("Release the hold"),
            _lazy("What is past its day is erased at once when the hold is released. This cannot be undone."),
            _lazy("Released. What is due is being erased now."),
        ),
    ),
}


@admin.register(LegalHold)
class LegalHoldAdmin(OfAccountsAdmin):
    list_display = ("reference", "authority", "about", "days", "preserved", "secret", "standing", "review_on")
    ordering = ("released_at", "review_on")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_lazy("about"))
    def about(self, hold: Any) -> str:
        return about(hold, hold.account_name)

    @admin.display(description=_lazy("days"))
    def days(self, hold: LegalHold) -> str:
        return "" if hold.scope == Scope.PERSON else f"{hold.first_day} – {hold.last_day or '…'}"

    @admin.display(description=_lazy("what is preserved"))
    def preserved(self, hold: LegalHold) -> str:
        return ", ".join(hold.labels)

    @admin.display(description=_lazy("state"))
    def standing(self, hold: LegalHold) -> str:
        return hold.state

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Form, check page, and then the hold."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        person = request.GET.get("person", "")
        initial = {
            "account_id": request.GET.get("account", ""),
            "person_id": person,
            "scope": Scope.PERSON if person else Scope.ACCOUNT,
        }
        form = HoldForm(request.POST if request.method == "POST" else None, initial=initial)
        step = request.POST.get("step", "")
        if step == "place" and form.is_valid():
            made = self._place(request, form)
            if made is not None:
                return redirect("admin:privacy_legalhold_change", made.pk)
        checked = step == "check" and form.is_valid()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Place a legal hold"),
            "form": form,
            "check": checked,
            "planned": self._planned(form) if checked else None,
        }
        return TemplateResponse(request, "admin/privacy/legalhold/place.html", context)

    def _planned(self, form: HoldForm) -> dict[str, Any]:
        values = form.cleaned_data
        made = LegalHold(
            scope=values["scope"],
            account_id=values["account_id"],
            person_id=values["person_id"],
            number=values["number"] or None,
        )
        labels = [DataClass(one).label for one in values["classes"]]
        return {"about": about(made), "labels": labels, "person": values["scope"] == Scope.PERSON}

    def _place(self, request: HttpRequest, form: HoldForm) -> LegalHold | None:
        try:
            made = services.place(**form.cleaned_data, by_id=request.user.pk)
        except HoldRefused as error:
            form.add_error(None, str(error.user))
            return None
        told = _("The hold is in force. It lapses in %(hours)d hours unless another officer confirms it.")
        messages.success(request, told % {"hours": services.CONFIRM_WITHIN.total_seconds() // 3600})
        return made

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What it covers; and what may be decided of it, each in two steps."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = LegalHold.objects.filter(pk=_uuid(object_id)).first()
        if found is None:
            raise Http404
        me = cast(UUID, request.user.pk)
        may = acts_of(found, me) if self.has_change_permission(request) else []
        chosen = request.POST.get("act", "")
        if request.method == "POST":
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.POST.get("step") == "do" and chosen in _ACTS:
                return self._decide(request, found, chosen)
        people = ("placed_by", "confirmed_by", "release_asked_by", "released_by")
        context = {
            **self.admin_site.each_context(request),
            "title": str(found),
            "found": found,
            "about": about(found),
            "by": {name: _name(getattr(found, f"{name}_id")) for name in people},
            "acts": [(name, _ACTS[name][1][0]) for name in may],
            "check": (chosen, *_ACTS[chosen][1]) if chosen in may else None,
            "waits": found.released_at is None and not may and self.has_change_permission(request),
            "lapses_at": found.placed_at + services.CONFIRM_WITHIN,
            "overdue": found.released_at is None and found.review_on <= clock.today(),
        }
        return TemplateResponse(request, "admin/privacy/legalhold/one.html", context)

    def _decide(self, request: HttpRequest, found: LegalHold, act: str) -> HttpResponse:
        do, (_button, _check, done) = _ACTS[act]
        try:
            decided = do(found.pk, by_id=request.user.pk)
        except HoldRefused as error:
            messages.error(request, str(error.user))
        else:
            messages.success(request, str(done) if decided is not False else _("It was released before."))
        return redirect("admin:privacy_legalhold_change", found.pk)


def acts_of(found: LegalHold, officer: UUID) -> list[str]:
    """What this officer may decide of a hold now."""
    if found.released_at is not None:
        return []
    if found.confirmed_at is None:
        return ["confirm", "reject"] if officer != found.placed_by_id else []
    if found.release_asked_at is None:
        return ["propose"]
    return ["release", "keep"] if officer != found.release_asked_by_id else ["keep"]


def about(hold: LegalHold, account_name: str = "") -> str:
    """A person by number alone: their page shows the name, with a reason. Lists know the account's name already."""
    if hold.scope == Scope.PERSON:
        return _("person %(id)s") % {"id": hold.person_id}
    assert hold.account_id is not None
    account = account_name or directory.label("account", hold.account_id)
    return f"{account}, {mask(hold.number)}" if hold.number else account


def _name(person_id: UUID | None) -> str:
    return directory.label("person", person_id) if person_id is not None else ""


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
