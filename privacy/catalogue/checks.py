"""The system checks `privacy.E…`: nothing undeclared can ship (P-CAT-2)."""

from __future__ import annotations

from typing import Any, Final

from django.core.checks import CheckMessage, Error, register

from privacy.catalogue.boot import refuse_incomplete
from privacy.catalogue.completeness import problems
from privacy.catalogue.registry import catalogue

__all__ = ["TAG", "catalogue_is_complete", "refuse_incomplete"]

TAG: Final = "privacy"


@register(TAG)
def catalogue_is_complete(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [Error(found.message, hint=found.hint, id=found.id) for found in problems(catalogue())]
