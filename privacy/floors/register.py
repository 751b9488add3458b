"""Which floors bind now. A floor postpones the death of a key, and keeps no reader in: what is due is read by nobody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from paasoo_portal.core import clock
from privacy.floors.models import StatutoryFloor


def in_force(on: date) -> dict[int, int]:
    """The days of each class that has a floor: the longest that is switched on."""
    found: dict[int, int] = {}
    for data_class, days in StatutoryFloor.objects.filter(switched_on=True, effective_on__lte=on).values_list(
        "data_class", "days"
    ):
        found[data_class] = max(days, found.get(data_class, 0))
    return found


def covered(days: Iterable[date]) -> set[date]:
    """Those of the days on which any class must still be kept."""
    today = clock.today()
    floors = in_force(today)
    if not floors:
        return set()
    longest = max(floors.values())
    return {day for day in days if day + timedelta(days=longest) > today}


def shown() -> dict[int, StatutoryFloor]:
    """The floor that binds each class, for its page: the refusal's reason."""
    binding = StatutoryFloor.objects.filter(switched_on=True, effective_on__lte=clock.today())
    return {floor.data_class: floor for floor in binding.order_by("days")}
