"""Celery: jobs that carry ids and dates only, and the beat that makes retention happen by itself."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, worker_init
from django.conf import settings
from kombu import Queue
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")

app = Celery("paasoo_portal")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 3600, "socket_timeout": 10},
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
    task_default_queue="control",
    task_queues=[Queue("control"), *(Queue(f"region.{code}") for code in settings.REGIONS)],
    beat_schedule_filename=str(settings.VAR / "beat-schedule"),
    beat_max_loop_interval=5,
    # Nothing between 23:00 and 24:00 UTC: a run there would have a different day than its cut-off.
    beat_schedule={
        "sign-of-life": {"task": "core.sign_of_life", "schedule": 10.0},
        "allowances": {"task": "messaging.top_up_allowances", "schedule": 5.0},
        "deliveries": {"task": "messaging.push_deliveries", "schedule": 5.0},
        "reconcile": {"task": "messaging.reconcile", "schedule": 30.0},
        "partitions": {"task": "messaging.make_partitions", "schedule": crontab(minute=5, hour="0-22")},
        "key-use": {"task": "messaging.tell_key_use", "schedule": 60.0},
        "webhooks": {"task": "messaging.look_after_webhooks", "schedule": crontab(minute=15, hour="0-22")},
        "policy-notices": {"task": "accounts.tell_policy", "schedule": crontab(minute="*/10", hour="0-22")},
        "bound-notices": {"task": "accounts.tell_bounds", "schedule": crontab(minute="*/10", hour="0-22")},
        "exports": {"task": "privacy.forget_exports", "schedule": crontab(minute="*/10", hour="0-22")},
        "rights": {"task": "privacy.look_after_requests", "schedule": crontab(minute=35, hour=3)},
        "holds": {"task": "privacy.look_after_holds", "schedule": crontab(minute="*/15", hour="0-22")},
        "orders": {"task": "privacy.look_after_orders", "schedule": crontab(minute=45, hour="0-22")},
        "journal": {"task": "privacy.look_after_journal", "schedule": crontab(minute=45, hour="0-22")},
        "key-snapshots": {"task": "privacy.key_snapshots", "schedule": crontab(minute=55, hour="0-22")},
        "closures": {"task": "accounts.close_due", "schedule": crontab(minute="*/15", hour="0-22")},
        "alarms": {"task": "privacy.alarms", "schedule": 300.0},
        "standings": {"task": "privacy.count_standings", "schedule": crontab(minute="*/15", hour="0-22")},
        "retention": {"task": "privacy.retention_nightly", "schedule": crontab(hour=0, minute=10)},
        "retention-catch-up": {
            "task": "privacy.retention_nightly",
            "schedule": crontab(minute=40, hour="0-22"),
        },
        "rows": {"task": "privacy.rows_nightly", "schedule": crontab(minute=20, hour="0-22")},
        "verification": {"task": "privacy.verify_nightly", "schedule": crontab(minute=30, hour="2-22")},
        "carry-over": {"task": "privacy.carry_over_nightly", "schedule": crontab(hour=1, minute=10)},
        "carry-over-catch-up": {
            "task": "privacy.carry_over_nightly",
            "schedule": crontab(minute=50, hour="0-22"),
        },
    },
)
app.autodiscover_tasks(["paasoo_portal.core", "accounts", "messaging", "privacy"])


@worker_init.connect
@beat_init.connect
def refuse_unsafe_start(**kwargs: Any) -> None:
    """Servers run no checks by themselves; an incomplete catalogue or an old copy must not start (P-CAT-2, P-RET-7)."""
    from privacy.boot import refuse_unsafe

    refuse_unsafe()


@beat_init.connect
def say_at_once_that_beat_lives(**kwargs: Any) -> None:
    """Beat runs what is new to it only after its interval has passed: a first start would be ready that much later."""
    with suppress(OperationalError):
        app.send_task("core.sign_of_life", retry=False)
