"""Where an administrator answers what members of the account ask. Keeps P-WHO-2, P-RGT-2."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.centre.forms import AnswerForm
from accounts.erasure.services import fulfil
from accounts.errors import AccountError
from accounts.permissions import Permission, page
from accounts.seats import sitting
from paasoo_portal.core import directory
from privacy.requests import services
from privacy.requests.models import RequestState, RightsRequest, Route

_SHOWN = 100


@page(Permission.ANSWER_REQUESTS)
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """Open ones by due date, then the closed."""
    rows = RightsRequest.objects.filter(account_id=sitting(request).account_id, person_id__isnull=False)
    waiting = rows.filter(state=RequestState.OPEN).order_by("due_on")[:_SHOWN]
    done = rows.exclude(state=RequestState.OPEN).order_by("-received_at")[:20]
    names = directory.labels("person", {one.person_id for one in (*waiting, *done) if one.person_id})
    context = {
        "section": "privacy",
        "waiting": [(one, names[one.person_id]) for one in waiting if one.person_id],
        "done": [(one, names[one.person_id]) for one in done if one.person_id],
    }
    return render(request, "centre/inbox.html", context)


@page(Permission.ANSWER_REQUESTS)
@require_http_methods(["GET", "HEAD", "POST"])
def inbox_answer(request: HttpRequest, reference: str) -> HttpResponse:
    """One request with its text; answer, refuse or extend, after a check page."""
    found = RightsRequest.objects.filter(reference=reference, account_id=sitting(request).account_id).first()
    if found is None or found.person_id is None:
        raise Http404
    step = request.POST.get("step", "")
    more_until = services.extended_to(found)
    form = AnswerForm(request.POST if request.method == "POST" else None, more_until=more_until)
    context = {
        "section": "privacy",
        "found": found,
        "who": directory.label("person", found.person_id),
        "steps": found.steps.order_by("at", "pk"),
        "form": form,
        "more_until": more_until,
        "ours": found.state == RequestState.OPEN and found.routed_to == Route.ADMINISTRATOR,
    }
    if context["ours"] and step in {"check", "send"} and form.is_valid():
        if step == "check":
            return render(request, "centre/inbox_check.html", context | {"values": form.cleaned_data})
        act(request, found, form)
        return redirect("inbox")
    if step == "edit":
        form.errors.clear()
    return render(request, "centre/inbox_answer.html", context)


def act(request: HttpRequest, found: RightsRequest, form: AnswerForm, by_kind: str = "administrator") -> None:
    """Do what the form says, and say what was done."""
    values = form.cleaned_data
    by = {"by_id": cast(UUID, request.user.pk), "by_kind": by_kind, "text": values["text"]}
    try:
        if values["action"] == "refuse":
            services.refuse(found.pk, ground=values["ground"], **by)
            messages.success(request, _("%(reference)s is refused.") % {"reference": found.reference})
        elif values["action"] == "extend":
            until = formats.date_format(services.extend(found.pk, **by).due_on)
            told = _("%(reference)s has more time, until %(day)s.")
            messages.success(request, told % {"reference": found.reference, "day": until})
        else:
            with transaction.atomic():
                # First the answer, which locks: a request taken back meanwhile erases nobody.
                services.answer(found.pk, **by)
                fulfil(found, by_id=by["by_id"], by_kind="person" if by_kind == "administrator" else by_kind)
            messages.success(request, _("%(reference)s is answered.") % {"reference": found.reference})
    except (services.NotOpen, AccountError) as error:
        messages.error(request, str(error.user))
