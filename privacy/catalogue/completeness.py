"""Is everything declared, and soundly? Covers every concrete field of every installed model: through tables
and third-party models too. Keeps P-CAT-2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from privacy.catalogue import dpv
from privacy.catalogue.declarations import (
    ENDED_BY,
    Catalogue,
    Computed,
    FieldEntry,
    Held,
    NotPersonal,
    PersonalData,
    entries,
)
from privacy.catalogue.registry import file_for
from privacy.catalogue.returning import is_returned, organisation_of
from privacy.catalogue.terms import (
    CONSENT_CATEGORIES,
    ENDING_CATEGORIES,
    SEALED_CATEGORIES,
    Basis,
    Erasure,
    Export,
)

# What ends by itself, and not with a key or a partition, has to say from when it counts.
_BY_ROW = frozenset({Erasure.ROW, Erasure.BLANK, Erasure.KEPT})


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to write where."""

    id: str
    message: str
    hint: str


def installed_models() -> list[type[models.Model]]:
    """Every model with a table of its own, auto-created ones included."""
    return [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]


def fields_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return list(model._meta.local_concrete_fields)


def problems(
    catalogue: Catalogue, installed: Iterable[type[models.Model]] | None = None
) -> Iterator[Problem]:
    """Everything that keeps the catalogue from being complete and sound."""
    present = {
        model._meta.label_lower: model for model in (installed_models() if installed is None else installed)
    }
    for label, model in sorted(present.items()):
        declaration = catalogue.models.get(label)
        if declaration is None:
            yield _undeclared_model(model)
        else:
            yield from _model_problems(model, declaration)
    for label, declaration in sorted(catalogue.models.items()):
        if label not in present:
            yield Problem(
                "privacy.E005",
                f"{declaration.model} is in the catalogue but not among the installed models.",
                "Remove its declaration from personal_data.py, or mend the name.",
            )
    for label in catalogue.twice:
        yield Problem("privacy.E006", f"{label} is declared twice.", "Keep one of the two declarations.")
    yield from _words(catalogue)


def _words(catalogue: Catalogue) -> Iterator[Problem]:
    """Words of the vocabulary that nobody has looked up."""
    seen: set[str] = set()
    for place, iri in dpv.used(catalogue):
        if iri not in dpv.known() and iri not in seen:
            seen.add(iri)
            yield Problem(
                "privacy.E011",
                f"{place} uses {iri}, which is not in the list of DPV's terms.",
                "Look the term up in DPV 2.3 (https://w3id.org/dpv/2.3): mend the slip, or add the IRI to "
                f"privacy/catalogue/{dpv.TERMS.name}.",
            )


def _undeclared_model(model: type[models.Model]) -> Problem:
    names = ", ".join(f'"{field.name}"' for field in fields_of(model))
    label = model._meta.label
    return Problem(
        "privacy.E001",
        f"{label} is not in the catalogue of personal data.",
        f"Add to CATALOGUE in {_file(model)} either PersonalData({label!r}, category=…, subject=…, purposes=…, "
        f"source=…, retention=…, erasure=…, fields={{…}}) or NotPersonal({label!r}, reason, fields=({names},)).",
    )


def _model_problems(model: type[models.Model], declaration: PersonalData | NotPersonal) -> Iterator[Problem]:
    declared = {entry.field: entry for entry in entries(declaration)}
    fields = {field.name: field for field in fields_of(model)}
    label = model._meta.label
    for name in fields.keys() - declared.keys():
        yield Problem(
            "privacy.E002",
            f"{label}.{name} is not in the catalogue of personal data.",
            f"In {_file(model)}, in the declaration of {label}, add "
            + (
                f'"{name}" to its fields; if it says something about a person, make it PersonalData.'
                if isinstance(declaration, NotPersonal)
                else f'"{name}": Held(…) when it says something about a person, '
                f'else "{name}": not_personal("the reason").'
            ),
        )
    for name in declared.keys() - fields.keys():
        yield Problem(
            "privacy.E005",
            f"{label}.{name} is in the catalogue but not in the model.",
            f"Remove it from {_file(model)}.",
        )
    for name in sorted(declared.keys() & fields.keys()):
        yield from _field_problems(model, fields[name], declared[name])
    if isinstance(declaration, PersonalData):
        yield from _moments(model, declaration)
        yield from _leaving(model, declaration)


