"""System checks of the floor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string


@register()
def hooks_resolve(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    for name, paths in settings.HOOKS.items():
        for path in paths:
            try:
                import_string(path)
            except ImportError:
                errors.append(
                    Error(
                        f"The handler {path} of the hook {name} cannot be imported.",
                        hint="Mend the name in HOOKS in paasoo_portal/settings.py.",
                        id="core.E001",
                    )
                )
    return errors
