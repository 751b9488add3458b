"""The first part of every key that we write into Valkey, so that the catalogue can say what each holds (P-CAT-2).

A key of ours begins with one of these, and a test finds any that does not.
"""

from __future__ import annotations

from enum import StrEnum


class Prefix(StrEnum):
    BOMBING = "paasoo:b:"
    THROTTLE = "paasoo:t:"
    QUOTA = "paasoo:v1:"
    BELL = "paasoo:wake:"
    KEY_USE = "key-use:"
