"""Data keys, epoch keys and their vault: deleting is not carrying over.

Use this module's names; the rest of the package is its own business.
"""

from privacy.keys.cache import forget
from privacy.keys.datakey import DataKey
from privacy.keys.datakeys import for_sealing, living, open_sealed
from privacy.keys.errors import (
    EpochDestroyed,
    Erased,
    PastDue,
    SealRefused,
    UnknownKey,
    VaultMismatch,
    VaultUnavailable,
)
from privacy.keys.models import DataClass
from privacy.keys.opener import Opener, opener
from privacy.keys.probes import number_probes

__all__ = [
    "DataClass",
    "DataKey",
    "EpochDestroyed",
    "Erased",
    "Opener",
    "PastDue",
    "SealRefused",
    "UnknownKey",
    "VaultMismatch",
    "VaultUnavailable",
    "for_sealing",
    "forget",
    "living",
    "number_probes",
    "open_sealed",
    "opener",
]
