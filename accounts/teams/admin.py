"""Accounts, for staff: state and limits are edited; members, keys and balance are shown beside them, masked.

Everything of an account is read in that account's own scope. Keeps P-SEC-2.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse

from accounts.api_keys.models import ApiKey
from accounts.billing.models import Balance
from accounts.people.masking import mask_email
from accounts.staff import looked_at
from accounts.teams.models import Account, Membership
from accounts.teams.services import change_account
from paasoo_portal.core.tenancy import scope


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):
    list_display = ("id", "name", "region", "state", "created_at")
    list_filter = ("state", "region")
    search_fields = ("name",)
    ordering = ("name",)
    fields = (
        "id",
        "name",
        "region",
        "state",
        "throttle_per_second",
        "default_sender",
        "created_at",
    )
    readonly_fields = ("id", "name", "region", "default_sender", "created_at")
    change_form_template = "admin/accounts/account/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The record of the look commits first; then all is read in the account's scope."""
        looked_at(request, subject=object_id, what="account", account_id=_uuid(object_id))
        with scope(_uuid(object_id)):
            extra = {**(extra_context or {}), **_beside(_uuid(object_id))}
            response = super().change_view(request, object_id, form_url, extra)
            return response.render() if hasattr(response, "render") else response

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        change_account(
            account_id=obj.pk,
            actor_id=request.user.pk,
            actor_kind="staff",
            **{name: form.cleaned_data[name] for name in form.changed_data},
        )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _beside(account_id: UUID) -> dict[str, Any]:
    members = Membership.objects.select_related("person").order_by("created_at")
    return {
        "members": [(mask_email(member.person.email), member) for member in members],
        "api_keys": list(ApiKey.objects.order_by("-created_at").defer("secret_hash")),
        "balance": Balance.objects.filter(account_id=account_id).first(),
        "account_pk": account_id,
    }
