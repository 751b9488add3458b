"""Between which marks a region's allowance is kept: pure arithmetic, to be read and tested alone."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final

from accounts.billing.services import STEP

FLOOR: Final = Decimal(5)
DAYS_AHEAD: Final = 10
# A region never takes the whole balance: what lies in one region is a detour away from the others.
HOME_SHARE: Final = Decimal("0.5")
OTHER_SHARE: Final = Decimal("0.25")


@dataclass(frozen=True)
class Standing:
    """An account in a region: what it may spend there, its best day of seven, what the balance holds."""

    allowance: Decimal
    daily: Decimal
    balance: Decimal
    home: bool
    open: bool

    @property
    def high(self) -> Decimal:
        return max(FLOOR, DAYS_AHEAD * self.daily)

    @property
    def low(self) -> Decimal:
        return self.high / 2


def move(standing: Standing) -> Decimal:
    """What to move: positive to the region, negative back to the balance, zero to leave it.

    A region that the account left a week ago gives back everything, as does a closed account. Small amounts
    are not moved ahead of need: `pull` fetches them when a message asks.
    """
    if not standing.open or not (standing.home or standing.daily):
        return -standing.allowance
    if standing.allowance > 2 * standing.high:
        return standing.high - standing.allowance
    if standing.allowance >= standing.low:
        return Decimal(0)
    share = standing.balance * (HOME_SHARE if standing.home else OTHER_SHARE)
    wanted = min(standing.high - standing.allowance, share).quantize(STEP, ROUND_DOWN)
    return wanted if wanted >= standing.high / 10 else Decimal(0)
