"""All models of the privacy engine, each defined with its concern."""

from privacy.certificates.models import Certificate
from privacy.drill.models import DrillSample
from privacy.keys.models import DataKey, Epoch, KeyTombstone
from privacy.retention.models import ClockMark, RetentionBound, RetentionInstruction, RetentionRun

__all__ = [
    "Certificate",
    "ClockMark",
    "DataKey",
    "DrillSample",
    "Epoch",
    "KeyTombstone",
    "RetentionBound",
    "RetentionInstruction",
    "RetentionRun",
]
