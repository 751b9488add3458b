"""Parsing numbers on the hot path.

A number is well formed when its length is possible for its country: numbers reserved for fiction are often
"invalid" and must pass. One full parse by the library costs 0.1 ms, so its metadata are read once into a table.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_SEPARATORS: Final = str.maketrans("", "", " -().\u00a0\u2011\u2013/\t")
_LONGEST: Final = 15
_NANP: Final = "1"


class Number(NamedTuple):
    """`e164` is digits without plus, `country` the ISO code, `network` MCC+MNC when it is known ("")."""

    e164: str
    country: str
    network: str


class Plan(NamedTuple):
    """A dial code's countries and the national lengths possible under it."""

    country: str
    lengths: frozenset[int]


@cache
def _plans() -> dict[str, Plan]:
    plans = {}
    for code, countries in COUNTRY_CODE_TO_REGION_CODE.items():
        lengths: set[int] = set()
        for country in countries:
            metadata = (
                PhoneMetadata.metadata_for_nongeo_region(code)
                if country == "001"
                else PhoneMetadata.metadata_for_region(country)
            )
            if metadata is not None:
                lengths.update(metadata.general_desc.possible_length)
        main = next((c for c in countries if c != "001"), "")
        if main:
            plans[str(code)] = Plan(main, frozenset(lengths))
    return plans


@cache
def _by_leading_digits(code: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The patterns that tell the countries which share a dial code apart (+1, +7, +44, …)."""
    patterns = []
    for country in COUNTRY_CODE_TO_REGION_CODE[int(code)][1:]:
        metadata = PhoneMetadata.metadata_for_region(country)
        if metadata is not None and metadata.leading_digits:
            patterns.append((re.compile(metadata.leading_digits), country))
    return tuple(patterns)


@cache
def _canadian_area_codes() -> frozenset[str]:
    """Canada has no leading digits in the metadata, only its numbers' pattern: `(?:2(?:04|[23]6|…)…`."""
    metadata = PhoneMetadata.metadata_for_region("CA")
    pattern = re.compile(metadata.general_desc.national_number_pattern)
    american = re.compile(PhoneMetadata.metadata_for_region("US").fixed_line.national_number_pattern)
    samples = (f"{area}2345678"[:10] for area in range(200, 1000))
    return frozenset(s[:3] for s in samples if pattern.fullmatch(s) and not american.fullmatch(s))


def parse(raw: str) -> Number | None:
    """The number, or None when it is not well formed. Tolerates +, 00, spaces and the usual separators."""
    digits = raw.translate(_SEPARATORS)
    digits = digits[1:] if digits.startswith("+") else digits.removeprefix("00")
    if not (digits.isascii() and digits.isdigit()) or not 6 <= len(digits) <= _LONGEST or digits[0] == "0":
        return None
    return _locate(digits[:7], digits)


def _locate(prefix: str, digits: str) -> Number | None:
    found = _country(prefix)
    if found is None:
        return None
    code, country, lengths = found
    return Number(digits, country, "") if len(digits) - len(code) in lengths else None


@lru_cache(maxsize=50_000)
def _country(prefix: str) -> tuple[str, str, frozenset[int]] | None:
    """Dial code, country and possible national lengths of the first seven digits."""
    plans = _plans()
    for size in (1, 2, 3):
        plan = plans.get(prefix[:size])
        if plan is not None:
            code, rest = prefix[:size], prefix[size:]
            for pattern, country in _by_leading_digits(code):
                if pattern.match(rest):
                    return code, country, plan.lengths
            if code == _NANP and rest[:3] in _canadian_area_codes():
                return code, "CA", plan.lengths
            return code, plan.country, plan.lengths
    return None


def is_well_formed(country_code: str, national: str) -> bool:
    """Whether the national number is possible under the dial code (the classic API's validnumber)."""
    code = country_code.strip().removeprefix("+").removeprefix("00")
    digits = national.translate(_SEPARATORS)
    if not (code.isascii() and code.isdigit() and digits.isascii() and digits.isdigit()) or len(digits) > 17:
        return False
    plan = _plans().get(code)
    if plan is None:
        return False
    number = phonenumbers.PhoneNumber(country_code=int(code), national_number=int(digits))
    if digits.startswith("0") and len(digits) in plan.lengths:
        return True
    return bool(phonenumbers.is_possible_number(number))
