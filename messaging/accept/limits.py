"""Message bombing and the throttle: what a request claims, and the rules on atomic counters, one Lua call a group.

Without Valkey messages are still accepted; then each process counts for itself. Money never hangs on these. What is
stored is an HMAC under the day's number key and dies in three seconds; never a number or a text. Keeps P-RET-2.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from messaging.accept.codes import SubmitCode
from messaging.accept.rules import Draft
from paasoo_portal.core.valkey_keys import Prefix
from privacy.keys import DataKey

BOMBING_SECONDS: Final = 3

# For each claim: the account, its limit, how many it asks for, and its marks. The throttle is judged first, so that a
# throttled request leaves no mark behind; a bombing one takes back what it marked and what it counted.
LUA: Final = f"""
local now = redis.call('TIME')[1]
local answers, i = {{}}, 1
while i <= #ARGV do
  local limit, count = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local counter = '{Prefix.THROTTLE}' .. ARGV[i] .. ':' .. now
  local answer = 0
  local used = redis.call('INCRBY', counter, count)
  if used == count then redis.call('EXPIRE', counter, 3) end
  if used > limit then
    redis.call('DECRBY', counter, count)
    answer = 10
  else
    for j = 1, count do
      if not redis.call('SET', '{Prefix.BOMBING}' .. ARGV[i + 2 + j], 1, 'NX', 'PX', 3000) then
        for k = 1, j - 1 do redis.call('DEL', '{Prefix.BOMBING}' .. ARGV[i + 2 + k]) end
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
    """What one request asks of the counters: a mark a message."""

    account: str
    limit: int
    marks: list[str]

    def arguments(self) -> list[str | int]:
        return [self.account, self.limit, len(self.marks), *self.marks]


def claim(account_id: UUID, per_second: int, drafts: Sequence[Draft], number_key: DataKey) -> Claim:
    """The claim of a request. A request of many recipients may use up a whole second, but passes."""
    marks = [
        number_key.token(b"%b\0%b" % (draft.number.e164.encode(), draft.text.encode())).hex()
        for draft in drafts
    ]
    return Claim(account_id.hex, max(per_second, len(marks)), marks)


def arguments(claims: Iterable[Claim]) -> list[str | int]:
    """LUA's arguments for a group of claims."""
    return [argument for asked in claims for argument in asked.arguments()]


def marks_of(claims: Iterable[Claim]) -> list[str]:
    """The keys to delete when nothing was stored after all, so that a retry is not called bombing."""
    return [Prefix.BOMBING + mark for asked in claims for mark in asked.marks]


def wake_key(alias: str) -> str:
    """The list on which the dispatcher of a region's database waits."""
    return f"{Prefix.BELL}{alias}"


class LocalCounters:
    """The same rules within one process, for as long as Valkey is away."""

    def __init__(self) -> None:
        self._marks: dict[str, float] = {}
        self._used: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def check(self, claims: Sequence[Claim]) -> list[SubmitCode]:
        with self._lock:
            now = time.monotonic()
            self._forget(now)
            return [self._judge(asked, now) for asked in claims]

    def release(self, claims: Sequence[Claim]) -> None:
        with self._lock:
            for asked in claims:
                for mark in asked.marks:
                    self._marks.pop(mark, None)

    def _judge(self, asked: Claim, now: float) -> SubmitCode:
        second = (asked.account, int(now))
        used = self._used.get(second, 0) + len(asked.marks)
        if used > asked.limit:
            return SubmitCode.THROTTLED
        if any(self._marks.get(mark, 0) > now for mark in asked.marks):
            return SubmitCode.MESSAGE_BOMBING
        self._used[second] = used
        self._marks.update(dict.fromkeys(asked.marks, now + BOMBING_SECONDS))
        return SubmitCode.SUCCESS

    def _forget(self, now: float) -> None:
        if len(self._marks) > 100_000:
            self._marks = {mark: until for mark, until in self._marks.items() if until > now}
        if len(self._used) > 10_000:
            self._used = {key: used for key, used in self._used.items() if key[1] >= int(now)}


local: Final = LocalCounters()
