"""Pages of the promise: how long data are kept, and the certificates of what was erased."""

from django.urls import path

from privacy.pages import views
from privacy.pages import views_certificates as certificates

urlpatterns = [
    path("retention/", views.retention, name="retention"),
    path("retention/exceptions/", views.retention_exceptions, name="retention_exceptions"),
    path("retention/<slug:slug>/", views.retention_change, name="retention_change"),
    path("retention/<slug:slug>/cancel/", views.retention_cancel, name="retention_cancel"),
    path("certificates/", certificates.certificates, name="certificates"),
    path("certificates/check/", certificates.certificate_check, name="certificate_check"),
    path("certificates/<uuid:certificate_id>/", certificates.certificate, name="certificate"),
    path("certificates/<uuid:certificate_id>/file/", certificates.certificate_file, name="certificate_file"),
    path(".well-known/paasoo-certificates.json", certificates.certificate_head, name="certificate_head"),
]
