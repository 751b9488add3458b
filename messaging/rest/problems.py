"""Every refusal of REST v1 as a problem detail (RFC 9457): a stable type, the field's pointer, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from messaging.accept.codes import SubmitCode
from messaging.classic.credentials import address_of
from messaging.refusals.models import Surface
from messaging.refusals.reasons import OF_PROBLEM
from messaging.refusals.record import network_of, refused
from paasoo_portal.core.http.problem import problem
from privacy.errors import PrivacyError

log = logging.getLogger(__name__)
TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """A stable kind of problem: its HTTP status, its title, and what to do about it."""

    name: str
    status: int
    title: str
    mend: str


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("bad-request", 400, "The request cannot be read", "Send one JSON object in UTF-8."),
        Kind("unauthorized", 401, "No valid API key", "Send `Authorization: Bearer <key>.<secret>`."),
        Kind("address-not-allowed", 403, "This address may not use the key", "Add the address to the key’s list, or call from one on it."),
        Kind("scope-missing", 403, "The key may not do this", "Make a key with the scope that `scope` names."),
        Kind("payment-required", 402, "The balance does not cover this", "Top the account up, then send the request again."),
        Kind("not-found", 404, "There is no such thing", "Check the address; what was erased may be gone."),
        Kind("method-not-allowed", 405, "The address does not know this method", "See the reference for what it takes."),
        Kind("not-acceptable", 406, "Only JSON is spoken here", "Leave `Accept` out, or ask for application/json."),
        Kind("in-flight", 409, "The same request is still being worked on", "Ask again in a second, with the same key."),
        Kind("still-on-its-way", 409, "The message is not decided yet", "Erase it once its state is final."),
        Kind("legal-hold", 409, "A legal hold preserves the message", "It is erased once the hold is released."),
        Kind("statutory-floor", 409, "The law makes us keep the message", "It is erased once that time is over."),
        Kind("too-large", 413, "The request is too large", "Send at most 100 messages at once."),
        Kind("unsupported-media-type", 415, "Only JSON is understood", "Send `Content-Type: application/json`."),
        Kind("invalid", 422, "Something in the request is not right", "See `errors`: each names its field."),
        Kind("key-reused", 422, "The Idempotency-Key was used for another request", "Use a new key for each new request."),
        Kind("duplicate-message", 422, "The same text went to this number a moment ago", "Wait three seconds, if it is meant."),
        Kind("too-many-requests", 429, "Too fast", "Wait as long as `Retry-After` says."),
        Kind("unavailable", 503, "This region does not answer just now", "Nothing was done. Send the request again."),
    )
}  # fmt: skip
OF_CODE: Final = {
    SubmitCode.MISSING_PARAMS: "invalid",
    SubmitCode.INVALID_CREDENTIALS: "unauthorized",
    SubmitCode.UNAUTHORIZED_IP: "address-not-allowed",
    SubmitCode.INVALID_NUMBER: "invalid",
    SubmitCode.INVALID_SENDER: "invalid",
    SubmitCode.MESSAGE_BOMBING: "duplicate-message",
    SubmitCode.QUOTA_EXCEEDED: "payment-required",
    SubmitCode.THROTTLED: "too-many-requests",
    SubmitCode.SYSTEM_ERROR: "unavailable",
}
# The member of a message that a code speaks of.
FIELD: Final = {
    SubmitCode.MISSING_PARAMS: "text",
    SubmitCode.INVALID_NUMBER: "to",
    SubmitCode.INVALID_SENDER: "from",
}
_OF_STATUS: Final = {
    400: "bad-request", 401: "unauthorized", 403: "scope-missing", 404: "not-found", 405: "method-not-allowed",
    406: "not-acceptable", 413: "too-large", 415: "unsupported-media-type", 429: "too-many-requests",
}  # fmt: skip
_MEMBERS: Final = frozenset({"to", "from", "text", "messages", "client_ref"})
_RETRY: Final = {"too-many-requests": "1", "unavailable": "1", "in-flight": "1"}


class Problem(Exception):
    """A refusal of ours; `errors` are (pointer, text) pairs."""

    def __init__(
        self, name: str, *, detail: str = "", errors: list[tuple[str, str]] | None = None, **more: Any
    ) -> None:
        super().__init__(name)
        self.kind = KINDS[name]
        self.detail = detail or self.kind.mend
        self.errors = errors or []
        self.more = more


def body(refused: Problem) -> dict[str, Any]:
    """The problem as a JSON object."""
    found: dict[str, Any] = {
        "type": f"/problems/{refused.kind.name}",
        "title": refused.kind.title,
        "status": refused.kind.status,
        "detail": refused.detail,
    }
    if refused.errors:
        found["errors"] = [{"pointer": pointer, "detail": text} for pointer, text in refused.errors]
    return found | refused.more


def of_code(code: SubmitCode, text: str, pointer: str = "") -> Problem:
    """What accepting refused; `pointer` leads to the message in a list of several."""
    field = FIELD.get(code)
    errors = [(f"{pointer}/{field}", text)] if field else []
    return Problem(OF_CODE[code], detail=text, errors=errors)


def handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: nothing leaves v1 but JSON, and nothing personal is told or logged."""
    found = _problem_of(error)
    if found is None:
        return None
    _keep(found, context)
    response = Response(body(found), status=found.kind.status, content_type=TYPE)
    if found.kind.name in _RETRY:
        response["Retry-After"] = _RETRY[found.kind.name]
    if found.kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="PaaSoo"'
    view = context.get("view")
    if isinstance(view, APIView):
        view.headers.update({name: value for name, value in response.items() if name == "Retry-After"})
    return response


