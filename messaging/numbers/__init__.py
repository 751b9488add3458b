"""Telephone numbers: tolerant on input, E.164 digits inside, by a table derived from phonenumbers' metadata."""

from messaging.numbers.parse import Number, is_well_formed, parse, warm

__all__ = ["Number", "is_well_formed", "parse", "warm"]
