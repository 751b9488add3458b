"""What a page of any app may rely on: its permission by name, the seat its reader has, and recent
authentication.

`accounts` fills all three in (its middleware, `accounts.seats.Seat`, the hook `person.recently_confirmed`),
so an app below it can have pages without importing it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from paasoo_portal.core import hooks

View = TypeVar("View", bound=Callable[..., HttpResponse])


class Seat(Protocol):
    """The reader's place: an account's id, and what the reader may do there."""

    @property
    def account_id(self) -> UUID: ...

    def may(self, permission: Any) -> bool: ...


def page(permission: str, *, scoped: bool = True) -> Callable[[View], View]:
    """Mark a view as a page of an account, for members whose role has the permission.

    It runs in one transaction in the account's scope; with `scoped=False` the view opens its own, because
    what it calls must commit on several databases in an order.
    """

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        view.scoped = scoped  # type: ignore[attr-defined]
        return view

    return mark


def seat(request: HttpRequest) -> Seat:
    """The reader's seat, inside a page."""
    return request.seat  # type: ignore[attr-defined,no-any-return]


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether the person proved within the last minutes that it is they who sit there."""
    return all(hooks.call("person.recently_confirmed", request=request))


def ask_to_confirm(then: str) -> HttpResponseRedirect:
    """Send the person to prove it, and from there to the path `then`."""
    return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': then})}")
