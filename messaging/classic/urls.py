"""The classic API's portal-side endpoints; `/json` itself is answered by the door (paasoo_portal.asgi)."""

from django.urls import path

from messaging.classic import views

urlpatterns = [
    path("api/dlr", views.dlr, name="classic_dlr"),
    path("api/balance", views.balance, name="classic_balance"),
    path("api/validnumber", views.validnumber, name="classic_validnumber"),
]
