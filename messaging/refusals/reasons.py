"""The reasons by which requests are refused, as the page words them: what was wrong, and what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.accept.codes import SubmitCode


@dataclass(frozen=True)
class Reason:
    """`code` is stable; `number` is what the classic API answers, None where only REST refuses so."""

    code: str
    number: int | None
    title: str | Promise
    mend: str | Promise
    field: str = ""


# fmt: off
REASONS: Final = {
    reason.code: reason
    for reason in (
        Reason("missing-params", 2, _("A parameter was missing"), _("Send key, secret, to and text, none of them empty.")),
        Reason("invalid-credentials", 4, _("The secret was wrong, or the key may not do this"), _("Check the secret; see whether the key has ended and has the scope it needs.")),
        Reason("unauthorized-ip", 5, _("The address may not use the key"), _("Call from an address on the key’s list, or make a key with this network on it.")),
        Reason("invalid-number", 6, _("The number cannot be called"), _("Write it with its country code, digits only, such as 447700900123."), "to"),
        Reason("invalid-sender", 7, _("The sender is not valid"), _("Use up to 11 letters and digits, or a number of up to 15 digits."), "from"),
        Reason("message-bombing", 8, _("The same text went to this number a moment ago"), _("Wait three seconds, if it is meant.")),
        Reason("quota-exceeded", 9, _("The balance did not cover it"), _("Top the account up, then send it again.")),
        Reason("throttled", 10, _("Too many messages in one second"), _("Wait a second, and spread the messages out.")),
        Reason("system-error", 11, _("The region did not answer"), _("Nothing was stored. Send it again.")),
        Reason("scope-missing", None, _("The key may not do this"), _("Make a key with the scope that the answer names.")),
        Reason("invalid", None, _("Something in the request was not right"), _("See `errors` in the answer: each names its field.")),
        Reason("bad-request", None, _("The request could not be read"), _("Send one JSON object in UTF-8, with Content-Type: application/json.")),
        Reason("conflict", None, _("It could not be done now"), _("The answer says whether to wait or to use a new Idempotency-Key.")),
    )
}
# fmt: on
OF_CODE: Final = {
    SubmitCode(reason.number): reason for reason in REASONS.values() if reason.number is not None
}
# Kinds of problem details (messaging.rest.problems) that are worth a line; what is not found is none.
OF_PROBLEM: Final = {
    "unauthorized": "invalid-credentials",
    "address-not-allowed": "unauthorized-ip",
    "scope-missing": "scope-missing",
    "payment-required": "quota-exceeded",
    "duplicate-message": "message-bombing",
    "too-many-requests": "throttled",
    "invalid": "invalid",
    "bad-request": "bad-request",
    "unsupported-media-type": "bad-request",
    "too-large": "bad-request",
    "in-flight": "conflict",
    "still-on-its-way": "conflict",
    "legal-hold": "conflict",
    "key-reused": "conflict",
}
