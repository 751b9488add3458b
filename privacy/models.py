"""All models of the privacy engine, each defined with its concern."""

from privacy.alarms.models import Alarm, Standing
from privacy.cases.models import Case, CaseRule
from privacy.certificates.models import Certificate, CertificateBlock
from privacy.clocks.models import LegalClock
from privacy.consent.models import ConsentRecord, PageVisit
from privacy.disclosure.models import Extract, Order
from privacy.drill.models import DrillSample
from privacy.exports.models import ExportJob
from privacy.floors.models import StatutoryFloor
from privacy.holds.models import LegalHold
from privacy.journal.models import JournalMark
from privacy.keys.models import DataKey, Epoch, KeyTombstone
from privacy.policy.models import PolicyVersion
from privacy.preservation.models import Preservation, PreservedPerson
from privacy.requests.models import RequestStep, RightsRequest
from privacy.retention.models import ClockMark, RetentionBound, RetentionInstruction, RetentionRun
from privacy.subprocessors.models import SubProcessor

__all__ = [
    "Alarm",
    "Case",
    "CaseRule",
    "Certificate",
    "CertificateBlock",
    "ClockMark",
    "ConsentRecord",
    "DataKey",
    "DrillSample",
    "Epoch",
    "ExportJob",
    "Extract",
    "JournalMark",
    "KeyTombstone",
    "LegalClock",
    "LegalHold",
    "Order",
    "PageVisit",
    "PolicyVersion",
    "Preservation",
    "PreservedPerson",
    "RequestStep",
    "RetentionBound",
    "RetentionInstruction",
    "RetentionRun",
    "RightsRequest",
    "Standing",
    "StatutoryFloor",
    "SubProcessor",
]
