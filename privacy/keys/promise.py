"""The printed guarantee in numbers: after how many completed carry-overs, and what the vault's erasure may be
called.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from privacy.keys.vault import vault


@dataclass(frozen=True)
class Promise:
    erasure: str
    carry_overs: int
    delay_days: int


def promise() -> Promise:
    held = vault()
    return Promise(held.erasure, settings.EPOCHS_KEPT + 1, held.destruction_delay.days)
