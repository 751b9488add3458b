"""Message bombing and the throttle, on atomic counters in Valkey: one Lua call for a whole group.

Without Valkey messages are still accepted; then each process counts for itself. Money never hangs on these.
What is stored is an HMAC that dies with the day's key, never a number or a text.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import redis
from django.conf import settings

from messaging.accept.codes import SubmitCode
from messaging.accept.rows import Row
from messaging.accept.rules import AccountRules, Draft

BOMBING_MS: Final = 3000
_RETRY_AFTER: Final = 1.0

# For each claim: the account, how many it asks for, its limit, and its marks. The throttle is judged first, so that
# a throttled request leaves no mark behind; a bombing one takes back what it marked and what it counted.
LUA: Final = """
local now = redis.call('TIME')[1]
local answers, i = {}, 1
while i <= #ARGV do
  local account, limit, count = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local counter = 'paasoo:t:' .. account .. ':' .. now
  local answer = 0
  local used = redis.call('INCRBY', counter, count)
  if used == count then redis.call('EXPIRE', counter, 3) end
  if used > limit then
    redis.call('DECRBY', counter, count)
    answer = 10
  else
    for j = 1, count do
      if not redis.call('SET', 'paasoo:b:' .. ARGV[i + 2 + j], 1, 'NX', 'PX', 3000) then
        for k = 1, j - 1 do redis.call('DEL', 'paasoo:b:' .. ARGV[i + 2 + k]) end
        redis.call('DECRBY', counter, count)
        answer = 8
        break
      end
    end
  end
  answers[#answers + 1] = answer
  i = i + 3 + count
end
return answers
"""
LUA_SHA: Final = hashlib.sha1(LUA.encode(), usedforsecurity=False).hexdigest()


class Claim(NamedTuple):
    """What one request asks of the counters."""

    account: str
    limit: int
    marks: list[str]

    def arguments(self) -> list[str | int]:
        return [self.account, self.limit, len(self.marks), *self.marks]


def claim(account: AccountRules, rows: Sequence[Row], drafts: Sequence[Draft]) -> Claim:
    """A mark a message, from its search token (which dies with the key), sender and text."""
    marks = [
        hashlib.blake2b(
            b"\0".join((row.number_token, draft.sender.encode(), draft.text.encode())),
            digest_size=16,
            key=row.number_token,
        ).hexdigest()
        for row, draft in zip(rows, drafts, strict=True)
    ]
    return Claim(str(account.account_id), max(account.throttle_per_second, len(marks)), marks)


class LocalCounters:
    """The same rules within one process, for as long as Valkey is away."""

    def __init__(self) -> None:
        self._marks: dict[str, float] = {}
        self._used: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def check(self, claims: Sequence[Claim]) -> list[SubmitCode]:
        with self._lock:
            self._forget()
            return [self._judge(asked) for asked in claims]

    def _judge(self, asked: Claim) -> SubmitCode:
        now = time.monotonic()
        second = (asked.account, int(now))
        if self._used.get(second, 0) + len(asked.marks) > asked.limit:
            return SubmitCode.THROTTLED
        if any(self._marks.get(mark, 0) > now for mark in asked.marks):
            return SubmitCode.MESSAGE_BOMBING
        self._used[second] = self._used.get(second, 0) + len(asked.marks)
        self._marks.update(dict.fromkeys(asked.marks, now + BOMBING_MS / 1000))
        return SubmitCode.SUCCESS

    def _forget(self) -> None:
        if len(self._marks) > 100_000 or len(self._used) > 10_000:
            now = time.monotonic()
            self._marks = {mark: until for mark, until in self._marks.items() if until > now}
            self._used = {key: used for key, used in self._used.items() if key[1] >= int(now)}


local = LocalCounters()
_client: redis.Redis | None = None
_away_until = 0.0


def arguments(claims: Sequence[Claim]) -> list[str | int]:
    return [argument for asked in claims for argument in asked.arguments()]


def check(claims: Sequence[Claim]) -> list[SubmitCode]:
    """The verdict on each claim: SUCCESS, MESSAGE_BOMBING or THROTTLED."""
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            answers = _connection().eval(LUA, 0, *arguments(claims))
            return [SubmitCode(answer) for answer in answers]
        except redis.RedisError:
            _away_until = time.monotonic() + _RETRY_AFTER
    return local.check(claims)


def release(claims: Sequence[Claim]) -> None:
    """Take back the marks of requests that were not stored after all, so that a retry is not called bombing."""
    marks = [f"paasoo:b:{mark}" for asked in claims for mark in asked.marks]
    try:
        _connection().delete(*marks)
    except redis.RedisError:
        pass  # they fade in three seconds


def wake(alias: str) -> None:
    """Tell the dispatcher of a region that something waits. A hint: it looks by itself as well."""
    try:
        with _connection().pipeline(transaction=False) as pipe:
            pipe.lpush(wake_key(alias), 1)
            pipe.ltrim(wake_key(alias), 0, 0)
            pipe.execute()
    except redis.RedisError:
        pass  # the row is the queue; the dispatcher's own look finds it


def wake_key(alias: str) -> str:
    return f"paasoo:wake:{alias}"


def _connection() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    return _client
