"""Canonical JSON: one text for one content, so that a digest means the content. Strings, integers, lists,
objects.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any


def encode(body: dict[str, Any]) -> str:
    """Sorted keys, no white space, UTF-8; floats are refused, since their text is not one."""
    _refuse_floats(body)
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError("A certificate holds no floats.")
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str):
                raise TypeError("A certificate's names are strings.")
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
