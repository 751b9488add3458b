"""Words for tables and fields that have only their name in code, for the person whose data they hold."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

_WORDS: Final[dict[str, Any]] = {
    "account id": _("number of the account"),
    "actor id": _("number of who did it"),
    "asked at": _("asked"),
    "asked by id": _("asked by"),
    "at": _("time"),
    "audit events": _("entries of the audit trail"),
    "consent records": _("consents"),
    "created at": _("made"),
    "created by": _("made by"),
    "decision": _("decision"),
    "event": _("event"),
    "how": _("through"),
    "id": _("number"),
    "instructed by id": _("instructed by"),
    "invited by": _("invited by"),
    "last used at": _("last used"),
    "note": _("note"),
    "person id": _("number of the person"),
    "placed by id": _("placed by"),
    "ready at": _("ready"),
    "refusal": _("refusal"),
    "released by id": _("released by"),
    "request steps": _("steps of requests"),
    "retention instructions": _("instructions on retention"),
    "seen at": _("read"),
    "subject id": _("number of whom it is about"),
    "told at": _("told"),
    "visitor id": _("number of the visitor"),
    "person-group relationships": _("staff roles of a person"),
    "person-permission relationships": _("staff permissions of a person"),
}


def of_table(model: type[models.Model]) -> str:
    return _word(model._meta.verbose_name_plural)


def of_field(field: Any) -> str:
    return _word(getattr(field, "verbose_name", field.name))


def _word(label: Any) -> str:
    return str(capfirst(str(_WORDS.get(str(label), label))))
