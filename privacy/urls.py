"""Pages of the promise: how long data are kept, and the certificates of what was erased."""

from django.urls import path

from privacy.pages import views

urlpatterns = [
    path("retention/", views.retention, name="retention"),
    path("retention/<slug:slug>/", views.retention_change, name="retention_change"),
    path("retention/<slug:slug>/cancel/", views.retention_cancel, name="retention_cancel"),
    path("certificates/", views.certificates, name="certificates"),
    path("certificates/<uuid:certificate_id>/", views.certificate, name="certificate"),
]
