"""The team: who belongs to the account, invitations, roles, removal and leaving. Keeps P-WHO-2, P-SEC-5."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.errors import AccountError, AlreadyMember, LastAdministrator
from accounts.people.models import Person
from accounts.permissions import Permission, page
from accounts.seats import SESSION_KEY, sitting
from accounts.teams import invitations, members, selectors
from accounts.teams.forms import InviteForm, RoleForm
from accounts.teams.models import Invitation, Membership, Role
from paasoo_portal.core import mail


@page(Permission.SEE_TEAM)
@require_safe
def team(request: HttpRequest) -> HttpResponse:
    context = {
        "members": selectors.members_shown(cast(UUID, request.user.pk)),
        "invited": selectors.invitations_shown(sitting(request).account_id),
    }
    return render(request, "accounts/team.html", _frame() | context)


@page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def team_invite(request: HttpRequest) -> HttpResponse:
    """Form, check page, sent. `step` says which of the two pages the form comes from."""
    step = request.POST.get("step", "")
    form = InviteForm(request.POST if request.method == "POST" else None)
    if step in {"check", "send"} and form.is_valid():
        if step == "check":
            context = {"values": form.cleaned_data, "role": Role(form.cleaned_data["role"]).label}
            return render(request, "accounts/team_invite_check.html", _frame() | context)
        if _invite(request, form):
            return redirect("team")
    if step == "edit":
        form.errors.clear()
    return render(request, "accounts/team_invite.html", _frame() | {"form": form})


@page(Permission.MANAGE_TEAM)
@require_POST
def invitation_resend(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """A new link for seven days; the former one ends."""
    found = _invitation(request, invitation_id)
    try:
        invitations.invite(
            account_id=found.account_id,
            email=found.email,
            role=found.role,
            invited_by=cast(Person, request.user),
        )
    except AccountError as error:
        messages.error(request, str(error.user))
    else:
        messages.success(
            request,
            _("A new invitation is on its way to %(email)s. The former link no longer works.")
            % {"email": found.email},
        )
    return redirect("team")


@page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    found = _invitation(request, invitation_id)
    if request.method == "POST":
        invitations.withdraw(
            account_id=found.account_id, invitation_id=found.pk, by_id=cast(UUID, request.user.pk)
        )
        messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": found.email})
        return redirect("team")
    return render(request, "accounts/invitation_withdraw.html", _frame() | {"invitation": found})


@page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def member_role(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = _member(pk=member_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": member.role})
    if request.method == "POST" and form.is_valid():
        try:
            members.change_role(
                account_id=member.account_id,
                member_id=member.pk,
                role=form.cleaned_data["role"],
                by_id=cast(UUID, request.user.pk),
            )
        except Membership.DoesNotExist:
            raise Http404 from None
        except LastAdministrator as error:
            form.add_error("role", str(error.user))
        else:
            messages.success(request, _("%(name)s has another role now.") % {"name": _name(member.person)})
            return redirect("team")
    context = {"form": form, "member": member, "name": _name(member.person)}
    return render(request, "accounts/member_role.html", _frame() | context)


@page(Permission.MANAGE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def member_remove(request: HttpRequest, member_id: UUID) -> HttpResponse:
    member = _member(pk=member_id)
    if member.person_id == request.user.pk:
        return redirect("team_leave")
    if request.method == "POST":
        try:
            members.remove_member(
                account_id=member.account_id, member_id=member.pk, by_id=cast(UUID, request.user.pk)
            )
        except Membership.DoesNotExist:
            raise Http404 from None
        except LastAdministrator as error:
            messages.error(request, str(error.user))
        else:
            _tell_removed(request, member)
            messages.success(request, _("%(name)s is removed.") % {"name": _name(member.person)})
        return redirect("team")
    context = {"member": member, "name": _name(member.person)}
    return render(request, "accounts/member_remove.html", _frame() | context)


@page(Permission.SEE_TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def team_leave(request: HttpRequest) -> HttpResponse:
    """Leave by oneself; the last administrator stays, and is told why."""
    member = _member(person_id=cast(UUID, request.user.pk))
    last = members.is_last_administrator(member)
    if request.method == "POST" and not last:
        name = sitting(request).account.name
        try:
            members.remove_member(
                account_id=member.account_id, member_id=member.pk, by_id=cast(UUID, request.user.pk)
            )
        except Membership.DoesNotExist:
            return redirect("home")
        except LastAdministrator as error:
            messages.error(request, str(error.user))
            return redirect("team_leave")
        request.session.pop(SESSION_KEY, None)
        messages.success(request, _("You left %(account)s.") % {"account": name})
        return redirect("home")
    context = {"last": last, "account": sitting(request).account}
    return render(request, "accounts/team_leave.html", _frame() | context)


def _invite(request: HttpRequest, form: InviteForm) -> bool:
    email = form.cleaned_data["email"]
    try:
        invitations.invite(
            account_id=sitting(request).account_id,
            email=email,
            role=form.cleaned_data["role"],
            invited_by=cast(Person, request.user),
        )
    except AlreadyMember as error:
        form.add_error("email", str(error.user))
        return False
    except AccountError as error:
        form.add_error(None, str(error.user))
        return False
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": email})
    return True


def _tell_removed(request: HttpRequest, member: Membership) -> None:
    mail.send(
        "accounts/mail/removed",
        member.person.email,
        {"account": sitting(request).account.name},
        language=member.person.language,
    )


def _member(**which: UUID) -> Membership:
    """A member of the account in scope, which row-level security sees to."""
    found = Membership.objects.select_related("person").filter(**which).first()
    if found is None:
        raise Http404
    return found


def _invitation(request: HttpRequest, invitation_id: UUID) -> Invitation:
    found = Invitation.objects.filter(
        pk=invitation_id, account_id=sitting(request).account_id, accepted_at=None, revoked_at=None
    ).first()
    if found is None:
        raise Http404
    return found


def _name(person: Person) -> str:
    return person.name or person.email


def _frame() -> dict[str, str]:
    return {"section": "team", "tab": "team"}
