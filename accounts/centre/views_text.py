"""The page where an administrator reads and copies the model text, in each of the portal's languages. Keeps P-WHO-4."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, page
from accounts.seats import sitting
from privacy.end_user_text import text
from privacy.keys.models import INSTRUCTED_CHOICES
from privacy.retention import instructions


@page(Permission.INSTRUCT_RETENTION)
@require_safe
def end_user_text(request: HttpRequest) -> HttpResponse:
    here = sitting(request)
    asked = request.GET.get("text", "")
    code = asked if asked in dict(settings.LANGUAGES) else translation.get_language() or "en"
    with translation.override(code):
        told = text.sections(here.account_id, here.account.region)
        plain, html = text.as_text(told), text.as_html(told)
    context = {
        "section": "privacy",
        "languages": settings.LANGUAGES,
        "code": code,
        "plain": plain,
        "html": html,
        "waiting": [
            found
            for data_class, _label in INSTRUCTED_CHOICES
            if (found := instructions.pending(here.account_id, data_class)) is not None
        ],
    }
    return render(request, "privacy/end_user_text.html", context)
