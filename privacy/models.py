"""All models of the privacy engine, each defined with its concern."""

from privacy.certificates.models import Certificate
from privacy.consent.models import ConsentRecord, PageVisit
from privacy.drill.models import DrillSample
from privacy.exports.models import ExportJob
from privacy.holds.models import LegalHold
from privacy.journal.models import JournalMark
from privacy.keys.models import DataKey, Epoch, KeyTombstone
from privacy.policy.models import PolicyVersion
from privacy.requests.models import RequestStep, RightsRequest
from privacy.retention.models import ClockMark, RetentionBound, RetentionInstruction, RetentionRun
from privacy.subprocessors.models import SubProcessor

__all__ = [
    "Certificate",
    "ClockMark",
    "ConsentRecord",
    "DataKey",
    "DrillSample",
    "Epoch",
    "ExportJob",
    "JournalMark",
    "KeyTombstone",
    "LegalHold",
    "PageVisit",
    "PolicyVersion",
    "RequestStep",
    "RetentionBound",
    "RetentionInstruction",
    "RetentionRun",
    "RightsRequest",
    "SubProcessor",
]
