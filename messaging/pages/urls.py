"""Home, the message log, one message, and sending one."""

from django.urls import path

from messaging.pages import views_export, views_home, views_log, views_message, views_refused, views_send

urlpatterns = [
    path("", views_home.home, name="home"),
    path("messages/", views_log.message_log, name="messages"),
    path("messages/export/", views_export.export, name="messages_export"),
    path("messages/refused/", views_refused.refused, name="messages_refused"),
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
    path("send/", views_send.send, name="send"),
    path("send/sent/<str:region>/<uuid:message_id>/", views_send.sent, name="send_sent"),
]
