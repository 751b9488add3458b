"""Amounts as the APIs write them."""

from __future__ import annotations

from decimal import Decimal


def money(amount: Decimal) -> str:
    """At least two decimals, and as many as the amount has: "9.77", "9.7525"."""
    whole, _, cents = f"{amount:.5f}".rstrip("0").partition(".")
    return f"{whole}.{cents:0<2}"
