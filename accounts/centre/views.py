"""The centre itself, what is held, and copies. For everybody with a sign-in, with or without an account."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.centre import doors
from accounts.centre.held import held
from accounts.permissions import Permission
from accounts.seats import accounts_of_reader, seat_of
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently
from privacy.exports import services
from privacy.exports.models import ExportJob, ExportKind, ExportState
from privacy.holds import register

_SHOWN = 10


@require_safe
def centre(request: HttpRequest) -> HttpResponse:
    """The doors; who is signed out is shown the ways to them, of which one needs no sign-in."""
    if not request.user.is_authenticated:
        return render(request, "centre/ways.html", {"ways": doors.WAYS})
    context = {
        "section": "privacy",
        "doors": doors.doors(seat_of(request)),
        "holds": register.shown_to_person(request.user.pk),
    }
    return render(request, "centre/centre.html", context)


@login_required
@require_safe
def privacy_held(request: HttpRequest) -> HttpResponse:
    person_id = cast(UUID, request.user.pk)
    context = {"section": "privacy", "held": held(person_id, accounts_of_reader(request))}
    return render(request, "centre/held.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def privacy_export(request: HttpRequest) -> HttpResponse:
    """Ask for a copy, and the copies asked for: how far, and where to fetch them."""
    if request.method == "POST":
        return _ask(request)
    mine = ExportJob.objects.filter(person_id=cast(UUID, request.user.pk)).order_by("-asked_at")
    seat = seat_of(request)
    # What is another account's is fetched while sitting there.
    jobs = mine.filter(Q(account_id=None) | Q(account_id=seat.account_id if seat else None))[:_SHOWN]
    context = {
        "section": "privacy",
        "jobs": jobs,
        "running": any(job.state in {ExportState.WAITING, ExportState.RUNNING} for job in jobs),
        "may_account": _may_account(request),
        "days": services.KEPT.days,
    }
    return render(request, "centre/export.html", context)


@login_required
@require_POST
def export_fetch(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The file, to who asked for it alone, after a recent confirmation."""
    mine = ExportJob.objects.filter(pk=job_id, person_id=cast(UUID, request.user.pk))
    job = mine.filter(state=ExportState.READY).first()
    if job is None or not _still_theirs(request, job):
        raise Http404
    if not confirmed_recently(request):
        return ask_to_confirm(reverse("privacy_export"))
    if not services.path_of(job.pk).is_file():
        raise Http404
    response = StreamingHttpResponse(
        services.fetch(job, by_id=cast(UUID, request.user.pk)), content_type="application/zip"
    )
    response["Content-Disposition"] = f'attachment; filename="paasoo-{job.kind}-{job.asked_at:%Y-%m-%d}.zip"'
    response["Content-Length"] = str(job.size)
    response["Cache-Control"] = "no-store"
    return response


def _ask(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("kind")
    if kind not in (ExportKind.PERSON, ExportKind.ACCOUNT):
        messages.error(request, _("Choose what the copy should hold."))
        return redirect("privacy_export")
    if kind == ExportKind.ACCOUNT and not _may_account(request):
        raise Http404
    if not confirmed_recently(request):
        return ask_to_confirm(reverse("privacy_export"))
    seat = seat_of(request)
    account_id = seat.account_id if seat is not None and kind == ExportKind.ACCOUNT else None
    try:
        services.ask(kind=ExportKind(kind), person_id=cast(UUID, request.user.pk), account_id=account_id)
    except services.TooManyCopies as error:
        messages.error(request, str(error.user))
    else:
        messages.success(
            request, _("Your copy is being made. You can leave; we write to you when it is ready.")
        )
    return redirect("privacy_export")


def _may_account(request: HttpRequest) -> bool:
    seat = seat_of(request)
    return seat is not None and seat.may(Permission.EXPORT_ACCOUNT)


def _still_theirs(request: HttpRequest, job: ExportJob) -> bool:
    """A copy of an account is for who may have it now, sitting in that account."""
    seat = seat_of(request)
    if job.account_id is None:
        return True
    return seat is not None and seat.account_id == job.account_id and seat.may(Permission.EXPORT_ACCOUNT)