def _keep(found: Problem, context: dict[str, Any]) -> None:
    """Keep the refusal for its customer when the key was known."""
    request = getattr(context.get("request"), "_request", None)
    region, caller = getattr(request, "caller", (None, None))
    code = OF_PROBLEM.get(found.kind.name)
    if request is None or region is None or caller is None or code is None:
        return
    refused(
        region.alias,
        caller.account.account_id,
        surface=Surface.REST,
        code=code,
        field=_field_of(found),
        key_id=caller.key_id,
        network=network_of(address_of(request)),
    )


def _field_of(found: Problem) -> str:
    """The member the problem speaks of, if it is one of ours: a pointer may quote what was sent."""
    name = found.errors[0][0].rpartition("/")[2] if found.errors else ""
    return name if name in _MEMBERS else ""


def not_found(request: HttpRequest, path: str = "") -> JsonResponse:
    """An address below /v1/ that is none."""
    kind = KINDS["not-found"]
    return problem(kind.status, kind.name, kind.title, kind.mend)


def _problem_of(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Problem("invalid", errors=list(flat(error.detail, "")))
    if isinstance(error, ValidationError):
        return Problem("invalid", errors=list(flat(error.message_dict, "")))
    if isinstance(error, Http404):
        return Problem("not-found")
    if isinstance(error, RequestDataTooBig):
        return Problem("too-large")
    if isinstance(error, exceptions.ParseError):
        return Problem("bad-request")
    if isinstance(error, exceptions.APIException):
        return Problem(_OF_STATUS.get(error.status_code, "bad-request"))
    if isinstance(error, DatabaseError | InterfaceError | PrivacyError):
        log.warning("a region does not answer REST", extra={"error": type(error).__name__})
        return Problem("unavailable")
    return None


def flat(detail: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """DRF's nested errors as JSON pointers (RFC 6901)."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from flat(inner, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(detail, list) and detail and not isinstance(detail[0], str):
        for place, inner in enumerate(detail):
            yield from flat(inner, f"{pointer}/{place}")
    elif isinstance(detail, list):
        for text in detail:
            yield pointer, str(text)
    else:
        yield pointer, str(detail)
