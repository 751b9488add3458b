"""Pages for everybody."""

from django.urls import path

from paasoo_portal.public import pages
from privacy.consent import views as consent

urlpatterns = [
    path("welcome/", pages.welcome, name="welcome"),
    path("prices/", pages.prices, name="prices"),
    path("policy/", pages.policy, name="policy"),
    path("policy/<str:number>/", pages.policy, name="policy_version"),
    path("sub-processors/", pages.sub_processors, name="sub_processors"),
    path("end-users/", pages.end_users, name="end_users"),
    path("status/", pages.status, name="status"),
    path("accessibility/", pages.accessibility, name="accessibility"),
    path("docs/api/", pages.api_reference, name="reference"),
    path("docs/api/classic/", pages.api_classic, name="reference_classic"),
    path("docs/api/<str:name>/", pages.api_call, name="reference_call"),
    path("cookies/", consent.cookies, name="cookies"),
    path("cookies/choice/", consent.cookie_choice, name="cookie_choice"),
    path(".well-known/gpc.json", consent.gpc, name="gpc"),
]
