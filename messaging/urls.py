"""The portal's pages about messages, and the classic API's portal-side endpoints."""

from django.urls import include, path

urlpatterns = [
    path("", include("messaging.classic.urls")),
    path("v1/", include("messaging.rest.urls")),
    path("", include("messaging.pages.urls")),
]
