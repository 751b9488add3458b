"""How what a field holds reads on a page: events, choices, people and accounts by what they are called. Keeps P-RGT-1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.models import Person
from accounts.trail import words
from privacy.consent.register import LABELS

NOTHING: Final = "–"
# Fields whose codes have words elsewhere, by their model.
_OF_FIELD: Final[dict[str, Callable[[Any], str]]] = {
    "core.AuditEvent.event": words.label,
    "core.AuditEvent.data": words.details,
    "mfa.Authenticator.type": words.thing,
    "privacy.ConsentRecord.purpose": lambda code: str(dict(LABELS).get(code, code)),
    "privacy.ConsentRecord.language": lambda code: dict(settings.LANGUAGES).get(code, code),
    "accounts.Person.language": lambda code: dict(settings.LANGUAGES).get(code, code),
}


def readable(row: models.Model, name: str, known: Mapping[UUID, str]) -> str:
    """A field's value in words; `known` tells what ids are called."""
    field: Any = row._meta.get_field(name)
    value = getattr(row, field.attname)
    if value is None or value in ("", [], {}):
        return NOTHING
    if (told := _OF_FIELD.get(f"{row._meta.label}.{name}")) is not None:
        return told(value) or NOTHING
    if field.choices:
        return str(getattr(row, f"get_{name}_display")())
    if field.related_model not in {None, Person}:
        return str(getattr(row, name))
    # A row's own key is shown as it is: it is by this number that others name it.
    return (
        known.get(value, str(value)) if isinstance(value, UUID) and not field.primary_key else _plain(value)
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {told}" for name, told in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
