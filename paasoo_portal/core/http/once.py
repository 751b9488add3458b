"""Forms that make one thing, however often they are sent: each drawn form carries the id of what it will make.

The id is signed for its person in their account. Whoever stores the thing under it finds out that it stands there already, also
when the form is sent twice at one moment, and two forms in two windows make two things.
"""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.http.pages import seat
from paasoo_portal.core.ids import uuid7

LOST = _("This form did not come back whole. Nothing was made: send it again.")


def offer(request: HttpRequest) -> str:
    """For the hidden field `once` of a form that is drawn."""
    return _signer(request).sign(str(uuid7()))


def taken(request: HttpRequest) -> UUID | None:
    """The id for what the sent form makes; None when the field was lost or altered, or is somebody else's."""
    try:
        return UUID(_signer(request).unsign(request.POST.get("once", "")))
    except BadSignature:
        return None


def _signer(request: HttpRequest) -> Signer:
    return Signer(salt=f"once:{request.path}:{seat(request).account_id}:{request.user.pk}")
