"""`/v1/`, and a problem detail for whatever below it is no address."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from messaging.rest import end_users, problems, views

urlpatterns = [
    path("messages", views.Messages.as_view(), name="v1_messages"),
    path("messages/<str:reference>", views.OneMessage.as_view(), name="v1_message"),
    path("balance", views.BalanceView.as_view(), name="v1_balance"),
    path("retention", views.RetentionView.as_view(), name="v1_retention"),
    path("end-users/<str:number>", end_users.EndUserView.as_view(), name="v1_end_user"),
    path("end-users/<str:number>/export", end_users.EndUserExportView.as_view(), name="v1_end_user_export"),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="v1_openapi"),
    re_path(r"^(?P<path>.*)$", problems.not_found, name="v1_unknown"),
]
