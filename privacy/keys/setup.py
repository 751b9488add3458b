"""Hook `database.setup`: every database gets its place in the erasure journal, a regional one its first epoch."""

from __future__ import annotations

from privacy import journal
from privacy.keys import epochs


def setup(*, alias: str) -> None:
    journal.enrol(alias)
    if alias != "default":
        epochs.bootstrap(alias)
