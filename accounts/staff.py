"""Staff who look at somebody's data leave a record first; if it cannot be written, nothing is shown. Keeps
P-SEC-2.
"""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.db import models, transaction
from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import audit


class Reason(models.TextChoices):
    """Why staff unmask something; told to the customer beside the look."""

    SUPPORT = "support_request", _("The customer asked for help")
    RIGHTS = "rights_request", _("To answer a rights request")
    ABUSE = "abuse", _("To look into abuse or fraud")
    SECURITY = "security_incident", _("To handle a security incident")
    LEGAL = "legal_order", _("A court or an authority ordered it")


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why do you need to see it?"),
        choices=Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason")},
    )


def looked_at(
    request: HttpRequest,
    *,
    subject: UUID | str,
    what: str,
    account_id: UUID | None = None,
    reason: str = "",
) -> None:
    """Record a look, committed before this returns. `what` and `reason` are enum values of ours.

    Raises Http404 for a subject that is no id.
    """
    try:
        subject_id = subject if isinstance(subject, UUID) else UUID(subject)
    except ValueError:
        raise Http404 from None
    with transaction.atomic(durable=True):
        audit.record(
            audit.Event.STAFF_VIEWED,
            account_id=account_id,
            actor_id=request.user.pk,
            actor_kind="staff",
            subject_id=subject_id,
            what=what,
            **({"reason": reason} if reason else {}),
        )
