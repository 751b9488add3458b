"""Reading the price list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from messaging.pricing.models import Price


def prices_in_force(day: date) -> dict[tuple[str, str], Decimal]:
    """EUR per segment by country and network ("" for the country's own) on a day."""
    rows = Price.objects.filter(effective_on__lte=day).order_by("country", "network", "-effective_on")
    found = rows.distinct("country", "network").values_list("country", "network", "amount")
    return {(country, network): amount for country, network, amount in found}
