"""Telling the regions what they must know of the control plane: accounts, API keys and prices.

A push counts the account's version up and reads everything in one transaction that holds the account's row,
so a higher version was read later, and a region takes only what is newer than what it has. A region that was
down, a process that died before its push, and an instruction whose day has come are found by `repair`. Keeps
P-LOC-1 (regions accept by themselves), P-RET-2 (the due day of a new message follows the instruction in
force).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connections
from django.db.models import F

from accounts.models import Account, ApiKey
from messaging.pricing.selectors import prices_in_force
from messaging.webhooks.models import RegionWebhook, WebhookEndpoint
from paasoo_portal.core import bulk, clock, regions
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.keys.models import DataClass
from privacy.retention import bounds, instructions

log = logging.getLogger(__name__)

_ACCOUNT: Final = """
INSERT INTO messaging_regionaccount AS r (account_id, state, currency, content_days, number_days,
  throttle_per_second, default_sender, push_url, version)
VALUES (%(id)s, %(state)s, %(currency)s, %(content_days)s, %(number_days)s, %(throttle)s, %(sender)s,
  %(push_url)s, %(version)s)
ON CONFLICT (account_id) DO UPDATE SET state = excluded.state, currency = excluded.currency,
  content_days = excluded.content_days, number_days = excluded.number_days,
  throttle_per_second = excluded.throttle_per_second, default_sender = excluded.default_sender,
  push_url = excluded.push_url, version = excluded.version
WHERE r.version < excluded.version RETURNING version
"""
_KEY_COLUMNS: Final = (
    ("key", "text"),
    ("key_id", "uuid"),
    ("account_id", "uuid"),
    ("secret_hash", "text"),
    ("former_hash", "text"),
    ("scopes", "jsonb"),
    ("ip_allow", "jsonb"),
    ("expires_at", "timestamptz"),
    ("revoked_at", "timestamptz"),
    ("version", "bigint"),
)
_KEY_UPDATE: Final = "ON CONFLICT (key) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name, _ in _KEY_COLUMNS[1:]
)
_WEBHOOK_FIELDS: Final = ("id", "url", "topics", "secret", "former_secret", "former_until")
_PRICE_COLUMNS: Final = (("country", "text"), ("network", "text"), ("amount", "numeric"))


@dataclass(frozen=True)
class Projection:
    """All that a region is told of an account, as of one version."""

    account: dict[str, Any]
    keys: list[tuple[Any, ...]]
    webhooks: list[dict[str, Any]]


def push_account(account_id: UUID) -> list[str]:
    """Hook `account.changed`: tell every region; the databases that `repair` has to catch up."""
    projection = _read(account_id)
    return (
        [] if projection is None else [alias for alias in regions.aliases() if not _tell(alias, projection)]
    )


def push_prices() -> list[str]:
    """Tell every region the prices in force; the databases that could not be told."""
    failed = []
    for alias in regions.aliases():
        try:
            _put_prices(alias)
        except DatabaseError:
            log.warning("prices were not pushed", extra={"database": alias})
            failed.append(alias)
    return failed


def repair(alias: str) -> int:
    """Bring a region up to date with the control plane; how many accounts were behind. Worker's role."""
    with system_scope("projections_repair"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT id, version FROM accounts_account")
        accounts = cursor.fetchall()
        instructed = {(row[0], row[1]): row[2] for row in instructions.all_in_force(clock.now())}
        limits = bounds.in_force(clock.today())
    with system_scope("projections_repair", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SELECT account_id, version, content_days, number_days FROM messaging_regionaccount")
        held = {row[0]: row[1:] for row in cursor.fetchall()}
    behind = 0
    for account_id, version in accounts:
        days = [
            instructed.get((account_id, data_class), limits[data_class].default_days)
            for data_class in (DataClass.CONTENT, DataClass.NUMBER)
        ]
        if held.get(account_id) != (version, *days):
            push_account(account_id)
            behind += 1
    _put_prices(alias)
    if behind:
        log.info("projections repaired", extra={"database": alias, "accounts": behind})
    return behind


def _read(account_id: UUID) -> Projection | None:
    """The account as it stands now, under a version of its own; None when there is none."""
    with scope(account_id):
        if not Account.objects.filter(pk=account_id).update(version=F("version") + 1):
            return None
        account = Account.objects.get(pk=account_id)
        now = clock.now()
        fields = {
            "id": account_id,
            "state": account.state,
            "currency": account.currency,
            "content_days": instructions.in_force(account_id, DataClass.CONTENT, now),
            "number_days": instructions.in_force(account_id, DataClass.NUMBER, now),
            "throttle": account.throttle_per_second,
            "sender": account.default_sender,
            "push_url": account.push_url,
            "version": account.version,
        }
        keys = [_key(key, account.version) for key in ApiKey.objects.order_by("key")]
        working = WebhookEndpoint.objects.filter(paused_at=None)
        return Projection(fields, keys, list(working.values(*_WEBHOOK_FIELDS)))


def _key(key: ApiKey, version: int) -> tuple[Any, ...]:
    return (
        key.key,
        key.pk,
        key.account_id,
        key.secret_hash,
        key.former_hash,
        json.dumps(key.scopes),
        json.dumps(key.ip_allow),
        key.expires_at,
        key.revoked_at,
        version,
    )


def _tell(alias: str, projection: Projection) -> bool:
    account_id = projection.account["id"]
    try:
        with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
            cursor.execute(_ACCOUNT, projection.account)
            if cursor.fetchone() is not None:
                _put_keys(cursor, account_id, projection.keys)
                _put_webhooks(alias, account_id, projection.webhooks)
    except DatabaseError:
        log.warning("an account was not pushed", extra={"account": str(account_id), "database": alias})
        return False
    return True


def _put_keys(cursor: Any, account_id: UUID, keys: list[tuple[Any, ...]]) -> None:
    """The account's row is locked by now, so that two pushes do not mix their keys."""
    cursor.execute(
        "DELETE FROM messaging_regionkey WHERE account_id = %s AND key <> ALL(%s)",
        [account_id, [row[0] for row in keys]],
    )
    bulk.insert_unnest(cursor, "messaging_regionkey", _KEY_COLUMNS, keys, _KEY_UPDATE)


def _put_webhooks(alias: str, account_id: UUID, working: list[dict[str, Any]]) -> None:
    held = RegionWebhook.objects.using(alias).filter(account_id=account_id)
    held.exclude(pk__in=[one["id"] for one in working]).delete()
    rows = [RegionWebhook(account_id=account_id, **one) for one in working]
    RegionWebhook.objects.using(alias).bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=_WEBHOOK_FIELDS[1:]
    )


def _put_prices(alias: str) -> None:
    prices = prices_in_force(clock.today())
    with system_scope("prices_push", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SELECT country, network, amount FROM messaging_regionprice")
        held = {(country, network): amount for country, network, amount in cursor.fetchall()}
        if held == prices:
            return
        _delete_prices(cursor, held.keys() - prices.keys())
        changed = [(*place, amount) for place, amount in prices.items() if held.get(place) != amount]
        bulk.insert_unnest(
            cursor,
            "messaging_regionprice",
            _PRICE_COLUMNS,
            changed,
            "ON CONFLICT (country, network) DO UPDATE SET amount = excluded.amount",
        )


def _delete_prices(cursor: Any, places: Iterable[tuple[str, str]]) -> None:
    for country, network in places:
        cursor.execute(
            "DELETE FROM messaging_regionprice WHERE country = %s AND network = %s", [country, network]
        )
