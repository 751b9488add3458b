"""A ciphertext opens in its own place alone: swap any part of the associated data and it is refused."""

from __future__ import annotations

import itertools
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paasoo_portal.core.ids import uuid7
from privacy.keys.datakey import DataKey
from privacy.keys.errors import SealRefused
from privacy.keys.sealing import OVERHEAD

PLACE = {"table": "messaging_message", "column": "content_sealed"}


def a_key(account_id: UUID | None = None, material: bytes = b"k" * 32, key_id: UUID | None = None) -> DataKey:
    return DataKey(
        alias="sg",
        key_id=key_id or uuid7(),
        account_id=account_id or uuid7(),
        data_class=1,
        starts_on=date(2026, 1, 1),
        due_on=date(2026, 1, 31),
        generation=0,
        material=material,
    )


@given(plain=st.binary(max_size=2000))
def test_what_was_sealed_opens_in_its_place_and_is_not_readable_otherwise(plain: bytes) -> None:
    key, row = a_key(), uuid7()
    sealed = key.seal(plain, **PLACE, row=row)
    assert key.open(sealed, **PLACE, row=row) == plain
    assert len(sealed) == len(plain) + OVERHEAD
    assert len(plain) < 8 or plain not in sealed


def test_two_seals_of_the_same_text_differ() -> None:
    key, row = a_key(), uuid7()
    assert key.seal(b"same", **PLACE, row=row) != key.seal(b"same", **PLACE, row=row)


@pytest.mark.parametrize("part", ["account", "key", "table", "column", "row"])
def test_each_part_of_the_associated_data_is_bound(part: str) -> None:
    key, row = a_key(), uuid7()
    sealed = key.seal(b"secret text", **PLACE, row=row)
    place = dict(PLACE)
    opener = key
    if part == "account":
        opener = a_key(uuid7(), key_id=key.id)  # the same key material, said to be another account's
    elif part == "key":
        opener = a_key(key.account_id)
    elif part == "row":
        row = uuid7()
    else:
        place[part] = "number_sealed"
    with pytest.raises(SealRefused) as refused:
        opener.open(sealed, **place, row=row)
    assert str(row) in refused.value.log
    assert "secret" not in f"{refused.value.log} {refused.value.user}"


def test_no_two_of_many_places_open_each_other() -> None:
    """All pairwise swaps between rows, columns, tables, keys and accounts."""
    keys = [a_key(material=bytes([index]) * 32) for index in range(2)]
    rows = [uuid7(), uuid7()]
    places = list(
        itertools.product(keys, ["messaging_message", "messaging_call"], ["content_sealed", "note"], rows)
    )
    sealed = {
        place: place[0].seal(b"text", table=place[1], column=place[2], row=place[3]) for place in places
    }
    for one, other in itertools.permutations(places, 2):
        with pytest.raises(SealRefused):
            other[0].open(sealed[one], table=other[1], column=other[2], row=other[3])


def test_names_cannot_be_shifted_between_table_and_column() -> None:
    key, row = a_key(), uuid7()
    sealed = key.seal(b"text", table="ab", column="c", row=row)
    with pytest.raises(SealRefused):
        key.open(sealed, table="a", column="bc", row=row)


@given(position=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_any_altered_byte_is_refused(position: int, flip: int) -> None:
    key, row = a_key(), uuid7()
    sealed = bytearray(key.seal(b"a text", **PLACE, row=row))
    sealed[position % len(sealed)] ^= flip
    with pytest.raises(SealRefused):
        key.open(bytes(sealed), **PLACE, row=row)


@given(st.binary(max_size=60))
def test_garbage_and_truncation_are_refused(garbage: bytes) -> None:
    key, row = a_key(), uuid7()
    with pytest.raises(SealRefused):
        key.open(garbage, **PLACE, row=row)
    with pytest.raises(SealRefused):
        key.open(key.seal(b"a text", **PLACE, row=row)[:-1], **PLACE, row=row)


def test_tokens_depend_on_key_and_number_alone() -> None:
    one, other = a_key(material=b"a" * 32), a_key(material=b"b" * 32)
    number = b"447700900123"
    assert one.token(number) == one.token(number)
    assert len(one.token(number)) == 16
    assert one.token(number) != other.token(number)
    assert one.token(number) != one.token(b"447700900124")
    assert number not in one.token(number)


def test_repr_shows_no_key_material() -> None:
    assert "kkkk" not in repr(a_key())
