"""Upward calls: a lower layer calls what a higher one registered in settings.HOOKS, by name, never by import.

A start-up check (core.E001) resolves every name, so a typing slip cannot wait for the night.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def handlers(name: str) -> tuple[Callable[..., Any], ...]:
    return tuple(import_string(path) for path in settings.HOOKS[name])


def call(name: str, **arguments: Any) -> list[Any]:
    """Call every handler registered under `name`, in order, and return their answers."""
    return [handler(**arguments) for handler in handlers(name)]
