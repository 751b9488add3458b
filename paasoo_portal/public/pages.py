"""The public site: what PaaSoo is, what it costs, what it promises, and how it stands. No account, no cookie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from messaging.pricing.selectors import prices_in_force
from paasoo_portal.core import clock, countries, health
from paasoo_portal.public import reference
from paasoo_portal.public.tables import held_data
from privacy.policy import selectors as policy_versions
from privacy.policy.models import PolicyVersion
from privacy.subprocessors.selectors import companies


@dataclass(frozen=True)
class PriceRow:
    country: str
    network: str
    amount: Any


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """The way in for visitors; whoever is signed in goes on to their own home."""
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "public/welcome.html", {"regions": settings.REGIONS.values()})


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    rows = [
        PriceRow(countries.name(country), network, amount)
        for (country, network), amount in prices_in_force(clock.today()).items()
    ]
    rows.sort(key=lambda row: (row.country, row.network))
    return render(request, "public/prices.html", {"rows": rows, "today": clock.today()})


@require_safe
def policy(request: HttpRequest, number: str | None = None) -> HttpResponse:
    """The version in force, or an earlier one; with the tables that the catalogue makes."""
    language = get_language() or "en"
    found = policy_versions.current(language) if number is None else policy_versions.find(number, language)
    if found is None:
        raise Http404
    current = policy_versions.current(language)
    context = {
        "version": found,
        "parts": list(policy_versions.parts(found.text)),
        "versions": _each_once(list(policy_versions.published())),
        "in_force": current is not None and current.number == found.number,
        "held": held_data(),
        "today": clock.today(),
    }
    return render(request, "public/policy.html", context)


@require_safe
def sub_processors(request: HttpRequest) -> HttpResponse:
    return render(request, "public/sub_processors.html", {"companies": companies()})


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Each region and what all share, in words; /readyz tells operators more."""
    parts = health.parts()
    shared = ("database.default", "broker", "beat")
    rows = [(_("Portal and accounts"), all(parts[name]["ok"] for name in shared if name in parts))]
    rows += [
        (region.label, all(part["ok"] for name, part in parts.items() if name.endswith(f".{region.alias}")))
        for region in settings.REGIONS.values()
    ]
    return render(
        request,
        "public/status.html",
        {"rows": rows, "well": all(fine for _name, fine in rows), "now": clock.now()},
    )


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html")


@require_safe
def end_users(request: HttpRequest) -> HttpResponse:
    """The same kind answer to everybody who got a message, whether we hold anything or not (P-WHO-3)."""
    return render(request, "public/end_users.html")


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """What is common to all calls of REST v1, and the way to each. Drawn here: no script, no other site."""
    return render(request, "public/reference.html", {"operations": reference.operations()})


@require_safe
def api_call(request: HttpRequest, name: str) -> HttpResponse:
    """One call of REST v1."""
    found = next((one for one in reference.operations() if one.name == name), None)
    if found is None:
        raise Http404
    return render(request, "public/reference_call.html", {"one": found})


@require_safe
def api_classic(request: HttpRequest) -> HttpResponse:
    context = {"codes": reference.submit_codes(), "states": reference.delivery_states()}
    return render(request, "public/reference_classic.html", context)


def _each_once(versions: list[PolicyVersion]) -> list[PolicyVersion]:
    return list({version.number: version for version in reversed(versions)}.values())[::-1]
