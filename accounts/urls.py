"""Pages about the account itself: its API keys, its opening, and moving between accounts."""

from django.urls import path

from accounts.api_keys import views as api_keys
from accounts.teams import views as teams

urlpatterns = [
    path("api-keys/", api_keys.api_keys, name="api_keys"),
    path("api-keys/new/", api_keys.api_key_new, name="api_key_new"),
    path("api-keys/<uuid:key_id>/revoke/", api_keys.api_key_revoke, name="api_key_revoke"),
    path("account/open/", teams.account_open, name="account_open"),
    path("account/switch/", teams.account_switch, name="account_switch"),
]
