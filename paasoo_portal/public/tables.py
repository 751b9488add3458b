"""The policy's table of data, made from the catalogue, so that it cannot say anything else than what is done (P-CAT-4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from privacy.catalogue.registry import catalogue


@dataclass
class HeldRow:
    """One category of data of one kind of person: what for, on what basis, how long."""

    category: str
    subject: str
    purposes: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)


def held_data() -> list[HeldRow]:
    """By category and subject, in the catalogue's order of categories."""
    rows: dict[tuple[str, str], HeldRow] = {}
    for entry in catalogue().entries():
        if not entry.personal or entry.category is None or entry.subject is None:
            continue
        place = (entry.category.name, entry.subject.value)
        row = rows.setdefault(
            place, HeldRow(f"{entry.category.name} {_(entry.category.label)}", _(entry.subject.value))
        )
        for purpose in entry.purposes:
            row.purposes[_(purpose.text)] = f"{_(purpose.basis.value)}, {_(purpose.role.value)}"
        if entry.retention is not None:
            row.kept.add(_(entry.retention.text))
    return [rows[place] for place in sorted(rows)]
