"""Certificates: canonical, chained, signed; any tampering shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.certificates import canonical
from privacy.certificates.models import Certificate
from privacy.certificates.verify import verify, verify_chain
from privacy.keys import signing
from tests.privacy.conftest import as_owner

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=15,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values))
def test_one_content_has_one_text(body: dict[str, Any]) -> None:
    text = canonical.encode(body)
    assert canonical.encode(json.loads(text)) == text
    assert canonical.encode(dict(reversed(body.items()))) == text


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError):
        canonical.encode({"a": [{"b": 1.5}]})


def test_the_chain_verifies(chain: list[Certificate]) -> None:
    assert [row.number for row in chain] == [1, 2, 3]
    assert chain[1].previous_digest == chain[0].digest
    assert verify_chain().ok
    assert all(verify(row.body, row.signature, signing.public_key()).ok for row in chain)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE privacy_certificate SET body = replace(body, '\"keys\":1', '\"keys\":2') WHERE number = 2",
        "UPDATE privacy_certificate SET signature = repeat('0', 128) WHERE number = 2",
        "UPDATE privacy_certificate SET digest = repeat('0', 64) WHERE number = 2",
        "UPDATE privacy_certificate SET previous_digest = repeat('0', 64) WHERE number = 2",
        "UPDATE privacy_certificate SET body = body || ' ' WHERE number = 2",
        "UPDATE privacy_certificate SET body = '{}' WHERE number = 2",
        "DELETE FROM privacy_certificate WHERE number = 2",
        "DELETE FROM privacy_certificate WHERE number = 1",
        "UPDATE privacy_certificate a SET body = b.body, signature = b.signature, digest = b.digest "
        "FROM privacy_certificate b WHERE a.number = 2 AND b.number = 3",
    ],
)
def test_any_tampering_shows(chain: list[Certificate], tampering: str) -> None:
    with as_owner("default") as connection:
        connection.execute(tampering)
    found = verify_chain()
    assert not found.ok
    assert found.number in (1, 2)
    assert found.problem


def test_another_key_s_signature_is_no_signature(chain: list[Certificate]) -> None:
    assert not verify(chain[0].body, chain[0].signature, "00" * 32).ok
    assert not signing.is_signed(b"text", chain[0].signature, signing.public_key())
    assert not signing.is_signed(b"text", "not hex", signing.public_key())
