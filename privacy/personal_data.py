"""The engine's own tables: keys, evidence and instructions, which name accounts and people by id alone."""

from privacy.catalogue import Held, NotPersonal, PersonalData, Store, not_personal
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    CONTENT_RULE,
    EVIDENCE,
    EVIDENCE_YEARS,
    Category,
    Erasure,
    Export,
    Source,
    Subject,
)

CATALOGUE = [
    NotPersonal(
        "privacy.DataKey",
        "random keys, wrapped; what they seal is declared where it is stored",
        fields=(
            "account_id",
            "id",
            "epoch",
            "data_class",
            "starts_on",
            "due_on",
            "generation",
            "wrapped",
            "created_at",
        ),
    ),
    NotPersonal(
        "privacy.Epoch",
        "epochs of a database, over all accounts",
        fields=(
            "number",
            "state",
            "opened_at",
            "closed_at",
            "destroyed_at",
            "fingerprint",
            "census",
            "receipt",
        ),
    ),
    NotPersonal(
        "privacy.KeyTombstone",
        "that a key of an organisation's day was erased, when and why; no key and no data",
        fields=(
            "account_id",
            "key_id",
            "data_class",
            "starts_on",
            "due_on",
            "erased_at",
            "reason",
            "run_id",
            "certificate_id",
            "last_epoch",
        ),
    ),
    NotPersonal(
        "privacy.Certificate",
        "counts, days and ids of what was erased for an organisation",
        fields=(
            "id",
            "number",
            "account_id",
            "kind",
            "body",
            "digest",
            "previous_digest",
            "signature",
            "issued_at",
        ),
    ),
    NotPersonal(
        "privacy.RetentionRun",
        "runs over whole databases",
        fields=("id", "database", "kind", "cutoff_on", "state", "started_at", "finished_at", "counts"),
    ),
    NotPersonal(
        "privacy.RetentionBound",
        "published bounds, the same for everybody",
        fields=(
            "id",
            "data_class",
            "default_days",
            "floor_days",
            "ceiling_days",
            "effective_on",
            "reason",
        ),
    ),
    NotPersonal(
        "privacy.ClockMark",
        "clocks of our own machines",
        fields=("boot_id", "wall_at", "boot_seconds"),
    ),
    PersonalData(
        "privacy.DrillSample",
        # Sealed as an End-User's text would be, so that a drill proves what would happen to one; about nobody.
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(EVIDENCE,),
        source=Source.OURSELVES,
        retention=CONTENT_RULE,
        erasure=Erasure.KEY,
        export=Export.NONE,
        fields={
            "id": not_personal("a random identifier of the row"),
            "account_id": not_personal("a random identifier of no account"),
            "sample_key_id": not_personal("names a data key, which is random"),
            "sample_sealed": Held("Communication", sealed=True),
        },
    ),
    PersonalData(
        "privacy.RetentionInstruction",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE,),
        source=Source.CUSTOMER,
        retention=EVIDENCE_YEARS,
        erasure=Erasure.KEPT,
        fields={
            "id": not_personal("a random identifier of the row"),
            "account_id": not_personal("names the customer's organisation by a random identifier"),
            "data_class": not_personal("a class of data"),
            "days": not_personal("the organisation's instruction"),
            "instructed_by_id": Held("Identifier", erasure=Erasure.BLANK, retention=ACCOUNT_LIFE),
            "instructed_at": not_personal("when the organisation instructed"),
            "effective_at": not_personal("from when the instruction holds"),
            "cancelled_at": not_personal("when the organisation cancelled it"),
        },
    ),
]

STORES = [
    Store(
        "file",
        "key vault",
        "Epoch keys, their destruction receipts and the signing key: random bytes and epochs, in no back-up.",
    ),
]
