"""The engine's own tables: keys, evidence and instructions, which name accounts and people by id alone."""

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from privacy.catalogue import (
    ACCOUNT_CLOSED,
    Computed,
    Held,
    NotPersonal,
    PersonalData,
    Store,
    not_personal,
)
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    CONTENT_RULE,
    EVIDENCE,
    EVIDENCE_YEARS,
    EXPORT_WEEK,
    PRESERVE,
    RETURN_KEPT,
    TWO_YEARS,
    UNDERSTAND,
    Category,
    Erasure,
    Export,
    Source,
    Subject,
)
from privacy.personal_data_of_copies import PRESERVED
from privacy.personal_data_of_rights import RIGHTS
from privacy.personal_data_of_runs import RUNS


def _superseded() -> Coalesce:
    """When an instruction stopped to hold: cancelled, or another of its account and class took effect."""
    from privacy.retention.models import RetentionInstruction

    later: QuerySet[RetentionInstruction] = RetentionInstruction._base_manager.filter(
        account_id=OuterRef("account_id"),
        data_class=OuterRef("data_class"),
        cancelled_at=None,
        effective_at__gt=OuterRef("effective_at"),
    )
    return Coalesce("cancelled_at", Subquery(later.order_by("effective_at").values("effective_at")[:1]))


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
        "privacy.JournalMark",
        "which lines of the erasure journal were committed here",
        fields=("number", "fingerprint", "digest"),
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
        returned=True,
    ),
    NotPersonal(
        "privacy.CertificateBlock",
        "hashes of certificates' digests",
        fields=("number", "root"),
    ),
    PersonalData(
        # P-RET-11. The officer who published it is named while they work for us.
        "privacy.RetentionBound",
        category=Category.C2,
        subject=Subject.STAFF,
        purposes=(EVIDENCE,),
        source=Source.OURSELVES,
        retention=ACCOUNT_LIFE,
        erasure=Erasure.BLANK,
        export=Export.NONE,
        withheld="it names which officer published a text of ours, and nothing about them",
        person=("published_by_id",),
        fields={
            "id": not_personal("a counter of rows"),
            "data_class": not_personal("a class of data"),
            "default_days": not_personal("a published bound"),
            "floor_days": not_personal("a published bound"),
            "ceiling_days": not_personal("a published bound"),
            "effective_on": not_personal("from when the bound holds"),
            "reason": not_personal("the law or clause behind it"),
            "published_at": not_personal("when it was published"),
            "published_by_id": Held("Identifier"),
        },
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
        withheld="made up, about nobody",
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
        # The one in force is kept, however old.
        since=(Computed("another took effect, or it was cancelled", _superseded), ACCOUNT_CLOSED),
        erasure=Erasure.KEPT,
        person=("instructed_by_id",),
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
    *PRESERVED,
    *RUNS,
    PersonalData(
        "privacy.ConsentRecord",
        category=Category.C2,
        subject=Subject.VISITOR,
        purposes=(EVIDENCE,),
        source=Source.PERSON,
        # The proof stays; it holds nothing of the device (P-RET-3).
        retention=EVIDENCE_YEARS,
        since=("until",),
        erasure=Erasure.KEPT,
        person=("person_id",),
        own="what somebody agreed to is between them and us",
        fields={
            "id": not_personal("a random identifier of the row"),
            "person_id": Held("Identifier"),
            "visitor_id": Held("Identifier"),
            "purpose": Held(),
            "decision": Held(),
            "text_version": not_personal("names a text of ours"),
            "language": Held(),
            "how": Held(),
            "at": Held(),
            "until": Held(),
        },
    ),
    PersonalData(
        "privacy.PageVisit",
        category=Category.C6,
        subject=Subject.VISITOR,
        purposes=(UNDERSTAND,),
        source=Source.DEVICE,
        retention=TWO_YEARS,
        since=("day",),
        erasure=Erasure.ROW,
        export=Export.NONE,
        withheld="under a random number that names nobody to us; the settings of cookies erase it",
        fields={
            "id": not_personal("a counter of rows"),
            "visitor_id": Held("Identifier"),
            "day": Held(),
            "page": Held(),
            "times": Held(),
        },
    ),
    *RIGHTS,
    NotPersonal(
        "privacy.PolicyVersion",
        "published texts of ours",
        fields=("id", "number", "language", "effective_on", "published_at", "material", "changes", "text"),
    ),
    NotPersonal(
        "privacy.SubProcessor",
        "companies that work for us",
        fields=("id", "name", "subject", "purpose", "regions", "since", "ended_on"),
    ),
]

STORES = [
    Store(
        "file",
        "extracts",
        "What is handed to an authority, sealed under a key that lies in the extract's row, fetched once.",
        category=Category.C3,
        purposes=(PRESERVE,),
        retention=EXPORT_WEEK,
        path="media/extracts/*",
    ),
    Store(
        "file",
        "exports",
        "Copies that people asked for, sealed under a key that lies in the job's row.",
        category=Category.C2,
        purposes=(EVIDENCE,),
        retention=EXPORT_WEEK,
        path="media/exports/*",
    ),
    Store(
        "file",
        "returns",
        "What an account gets back before it is erased, sealed under a key that lies in the job's row.",
        category=Category.C2,
        purposes=(EVIDENCE,),
        retention=RETURN_KEPT,
        path="media/returns/*",
    ),
    Store(
        "cookie",
        "choices",
        "What a visitor chose about cookies, and until when; set once they choose; strictly necessary.",
        category=Category.C7,
        purposes=(EVIDENCE,),
        retention=TWO_YEARS,
    ),
    Store(
        "cookie",
        "visit",
        "A random number under which pages are counted; set with consent alone, gone with it.",
        category=Category.C6,
        purposes=(UNDERSTAND,),
        retention=TWO_YEARS,
    ),
    Store(
        "file",
        "key vault",
        "Epoch keys, their destruction receipts and the signing key: random bytes and epochs, in no back-up. With AWS "
        "KMS they are keys there, and the receipts are tags.",
        path="vault/**/*",
    ),
]
