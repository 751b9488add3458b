"""The queue of rights requests, for privacy officers: by due date, masked until a reason is given. Keeps P-RGT-2, P-SEC-2."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.centre.forms import AnswerForm
from accounts.centre.views_inbox import act
from accounts.people.masking import mask_email
from accounts.staff import ReasonForm, looked_at
from paasoo_portal.core import clock
from paasoo_portal.core.staff import StaffAdmin
from privacy.requests import services
from privacy.requests.models import RequestState, RightsRequest

_OPENED = "opened_requests"


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

    @admin.display(description=gettext_lazy("looked after"), boolean=True)
    def looked_after(self, found: RightsRequest) -> bool:
        return found.assigned_to_id is not None

    def get_queryset(self, request: HttpRequest) -> QuerySet[RightsRequest]:
        """What nobody confirmed is nobody's request yet."""
        return super().get_queryset(request).exclude(state=RequestState.UNCONFIRMED)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RightsRequest | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        mine = [
            path("<uuid:request_id>/open/", self.admin_site.admin_view(self.open_view), name="request_open"),
            path("<uuid:request_id>/take/", self.admin_site.admin_view(self.take_view), name="request_take"),
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

    def take_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        found = self._found(request, str(request_id))
        if request.method != "POST" or not self.has_change_permission(request):
            raise PermissionDenied
        try:
            services.assign(found.pk, to_id=cast(UUID, request.user.pk))
        except services.NotOpen as error:
            messages.error(request, str(error.user))
        else:
            messages.success(request, _("You look after %(reference)s.") % {"reference": found.reference})
        return redirect("admin:privacy_rightsrequest_change", found.pk)

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
        who = str(found.visitor_email) or str(found.person_id or "")
        return {
            **self.admin_site.each_context(request),
            "title": found.reference,
            "found": found,
            "form": form,
            "more_until": services.extended_to(found),
            "opened": opened,
            "who": who if opened else mask_email(who) if "@" in who else who,
            "steps": found.steps.order_by("at", "pk"),
            "open": found.state == RequestState.OPEN,
            "overdue": found.state == RequestState.OPEN and found.due_on < clock.today(),
            "may_change": self.has_change_permission(request),
        }

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(request, f"admin/privacy/rightsrequest/{name}.html", context)
