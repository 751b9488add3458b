"""Where a signed-in person sits: the account they work in now, their role there, and their other accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest

from accounts.closure.models import AccountClosure
from accounts.people.models import Person
from accounts.permissions import Permission, allows
from accounts.teams.models import Account, AccountState, Membership, Role
from paasoo_portal.core.tenancy import person_scope

SESSION_KEY = "account"


@dataclass(frozen=True)
class Seat:
    """The account in use, the person's role in it, and the accounts they could switch to."""

    account: Account
    role: str
    others: tuple[Account, ...]

    @property
    def role_label(self) -> str:
        return str(Role(self.role).label)

    @property
    def account_id(self) -> UUID:
        return self.account.pk

    @property
    def closing(self) -> datetime | None:
        """When the account is closed for good, if that was decided."""
        return getattr(self.account, "closing", None)

    def may(self, permission: str) -> bool:
        return allows(self.role, Permission(permission))


def seat_of(request: HttpRequest) -> Seat | None:
    """The person's seat, read once a request; None for visitors and for people without an open account.

    The session only proposes an account: the membership is looked up every time, so a removal works at once.
    """
    if not hasattr(request, "_seat"):
        request._seat = _find(request) if request.user.is_authenticated else None  # type: ignore[attr-defined]
    return request._seat  # type: ignore[attr-defined,no-any-return]


def sitting(request: HttpRequest) -> Seat:
    """The seat of a page's reader: the middleware let nobody in without one."""
    seat = seat_of(request)
    if seat is None:
        raise PermissionDenied
    return seat


def accounts_of_reader(request: HttpRequest) -> list[UUID]:
    """Every account that the reader belongs to, whatever its state; read once a request."""
    if not hasattr(request, "_roles"):
        request._roles = roles_of(cast(Person, request.user))  # type: ignore[attr-defined]
    return list(request._roles)  # type: ignore[attr-defined]


def take_seat(request: HttpRequest, account_id: UUID) -> bool:
    """Move to another of the person's accounts; False when it is not one of theirs."""
    seat = seat_of(request)
    known = seat is not None and account_id in {
        seat.account.pk,
        *(other.pk for other in seat.others),
    }
    if known:
        request.session[SESSION_KEY] = str(account_id)
    return known


def roles_of(person: Person) -> dict[UUID, str]:
    """The person's role by account id, whatever the state of the account."""
    with person_scope(person.pk):
        rows = Membership.objects.filter(person_id=person.pk).order_by("created_at")
        return dict(rows.values_list("account_id", "role"))


def _find(request: HttpRequest) -> Seat | None:
    if not accounts_of_reader(request):
        return None
    roles: dict[UUID, str] = request._roles  # type: ignore[attr-defined]
    # In the same query: every page of an account that is to be closed says so.
    closing = AccountClosure.objects.filter(account_id=OuterRef("pk"), cancelled_at=None, finished_at=None)
    found = (
        Account.objects.filter(pk__in=roles)
        .exclude(state=AccountState.CLOSED)
        .annotate(closing=Subquery(closing.values("final_at")[:1]))
    )
    accounts = sorted(found, key=lambda account: account.name.casefold())
    if not accounts:
        return None
    wanted = request.session.get(SESSION_KEY)
    here = next((account for account in accounts if str(account.pk) == wanted), accounts[0])
    others = tuple(account for account in accounts if account is not here)
    return Seat(account=here, role=roles[here.pk], others=others)
