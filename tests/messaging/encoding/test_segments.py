"""Segments, by an independent reading of 3GPP TS 23.038: what is billed is what a carrier would send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.encoding import gsm7
from messaging.encoding.segments import Encoding, analyse

# The default alphabet by its code table, row by row, without the escape (0x1B).
TABLE = (
    "@£$¥èéùìòÇ\nØø\rÅå" "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ" " !\"#¤%&'()*+,-./" "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO" "PQRSTUVWXYZÄÖÑÜ§" "¿abcdefghijklmno" "pqrstuvwxyzäöñüà"
)  # fmt: skip
EXTENDED = "\f^{}\\[~]|€"


def cut(text: str, size_of: dict[str, int] | None, single: int, several: int) -> list[str]:
    """The text in segments, filled one character after the other; no character is split."""

    def size(one: str) -> int:
        return size_of[one] if size_of is not None else len(one.encode("utf-16-le")) // 2

    if sum(map(size, text)) <= single:
        return [text]
    parts, used = [""], 0
    for one in text:
        if used + size(one) > several:
            parts.append("")
            used = 0
        parts[-1] += one
        used += size(one)
    return parts


def test_the_alphabet_has_127_characters_of_one_septet_and_ten_of_two() -> None:
    assert len(TABLE) == 127
    assert dict.fromkeys(TABLE, 1) | dict.fromkeys(EXTENDED, 2) == gsm7.SEPTETS


@given(st.text(st.sampled_from(TABLE + EXTENDED), max_size=800))
def test_gsm_texts_count_septets(text: str) -> None:
    found = analyse(text)
    parts = cut(text, gsm7.SEPTETS, 160, 153)
    assert found.encoding is Encoding.GSM7
    assert found.units == sum(gsm7.SEPTETS[one] for one in text)
    assert found.segments == len(parts)
    assert "".join(parts) == text


@given(st.text(st.characters(codec="utf-8"), max_size=400).map(lambda text: text + "您"))
def test_other_texts_count_code_units_and_split_no_pair(text: str) -> None:
    found = analyse(text)
    parts = cut(text, None, 70, 67)
    assert found.encoding is Encoding.UCS2
    assert found.units == len(text.encode("utf-16-le")) // 2
    assert found.segments == len(parts)
    for part in parts:
        part.encode("utf-16-le").decode("utf-16-le")


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 152 and an extension character do not fit into 153: it goes to the next segment as a whole.
        ("x" * 152 + "€" + "x" * 152, 3),
        ("您" * 70, 1),
        ("您" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
        ("您" * 66 + "🙂" + "您" * 66, 3),
    ],
)
def test_the_edges(text: str, segments: int) -> None:
    assert analyse(text).segments == segments


def test_one_letter_outside_the_alphabet_changes_the_whole_text() -> None:
    assert analyse("a" * 160).segments == 1
    assert analyse("a" * 159 + "ą").segments == 3
