"""Servers run no system checks by themselves, so web, door, workers, beat and dispatcher call this at start."""

from __future__ import annotations

import django
from django.apps import apps

from privacy.catalogue.completeness import problems
from privacy.catalogue.registry import catalogue


class CatalogueIncomplete(SystemExit):
    """The process must not start: it could store what nobody has declared.

    SystemExit, because Celery's start-up signals swallow every mere Exception and go on.
    """


def refuse_incomplete() -> None:
    """Raise CatalogueIncomplete, saying what to write where, unless the catalogue is complete and sound."""
    if not apps.ready:
        django.setup()
    found = list(problems(catalogue()))
    if found:
        lines = [f"{problem.id} {problem.message}\n    {problem.hint}" for problem in found]
        raise CatalogueIncomplete(
            "The catalogue of personal data is incomplete, so nothing starts:\n  " + "\n  ".join(lines)
        )
