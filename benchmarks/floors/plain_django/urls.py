"""The plain project's two ways."""

from django.urls import path

from benchmarks.floors.plain_django import views

urlpatterns = [path("orm", views.orm_and_celery), path("raw", views.raw_insert)]
