"""Parsing numbers on the hot path.

A number is well formed when its length is possible for its country: numbers reserved for fiction are often
"invalid" and must pass. One full parse by the library costs 0.1 ms, so its metadata are read once into a table.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_SEPARATORS: Final = str.maketrans("", "", " -().\u00a0\u2011\u2013/\t\r\n")
# The trunk zero that some write and nobody dials from abroad: +44 (0)7700 900123.
_TRUNK: Final = "(0)"
_LONGEST: Final = 15
_TOLERATED: Final = 40
_NANP: Final = "1"
_NO_COUNTRY: Final = "001"


class Number(NamedTuple):
    """`e164` is digits without plus, `country` the ISO code, `network` MCC+MNC when it is known ("")."""

    e164: str
    country: str
    network: str


class Plan(NamedTuple):
    """A dial code: its main country, the national lengths possible, and whether numbers begin with a trunk zero
    at home.
    """

    country: str
    lengths: frozenset[int]
    trunk_zero: bool


def _metadata(country: str) -> Any:
    return PhoneMetadata.metadata_for_region(country)


@cache
def _plans() -> dict[str, Plan]:
    """The dial codes of countries; those of services (800, 870, 883 …) are none that we send to."""
    plans = {}
    for code, countries in COUNTRY_CODE_TO_REGION_CODE.items():
        metadata = _metadata(countries[0]) if countries[0] != _NO_COUNTRY else None
        if metadata is not None:
            lengths = frozenset(metadata.general_desc.possible_length)
            plans[str(code)] = Plan(countries[0], lengths, metadata.national_prefix == "0")
    return plans


@cache
def _by_leading_digits(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns that tell the countries which share a dial code apart (+1, +7, +44, …)."""
    patterns = []
    for country in COUNTRY_CODE_TO_REGION_CODE[int(code)][1:]:
        metadata = _metadata(country)
        if metadata is not None and metadata.leading_digits:
            patterns.append((re.compile(metadata.leading_digits), country))
    return tuple(patterns)


@cache
def _canadian_area_codes() -> frozenset[str]:
    """Canada has no leading digits in the metadata, only its numbers' pattern: `(?:2(?:04|[23]6|…)…`."""
    canada, america = map(_metadata, ("CA", "US"))
    pattern = re.compile(canada.general_desc.national_number_pattern)
    american = re.compile(america.fixed_line.national_number_pattern)
    samples = (f"{area}2345678" for area in range(200, 1000))
    return frozenset(s[:3] for s in samples if pattern.fullmatch(s) and not american.fullmatch(s))


def warm() -> None:
    """Read the metadata now rather than with the first number."""
    _plans()
    _canadian_area_codes()


def parse(raw: str) -> Number | None:
    """The number, or None when it is not well formed. Tolerates +, 00, spaces and the usual separators."""
    digits = raw.translate(_SEPARATORS)
    if not digits.isdigit() or not digits.isascii():
        digits = _unusual(raw)
    digits = digits.removeprefix("00")
    if not 6 <= len(digits) <= _LONGEST + 1 or digits[0] == "0":
        return None
    found = _country(digits[:7])
    if found is None:
        return None
    code, country, plan = found
    national = len(digits) - len(code)
    if plan.trunk_zero and digits[len(code)] == "0" and national - 1 in plan.lengths:
        return _located(code + digits[len(code) + 1 :], country, national - 1, plan)
    return _located(digits, country, national, plan)


def _located(digits: str, country: str, national: int, plan: Plan) -> Number | None:
    return Number(digits, country, "") if national in plan.lengths and len(digits) <= _LONGEST else None


def _unusual(raw: str) -> str:
    """The digits of a number with a plus, a trunk zero in brackets, or digits that are wide or of another script;
    "" for what is no number.
    """
    if len(raw) > _TOLERATED:
        return ""
    text = unicodedata.normalize("NFKC", raw).replace(_TRUNK, "").translate(_SEPARATORS)
    digits = "".join(str(unicodedata.digit(character, character)) for character in text.removeprefix("+"))
    return digits if digits.isascii() and digits.isdigit() else ""


@lru_cache(maxsize=50_000)
def _country(prefix: str) -> tuple[str, str, Plan] | None:
    """Dial code, country and numbering plan of the first seven digits."""
    plans = _plans()
    for size in (1, 2, 3):
        code, rest = prefix[:size], prefix[size:]
        plan = plans.get(code)
        if plan is not None:
            for pattern, country in _by_leading_digits(code):
                if pattern.match(rest):
                    return code, country, plan
            if code == _NANP and rest[:3] in _canadian_area_codes():
                return code, "CA", plan
            return code, plan.country, plan
    return None


def is_well_formed(country_code: str, national: str) -> bool:
    """Whether the national number is possible under the dial code (the classic API's validnumber)."""
    code, digits = _unusual(country_code).removeprefix("00"), _unusual(national)
    if not code or not digits or len(code) > 3 or len(digits) > _LONGEST + 2:
        return False
    zeros = len(digits) - len(digits.lstrip("0"))
    number = phonenumbers.PhoneNumber(
        country_code=int(code),
        national_number=int(digits),
        italian_leading_zero=bool(zeros),
        number_of_leading_zeros=zeros or None,
    )
    if phonenumbers.is_possible_number(number):
        return True
    # Whoever asks with the national form is told about the number, not about its trunk zero.
    plan = _plans().get(code)
    return bool(plan and plan.trunk_zero and zeros == 1 and len(digits) - 1 in plan.lengths)
