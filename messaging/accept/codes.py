"""The submit codes of the classic API, with the texts its clients have always read."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class SubmitCode(IntEnum):
    SUCCESS = 0
    MISSING_PARAMS = 2
    INVALID_CREDENTIALS = 4
    UNAUTHORIZED_IP = 5
    INVALID_NUMBER = 6
    INVALID_SENDER = 7
    MESSAGE_BOMBING = 8
    QUOTA_EXCEEDED = 9
    THROTTLED = 10
    SYSTEM_ERROR = 11


TEXTS: Final[dict[SubmitCode, str]] = {
    SubmitCode.SUCCESS: "Success",
    SubmitCode.MISSING_PARAMS: "Missing params.",
    SubmitCode.INVALID_CREDENTIALS: "Invalid credentials.",
    SubmitCode.UNAUTHORIZED_IP: "Unauthorized IP.",
    SubmitCode.INVALID_NUMBER: "Invalid phone number.",
    SubmitCode.INVALID_SENDER: "Invalid sender id.",
    SubmitCode.MESSAGE_BOMBING: "Message bombing detected.",
    SubmitCode.QUOTA_EXCEEDED: "Quota exceeded.",
    SubmitCode.THROTTLED: "Throttling error.",
    SubmitCode.SYSTEM_ERROR: "System error.",
}


class Refused(Exception):
    """A message was not accepted; nothing of it was stored."""

    def __init__(self, code: SubmitCode) -> None:
        super().__init__(TEXTS[code])
        self.code = code
