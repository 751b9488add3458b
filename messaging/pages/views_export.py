"""The message log's export: the same filter as the page, streamed; its beginning and its end leave a trace.

Keeps P-SEC-2 (counts and a region in the trail, nothing of what was exported), P-SEC-5.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.pages.export import Export
from messaging.pages.filters import LogFilterForm
from messaging.pages.views_log import number_of, url_of, without_cursor
from paasoo_portal.core import audit, regions
from paasoo_portal.core.tenancy import scope


@page(Permission.EXPORT_MESSAGES, scoped=False)  # type: ignore[type-var]
@require_GET
def export(request: HttpRequest) -> HttpResponseBase:
    """A filter that the page would not accept, or a search that has ended, is told on the page instead."""
    seat = sitting(request)
    number = number_of(request, seat)
    if number is None:
        messages.warning(request, _("Your search for a number has ended. Enter the number again."))
        return redirect(url_of(request, number=None))
    with scope(seat.account.pk):
        form = LogFilterForm(without_cursor(request), home=seat.account.region)
        if not form.is_valid():
            return redirect(url_of(request))
        asked = form.asked(number)
        _trace(request, audit.Event.MESSAGES_EXPORT_BEGUN, Export(seat, asked))
    name = f"messages-{regions.get(asked.region).code}-{asked.first_day}-{asked.last_day}.csv"
    response = StreamingHttpResponse(
        _told(request, Export(seat, asked)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _told(request: HttpRequest, made: Export) -> Iterator[str]:
    """The file; how much of it went out is recorded even when the reader leaves in the midst of it."""
    try:
        yield from made.lines()
    finally:
        with scope(made.seat.account.pk):
            _trace(request, audit.Event.MESSAGES_EXPORTED, made)


def _trace(request: HttpRequest, event: audit.Event, made: Export) -> None:
    days = (made.asked.last_day - made.asked.first_day).days + 1
    audit.record(
        event,
        account_id=made.seat.account.pk,
        actor_id=request.user.pk,
        actor_kind="person",
        region=made.asked.region,
        days=days,
        by_number=bool(made.asked.number),
        messages=made.rows,
        complete=made.complete,
    )
