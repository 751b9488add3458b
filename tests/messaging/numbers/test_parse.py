"""Numbers: the fast table agrees with the library it is made from, and no input breaks it."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging import numbers

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)


def example(country: str) -> phonenumbers.PhoneNumber | None:
    return phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_s_own_example_is_found_in_its_country(country: str) -> None:
    number = example(country)
    if number is None:
        assert country in {"TA"}, "a country without a mobile number"
        return
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    found = numbers.parse(e164)
    assert found is not None
    assert f"+{found.e164}" == e164
    # Countries share codes (+1, +44, +7 …); then the library's own word on the number counts.
    assert found.country in {country, phonenumbers.region_code_for_number(number)} | set(
        phonenumbers.COUNTRY_CODE_TO_REGION_CODE[number.country_code]
    )


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("447700900123", "GB"),
        ("12025550104", "US"),
        ("14165550134", "CA"),
        ("61491570006", "AU"),
        ("33639980001", "FR"),
        ("6540000123", "SG"),
    ],
)
def test_numbers_for_fiction_are_well_formed(raw: str, country: str) -> None:
    found = numbers.parse(raw)
    assert found is not None
    assert (found.e164, found.country) == (raw, country)


@pytest.mark.parametrize(
    "raw",
    [
        "+447700900123",
        "00447700900123",
        "44 7700 900 123",
        "44-7700-900123",
        "(44) 7700.900123",
        "\t447700900123\n",
    ],
)
def test_dress_is_no_matter(raw: str) -> None:
    found = numbers.parse(raw)
    assert found is not None
    assert found.e164 == "447700900123"


@pytest.mark.parametrize(
    "raw", ["", "+", "0", "abc", "44", "999000", "4477009001234567", "44770090012x", "+-", "１２"]
)
def test_what_is_none_is_none(raw: str) -> None:
    assert numbers.parse(raw) is None


@given(st.text(max_size=60))
def test_no_input_breaks_it_and_what_is_found_is_digits(raw: str) -> None:
    found = numbers.parse(raw)
    if found is not None:
        assert found.e164.isascii()
        assert found.e164.isdigit()
        assert 3 <= len(found.e164) <= 15
        assert numbers.parse(found.e164) == found


@given(st.integers(10**6, 10**14).map(str))
def test_the_country_code_is_the_library_s(digits: str) -> None:
    found = numbers.parse(digits)
    if found is not None:
        known = phonenumbers.parse(f"+{digits}")
        assert digits.startswith(str(known.country_code))
        assert found.country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[known.country_code]
