"""The queue of rights requests, for privacy officers: by due date, masked until a reason is given. Keeps P-RGT-2, P-SEC-2."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.centre.forms import AnswerForm, AssignForm
from accounts.centre.views_inbox import act
from accounts.people.masking import mask_email
from accounts.people.models import Person
from accounts.staff import ReasonForm, looked_at
from accounts.teams.models import Account
from paasoo_portal.core import clock
from paasoo_portal.core.staff import StaffAdmin
from privacy.requests import services
from privacy.requests.models import RequestState, RightsRequest, Route

_OPENED = "opened_requests"
_ACTORS = {
    "person": gettext_lazy("who asked"),
    "visitor": gettext_lazy("who asked"),
    "administrator": gettext_lazy("the account’s administrator"),
    "staff": gettext_lazy("PaaSoo"),
    "system": gettext_lazy("by itself"),
}


@admin.register(RightsRequest)
class RightsRequestAdmin(StaffAdmin):
    list_display = ("reference", "kind", "state", "due", "routed_to", "looked_after")
    list_filter = ("state", "routed_to", "kind")
    search_fields = ("=reference",)
    search_help_text = gettext_lazy("A whole reference")
    ordering = ("-state", "due_on")

    @admin.display(description=gettext_lazy("due"), ordering="due_on")
    def due(self, found: RightsRequest) -> str:
        late = found.state == RequestState.OPEN and found.due_on < clock.today()
        return _("%(day)s, overdue") % {"day": found.due_on} if late else str(found.due_on)

    @admin.display(description=gettext_lazy("looked after by"), ordering="assignee")
    def looked_after(self, found: RightsRequest) -> str:
        return found.assignee or "–"  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RightsRequest]:
        """What nobody confirmed is nobody's request yet. `assignee` is the address of who looks after it."""
        assignee = Person.objects.filter(pk=OuterRef("assigned_to_id")).values("email")
        found = super().get_queryset(request).exclude(state=RequestState.UNCONFIRMED)
        return found.annotate(assignee=Subquery(assignee))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RightsRequest | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("<uuid:request_id>/open/", self.admin_site.admin_view(self.open_view), name="request_open"),
            path(
                "<uuid:request_id>/assign/",
                self.admin_site.admin_view(self.assign_view),
                name="request_assign",
            ),
        ]
        return mine + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One request. Its words and its person stay masked until a reason was given in this session."""
        found = self._found(request, object_id)
        opened = str(found.pk) in request.session.get(_OPENED, [])
        form = AnswerForm(
            request.POST if request.method == "POST" else None, more_until=services.extended_to(found)
        )
        step = request.POST.get("step", "")
        context = self._context(request, found, form=form, opened=opened)
        if step in {"check", "send"} and not (opened and self.has_change_permission(request)):
            raise PermissionDenied
        if step in {"check", "send"} and found.state == RequestState.OPEN and form.is_valid():
            if step == "check":
                return self._page(request, "check", context | {"values": form.cleaned_data})
            act(request, found, form, by_kind="staff")
            return redirect("admin:privacy_rightsrequest_change", object_id)
        return self._page(request, "one", context)

    def open_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Ask why, record it first, then show."""
        found = self._found(request, str(request_id))
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            looked_at(
                request,
                subject=found.pk,
                what="request",
                account_id=found.account_id,
                reason=form.cleaned_data["reason"],
            )
            request.session[_OPENED] = [*request.session.get(_OPENED, []), str(found.pk)][-50:]
            return redirect("admin:privacy_rightsrequest_change", found.pk)
        return self._page(request, "open", self._context(request, found, form=form, opened=False))

    def assign_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Who looks after it from now on: said first, with what that changes."""
        found = self._found(request, str(request_id))
        if not self.has_change_permission(request):
            raise PermissionDenied
        me = cast(UUID, request.user.pk)
        form = AssignForm(request.POST if request.method == "POST" else None, initial={"to": me})
        if request.method == "POST" and form.is_valid():
            person = form.cleaned_data["to"]
            try:
                services.assign(found.pk, to_id=person.pk, by_id=me)
            except services.NotOpen as error:
                messages.error(request, str(error.user))
            else:
                told = {"person": person.email, "reference": found.reference}
                messages.success(request, _("%(person)s looks after %(reference)s.") % told)
            return redirect("admin:privacy_rightsrequest_change", found.pk)
        return self._page(request, "assign", self._context(request, found, form=form, opened=False))

    def _found(self, request: HttpRequest, object_id: str) -> RightsRequest:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return self.get_queryset(request).get(pk=UUID(object_id))
        except (ValueError, RightsRequest.DoesNotExist):
            raise Http404 from None

    def _context(
        self, request: HttpRequest, found: RightsRequest, *, form: Any, opened: bool
    ) -> dict[str, Any]:
        person = Person.objects.filter(pk=found.person_id).first() if found.person_id else None
        address = str(found.visitor_email) or (person.email if person else "")
        return {
            **self.admin_site.each_context(request),
            "title": found.reference,
            "found": found,
            "form": form,
            "more_until": services.extended_to(found),
            "opened": opened,
            "person": person,
            "address": address if opened else mask_email(address) if address else "",
            "account": Account.objects.filter(pk=found.account_id).first() if found.account_id else None,
            "steps": [(step, _ACTORS.get(step.actor_kind, "")) for step in found.steps.order_by("at", "pk")],
            "staff_answers": found.routed_to == Route.STAFF,
            "open": found.state == RequestState.OPEN,
            "overdue": found.state == RequestState.OPEN and found.due_on < clock.today(),
            "may_change": self.has_change_permission(request),
        }

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(request, f"admin/privacy/rightsrequest/{name}.html", context)
