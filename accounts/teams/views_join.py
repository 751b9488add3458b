"""Following an invitation: by somebody signed in, with a sign-in elsewhere, or new to the portal.

The link's token is read once and leaves the address bar; the session remembers the invitation.
"""

from __future__ import annotations

from uuid import UUID

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import AccountError, AlreadyMember, InvitationOver, NoSuchInvitation
from accounts.people.models import Person
from accounts.seats import SESSION_KEY
from accounts.teams import invitations
from accounts.teams.forms import JoinForm
from accounts.teams.models import Account, Invitation, Role

_FOLLOWED = "invitation"


@require_safe
def invitation_follow(request: HttpRequest, token: str) -> HttpResponse:
    """The address in the email. Looking at it uses nothing up, so that a mail scanner does no harm."""
    try:
        found = invitations.find(token)
    except (NoSuchInvitation, InvitationOver) as error:
        return _cannot(request, error)
    request.session[_FOLLOWED] = str(found.pk)
    return redirect("invitation_accept")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest) -> HttpResponse:
    try:
        invitation = _followed(request)
        if request.user.is_authenticated:
            return _as_known(request, invitation, request.user)
        return _as_new(request, invitation)
    except (NoSuchInvitation, InvitationOver) as error:
        request.session.pop(_FOLLOWED, None)
        return _cannot(request, error)


def _as_known(request: HttpRequest, invitation: Invitation, person: Person) -> HttpResponse:
    context = _context(invitation)
    if not invitations.belongs_to(invitation, person):
        return render(request, "accounts/join_other.html", context, status=403)
    if request.method == "POST":
        try:
            invitations.accept(invitation_id=invitation.pk, person=person)
        except AlreadyMember:
            messages.info(request, _("You belong to this account already."))
        return _in(request, invitation, redirect("home"))
    return render(request, "accounts/join.html", context)


def _as_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    context = _context(invitation)
    if invitations.has_sign_in(invitation.email):
        return render(request, "accounts/join_sign_in.html", context)
    form = JoinForm(request.POST if request.method == "POST" else None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept_as_new(
                invitation_id=invitation.pk,
                name=form.cleaned_data["name"],
                password=form.cleaned_data["password"],
                language=get_language() or "en",
            )
        except AlreadyMember:
            return redirect("invitation_accept")
        return _in(request, invitation, perform_login(request, person))
    return render(request, "accounts/join_new.html", context | {"form": form})


def _in(request: HttpRequest, invitation: Invitation, response: HttpResponse) -> HttpResponse:
    request.session.pop(_FOLLOWED, None)
    request.session[SESSION_KEY] = str(invitation.account_id)
    return response


def _followed(request: HttpRequest) -> Invitation:
    known = request.session.get(_FOLLOWED)
    if known is None:
        raise NoSuchInvitation("no invitation was followed in this session")
    return invitations.open_one(UUID(known))


def _context(invitation: Invitation) -> dict[str, object]:
    account = Account.objects.get(pk=invitation.account_id)
    by = invitation.invited_by
    return {
        "invitation": invitation,
        "account": account,
        "role": Role(invitation.role).label,
        "by": (by.name or by.email) if by is not None else account.name,
    }


def _cannot(request: HttpRequest, error: AccountError) -> HttpResponse:
    status = 404 if isinstance(error, NoSuchInvitation) else 410
    return render(request, "accounts/join_cannot.html", {"reason": error.user}, status=status)
