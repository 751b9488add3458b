"""The addresses of REST v1. Each view parses, asks one service or selector, and answers JSON."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import KeyScope
from messaging.accept.portal import Accepted, Item, NotAccepted, Outcome, accept_each
from messaging.allowance import services as allowance
from messaging.classic import ids
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.pricing.amounts import money
from messaging.rest import problems, reading, shapes
from messaging.rest.base import DAYS, PROBLEMS, KeyView, days_asked, number_asked, valid
from messaging.rest.idempotency import Once
from messaging.rest.problems import Problem
from paasoo_portal.core import clock
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.floors import register as floors
from privacy.holds import register
from privacy.keys import DataClass
from privacy.retention import bounds, instructions

_CLASSES: Final = {"content": DataClass.CONTENT, "number": DataClass.NUMBER, "recording": DataClass.RECORDING}
_IDEMPOTENCY: Final = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Your own name for this request, kept a day."
)


class Messages(KeyView):
    scopes = {"GET": KeyScope.READ, "POST": KeyScope.SEND}

    @extend_schema(
        operation_id="sendMessages",
        summary=N_("Send one message, or up to a hundred"),
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
            **PROBLEMS,
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
        summary=N_("List messages, newest first"),
        parameters=[
            *DAYS,
            OpenApiParameter("state", str, enum=shapes.STATES),
            OpenApiParameter("sender", str),
            OpenApiParameter("client_ref", str),
            OpenApiParameter("limit", int, description="At most 100; left out: 50."),
            OpenApiParameter("cursor", str, description="From `next` of the page before."),
        ],
        responses={200: shapes.MessageList, **PROBLEMS},
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
        values = valid(shapes.NewMessage(data=request.data))
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
        given = valid(shapes.NewMessages(data=request.data))["messages"]
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
        summary=N_("Look at a message, by its id or its classic id"),
        responses={200: shapes.MessageDetail, **PROBLEMS},
    )
    def get(self, request: Request, reference: str) -> Response:
        alias, account_id = self.program.region.alias, self.program.account_id
        with scope(account_id, using=[alias]):
            message = self._find(reference)
            return Response(reading.details(alias, account_id, [message])[0])

    @extend_schema(
        operation_id="eraseMessage",
        summary=N_("Erase a message"),
        description="Text, number, events and reports go at once; what it cost stays as an accounting record.",
        responses={204: None, **PROBLEMS},
    )
    def delete(self, request: Request, reference: str) -> Response:
        alias, account_id = self.program.region.alias, self.program.account_id
        with scope(account_id, using=[alias]):
            message = self._find(reference)
        if register.covered(account_id, [time_of(message.pk).date()]):
            raise Problem("legal-hold")
        if floors.covered([time_of(message.pk).date()]):
            raise Problem("statutory-floor")
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
        summary=N_("What may still be spent, in all regions together"),
        responses={200: shapes.Balance, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        left = allowance.available(self.program.account_id)
        return Response({"balance": money(left), "currency": reading.CURRENCY})


class RetentionView(KeyView):
    scopes = {"GET": KeyScope.RETENTION, "PUT": KeyScope.INSTRUCT}

    @extend_schema(
        operation_id="getRetention",
        summary=N_("How long each class of data is kept"),
        responses={200: shapes.RetentionList, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        return Response({"data": [_retention(self.program.account_id, name) for name in _CLASSES]})

    @extend_schema(
        operation_id="instructRetention",
        summary=N_("Instruct how long a class is kept"),
        description="Shortening takes effect after 24 hours, and can be cancelled in the portal until then; lengthening "
        "takes effect at once, for new messages.",
        request=shapes.Instruction,
        responses={200: shapes.Retention, **PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        values = valid(shapes.Instruction(data=request.data))
        instructions.instruct(
            account_id=self.program.account_id,
            data_class=_CLASSES[values["data_class"]],
            days=values["days"],
            person_id=self.program.key_id,
            actor_kind="key",
            knowingly=values["knowingly"],
        )
        return Response(_retention(self.program.account_id, values["data_class"]))


class _Asked:
    """A list's query: what narrows it, the ids it lies between, how many, and the address of the next page."""

    def __init__(self, request: Request) -> None:
        self._request = request
        query = request.query_params
        self.limit = number_asked(query.get("limit", "50"), "limit", 1, 100)
        self.low, self.high = reading.days(*days_asked(request))
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


def _item(values: dict[str, Any]) -> Item:
    return Item(
        to=values["to"],
        text=values["text"],
        sender=values["from"],
        content_days=values["content_days"],
        number_days=values["number_days"],
        client_ref=values["client_ref"],
    )


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
