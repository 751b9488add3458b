"""The catalogue: every stored field is declared once, and everything else derives from it (P-CAT-2).

A `personal_data.py` imports its words from here.
"""

from privacy.catalogue.boot import CatalogueIncomplete, refuse_incomplete
from privacy.catalogue.declarations import (
    ACCOUNT_CLOSED,
    MEMBERS,
    Computed,
    End,
    Held,
    NotPersonal,
    PersonalData,
    Store,
    not_personal,
)
from privacy.catalogue.registry import catalogue, override

__all__ = [
    "ACCOUNT_CLOSED",
    "MEMBERS",
    "CatalogueIncomplete",
    "Computed",
    "End",
    "Held",
    "NotPersonal",
    "PersonalData",
    "Store",
    "catalogue",
    "not_personal",
    "override",
    "refuse_incomplete",
]
