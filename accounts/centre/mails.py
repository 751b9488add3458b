"""The centre's emails: a reference and a page, never what was asked or answered."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.centre.answers import administrators_of
from accounts.people.models import Person
from paasoo_portal.core import mail
from paasoo_portal.core.tenancy import scope
from privacy.disclosure import services as disclosure
from privacy.disclosure.models import Order
from privacy.exports.models import ExportJob
from privacy.requests.models import RightsRequest, Route


def request_told(request_id: UUID, what: str) -> None:
    """The hook `request.tell`: the person, and at first whoever answers in their account."""
    found = RightsRequest.objects.get(pk=request_id)
    context = {
        "reference": found.reference,
        "kind": found.get_kind_display(),
        "due_on": found.due_on,
        "take_over_on": found.take_over_on,
        "what": what,
    }
    if found.person_id is not None:
        person = Person.objects.filter(pk=found.person_id).first()
        if person is not None:
            link = settings.PORTAL_URL + reverse("request", args=[found.reference])
            _send("request", person.email, context | {"link": link}, person.language)
    elif found.visitor_email:
        # A visitor has no page: the answer is the mail.
        last = found.steps.order_by("-at").first()
        note = last.note if last is not None else ""
        _send("request_visitor", str(found.visitor_email), context | {"note": note}, "en")
    if what == "received" and found.routed_to == Route.ADMINISTRATOR and found.account_id is not None:
        with scope(found.account_id):
            bosses = list(Person.objects.filter(pk__in=administrators_of(found.account_id)))
        link = settings.PORTAL_URL + reverse("inbox")
        for boss in bosses:
            _send("request_inbox", boss.email, context | {"link": link}, boss.language)


def order_told(order_id: UUID) -> None:
    """The hook `disclosure.tell`, once the law lets us: every administrator, or the person whom it is about."""
    order = Order.objects.get(pk=order_id)
    hold = disclosure.hold_of(order)
    if order.account_id is not None:
        with scope(order.account_id):
            told = list(Person.objects.filter(pk__in=administrators_of(order.account_id)))
    else:
        about = hold.person_id if hold is not None else None
        told = list(Person.objects.filter(pk=about)) if about is not None else []
    link = settings.PORTAL_URL + reverse("privacy_centre" if order.account_id is None else "retention")
    for person in told:
        context: dict[str, object] = {
            "authority": order.authority,
            "reference": order.their_reference,
            "is_own": order.account_id is None,
            "link": link,
        }
        _send("order", person.email, context, person.language)


def visitor_link(email: str, token: str, language: str) -> None:
    link = settings.PORTAL_URL + reverse("ask_confirm", args=[token])
    _send("ask_confirm", email, {"link": link}, language)


def export_ready(job_id: UUID) -> None:
    """The hook `export.ready`, for a person's copy; what an account gets back is nobody's alone."""
    job = ExportJob.objects.filter(pk=job_id, person_id__isnull=False).first()
    person = Person.objects.filter(pk=job.person_id).first() if job is not None and job.person_id else None
    if job is not None and person is not None:
        link = settings.PORTAL_URL + reverse("privacy_export")
        _send("export_ready", person.email, {"link": link, "until": job.expires_at}, person.language)


def _send(name: str, to: str, context: dict[str, object], language: str) -> None:
    mail.send(f"centre/mail/{name}", to, context, language=language)
