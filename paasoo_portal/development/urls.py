"""Included outside production only."""

from django.urls import path

from paasoo_portal.development import outbox, style

urlpatterns = [
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<slug:name>/", outbox.mail, name="outbox_mail"),
    path("outbox/<slug:name>/html/", outbox.mail_html, name="outbox_mail_html"),
    path("style/", style.style, name="style"),
]
