"""The addresses of REST v1. Each view parses, asks one service or selector, and answers JSON."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, cast
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_keys.scopes import KeyScope
from messaging import numbers
from messaging.accept.portal import Accepted, Item, NotAccepted, Outcome, accept_each
from messaging.allowance import services as allowance
from messaging.classic import ids
from messaging.classic.views import money
from messaging.erasure import end_users
from messaging.erasure.services import MOST, erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.rest import limits, problems, reading, shapes
from messaging.rest.idempotency import Once
from messaging.rest.keys import HasScope, KeyAuthentication, Program
from messaging.rest.problems import Problem
from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.keys import DataClass
from privacy.retention import bounds, instructions

USUAL_DAYS: Final = 7
MOST_DAYS: Final = 100
EXPORT_AT_ONCE: Final = 1000
_CLASSES: Final = {"content": DataClass.CONTENT, "number": DataClass.NUMBER, "recording": DataClass.RECORDING}
_PROBLEMS: Final = {
    (status, problems.TYPE): shapes.ProblemDetail
    for status in sorted({kind.status for kind in problems.KINDS.values()})
}
_DAYS: Final = [
    OpenApiParameter(
        "first_day", OpenApiTypes.DATE, description="UTC day; left out: six days before the last."
    ),
    OpenApiParameter("last_day", OpenApiTypes.DATE, description="UTC day, included; left out: today."),
]
_NUMBER: Final = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="E.164, with or without `+`."
)
_IDEMPOTENCY: Final = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Your own name for this request, kept a day."
)


class KeyView(APIView):
    """A view for programs: by key, with the scope its method needs, within the rate of the key."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasScope,)
    scopes: dict[str, str] = {}

    @property
    def program(self) -> Program:
        return cast(Program, self.request.user)

    def initial(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        standing = limits.count(self.program.key_id)
        self.headers.update(standing.headers())
        if standing.exceeded:
            raise Problem("too-many-requests")


class Messages(KeyView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.SEND}

    @extend_schema(
        operation_id="sendMessages",
        summary="Send one message, or up to a hundred",
        description="One message is taken or refused as a whole. Of several, each gets its own result; those that are "
        "taken are stored together, or none of them. Every rule of the classic API applies.",
        parameters=[_IDEMPOTENCY],
        request=PolymorphicProxySerializer(
            "SendRequest", [shapes.NewMessage, shapes.NewMessages], resource_type_field_name=None
        ),
        responses={
            202: PolymorphicProxySerializer(
                "SendAnswer", [shapes.MessageAccepted, shapes.ManyAccepted], resource_type_field_name=None
            ),
            **_PROBLEMS,
        },
    )
    def post(self, request: Request) -> Response:
        many = isinstance(request.data, dict) and "messages" in request.data
        once = Once(
            self.program.region.alias,
            self.program.account_id,
            request.headers.get("Idempotency-Key"),
            request._request.body,
        )
        known = once.begin()
        if known is not None:
            return Response(known.body, status=known.status, headers={"Idempotency-Replayed": "true"})
        try:
            return self._many(request, once) if many else self._one(request, once)
        except Exception:
            once.give_up()
            raise

    @extend_schema(
        operation_id="listMessages",
        summary="List messages, newest first",
        parameters=[
            *_DAYS,
            OpenApiParameter("state", str, enum=shapes.STATES),
            OpenApiParameter("sender", str),
            OpenApiParameter("client_ref", str),
            OpenApiParameter("limit", int, description="At most 100; left out: 50."),
            OpenApiParameter("cursor", str, description="From `next` of the page before."),
        ],
        responses={200: shapes.MessageList, **_PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        asked = _Asked(request)
        alias, account_id = self.program.region.alias, self.program.account_id
        with scope(account_id, using=[alias]):
            found = reading.page(alias, account_id, asked.narrowed, asked.low, asked.high, asked.limit)
            shown = found[: asked.limit]
            data = reading.summaries(alias, account_id, shown)
        more = len(found) > asked.limit
        return Response({"data": data, "next": asked.next_page(shown[-1].pk) if more else None})

    def _one(self, request: Request, once: Once) -> Response:
        values = _valid(shapes.NewMessage(data=request.data))
        answers: list[dict[str, Any]] = []

        def store(outcomes: list[Outcome]) -> None:
            outcome = outcomes[0]
            if isinstance(outcome, Accepted):
                answers.append(_accepted(outcome))
                once.finish(202, answers[0])

        outcome = self._accept([_item(values)], store)[0]
        if isinstance(outcome, NotAccepted):
            raise problems.of_code(outcome.code, str(outcome.user))
        return Response(answers[0], status=202)

    def _many(self, request: Request, once: Once) -> Response:
        given = _valid(shapes.NewMessages(data=request.data))["messages"]
        checked = [shapes.NewMessage(data=one) for one in given]
        wrong = {f"/messages/{place}": one.errors for place, one in enumerate(checked) if not one.is_valid()}
        if wrong:
            pairs = [pair for start, errors in wrong.items() for pair in problems.flat(errors, start)]
            raise Problem("invalid", errors=pairs)
        answers: list[dict[str, Any]] = []

        def store(outcomes: list[Outcome]) -> None:
            answers.append({"results": [_result(outcome, place) for place, outcome in enumerate(outcomes)]})
            once.finish(202, answers[0])

        self._accept([_item(one.validated_data) for one in checked], store)
        return Response(answers[0], status=202)

    def _accept(self, items: list[Item], store: Any) -> list[Outcome]:
        program = self.program
        try:
            return accept_each(
                account_id=program.account_id,
                region=program.region.code,
                items=items,
                api_key_id=program.key_id,
                also=store,
            )
        except NotAccepted as refused:
            raise problems.of_code(refused.code, str(refused.user)) from refused


class OneMessage(KeyView):
    scopes = {"GET": KeyScope.READ, "DELETE": KeyScope.ERASE}

    @extend_schema(
        operation_id="getMessage",
        summary="Look at a message, by its id or its classic id",
        responses={200: shapes.MessageDetail, **_PROBLEMS},
    )
    def get(self, request: Request, reference: str) -> Response:
        alias, account_id = self.program.region.alias, self.program.account_id
        with scope(account_id, using=[alias]):
            message = self._find(reference)
            return Response(reading.details(alias, account_id, [message])[0])

    @extend_schema(
        operation_id="eraseMessage",
        summary="Erase a message",
        description="Text, number, events and reports go at once; what it cost stays as an accounting record.",
        responses={204: None, **_PROBLEMS},
    )
    def delete(self, request: Request, reference: str) -> Response:
        alias, account_id = self.program.region.alias, self.program.account_id
        with scope(account_id, using=[alias]):
            message = self._find(reference)
        if not erase_messages(
            alias, account_id, [message.pk], actor_id=self.program.key_id, actor_kind="key"
        ):
            raise Problem("still-on-its-way")
        return Response(status=204)

    def _find(self, reference: str) -> Message:
        message = reading.find(self.program.region.alias, reference)
        if message is None:
            raise Http404
        return message


class BalanceView(KeyView):
    scopes = {"GET": KeyScope.BALANCE}

    @extend_schema(
        operation_id="getBalance",
        summary="What may still be spent, in all regions together",
        responses={200: shapes.Balance, **_PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        left = allowance.available(self.program.account_id)
        return Response({"balance": money(left), "currency": reading.CURRENCY})


class RetentionView(KeyView):
    scopes = {"GET": KeyScope.RETENTION, "PUT": KeyScope.INSTRUCT}

    @extend_schema(
        operation_id="getRetention",
        summary="How long each class of data is kept",
        responses={200: shapes.RetentionList, **_PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [_retention(self.program.account_id, name) for name in _CLASSES]})

    @extend_schema(
        operation_id="instructRetention",
        summary="Instruct how long a class is kept",
        description="Shortening takes effect after 24 hours, and can be cancelled in the portal until then; lengthening "
        "takes effect at once, for new messages.",
        request=shapes.Instruction,
        responses={200: shapes.Retention, **_PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        values = _valid(shapes.Instruction(data=request.data))
        instructions.instruct(
            account_id=self.program.account_id,
            data_class=_CLASSES[values["data_class"]],
            days=values["days"],
            person_id=self.program.key_id,
            actor_kind="key",
            knowingly=values["knowingly"],
        )
        return Response(_retention(self.program.account_id, values["data_class"]))


class EndUserView(KeyView):
    """Everything of one number, in every region: the customer answers its End-Users with it (P-WHO-3)."""

    scopes = {"GET": KeyScope.READ, "DELETE": KeyScope.ERASE}

    @extend_schema(
        operation_id="findEndUser",
        summary="Find what is stored of a number",
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUser, **_PROBLEMS},
    )
    def get(self, request: Request, number: str) -> Response:
        digits, found = self._find(request, number)
        told = [
            {
                "region": alias,
                "messages": len(known),
                "first_at": time_of(known[0]) if known else None,
                "last_at": time_of(known[-1]) if known else None,
            }
            for alias, known in found.items()
        ]
        total = sum(len(known) for known in found.values())
        return Response({"number": f"+{digits}", "messages": total, "regions": told})

    @extend_schema(
        operation_id="eraseEndUser",
        summary="Erase everything of a number",
        description="Numbers are recycled: bound the days to those of the person who asks.",
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUserErased, **_PROBLEMS},
    )
    def delete(self, request: Request, number: str) -> Response:
        _, found = self._find(request, number)
        erased = sum(
            len(
                erase_messages(
                    alias,
                    self.program.account_id,
                    known,
                    actor_id=self.program.key_id,
                    actor_kind="key",
                )
            )
            for alias, known in found.items()
        )
        return Response({"erased": erased, "left": sum(map(len, found.values())) - erased})

    def _find(self, request: Request, number: str) -> tuple[str, dict[str, list[UUID]]]:
        parsed = numbers.parse(number)
        if parsed is None:
            raise Problem("invalid", errors=[("#number", "Give the number in E.164: +447700900100.")])
        first, last = _days(request)
        found = {
            alias: end_users.messages_of(alias, self.program.account_id, parsed.e164, first, last, limit=MOST)
            for alias in regions.aliases()
        }
        return parsed.e164, found


class EndUserExportView(EndUserView):
    scopes = {"GET": KeyScope.READ}
    http_method_names = ["get", "options"]

    @extend_schema(
        operation_id="exportEndUser",
        summary="Export everything of a number",
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUserExport, **_PROBLEMS},
    )
    def get(self, request: Request, number: str) -> Response:
        digits, found = self._find(request, number)
        account_id, left, told = self.program.account_id, EXPORT_AT_ONCE, []
        for alias, known in found.items():
            wanted = known[:left]
            left -= len(wanted)
            if wanted:
                with scope(account_id, using=[alias]):
                    rows = Message.objects.using(alias).filter(
                        id__in=wanted, id__gte=wanted[0], id__lte=wanted[-1]
                    )
                    told += reading.details(alias, account_id, list(rows.order_by("id")))
        complete = sum(map(len, found.values())) <= EXPORT_AT_ONCE
        return Response(
            {"number": f"+{digits}", "exported_at": clock.now(), "complete": complete, "messages": told}
        )


class _Asked:
    """A list's query: what narrows it, the ids it lies between, how many, and the address of the next page."""

    def __init__(self, request: Request) -> None:
        self._request = request
        query = request.query_params
        self.limit = _number(query.get("limit", "50"), "limit", 1, 100)
        self.low, self.high = reading.days(*_days(request))
        if query.get("cursor"):
            before = reading.read_cursor(query["cursor"])
            if before is None:
                raise Problem("invalid", errors=[("#cursor", "Use the address in `next` as it is.")])
            self.high = min(self.high, before)
        self.narrowed = Q()
        if query.get("state"):
            if query["state"] not in shapes.STATES:
                raise Problem("invalid", errors=[("#state", f"One of {', '.join(shapes.STATES)}.")])
            self.narrowed &= Q(state=State[query["state"].upper()])
        for name in ("sender", "client_ref"):
            if query.get(name):
                self.narrowed &= Q(**{name: query[name].replace("\x00", "")})

    def next_page(self, last: UUID) -> str:
        query = self._request.query_params.copy()
        query["cursor"] = reading.cursor_of(last)
        return f"{self._request.path}?{query.urlencode()}"


def _days(request: Request) -> tuple[date, date]:
    """The days asked for, both included. Raises Problem."""
    last = _date(request, "last_day") or clock.today()
    first = _date(request, "first_day") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Problem("invalid", errors=[("#first_day", "The first day must not be after the last.")])
    if (last - first).days >= MOST_DAYS:
        raise Problem("invalid", errors=[("#first_day", f"Ask for at most {MOST_DAYS} days at once.")])
    return first, last


def _date(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Problem("invalid", errors=[(f"#{name}", "Give a day such as 2026-03-31.")]) from error


def _number(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
        raise Problem("invalid", errors=[(f"#{name}", f"Give a number from {low} to {high}.")])
    return int(text)


def _valid(given: serializers.Serializer[Any]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _item(values: dict[str, Any]) -> Item:
    return Item(values["to"], values["text"], values["from"], values["content_days"], values["client_ref"])


def _accepted(one: Accepted) -> dict[str, Any]:
    """An answer that names no number and no text, so that it may be kept for a second asking."""
    starts_on = time_of(one.id).date()
    text, number = (
        reading.last_day(one.content_due_on, starts_on),
        reading.last_day(one.number_due_on, starts_on),
    )
    return {
        "id": str(one.id),
        "classic_id": ids.encode(one.id),
        "state": "accepted",
        "segments": one.segments,
        "encoding": reading.ENCODINGS[one.encoding],
        "price": reading.cost(one.price, one.segments),
        "currency": reading.CURRENCY,
        "client_ref": one.client_ref,
        "text_kept_until": text.isoformat() if text else None,
        "number_kept_until": number.isoformat() if number else None,
    }


def _result(outcome: Outcome, place: int) -> dict[str, Any]:
    if isinstance(outcome, Accepted):
        return {"message": _accepted(outcome)}
    return {"problem": problems.body(problems.of_code(outcome.code, str(outcome.user), f"/messages/{place}"))}


def _retention(account_id: UUID, name: str) -> dict[str, Any]:
    data_class = _CLASSES[name]
    limits_now = bounds.bound(data_class, clock.today())
    waiting = instructions.pending(account_id, data_class)
    return {
        "data_class": name,
        "days": instructions.in_force(account_id, data_class),
        "floor_days": limits_now.floor_days,
        "ceiling_days": limits_now.ceiling_days,
        "default_days": limits_now.default_days,
        "pending_days": waiting.days if waiting else None,
        "pending_from": waiting.effective_at if waiting else None,
    }


__all__ = ["BalanceView", "EndUserExportView", "EndUserView", "Messages", "OneMessage", "RetentionView"]
