"""The floor's only task: beat and worker prove together that they live."""

from celery import shared_task

from paasoo_portal.core import heartbeat


@shared_task(name="core.sign_of_life")
def sign_of_life() -> None:
    heartbeat.beat("beat")