def _leaving(model: type[models.Model], declaration: PersonalData) -> Iterator[Problem]:
    """Whose a row is when an organisation leaves has to be said, once anything of it could be returned."""
    told = any(one.personal and is_returned(one) for one in entries(declaration))
    if told and not declaration.own and not organisation_of(model, declaration):
        yield Problem(
            "privacy.E013",
            f"{model._meta.label} does not say whether an organisation gets its rows back when it leaves.",
            f"In {_file(model)} name what names the organisation, organisation=… (a lookup path, or MEMBERS), or say "
            "why the rows are their person's own, own=….",
        )


def _moments(model: type[models.Model], declaration: PersonalData) -> Iterator[Problem]:
    """Moments that do not exist, or are none."""
    held = [one.since for one in declaration.fields.values() if isinstance(one, Held) and one.since]
    for since in [*(end.since for end in declaration.ends), *held]:
        if not isinstance(since, Computed) and not _is_moment(model, since):
            yield Problem(
                "privacy.E010",
                f"{model._meta.label} counts from {since!r}, which is no date, time or UUID of it.",
                f"Name a field or a lookup path in {_file(model)}.",
            )


def _is_moment(model: type[models.Model], path: str) -> bool:
    try:
        return isinstance(field_at(model, path), models.DateField | models.UUIDField)
    except FieldDoesNotExist:
        return False


def field_at(model: type[models.Model], path: str) -> models.Field[Any, Any]:
    """The field at the end of a lookup path. Raises FieldDoesNotExist."""
    *steps, last = path.split("__")
    for step in steps:
        related = model._meta.get_field(step).related_model
        if not isinstance(related, type):
            raise FieldDoesNotExist(f"{step} leads nowhere")
        model = related
    return model._meta.get_field(last)  # type: ignore[return-value]


def _field_problems(
    model: type[models.Model], field: models.Field[Any, Any], entry: FieldEntry
) -> Iterator[Problem]:
    place, file = f"{entry.model}.{entry.field}", _file(model)
    if not entry.personal:
        if not entry.reason.strip():
            yield Problem(
                "privacy.E007", f"{place} is declared not personal without a reason.", f"See {file}."
            )
        return
    assert entry.category is not None and entry.retention is not None
    binary = isinstance(field, models.BinaryField)
    if entry.storage == "clear" and entry.category in SEALED_CATEGORIES and not entry.reason:
        yield Problem(
            "privacy.E003",
            f"{place} holds {entry.category.label} data and must be sealed.",
            f"Make it a BinaryField sealed by privacy.keys and declare sealed=True in {file}, "
            "or say there in clear=… why it stands in clear.",
        )
    if entry.storage != "clear" and not binary:
        yield Problem(
            "privacy.E003",
            f"{place} is declared {entry.storage}, but it is not a BinaryField.",
            f"Seal it with privacy.keys into a BinaryField, or mend {file}.",
        )
    days = entry.retention.days
    if days is not None and days > entry.category.ceiling_days:
        yield Problem(
            "privacy.E004",
            f"{place} is kept {days} days, beyond the ceiling of {entry.category.ceiling_days} for "
            f"{entry.category.label} data.",
            f"Choose a shorter rule in {file}.",
        )
    if days is None and entry.category in ENDING_CATEGORIES:
        yield Problem(
            "privacy.E004",
            f"{place} is {entry.category.label} data, which end by a number of days (P-RET-3).",
            f"Choose a rule with days in {file}, or another category.",
        )
    if entry.by and entry.by not in ENDED_BY:
        yield Problem(
            "privacy.E009",
            f"{place} is ended by {entry.by!r}, which is nobody.",
            f"Use one of {', '.join(sorted(ENDED_BY))} in {file}.",
        )
    if days is not None and entry.erasure in _BY_ROW and not entry.since and not entry.by:
        yield Problem(
            "privacy.E009",
            f"{place} is kept {entry.retention.text}, and nothing says from when it counts.",
            f"In {file} name the moment, since=… (a field or a lookup path), or who ends it, by=….",
        )
    if entry.export is Export.NONE and not entry.withheld:
        yield Problem(
            "privacy.E012",
            f"{place} is not exported, and nothing says why.",
            f'Say it in {file}: withheld="the reason", or export it.',
        )
    if entry.category in CONSENT_CATEGORIES and any(p.basis is not Basis.CONSENT for p in entry.purposes):
        yield Problem(
            "privacy.E008",
            f"{place} is {entry.category.label} data, which are collected on consent alone (P-CAT-3).",
            f"Give it purposes whose basis is consent in {file}, or another category.",
        )


def _file(model: type[models.Model]) -> str:
    return file_for(apps.get_app_config(model._meta.app_label))
