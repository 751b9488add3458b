"""Saying that one has read the notice."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.policy_notices import services


@login_required
@require_POST
def policy_seen(request: HttpRequest) -> HttpResponse:
    services.seen(cast(UUID, request.user.pk))
    return redirect("privacy_centre" if request.POST.get("then") == "centre" else "home")
