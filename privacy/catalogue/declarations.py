"""What a `personal_data.py` says about models: for every field either personal, with all that follows, or
not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q

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
    """A field that says nothing about a person, with the reason; and why it is not returned, where it is not."""

    reason: str
    withheld: str = ""


def not_personal(reason: str, withheld: str = "") -> NotPersonalField:
    """Declare one field of a model that holds personal data elsewhere."""
    return NotPersonalField(reason, withheld)


@dataclass(frozen=True)
class Computed:
    """A moment that is no field: an expression of the ORM, made when it is needed, and what it means in words."""

    text: str
    of: Callable[[], Any]


# The moment at which the row's account was closed, which the accounts' own app tells (hook `retention.closed_accounts`).
ACCOUNT_CLOSED: Final = Computed("the account was closed", lambda: None)
# A field or a lookup path (a date, a time, or a UUID that carries its time), or a moment computed. NULL: not begun.
Since = str | Computed


@dataclass(frozen=True)
class End:
    """One way in which rows end: `rule.days` after `since`, of those that `where` chooses."""

    since: Since
    rule: Rule
    where: Q = field(default_factory=Q)

    @property
    def text(self) -> str:
        return self.since.text if isinstance(self.since, Computed) else self.since


# Rows about a person who belongs to the organisation (hook `account.people`): `organisation` of what names people alone.
MEMBERS: Final = "members"
# Who ends rows, where the night's engine does not: they go with their day, with their key, or with the trail's oldest part.
ENDED_BY: Final = frozenset({"partition", "key", "audit"})


@dataclass(frozen=True)
class Held:
    """A personal field. What it leaves out, it takes from its model's declaration.

    One with a rule of its own says from when it counts (`since`) or who ends it (`by`), as its model does.
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
    withheld: str = ""
    token: bool = False
    clear: str = ""
    since: Since = ""
    by: str = ""
    # Why it is its person's alone, and not returned to the organisation they belong to.
    own: str = ""


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
    # Why what is not exported is not.
    withheld: str = ""
    recipients: tuple[Recipient, ...] = (Recipient.HOSTING,)
    # The fields that name the person whom a row is about; without one it is an organisation's.
    person: tuple[str, ...] = ()
    # From when the rule counts: of several moments the first that is over. Or who ends the rows, if not the engine.
    since: tuple[Since, ...] = ()
    where: Q = field(default_factory=Q)
    by: str = ""
    # Ends by other rules than the model's own.
    also: tuple[End, ...] = ()
    # What names the organisation whose the row is, where it has no `account_id`: a lookup path, or MEMBERS.
    organisation: str = ""
    # Why it is its person's alone, and not returned to the organisation they belong to (Art. 28(3)(g)).
    own: str = ""

    @property
    def ends(self) -> tuple[End, ...]:
        """Every way in which a row goes by itself."""
        return (*(End(since, self.retention, self.where) for since in self.since), *self.also)


@dataclass(frozen=True)
class NotPersonal:
    """A model none of whose fields says anything about a person: each field still has to be listed."""

    model: str
    reason: str
    fields: tuple[str, ...]
    # Whether an organisation gets its rows back when it leaves.
    returned: bool = False


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
    # Files under PAASOO_VAR, as a pattern; with a rule of some days the night's engine lets older ones go.
    path: str = ""


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
    withheld: str = ""
    own: str = ""
    # How the field ends by itself: with its row, or alone where it has a rule of its own.
    since: tuple[str, ...] = ()
    by: str = ""
    alone: bool = False
    # Other rules by which its row may end before.
    sooner: tuple[str, ...] = ()


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
        return FieldEntry(model.model, name, personal=False, reason=held.reason, withheld=held.withheld)
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
        withheld=held.withheld or model.withheld,
        own=held.own or model.own,
        **_ending(model, held),
    )


def _ending(model: PersonalData, held: Held) -> dict[str, Any]:
    if held.since or held.by:
        assert held.retention is not None
        text = (End(held.since, held.retention).text,) if held.since else ()
        return {"since": text, "by": held.by, "alone": True}
    if held.retention not in {None, model.retention}:
        return {}
    own = tuple(End(since, model.retention).text for since in model.since)
    return {"since": own, "by": model.by, "sooner": tuple(end.rule.text for end in model.also)}


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
