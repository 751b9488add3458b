"""The classic API over the real door."""

from tests.messaging.classic.conftest import untouched, wire

__all__ = ["untouched", "wire"]
