"""Preserved copies, named exceptions and the desk that answers authorities, field by field (P-RET-8, P-RET-9, P-RET-12)."""

from typing import Final

from privacy.catalogue import Held, NotPersonal, PersonalData, not_personal
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    COPY_RULE,
    EVIDENCE,
    EVIDENCE_YEARS,
    EXCEPT,
    PRESERVE,
    Category,
    Erasure,
    Export,
    Source,
    Subject,
)

_STAFF: Final = Held("Identifier", subject=Subject.STAFF, erasure=Erasure.BLANK, retention=ACCOUNT_LIFE)
_ROW: Final = not_personal("a random identifier of the row")
_ACCOUNT: Final = not_personal("names the customer's organisation by a random identifier")

PRESERVED: Final = (
    PersonalData(
        "privacy.Preservation",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(PRESERVE, EXCEPT),
        source=Source.OURSELVES,
        retention=COPY_RULE,
        erasure=Erasure.KEY,
        export=Export.NONE,
        fields={
            "id": not_personal("names the hold or the case"),
            "account_id": not_personal("names an organisation, or a person held, by a random identifier"),
            "source": not_personal("hold or case"),
            "about": not_personal("messages or a person"),
            "key_id": not_personal("names a data key, which is random"),
            "number_sealed": Held("TelephoneNumber", sealed=True),
            "with_content": not_personal("whether content is copied"),
            "with_number": not_personal("whether numbers are copied"),
            "first_day": not_personal("the first day covered"),
            "last_day": not_personal("the last day covered"),
            "most": not_personal("how many messages the rule allows"),
            "copied_to": not_personal("how far the copying has come"),
            "copies": not_personal("a count"),
        },
    ),
    PersonalData(
        # What it seals names its person inside; the row itself names the hold alone.
        "privacy.PreservedPerson",
        category=Category.C1,
        subject=Subject.MEMBER,
        purposes=(PRESERVE,),
        source=Source.OURSELVES,
        retention=COPY_RULE,
        erasure=Erasure.KEY,
        export=Export.NONE,
        fields={
            "id": _ROW,
            "case_id": not_personal("names the hold"),
            "key_id": not_personal("names a data key, which is random"),
            "rows_sealed": Held("PersonalData", sealed=True),
            "copied_at": not_personal("when it was copied"),
        },
    ),
    NotPersonal(
        "privacy.CaseRule",
        "published rules of the named exceptions",
        fields=(
            "id",
            "kind",
            "days",
            "extension_days",
            "with_number",
            "with_content",
            "most",
            "officer_only",
            "effective_on",
            "reason",
        ),
    ),
    PersonalData(
        # P-RET-8. Its number goes when it is closed, or with the row; who decided is named while they work for us.
        "privacy.Case",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE,),
        source=Source.OURSELVES,
        retention=EVIDENCE_YEARS,
        erasure=Erasure.KEPT,
        export=Export.NONE,
        person=("opened_by_id", "extended_by_id", "closed_by_id"),
        fields={
            "id": _ROW,
            "kind": not_personal("the kind of exception"),
            "account_id": _ACCOUNT,
            "number": Held("TelephoneNumber", subject=Subject.END_USER, retention=COPY_RULE),
            "first_day": not_personal("the first day covered"),
            "last_day": not_personal("the last day covered"),
            "with_number": not_personal("whether numbers are copied"),
            "with_content": not_personal("whether content is copied"),
            "most": not_personal("how many messages the rule allows"),
            "reason": Held("Communication", subject=Subject.STAFF),
            "opened_by_id": _STAFF,
            "opened_at": not_personal("when it was opened"),
            "ends_on": not_personal("when it ends"),
            "extension_days": not_personal("what the rule allowed"),
            "extended_by_id": _STAFF,
            "extended_at": not_personal("when it was extended"),
            "extension_reason": Held("Communication", subject=Subject.STAFF),
            "closed_by_id": _STAFF,
            "closed_at": not_personal("when it was closed"),
        },
    ),
)
