"""The only writer of prices. A fresh installation has none: staff publish them; the demo has its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.db import transaction

from messaging.pricing.models import Price
from messaging.projections.services import push_prices


def publish_prices(prices: Mapping[tuple[str, str], Decimal], *, effective_on: date) -> int:
    """Set prices (EUR per segment by country and network) from a day on, and tell the regions on commit.

    A price of the same place and day is replaced. Returns how many were given. Prices that begin later reach
    the regions by themselves on their day.
    """
    rows = [
        Price(country=country, network=network, amount=amount, effective_on=effective_on)
        for (country, network), amount in prices.items()
    ]
    with transaction.atomic():
        Price.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["country", "network", "effective_on"],
            update_fields=["amount"],
        )
        transaction.on_commit(push_prices)
    return len(rows)
