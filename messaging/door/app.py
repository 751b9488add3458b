"""The door's ASGI callable: one request in, one JSON object of strings out.

Credentials are read here and nowhere written: not to a log, a trace or an error page. Keeps P-LOC-1, P-SEC-1.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson
import psycopg
from django.conf import settings

from messaging.accept import keyring, limits, rows, rules
from messaging.accept.codes import TEXTS, Refused, SubmitCode
from messaging.classic import ids
from messaging.door import parse
from messaging.door.projections import Caller, authorise
from messaging.door.region import Item, RegionDoor
from paasoo_portal.core import clock, regions
from paasoo_portal.core.http.client_ip import client_ip

logger = logging.getLogger(__name__)
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_READ_SECONDS: Final = 10
_HEADERS: Final = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
_RETRY: Final = [(b"retry-after", b"1")]


class Door:
    """Answers `/json` for every region. Made once in each process."""

    def __init__(self) -> None:
        self._doors: dict[str, RegionDoor] = {}

    async def __call__(self, scope: Scope, receive: parse.Receive, send: Send) -> None:
        headers = scope["headers"]
        if scope["method"] not in {"GET", "POST"}:
            await _reply(send, 405, b"", [(b"allow", b"GET, POST")])
        elif _is_prefetch(headers):
            await _reply(send, 403, b"", [])
        elif len(headers) > parse.MAX_HEADERS:
            await _reply(send, 431, b"", [])
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: parse.Receive, send: Send) -> None:
        try:
            async with asyncio.timeout(_READ_SECONDS):
                body = await parse.read_body(receive, scope["headers"])
            given = parse.parameters(
                scope["query_string"], body, parse.header(scope["headers"], b"content-type")
            )
            region = regions.by_host(parse.header(scope["headers"], b"host"))
        except parse.TooLarge:
            await _reply(send, 413, _refusal(SubmitCode.SYSTEM_ERROR), [(b"connection", b"close")])
        except (parse.Malformed, TimeoutError):
            await _reply(send, 400, b"", [(b"connection", b"close")])
        except regions.UnknownHost:
            await _reply(send, 421, b"", [])
        else:
            status, answer, extra = await self._decide(region, given, scope)
            await _reply(send, status, answer, extra)

    async def _decide(
        self, region: regions.Region, given: dict[str, str], scope: Scope
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """Every outcome the API itself decides is HTTP 200."""
        try:
            return 200, await self._accept(self._door(region), given, scope), []
        except Refused as refused:
            extra = _RETRY if refused.code in {SubmitCode.SYSTEM_ERROR, SubmitCode.THROTTLED} else []
            return 200, _refusal(refused.code), extra
        except psycopg.Error:
            return 200, _refusal(SubmitCode.SYSTEM_ERROR), _RETRY
        except Exception:
            logger.exception("the door failed", extra={"region": region.code})
            return 200, _refusal(SubmitCode.SYSTEM_ERROR), _RETRY

    async def _accept(self, door: RegionDoor, given: dict[str, str], scope: Scope) -> bytes:
        if not all(given.get(name) for name in ("key", "secret", "to", "text")):
            raise Refused(SubmitCode.MISSING_PARAMS)
        caller = await self._caller(door, given, scope)
        account = caller.account
        prices = await door.projections.prices(
            None if door.projections.prices_are_fresh else await door.reader()
        )
        drafts = rules.prepare(account, prices, sender=given.get("from", ""), to=given["to"], text=given["text"])
        at = clock.now()
        keeping = rules.keeping(at.date(), account.content_days, account.number_days)
        content_key, number_key = keyring.held(door.alias, account.account_id, keeping) or await door.keys(
            account.account_id, keeping
        )
        built = [
            rows.build(
                draft,
                account_id=account.account_id,
                api_key_id=caller.key_id,
                keeping=keeping,
                content_key=content_key,
                number_key=number_key,
                at=at,
            )
            for draft in drafts
        ]
        code = await door.submit(Item(built, limits.claim(account, built, drafts)))
        if code is not SubmitCode.SUCCESS:
            raise Refused(code)
        return _success(built)

    async def _caller(self, door: RegionDoor, given: dict[str, str], scope: Scope) -> Caller:
        caller = door.projections.remembered(given["key"])
        if caller is None:
            caller = await door.projections.caller(given["key"][:64], await door.reader())
        peer = scope.get("client") or ("",)
        forwarded = parse.header(scope["headers"], b"x-forwarded-for")
        address = client_ip(peer[0], forwarded, settings.ALLAUTH_TRUSTED_PROXY_COUNT)
        return authorise(caller, given["secret"], address)

    def _door(self, region: regions.Region) -> RegionDoor:
        if region.code not in self._doors:
            self._doors[region.code] = RegionDoor(region.code, region.alias)
        return self._doors[region.code]

    async def close(self) -> None:
        for door in self._doors.values():
            await door.close()


def _is_prefetch(headers: parse.Headers) -> bool:
    """A link preview or an image tag with a leaked key must send nothing."""
    purpose = parse.header(headers, b"purpose") + parse.header(headers, b"sec-purpose")
    return "prefetch" in purpose or parse.header(headers, b"sec-fetch-dest") in {"image", "style", "script"}


def _success(built: list[rows.Row]) -> bytes:
    names = [ids.encode(row.id) for row in built]
    answer = {"status": "0", "messageid": names[0]}
    if len(names) > 1:
        answer["messageids"] = ",".join(names)
    return orjson.dumps(answer)


_REFUSALS: Final = {
    code: orjson.dumps({"status": str(int(code)), "status_code": text}) for code, text in TEXTS.items()
}


def _refusal(code: SubmitCode) -> bytes:
    return _REFUSALS[code]


async def _reply(send: Send, status: int, body: bytes, extra: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, length, *extra]})
    await send({"type": "http.response.body", "body": body})
