"""A number as staff see it: enough to recognise it beside an order, too little to call it."""

from __future__ import annotations


def mask(digits: str) -> str:
    return f"+{digits[:2]}{'•' * max(len(digits) - 4, 4)}{digits[-2:]}" if digits else ""
