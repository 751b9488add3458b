"""Included outside production only."""

from django.urls import path

from paasoo_portal.development import codes, outbox, style

urlpatterns = [
    path("codes/", codes.codes, name="codes"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<slug:name>/", outbox.mail, name="outbox_mail"),
    path("outbox/<slug:name>/html/", outbox.mail_html, name="outbox_mail_html"),
    path("style/", style.style, name="style"),
]
