"""Messaging's tasks, where Celery looks for them. Arguments are region codes alone; each region has its own queue."""

from __future__ import annotations

import logging
from typing import Final

from celery import current_app, shared_task
from django.db import DatabaseError

from messaging.allowance.tasks import top_up_allowances, top_up_region
from messaging.carriers.registry import carrier_of
from messaging.delivery import push, reconcile
from messaging.key_use import record as key_use
from messaging.webhooks import watch
from paasoo_portal.core import partitions, regions
from privacy.errors import PrivacyError

__all__ = [
    "look_after_webhooks",
    "make_partitions",
    "make_partitions_of",
    "push_deliveries",
    "push_region",
    "reconcile_all",
    "reconcile_region",
    "tell_key_use",
    "tell_key_use_of",
    "top_up_allowances",
    "top_up_region",
]
log = logging.getLogger(__name__)

# Fewer days ahead than this, and somebody must look: a day without a partition refuses messages.
ALARM_DAYS: Final = 7


@shared_task(name="messaging.push_deliveries")
def push_deliveries() -> None:
    """Tell customers' URLs what became of their messages, region by region."""
    _for_each_region("messaging.push_region", expires=10)


@shared_task(name="messaging.push_region")
def push_region(region: str) -> None:
    alias = regions.alias(region)
    try:
        push.push_due(alias)
    except (DatabaseError, PrivacyError) as error:
        log.warning("deliveries were not pushed", extra={"database": alias, "error": type(error).__name__})


@shared_task(name="messaging.reconcile")
def reconcile_all() -> None:
    """Ask carriers about messages whose answer was lost, and close those that nobody can tell of any more."""
    _for_each_region("messaging.reconcile_region", expires=60)


@shared_task(name="messaging.reconcile_region")
def reconcile_region(region: str) -> None:
    alias = regions.alias(region)
    try:
        reconcile.reconcile(alias, carrier_of(alias))
        reconcile.close_unanswered(alias)
    except DatabaseError:
        log.warning("messages were not reconciled", extra={"database": alias})


@shared_task(name="messaging.make_partitions")
def make_partitions() -> None:
    """Make the days ahead of every region's database."""
    _for_each_region("messaging.make_partitions_of", expires=3000)


@shared_task(name="messaging.make_partitions_of")
def make_partitions_of(region: str) -> None:
    alias = regions.alias(region)
    try:
        partitions.ensure_ahead(alias)
    except DatabaseError:
        log.exception("partitions were not made", extra={"database": alias})
    left = partitions.days_left(alias)
    if left < ALARM_DAYS:
        log.critical("partitions run out", extra={"database": alias, "days_left": left})


@shared_task(name="messaging.tell_key_use")
def tell_key_use() -> None:
    """Bring to the keys when they were last used, region by region."""
    _for_each_region("messaging.tell_key_use_of", expires=60)


@shared_task(name="messaging.tell_key_use_of")
def tell_key_use_of(region: str) -> None:
    alias = regions.alias(region)
    try:
        key_use.fold(alias)
    except DatabaseError as error:
        log.warning("uses of keys were not told", extra={"database": alias, "error": type(error).__name__})


@shared_task(name="messaging.look_after_webhooks")
def look_after_webhooks() -> None:
    """Pause webhooks that fail for days. A region that cannot be asked puts it off to the next round."""
    try:
        watch.look_after()
    except DatabaseError as error:
        log.warning("webhooks were not looked after", extra={"error": type(error).__name__})


def _for_each_region(task: str, *, expires: int) -> None:
    for code in regions.aliases():  # a database bears the code of a region that lives in it
        current_app.send_task(task, args=[code], queue=f"region.{code}", expires=expires)
