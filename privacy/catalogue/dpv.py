"""The words of the W3C's Data Privacy Vocabulary (DPV 2.3) that the catalogue uses, and the check that they exist.

`dpv-2.3-terms.txt` is a list of our own making of what was looked up in the published vocabulary: a word that is not in
it may be a slip of the pen, and a record in a language nobody else speaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from privacy.catalogue.declarations import Catalogue, FieldEntry, Store
from privacy.catalogue.terms import DPV, PD, Category, Recipient, Role, Source, Subject

TERMS: Final = Path(__file__).with_name("dpv-2.3-terms.txt")

SUBJECTS: Final[dict[Subject, str]] = {
    Subject.MEMBER: DPV + "User",
    # Whoever a customer writes to: no narrower word says so without saying too much.
    Subject.END_USER: DPV + "DataSubject",
    Subject.STAFF: DPV + "Employee",
    Subject.INVITED: DPV + "DataSubject",
    Subject.VISITOR: DPV + "Visitor",
}
SOURCES: Final[dict[Source, str]] = {
    Source.PERSON: DPV + "DataSubjectDataSource",
    Source.CUSTOMER: DPV + "ThirdPartyDataSource",
    Source.ADMINISTRATOR: DPV + "ThirdPartyDataSource",
    Source.CARRIER: DPV + "ThirdPartyDataSource",
    Source.DEVICE: DPV + "DataSubjectDataSource",
    Source.OURSELVES: DPV + "DataControllerDataSource",
}
RECIPIENTS: Final[dict[Recipient, str]] = {
    Recipient.CUSTOMER: DPV + "DataController",
    Recipient.CARRIERS: DPV + "Recipient",
    Recipient.HOSTING: DPV + "DataProcessor",
    Recipient.PAYPAL: DPV + "ThirdParty",
}
ROLES: Final[dict[Role, str]] = {
    Role.CONTROLLER: DPV + "hasDataController",
    Role.PROCESSOR: DPV + "hasDataProcessor",
}
# What a field is when it says no narrower word of its own.
CATEGORIES: Final[dict[Category, str]] = {
    Category.C1: PD + "Contact",
    # DPV has no word for what an organisation bought and asked for.
    Category.C2: DPV + "PersonalData",
    Category.C3: PD + "CommunicationsMetadata",
    Category.C4: PD + "Transactional",
    Category.C5: PD + "VoiceCommunicationRecording",
    Category.C6: PD + "Behavioural",
    Category.C7: PD + "Tracking",
    Category.C8: PD + "Professional",
    Category.C9: PD + "Opinion",
}
# How a field is stored; every table is guarded by the roles of docs/architecture.md.
GUARDED: Final = DPV + "AccessControlMethod"
STORED: Final[dict[str, tuple[str, ...]]] = {
    "sealed": (DPV + "EncryptionAtRest", DPV + "CryptographicKeyManagement"),
    "token": (DPV + "Pseudonymisation", DPV + "CryptographicKeyManagement"),
    "clear": (),
}
PROCESS: Final = DPV + "PersonalDataProcess"
DURATION, DELETION = DPV + "StorageDuration", DPV + "StorageDeletion"
PROPERTIES: Final = {
    name: DPV + name
    for name in (
        "hasPurpose",
        "hasLegalBasis",
        "hasPersonalData",
        "hasDataSubject",
        "hasDataSource",
        "hasRecipient",
        "hasStorageCondition",
        "hasTechnicalMeasure",
    )
}


def personal_data(entry: FieldEntry) -> str:
    """The word for what a personal field holds."""
    assert entry.category is not None
    return PD + entry.term if entry.term else CATEGORIES[entry.category]


@cache
def known() -> frozenset[str]:
    """The IRIs of the vendored list."""
    lines = TERMS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def used(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """(place, IRI) of every word that the catalogue would print."""
    for entry in catalogue.entries():
        if entry.personal:
            yield from ((f"{entry.model}.{entry.field}", iri) for iri in _of(entry))
            yield f"{entry.model}.{entry.field}", personal_data(entry)
    for store in catalogue.stores:
        yield from ((f"({store.kind}) {store.name}", iri) for iri in _of(store))
    vocabulary = [PROCESS, DURATION, DELETION, GUARDED, *PROPERTIES.values(), *ROLES.values()]
    yield from (("privacy/catalogue/dpv.py", iri) for iri in vocabulary)


def _of(found: FieldEntry | Store) -> Iterator[str]:
    for purpose in found.purposes:
        yield from (purpose.iri, purpose.basis.iri)
    yield from (RECIPIENTS[one] for one in found.recipients if one in RECIPIENTS)
    if isinstance(found, FieldEntry):
        if found.subject is not None:
            yield SUBJECTS[found.subject]
        if found.source is not None:
            yield SOURCES[found.source]
        yield from STORED[found.storage]
    elif found.category is not None:
        yield CATEGORIES[found.category]
