"""Hook `database.setup`: a regional database gets its first epoch."""

from __future__ import annotations

from privacy.keys import epochs


def setup(*, alias: str) -> None:
    if alias != "default":
        epochs.bootstrap(alias)
