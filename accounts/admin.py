"""The staff pages of Customer Account Data; sign-in to them is the portal's own, with its limits."""

from allauth.account import admin as allauth_admin
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy
from django.views.generic import RedirectView

from accounts.centre.admin import RightsRequestAdmin
from accounts.people.admin import PersonAdmin
from accounts.teams.admin import AccountAdmin

__all__ = ["AccountAdmin", "PersonAdmin", "RightsRequestAdmin", "allauth_admin", "auth_admin", "mfa_admin"]

# Their lists show addresses and factors in clear, which `PersonAdmin` masks.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)
# What a role may do is `staff_roles.TABLE`, set anew after each migration: a page would promise more.
admin.site.unregister(Group)
admin.site.index_title = gettext_lazy("Staff desk")
# The portal's own, which tells the person by email.
admin.site.password_change = RedirectView.as_view(pattern_name="account_change_password")  # type: ignore[assignment, method-assign]
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
