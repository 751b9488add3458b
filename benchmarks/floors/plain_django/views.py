"""Accepting a message in the two plain ways."""

from __future__ import annotations

import hashlib
import hmac
import os
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import redis
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.http import HttpRequest, JsonResponse

from benchmarks.floors.plain_django.models import Message
from benchmarks.floors.plain_django.tasks import send
from paasoo_portal.core.ids import uuid7

_KEYS: Final = {os.environ.get("BENCH_KEY", ""): os.environ.get("BENCH_SECRET_HASH", "")}
_ACCOUNT: Final = UUID(int=7)
_AEAD: Final = AESGCM(os.urandom(32))
_TOKEN_KEY: Final = os.urandom(32)
_valkey = redis.Redis(unix_socket_path=os.environ.get("BENCH_VALKEY_SOCKET", ""))
_INSERT: Final = (
    "INSERT INTO plain_django_message (id, account_id, sender, country, encoding, segments, price, state,"
    " content_sealed, number_sealed, number_token, created_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())"
)


def orm_and_celery(request: HttpRequest) -> JsonResponse:
    """ORM save, then Celery's delay."""
    values = _values(request)
    if values is None:
        return JsonResponse({"status": "4", "status_code": "Invalid credentials."})
    message = Message(**values)
    message.save(force_insert=True)
    send.delay(str(message.pk))
    return JsonResponse({"status": "0", "messageid": str(message.pk)})


def raw_insert(request: HttpRequest) -> JsonResponse:
    """One raw INSERT and one wake-up."""
    values = _values(request)
    if values is None:
        return JsonResponse({"status": "4", "status_code": "Invalid credentials."})
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, list(values.values()))
    _valkey.xadd("wake", {"id": values["id"].bytes}, maxlen=10_000, approximate=True)
    return JsonResponse({"status": "0", "messageid": str(values["id"])})


def _values(request: HttpRequest) -> dict[str, Any] | None:
    given = request.GET
    secret_hash = hashlib.sha256(given["secret"].encode()).hexdigest()
    if not hmac.compare_digest(_KEYS.get(given["key"], ""), secret_hash):
        return None
    number, text = given["to"].encode(), given["text"]
    return {
        "id": uuid7(),
        "account_id": _ACCOUNT,
        "sender": given["from"],
        "country": "GB",
        "encoding": 0,
        "segments": -(-len(text) // 160),
        "price": Decimal("0.035"),
        "state": 0,
        "content_sealed": _seal(text.encode()),
        "number_sealed": _seal(number),
        "number_token": hmac.digest(_TOKEN_KEY, number, "sha256")[:16],
    }


def _seal(plain: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + _AEAD.encrypt(nonce, plain, _ACCOUNT.bytes)
