"""What a `personal_data.py` says about models: for every field either personal, with all that follows, or
not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from privacy.catalogue.terms import (
    Category,
    Erasure,
    Export,
    Purpose,
    Recipient,
    Rule,
    Source,
    Subject,
)


@dataclass(frozen=True)
class NotPersonalField:
    """A field that says nothing about a person, with the reason."""

    reason: str


def not_personal(reason: str) -> NotPersonalField:
    """Declare one field of a model that holds personal data elsewhere."""
    return NotPersonalField(reason)


@dataclass(frozen=True)
class Held:
    """A personal field. What it leaves out, it takes from its model's declaration.

    A field of a sealed category is `sealed`, a `token` (an HMAC that dies with its key), or says in `clear`
    why it stands in clear.
    """

    term: str = ""
    category: Category | None = None
    purposes: tuple[Purpose, ...] = ()
    source: Source | None = None
    recipients: tuple[Recipient, ...] = ()
    retention: Rule | None = None
    export: Export | None = None
    erasure: Erasure | None = None
    subject: Subject | None = None
    sealed: bool = False
    token: bool = False
    clear: str = ""


@dataclass(frozen=True)
class PersonalData:
    """The declaration of a model ("app_label.Model") that holds personal data."""

    model: str
    fields: Mapping[str, Held | NotPersonalField]
    category: Category
    subject: Subject
    purposes: tuple[Purpose, ...]
    source: Source
    retention: Rule
    erasure: Erasure
    export: Export = Export.ACCESS
    recipients: tuple[Recipient, ...] = (Recipient.HOSTING,)
    # The fields that name the person whom a row is about; without one it is an organisation's.
    person: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotPersonal:
    """A model none of whose fields says anything about a person: each field still has to be listed."""

    model: str
    reason: str
    fields: tuple[str, ...]


Declaration = PersonalData | NotPersonal


@dataclass(frozen=True)
class Store:
    """Data outside the tables: cookie, cache key, queue, log file, uploaded file, email, export."""

    kind: str
    name: str
    reason: str
    category: Category | None = None
    purposes: tuple[Purpose, ...] = ()
    retention: Rule | None = None
    recipients: tuple[Recipient, ...] = ()


@dataclass(frozen=True)
class FieldEntry:
    """One field with everything resolved: what the catalogue prints and everything else derives from."""

    model: str
    field: str
    personal: bool
    reason: str = ""
    term: str = ""
    category: Category | None = None
    subject: Subject | None = None
    purposes: tuple[Purpose, ...] = ()
    source: Source | None = None
    recipients: tuple[Recipient, ...] = ()
    retention: Rule | None = None
    storage: str = ""
    export: Export | None = None
    erasure: Erasure | None = None


def entries(declaration: Declaration) -> list[FieldEntry]:
    """The declaration's fields, resolved."""
    if isinstance(declaration, NotPersonal):
        return [
            FieldEntry(declaration.model, name, personal=False, reason=declaration.reason)
            for name in declaration.fields
        ]
    return [_entry(declaration, name, held) for name, held in declaration.fields.items()]


def _entry(model: PersonalData, name: str, held: Held | NotPersonalField) -> FieldEntry:
    if isinstance(held, NotPersonalField):
        return FieldEntry(model.model, name, personal=False, reason=held.reason)
    return FieldEntry(
        model.model,
        name,
        personal=True,
        term=held.term,
        category=held.category or model.category,
        subject=held.subject or model.subject,
        purposes=held.purposes or model.purposes,
        source=held.source or model.source,
        recipients=held.recipients or model.recipients,
        retention=held.retention or model.retention,
        storage="sealed" if held.sealed else "token" if held.token else "clear",
        reason=held.clear,
        export=held.export or model.export,
        erasure=held.erasure or model.erasure,
    )


@dataclass
class Catalogue:
    """All declarations, with the module each came from."""

    models: dict[str, Declaration] = field(default_factory=dict)
    stores: list[Store] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def declare(self, declaration: Declaration) -> None:
        key = declaration.model.lower()
        if key in self.models:
            self.twice.append(declaration.model)
        self.models[key] = declaration

    def entries(self) -> list[FieldEntry]:
        return [entry for _, found in sorted(self.models.items()) for entry in entries(found)]
