"""Noting a use in Django's views, and telling the control plane: region first, then the key, then the note goes."""

from __future__ import annotations

import logging
from typing import Final

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.db.models import Q
from redis.exceptions import RedisError

from accounts.models import ApiKey
from messaging.accept.callers import Caller
from messaging.key_use.models import KeyUse
from messaging.refusals.record import network_of
from paasoo_portal.core.http.client_ip import Address
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope, system_scope
from paasoo_portal.core.valkey_keys import Prefix

log = logging.getLogger(__name__)
# A busy key is noted once in so long.
AGAIN_SECONDS: Final = 60
_BATCH: Final = 5000


def used(alias: str, caller: Caller, *, former: bool, address: Address | None) -> None:
    """Note one use. A region that cannot take it must not fail the request."""
    account_id = caller.account.account_id
    try:
        if not cache.add(f"{Prefix.KEY_USE}{caller.key_id}:{former}", 1, AGAIN_SECONDS):
            return
        with scope(account_id, using=[alias]):
            KeyUse(
                account_id=account_id, key_id=caller.key_id, former=former, network=network_of(address)
            ).save(using=alias, force_insert=True)
    except (DatabaseError, InterfaceError, RedisError) as error:
        log.warning("a key's use was not noted", extra={"database": alias, "error": type(error).__name__})


def fold(alias: str) -> int:
    """Bring a region's notes to the keys they are about; how many. A crash between the two is mended by repeating it.

    Needs the worker's role.
    """
    with system_scope("key_use", using=(alias,)):
        notes = list(KeyUse.objects.using(alias).order_by("pk")[:_BATCH])
    if not notes:
        return 0
    newest = {(note.key_id, note.former): note for note in notes}
    with system_scope("key_use"):
        for note in newest.values():
            _bring(note)
    with system_scope("key_use", using=(alias,)):
        KeyUse.objects.using(alias).filter(pk__in=[note.pk for note in notes]).delete()
    return len(notes)


def _bring(note: KeyUse) -> None:
    at, key = time_of(note.pk), ApiKey.objects.filter(pk=note.key_id)
    if note.former:
        key.filter(Q(former_used_at=None) | Q(former_used_at__lt=at)).update(former_used_at=at)
    later = key.filter(Q(last_used_at=None) | Q(last_used_at__lt=at))
    later.update(last_used_at=at, last_used_net=note.network)
