"""Accounts, for staff: limits are edited, suspending has a page of its own; members, keys and balance are shown beside them, masked.

Everything of an account is read in that account's own scope. Keeps P-SEC-2.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from accounts.api_keys.models import ApiKey
from accounts.billing.models import Balance
from accounts.billing.services import top_up_balance
from accounts.errors import ReferenceTaken
from accounts.people.masking import mask_email
from accounts.staff import looked_at
from accounts.teams import suspension
from accounts.teams.models import Account, AccountState, Membership
from accounts.teams.services import change_account
from paasoo_portal.core.staff import StaffAdmin
from paasoo_portal.core.tenancy import scope


class CreditForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount in EUR"),
        min_value=Decimal("0.01"),
        max_value=Decimal(1_000_000),
        decimal_places=2,
        error_messages={"required": _("Enter an amount")},
    )
    reference = forms.RegexField(
        label=_("Reference of the payment"),
        help_text=_("Of our own books, such as BANK-2026-00123; it is booked once."),
        regex=r"^[A-Za-z0-9._/-]{3,100}$",
        error_messages={
            "required": _("Enter a reference"),
            "invalid": _("Use 3 to 100 letters, digits, dots, dashes and slashes"),
        },
    )


class SuspendForm(forms.Form):
    why = forms.ChoiceField(
        label=_("Why?"),
        help_text=_("The account’s administrators read it, by email and in their audit trail."),
        choices=suspension.Why.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason")},
    )


@admin.register(Account)
class AccountAdmin(StaffAdmin):
    list_display = ("called", "id", "region", "state", "created_at")
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
    readonly_fields = ("id", "name", "region", "state", "default_sender", "created_at")
    change_form_template = "admin/accounts/account/change_form.html"

    @admin.display(description=_("name"), ordering="name")
    def called(self, account: Account) -> str:
        return account.called

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

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        mine = [
            path("<uuid:account_id>/credit/", view(self.credit_view), name="credit"),
            path("<uuid:account_id>/suspend/", view(self.suspend_view), name="suspend"),
        ]
        return [*mine, *super().get_urls()]

    def suspend_view(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        """Suspend an open account, with a reason; or set a suspended one to work again. Said first what it does."""
        if not request.user.has_perm("accounts.change_account"):
            raise PermissionDenied
        account = Account.objects.filter(pk=account_id).exclude(state=AccountState.CLOSED).first()
        if account is None:
            raise Http404
        by_id = cast(UUID, request.user.pk)
        # What the page said when the button was pressed: the state may be another by now.
        act = request.POST.get("act") or ("suspend" if account.state == AccountState.OPEN else "resume")
        form = SuspendForm(request.POST if request.method == "POST" else None) if act == "suspend" else None
        if request.method == "POST" and (form is None or form.is_valid()):
            try:
                if form is None:
                    suspension.resume(account_id, by_id=by_id)
                else:
                    suspension.suspend(account_id, by_id=by_id, why=form.cleaned_data["why"])
            except suspension.NotTheTime as error:
                messages.error(request, str(error.user))
            else:
                messages.success(request, _("It is done, and the account’s administrators are told."))
            return redirect("admin:accounts_account_change", account_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend the account") if form else _("Set the account to work again"),
            "account": account,
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/account/suspend.html", context)

    def credit_view(self, request: HttpRequest, account_id: UUID) -> HttpResponse:
        """Book a payment that came another way: form, check page, booked once by its reference."""
        if not request.user.has_perm("accounts.add_ledgerentry"):
            raise PermissionDenied
        account = Account.objects.filter(pk=account_id).first()
        if account is None:
            raise Http404
        step = request.POST.get("step", "")
        form = CreditForm(request.POST if request.method == "POST" else None)
        if step == "book" and form.is_valid() and self._book(request, account_id, form):
            return redirect("admin:accounts_account_change", account_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Credit the balance"),
            "account": account,
            "form": form,
            "check": step == "check" and form.is_valid(),
        }
        return TemplateResponse(request, "admin/accounts/account/credit.html", context)

    def _book(self, request: HttpRequest, account_id: UUID, form: CreditForm) -> bool:
        values = form.cleaned_data
        try:
            booked = top_up_balance(
                account_id=account_id,
                amount=values["amount"],
                reference=values["reference"],
                actor_id=request.user.pk,
                actor_kind="staff",
            )
        except ReferenceTaken as error:
            form.add_error("reference", str(error.user))
            return False
        if booked:
            messages.success(request, _("%(amount)s EUR are booked.") % {"amount": values["amount"]})
        else:
            messages.info(request, _("This reference was booked before; nothing was booked twice."))
        return True

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
