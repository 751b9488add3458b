"""Messages, for staff: read-only, within one account and region, numbers masked, contents never opened.

Keeps P-SEC-2: the look is recorded and committed before anything is shown.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account, AccountState
from accounts.staff import looked_at
from messaging.classic import ids
from messaging.messages.models import Message
from messaging.pages import log
from messaging.pages import message as reading
from messaging.pages.filters import LogFilterForm
from messaging.pricing.forms import PriceForm
from messaging.pricing.models import Price
from messaging.pricing.services import publish_prices
from paasoo_portal.core import clock, regions
from paasoo_portal.core.staff import StaffAdmin
from paasoo_portal.core.tenancy import scope
from privacy.keys.models import DataClass
from privacy.retention.instructions import in_force

OFFERED: Final = 50
FILTERS: Final = ("state", "first", "last")


@admin.register(Price)
class PriceAdmin(StaffAdmin):
    form = PriceForm
    list_display = ("country", "network", "amount", "effective_on")
    search_fields = ("country",)
    ordering = ("country", "network", "-effective_on")

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> tuple[str, ...]:
        """Another place or day is another price."""
        return () if obj is None else ("country", "network", "effective_on")

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        publish_prices({(obj.country, obj.network): obj.amount}, effective_on=obj.effective_on)
        obj.pk = Price.objects.get(country=obj.country, network=obj.network, effective_on=obj.effective_on).pk


class WhoseForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Company name or account ID"),
        required=False,
        max_length=120,
    )


@admin.register(Message)
class MessageAdmin(StaffAdmin):
    """Django's own lists would ask every account at once, which PostgreSQL refuses; these ask one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        where = "<str:region>/<uuid:account_id>/"
        return [
            path("", view(self.changelist_view), name="messaging_message_changelist"),
            path(where, view(self.of_account), name="messaging_message_of_account"),
            path(
                f"{where}<uuid:message_id>/",
                view(self.one),
                name="messaging_message_one",
            ),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Whose, and in which region: one account's messages of one region are shown at a time."""
        self._must_see(request)
        form = WhoseForm(request.GET)
        asked = form.cleaned_data["q"] if form.is_valid() else ""
        found = list(_open_accounts(asked)[: OFFERED + 1]) if form.is_valid() else []
        context = {
            "title": _("Whose messages?"),
            "field": form["q"],
            "asked": asked,
            "accounts": found[:OFFERED],
            "more": OFFERED if len(found) > OFFERED else 0,
            "regions": settings.REGIONS.values(),
        }
        return self._page(request, "choose", context)

    def of_account(self, request: HttpRequest, region: str, account_id: UUID) -> HttpResponse:
        self._must_see(request)
        where, account = _where(region), _account(account_id)
        looked_at(request, subject=account_id, what="messages", account_id=account_id)
        with scope(account_id, using=("default", where.alias)):
            form = LogFilterForm({**request.GET.dict(), "region": region}, home=region)
            cursor = log.Cursor(
                before=_uuid(request.GET.get("before")), after=_uuid(request.GET.get("after"))
            )
            days = in_force(account_id, DataClass.CONTENT, clock.now())
            asked = form.asked()
            found = log.read_page(account_id, asked, cursor, masked=True, content_days=days)
            context = {
                "title": account.called,
                "form": form,
                "filters": [form[name] for name in FILTERS],
                "asked": asked,
                "rows": found.rows,
                "older": found.older and _page_of(request, before=found.older),
                "newer": found.newer and _page_of(request, after=found.newer),
                "region": where,
                "account": account,
            }
            return self._page(request, "list", context).render()

    def one(self, request: HttpRequest, region: str, account_id: UUID, message_id: UUID) -> HttpResponse:
        self._must_see(request)
        where, account = _where(region), _account(account_id)
        looked_at(request, subject=message_id, what="message", account_id=account_id)
        with scope(account_id, using=("default", where.alias)):
            row = reading.find(where, message_id)
            if row is None:
                raise Http404
            shown = reading.view_of(account_id, where, row, masked=True, withheld=True)
            context = {
                "title": _("Message %(reference)s") % {"reference": ids.encode(message_id)},
                "message": shown,
                "region": where,
                "account": account,
            }
            return self._page(request, "one", context).render()

    def _must_see(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise Http404

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **context,
        }
        return TemplateResponse(request, f"admin/messaging/message/{name}.html", context)


def _open_accounts(asked: str) -> QuerySet[Account]:
    """By name; those whose name contains what is asked for, or the one that it identifies."""
    accounts = Account.objects.exclude(state=AccountState.CLOSED).order_by("name", "pk")
    if not asked:
        return accounts
    return accounts.filter(Q(name__icontains=asked) | Q(pk=_uuid(asked)))


def _page_of(request: HttpRequest, **cursor: UUID) -> str:
    """The list's address with its filters, at another page."""
    kept = {name: value for name in FILTERS if (value := request.GET.get(name))}
    return f"?{urlencode({**kept, **cursor})}"


def _where(code: str) -> regions.Region:
    if code not in settings.REGIONS:
        raise Http404
    return regions.get(code)


def _account(account_id: UUID) -> Account:
    found = Account.objects.filter(pk=account_id).first()
    if found is None:
        raise Http404
    return found


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
