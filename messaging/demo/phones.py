"""Numbers that belong to nobody, so that no demo can ever reach a person.

Where a regulator reserves numbers for fiction, those: Ofcom (+44 7700 900xxx), the North American 555-01xx,
ComReg (+353 20 91x xxxx), Arcep (+33 6 39 98 xx xx), the Bundesnetzagentur (+49 176 040690xx), ACMA's list of
mobile numbers, PTS (+46 70 1740605 to 699). Elsewhere numbers that the national plan can give to nobody:
Japanese mobile numbers whose first digit after 090 is 0; Chinese eleven-digit numbers that begin with 120,
the ambulance; Spanish numbers that begin with 4; Indian ones with the area code 10; Brazilian ones with the
area code 20; Emirati ones with the code 10; Singapore's that begin with 4.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

_AUSTRALIA: Final = [
    "570006",
    "570156",
    "570157",
    "570158",
    "570159",
    "570110",
    "570313",
    "570737",
    "571266",
    "571491",
    "571804",
    "572549",
    "572665",
    "572983",
    "573770",
    "573087",
    "574118",
    "574632",
    "575254",
    "575789",
    "576398",
    "576801",
    "577426",
    "577644",
    "578957",
    "578148",
    "578888",
    "579212",
    "579760",
    "579455",
]
_US_AREAS: Final = ("202", "212", "305", "312", "415", "512", "617", "702")
_CANADA_AREAS: Final = ("416", "604", "514", "403")

# The nth number of a country; the sandbox's test numbers (+44 7700 9001xx) are spared.
NUMBERS: Final[dict[str, Callable[[int], str]]] = {
    "GB": lambda n: f"447700900{200 + n % 800}",
    "US": lambda n: f"1{_US_AREAS[n // 100 % len(_US_AREAS)]}55501{n % 100:02}",
    "CA": lambda n: f"1{_CANADA_AREAS[n // 100 % len(_CANADA_AREAS)]}55501{n % 100:02}",
    "IE": lambda n: f"3532091{n % 100_000:05}",
    "FR": lambda n: f"336399{80_000 + n % 10_000}",
    "DE": lambda n: f"49176040690{n % 100:02}",
    "AU": lambda n: f"61491{_AUSTRALIA[n % len(_AUSTRALIA)]}",
    "SE": lambda n: f"46701740{605 + n % 95}",
    "JP": lambda n: f"81900{n % 10_000_000:07}",
    "CN": lambda n: f"861200000{n % 10_000:04}",
    "ES": lambda n: f"34400{n % 1_000_000:06}",
    "IN": lambda n: f"911000{n % 1_000_000:06}",
    "BR": lambda n: f"55209{n % 100_000_000:08}",
    "AE": lambda n: f"97110{n % 10_000_000:07}",
    "SG": lambda n: f"654{n % 10_000_000:07}",
}


def number(country: str, rng: Random) -> str:
    """A recipient of the country, E.164 digits; some come back often, most now and then."""
    return NUMBERS[country](int(700 * rng.random() ** 2.2))
