"""The way back to the page whose form was sent."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme


def back(request: HttpRequest, *, otherwise: str) -> HttpResponseRedirect:
    """To the form's `next` where that is a path of ours, else to the path `otherwise`."""
    path = request.POST.get("next", "")
    ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return HttpResponseRedirect(path if ours else otherwise)
