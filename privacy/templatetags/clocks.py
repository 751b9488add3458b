"""A clock's period in a page's words, from the row in force, so that no text says another than runs. Keeps P-RGT-2."""

from __future__ import annotations

from django import template

from privacy.clocks import register as clocks

register = template.Library()


@register.simple_tag
def period(kind: str, region: str = "") -> str:
    """As "1 month" or "30 days"."""
    return clocks.span(kind, region=region).text
