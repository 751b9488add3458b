"""Send one message: form, check page, confirmation. Nothing is sent before the check page is confirmed, and
once.
"""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import Permission, page
from accounts.seats import Seat, sitting
from accounts.teams.models import AccountState
from messaging.accept.portal import Accepted, NotAccepted, Outcome, accept_messages
from messaging.classic import ids
from messaging.messages.models import Message
from messaging.pages import message as reading
from messaging.pages import sending
from messaging.pages.opening import Numbers
from messaging.pages.sending import SendForm
from messaging.rest.idempotency import Once
from messaging.rest.problems import Problem
from paasoo_portal.core import audit, clock, regions
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.keys.models import DataClass
from privacy.retention.instructions import in_force


@page(Permission.SEND_MESSAGES, scoped=False)
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    """`step` says which page the form comes from: nothing or "edit" the form, "check" and "send" the check
    page.
    """
    seat = sitting(request)
    step = request.POST.get("step", "")
    form = _form(request, seat, bound=request.method == "POST")
    if step in {"check", "send"} and form.is_valid():
        if step == "send" and request.POST.get("once"):
            return _send(request, seat, form, request.POST["once"])
        with scope(seat.account.pk):
            check = sending.check(seat.account.pk, form.cleaned_data)
        context = {"check": check, "once": secrets.token_urlsafe(12)}
        return render(request, "messaging/send_check.html", _base(request, seat) | context)
    if step == "edit":
        form = _form(request, seat, bound=True)
        form.errors.clear()
    return render(request, "messaging/send.html", _base(request, seat) | {"form": form})


@page(Permission.SEND_MESSAGES)
@require_safe
def sent(request: HttpRequest, region: str, message_id: UUID) -> HttpResponse:
    """The confirmation, with the reference; it can be bookmarked."""
    seat = sitting(request)
    if region not in settings.REGIONS:
        raise Http404
    where = regions.get(region)
    with scope(seat.account.pk, using=[where.alias]):
        row = reading.find(where, message_id)
        if row is None:
            raise Http404
        numbers = Numbers(where.alias, seat.account.pk, masked=not seat.may(Permission.SEE_NUMBERS))
        number = numbers.of(row)
    context = {
        "row": row,
        "number": number,
        "reference": ids.encode(message_id),
        "region": where,
        "kept_on": _last_day(row),
    }
    return render(request, "messaging/send_sent.html", {"section": "messages"} | context)


def _last_day(row: Message) -> date | None:
    """The last day of its text; None when it is not kept beyond delivery."""
    kept = row.content_due_on > time_of(row.pk).date()
    return row.content_due_on - timedelta(days=1) if kept else None


def _form(request: HttpRequest, seat: Seat, *, bound: bool) -> SendForm:
    return SendForm(
        request.POST if bound else None,
        home=seat.account.region,
        default_sender=seat.account.default_sender,
        content_days=in_force(seat.account.pk, DataClass.CONTENT, clock.now()),
    )


def _base(request: HttpRequest, seat: Seat) -> dict[str, Any]:
    return {
        "section": "messages",
        "suspended": seat.account.state != AccountState.OPEN,
        "posted_fields": [(name, request.POST.get(name, "")) for name in SendForm.base_fields],
    }


def _send(request: HttpRequest, seat: Seat, form: SendForm, token: str) -> HttpResponse:
    """Each check page sends once, however often and in however many windows its button is pressed."""
    values = form.cleaned_data
    once = Once(
        regions.alias(values["region"]), seat.account_id, f"portal/{request.user.pk}/{token[:80]}", b""
    )
    try:
        known = once.begin()
    except Problem:
        messages.info(request, _("That message is being sent. Look for it in the list."))
        return redirect("messages")
    if known is not None:
        messages.info(request, _("That message was sent already."))
        return redirect("send_sent", region=values["region"], message_id=known.body["id"])
    try:
        accepted = _accept(seat, values, once)
    except NotAccepted as refusal:
        once.give_up()
        form.add_error(None, str(refusal.user))
        return render(request, "messaging/send.html", _base(request, seat) | {"form": form})
    with scope(seat.account.pk):
        audit.record(
            audit.Event.MESSAGE_SENT_BY_HAND,
            account_id=seat.account.pk,
            actor_id=request.user.pk,
            actor_kind="person",
            subject_id=accepted.id,
            region=values["region"],
        )
    return redirect("send_sent", region=values["region"], message_id=accepted.id)


def _accept(seat: Seat, values: dict[str, Any], once: Once) -> Accepted:
    def store(outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, Accepted):
                once.finish(202, {"id": str(outcome.id)})

    return accept_messages(
        account_id=seat.account_id,
        region=values["region"],
        sender=values["sender"],
        recipients=[values["to"].e164],
        text=values["text"],
        content_days=values["keep"],
        also=store,
    )[0]
