"""The addresses of REST v1 about one End-User: find, export and erase all of a number (P-WHO-3)."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys.scopes import KeyScope
from messaging import numbers
from messaging.erasure import end_users
from messaging.erasure.services import MOST, erase_messages
from messaging.messages.models import Message
from messaging.rest import reading, shapes
from messaging.rest.base import MOST_DAYS, PROBLEMS, KeyView, days_asked
from messaging.rest.problems import Problem
from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.cases import register as cases

EXPORT_AT_ONCE: Final = 1000
# Said each time: whoever erases "all" of a number must not be answered for a week of it.
_DAYS: Final = [
    OpenApiParameter("first_day", OpenApiTypes.DATE, required=True, description="UTC day."),
    OpenApiParameter(
        "last_day",
        OpenApiTypes.DATE,
        required=True,
        description=f"UTC day, included. At most {MOST_DAYS} days at once; ask again for the days before.",
    ),
]
_NAMES: Final = frozenset({"first_day", "last_day"})
_NUMBER: Final = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="E.164, with or without `+`."
)


class EndUserView(KeyView):
    """Everything of one number, in every region: the customer answers its End-Users with it (P-WHO-3)."""

    scopes = {"GET": KeyScope.READ, "DELETE": KeyScope.ERASE}

    @extend_schema(
        operation_id="findEndUser",
        summary=N_("Find what is stored of a number"),
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUser, **PROBLEMS},
    )
    def get(self, request: Request, number: str) -> Response:
        digits, days, found = self._find(request, number)
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
        return Response({"number": f"+{digits}", **days, "messages": total, "regions": told})

    @extend_schema(
        operation_id="eraseEndUser",
        summary=N_("Erase everything of a number"),
        description="Numbers are recycled: bound the days to those of the person who asks.",
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUserErased, **PROBLEMS},
    )
    def delete(self, request: Request, number: str) -> Response:
        _, days, found = self._find(request, number)
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
        kept = [
            {"kind": case.kind, "since": case.opened_at, "until": case.ends_on}
            for case in cases.shown(self.program.account_id)
        ]
        # What is not decided yet, and what went beyond one call.
        *_, still = self._find(request, number)
        left = sum(map(len, still.values()))
        return Response({**days, "erased": erased, "left": left, "exceptions": kept})

    def _days(self) -> dict[str, date]:
        """Raises Problem where they are not named, or anything else is."""
        given = self.request.query_params
        errors = [(f"#{name}", "There is no such parameter.") for name in sorted(set(given) - _NAMES)]
        errors += [(f"#{name}", "Name the day.") for name in sorted(_NAMES) if not given.get(name)]
        if errors:
            raise Problem("invalid", errors=errors)
        first, last = days_asked(self.request)
        return {"first_day": first, "last_day": last}

    def _find(self, request: Request, number: str) -> tuple[str, dict[str, date], dict[str, list[UUID]]]:
        """The number, the days the answer is about, and the messages by region. Raises Problem."""
        parsed = numbers.parse(number)
        if parsed is None:
            raise Problem("invalid", errors=[("#number", "Give the number in E.164: +447700900100.")])
        days = self._days()
        found = {
            alias: end_users.messages_of(
                alias,
                self.program.account_id,
                parsed.e164,
                days["first_day"],
                days["last_day"],
                limit=MOST,
            )
            for alias in regions.aliases()
        }
        return parsed.e164, days, found


class EndUserExportView(EndUserView):
    scopes = {"GET": KeyScope.READ}
    http_method_names = ["get", "options"]

    @extend_schema(
        operation_id="exportEndUser",
        summary=N_("Export everything of a number"),
        parameters=[_NUMBER, *_DAYS],
        responses={200: shapes.EndUserExport, **PROBLEMS},
    )
    def get(self, request: Request, number: str) -> Response:
        digits, days, found = self._find(request, number)
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
            {
                "number": f"+{digits}",
                **days,
                "exported_at": clock.now(),
                "complete": complete,
                "messages": told,
            }
        )
