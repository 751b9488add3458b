"""Where sign-in (allauth) meets the portal: names, links that no Host header can bend, client addresses."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmation
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.centre.answers import accounts_of
from accounts.people.models import Person
from paasoo_portal.core.http.client_ip import client_ip
from paasoo_portal.core.mail import add_html
from privacy.preservation import people as preserving


class PortalAccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The email address or the password is not right"),
        "too_many_login_attempts": _("Too many failed attempts. Wait a few minutes, then try again"),
        "incorrect_password": _("The password is not right"),
        "enter_current_password": _("The password you have now is not right"),
    }

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        user.name = form.cleaned_data.get("name", "")
        user.language = request.LANGUAGE_CODE
        return super().save_user(request, user, form, commit)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """The address that this one replaces is copied first where a legal hold is about the person (P-RET-9)."""
        with transaction.atomic():
            preserving.before_erasure(email_address.user_id, accounts_of(email_address.user_id))
            return bool(super().confirm_email(request, email_address))

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """allauth's own mails, from the text alone (see core.mail)."""
        message = super().render_mail(template_prefix, email, context, headers)
        if isinstance(message, EmailMultiAlternatives):
            add_html(message)
        return message

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return settings.PORTAL_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        user_key, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_key, "key": token})
        return settings.PORTAL_URL + path

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that limits are counted for. Raises PermissionDenied when a proxy told none."""
        address = client_ip(
            request.META.get("REMOTE_ADDR", ""),
            request.headers.get("X-Forwarded-For", ""),
            settings.ALLAUTH_TRUSTED_PROXY_COUNT,
        )
        if address is None:
            raise PermissionDenied
        return str(address)
