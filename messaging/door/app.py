"""The door's ASGI callable: one request in, one JSON object of strings out.

Credentials are read here and nowhere written: not to a log, a trace or an error page. Keeps P-LOC-1, P-SEC-1.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

import django.db
import orjson
import psycopg
from django.conf import settings

from accounts.api_keys.scopes import KeyScope
from messaging import numbers
from messaging.accept import keyring, limits, rows, rules
from messaging.accept.callers import Caller, authorise, is_former
from messaging.accept.codes import TEXTS, Refused, SubmitCode
from messaging.classic import ids, parse
from messaging.door import http
from messaging.door.database import Down, Lost
from messaging.door.groups import Item
from messaging.door.http import Receive, Scope, Send
from messaging.door.region import RegionDoor
from messaging.door.valkey import Valkey
from messaging.refusals.reasons import OF_CODE
from messaging.refusals.record import network_of
from paasoo_portal.core import clock, regions
from paasoo_portal.core.http.client_ip import Address, client_ip
from privacy.errors import PrivacyError

log = logging.getLogger(__name__)
_SEND: Final = str(KeyScope.SEND)
_RETRY: Final = [(b"retry-after", b"1")]
_RETRIED: Final = frozenset({SubmitCode.SYSTEM_ERROR, SubmitCode.THROTTLED})
_NEEDED: Final = ("key", "secret", "to", "text")
_UNAVAILABLE: Final = (Down, Lost, psycopg.Error, django.db.Error, PrivacyError, TimeoutError)
_REFUSALS: Final = {
    code: orjson.dumps({"status": str(int(code)), "status_code": text}) for code, text in TEXTS.items()
}


class Door:
    """Answers `/json` for every region. One in each process; lives in one event loop."""

    def __init__(self) -> None:
        self._doors: dict[str, RegionDoor] = {}
        self._valkey: Valkey | None = None
        self._said_at: dict[str, float] = {}
        numbers.warm()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = http.refusal(scope)
        if refused is not None:
            await http.reply(send, refused, b"", [(b"allow", b"GET, POST")] if refused == 405 else [])
            return
        headers = scope["headers"]
        try:
            body = await http.body(scope, receive)
            given = parse.parameters(scope["query_string"], body, http.header(headers, b"content-type"))
            region = regions.by_host(http.header(headers, b"host"))
        except parse.TooLarge:
            await http.reply(send, 413, _REFUSALS[SubmitCode.SYSTEM_ERROR], [(b"connection", b"close")])
        except http.Malformed:
            await http.reply(send, 400, b"", [(b"connection", b"close")])
        except regions.UnknownHost:
            await http.reply(send, 421, b"")
        else:
            await self._answer(region, given, scope, send)

    async def close(self) -> None:
        """Let what was taken be stored, then hang up."""
        await asyncio.gather(*(door.close() for door in self._doors.values()))
        if self._valkey is not None:
            await self._valkey.close()

    async def _answer(self, region: regions.Region, given: parse.Given, scope: Scope, send: Send) -> None:
        """Every outcome that the API itself decides is HTTP 200."""
        try:
            answer = await self._accept(self._door(region), given, scope)
        except Refused as refused:
            await http.reply(send, 200, _REFUSALS[refused.code], _RETRY if refused.code in _RETRIED else [])
            self._note(region, given.get("key", ""), refused.code, scope)
        except Exception as error:
            self._say(region, error)
            await http.reply(send, 200, _REFUSALS[SubmitCode.SYSTEM_ERROR], _RETRY)
        else:
            await http.reply(send, 200, answer)

    async def _accept(self, door: RegionDoor, given: parse.Given, scope: Scope) -> bytes:
        if not all(given.get(name) for name in _NEEDED):
            raise Refused(SubmitCode.MISSING_PARAMS)
        caller = await self._caller(door, given, scope)
        account = caller.account
        prices = door.projections.remembered_prices() or await door.projections.prices()
        drafts = rules.prepare(
            account, prices, sender=given.get("from", ""), to=given["to"], text=given["text"]
        )
        at = clock.now()
        keeping = rules.keeping(at.date(), account.content_days, account.number_days)
        pair = keyring.held(door.alias, account.account_id, keeping) or await door.keys(
            account.account_id, keeping
        )
        built = [
            rows.build(
                draft,
                account_id=account.account_id,
                api_key_id=caller.key_id,
                keeping=keeping,
                content_key=pair[0],
                number_key=pair[1],
                at=at,
            )
            for draft in drafts
        ]
        claim = limits.claim(account.account_id, account.throttle_per_second, drafts, pair[1])
        code = await door.groups.submit(Item(built, claim))
        if code is not SubmitCode.SUCCESS:
            raise Refused(code)
        return _success(built)

    async def _caller(self, door: RegionDoor, given: parse.Given, scope: Scope) -> Caller:
        key = given["key"]
        caller = door.projections.remembered(key) or await door.projections.caller(key)
        known = authorise(caller, given["secret"], _SEND, lambda: _address(scope))
        door.key_uses.add(
            known.account.account_id,
            known.key_id,
            former=is_former(known, given["secret"]),
            network=lambda: network_of(_address(scope)),
        )
        return known

    def _note(self, region: regions.Region, key: str, code: SubmitCode, scope: Scope) -> None:
        """Keep the refusal for its customer, once it is answered; of a key that nobody knows nothing is kept."""
        door = self._door(region)
        caller = door.projections.remembered(key)
        if caller is not None:
            reason = OF_CODE[code]
            door.refusals.add(
                caller.account.account_id,
                caller.key_id,
                code=reason.code,
                field=reason.field,
                network=network_of(_address(scope)),
            )

    def _door(self, region: regions.Region) -> RegionDoor:
        door = self._doors.get(region.code)
        if door is None:
            self._valkey = self._valkey or Valkey()
            door = self._doors[region.code] = RegionDoor(region.code, region.alias, self._valkey)
        return door

    def _say(self, region: regions.Region, error: Exception) -> None:
        """Once a second is enough while a region is down. The text of an error may quote what was sent."""
        name = f"{region.code} {type(error).__name__}"
        if self._said_at.get(name, 0.0) + 1.0 > time.monotonic():
            return
        self._said_at[name] = time.monotonic()
        fields = {"region": region.code, "error": type(error).__name__}
        if isinstance(error, _UNAVAILABLE):
            log.warning("a message could not be taken", extra=fields)
        else:
            log.error("the door failed", extra={**fields, "place": http.place(error)})


def _address(scope: Scope) -> Address | None:
    peer = (scope.get("client") or ("",))[0]
    forwarded = http.header(scope["headers"], b"x-forwarded-for")
    return client_ip(peer, forwarded, settings.ALLAUTH_TRUSTED_PROXY_COUNT)


def _success(built: list[rows.Row]) -> bytes:
    names = [ids.encode(row.id) for row in built]
    if len(names) == 1:
        return b'{"status":"0","messageid":"%b"}' % names[0].encode()
    return orjson.dumps({"status": "0", "messageid": names[0], "messageids": ",".join(names)})
