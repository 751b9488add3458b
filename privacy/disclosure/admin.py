"""The disclosure desk, for privacy officers: the register of orders, each step with a check page. Keeps P-RET-9, P-RET-12."""

from __future__ import annotations

from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from paasoo_portal.core import clock, directory
from paasoo_portal.core.staff import StaffAdmin
from privacy.disclosure import extracts, services
from privacy.disclosure.forms import AssessForm, GrantForm, OrderForm, RefuseForm
from privacy.disclosure.models import Order, OrderKind, OrderState, Transfer, Validity
from privacy.errors import PrivacyError

_FORMS: Final[dict[str, type[forms.Form]]] = {"assess": AssessForm, "grant": GrantForm, "refuse": RefuseForm}
_LABELS: Final = {
    "assess": _lazy("Assess it"),
    "grant": _lazy("Grant it"),
    "refuse": _lazy("Refuse it"),
    "prepare": _lazy("Prepare the extract"),
    "lift": _lazy("Lift the ban on telling"),
}
_CHECKS: Final = {
    "assess": _lazy("The assessment is recorded. It decides whether anything may be granted."),
    "grant": _lazy("A legal hold of exactly this is placed, and another officer has to confirm it."),
    "refuse": _lazy("The order is closed without an answer. This cannot be undone."),
    "prepare": _lazy("A file is made of the preserved copies. Another officer has to release it."),
    "lift": _lazy("From now on the customer sees the hold, and is told once the order is answered."),
}


@admin.register(Order)
class OrderAdmin(StaffAdmin):
    list_display = ("reference", "kind", "authority", "their_reference", "state", "due", "silent", "told_at")
    list_filter = ("state", "kind")
    search_fields = ("=reference", "=their_reference")
    search_help_text = _lazy("A whole reference")
    ordering = ("closed_at", "answer_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_lazy("answer by"), ordering="answer_by")
    def due(self, found: Order) -> str:
        late = found.closed_at is None and found.answer_by < clock.today()
        return _("%(day)s, overdue") % {"day": found.answer_by} if late else str(found.answer_by)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Enter an order into the register; nothing follows from that alone, so there is nothing to check."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = OrderForm(
            request.POST if request.method == "POST" else None, initial={"received_on": clock.today()}
        )
        if request.method == "POST" and form.is_valid():
            made = services.record(**form.cleaned_data, by_id=_me(request))
            messages.success(request, _("Recorded as %(reference)s.") % {"reference": made.reference})
            return redirect("admin:privacy_order_change", made.pk)
        context = {**self.admin_site.each_context(request), "title": _("Record an order"), "form": form}
        return TemplateResponse(request, "admin/privacy/order/record.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The order, what was decided, and what may be decided next."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = _found(object_id)
        act, step = request.POST.get("act", ""), request.POST.get("step", "")
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        may = acts_of(found) if self.has_change_permission(request) else []
        form = _FORMS[act](request.POST) if act in _FORMS and act in may and step else None
        valid = act in may and (form is None or form.is_valid())
        if step == "do" and valid:
            if self._do(request, found, act, form):
                return redirect("admin:privacy_order_change", found.pk)
            valid = False
        context = {
            **self.admin_site.each_context(request),
            "title": found.reference,
            **_told(found),
            "acts": [(name, _LABELS[name]) for name in may],
            "act": act if act in may else "",
            "act_label": _LABELS.get(act, ""),
            "form": form or (_FORMS[act]() if act in _FORMS and act in may else None),
            "check": _CHECKS[act] if step == "check" and valid else "",
        }
        return TemplateResponse(request, "admin/privacy/order/one.html", context)

    def _do(self, request: HttpRequest, found: Order, act: str, form: forms.Form | None) -> bool:
        values = form.cleaned_data if form is not None else {}
        try:
            getattr(services, act)(found.pk, **values, by_id=_me(request))
        except PrivacyError as error:
            if form is not None:
                form.add_error(None, str(error.user))
            else:
                messages.error(request, str(error.user))
            return False
        messages.success(request, _("Done, and recorded."))
        return True


def acts_of(found: Order) -> list[str]:
    """What may be decided of an order now."""
    acts = []
    if found.state == OrderState.RECEIVED:
        grantable = found.validity == Validity.VALID and found.transfer in {
            Transfer.INSIDE,
            Transfer.AGREEMENT,
        }
        acts = ["assess", *(["grant"] if grantable else []), "refuse"]
    elif found.state == OrderState.GRANTED:
        hold = services.hold_of(found)
        if hold is None:
            acts = ["grant"]
        elif found.kind == OrderKind.PRODUCTION and hold.binds:
            acts = ["prepare"]
    return [*acts, *(["lift"] if found.silent else [])]


def _told(found: Order) -> dict[str, Any]:
    hold = services.hold_of(found)
    return {
        "found": found,
        "account": directory.label("account", found.account_id) if found.account_id else "",
        "hold": hold,
        "awaits": found.state == OrderState.GRANTED and hold is not None and hold.confirmed_at is None,
        "extracts": extracts.of(hold.pk) if hold is not None else [],
        "overdue": found.closed_at is None and found.answer_by < clock.today(),
    }


def _found(object_id: str) -> Order:
    try:
        return Order.objects.get(pk=UUID(object_id))
    except (ValueError, Order.DoesNotExist):
        raise Http404 from None


def _me(request: HttpRequest) -> UUID:
    return cast(UUID, request.user.pk)
