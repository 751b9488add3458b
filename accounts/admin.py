"""The staff pages of Customer Account Data; sign-in to them is the portal's own, with its limits."""

from allauth.account import admin as allauth_admin
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin
from allauth.mfa.models import Authenticator
from django.contrib import admin

from accounts.centre.admin import RightsRequestAdmin
from accounts.people.admin import PersonAdmin
from accounts.teams.admin import AccountAdmin

__all__ = ["AccountAdmin", "PersonAdmin", "RightsRequestAdmin", "allauth_admin", "mfa_admin"]

# Their lists show addresses and factors in clear, which `PersonAdmin` masks.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
