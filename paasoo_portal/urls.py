"""Every URL of the portal, app by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from paasoo_portal.core.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("paasoo_portal.public.urls")),
    path("", include("messaging.urls")),
    path("", include("accounts.urls")),
    path("", include("privacy.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
]

if not settings.PRODUCTION:
    urlpatterns.append(path("development/", include("paasoo_portal.development.urls")))

handler400 = "paasoo_portal.public.faults.bad_request"
handler403 = "paasoo_portal.public.faults.forbidden"
handler404 = "paasoo_portal.public.faults.not_found"
handler500 = "paasoo_portal.public.faults.failed"
