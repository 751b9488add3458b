"""Home, the message log, one message, sending one, and webhooks."""

from django.urls import path

from messaging.pages import (
    views_balance,
    views_erase,
    views_export,
    views_home,
    views_log,
    views_message,
    views_refused,
    views_send,
)
from messaging.webhooks import views as webhooks

urlpatterns = [
    path("", views_home.home, name="home"),
    path("balance/", views_balance.balance, name="balance"),
    path("messages/", views_log.message_log, name="messages"),
    path("messages/export/", views_export.export, name="messages_export"),
    path("messages/refused/", views_refused.refused, name="messages_refused"),
    path("messages/number/", views_erase.end_user, name="end_user"),
    path("messages/find/", views_log.find_number, name="message_find"),
    path(
        "messages/<str:region>/<uuid:message_id>/",
        views_message.message,
        name="message",
    ),
    path(
        "messages/<str:region>/<uuid:message_id>/steps/",
        views_message.steps,
        name="message_steps",
    ),
    path(
        "messages/<str:region>/<uuid:message_id>/erase/",
        views_erase.message_erase,
        name="message_erase",
    ),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.webhook, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/change/", webhooks.webhook_change, name="webhook_change"),
    path("webhooks/<uuid:endpoint_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<uuid:endpoint_id>/new-secret/", webhooks.webhook_rotate, name="webhook_rotate"),
    path("webhooks/<uuid:endpoint_id>/pause/", webhooks.webhook_pause, name="webhook_pause"),
    path("webhooks/<uuid:endpoint_id>/remove/", webhooks.webhook_delete, name="webhook_delete"),
    path(
        "webhooks/<uuid:endpoint_id>/calls/<str:region>/<uuid:call_id>/again/",
        webhooks.webhook_again,
        name="webhook_again",
    ),
    path("send/", views_send.send, name="send"),
    path("send/sent/<str:region>/<uuid:message_id>/", views_send.sent, name="send_sent"),
]
