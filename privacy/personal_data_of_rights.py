"""Requests under the law's rights and the copies that people and accounts get, field by field (P-RGT-1, P-RGT-2, P-RET-6)."""

from typing import Final

from django.db.models import Q

from privacy.catalogue import End, Held, PersonalData, not_personal
from privacy.catalogue.terms import (
    EVIDENCE,
    EXPORT_NOTE,
    REQUEST_YEARS,
    UNCONFIRMED_REQUEST,
    Category,
    Erasure,
    Export,
    Source,
    Subject,
)

RIGHTS: Final = (
    PersonalData(
        "privacy.RightsRequest",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE,),
        source=Source.PERSON,
        retention=REQUEST_YEARS,
        since=("closed_at",),
        also=(End("received_at", UNCONFIRMED_REQUEST, Q(state="unconfirmed")),),
        erasure=Erasure.KEPT,
        person=("person_id",),
        fields={
            "id": not_personal("a random identifier of the row"),
            "reference": Held("Identifier", source=Source.OURSELVES),
            "kind": Held(),
            "person_id": Held("Identifier", erasure=Erasure.BLANK),
            "account_id": not_personal("names the customer's organisation by a random identifier"),
            "visitor_email": Held(
                "EmailAddress",
                subject=Subject.VISITOR,
                export=Export.NONE,
                withheld="a visitor has no sign-in: staff answer by hand",
            ),
            "token_hash": not_personal("a hash of a random token", "a secret"),
            "text": Held("Communication"),
            "routed_to": Held(source=Source.OURSELVES),
            "assigned_to_id": Held(
                "Identifier", subject=Subject.STAFF, export=Export.NONE, withheld="names a member of staff"
            ),
            "state": Held(source=Source.OURSELVES),
            "received_at": Held(source=Source.OURSELVES),
            "due_on": not_personal("computed from the day of receipt"),
            "extended": not_personal("a state of the request"),
            "reminded_at": not_personal("when we reminded who answers"),
            "closed_at": Held(source=Source.OURSELVES),
        },
    ),
    PersonalData(
        "privacy.RequestStep",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE,),
        source=Source.OURSELVES,
        retention=REQUEST_YEARS,
        since=("request__closed_at",),
        erasure=Erasure.KEPT,
        person=("request__person_id",),
        organisation="request__account_id",
        fields={
            "id": not_personal("a random identifier of the row"),
            "request": not_personal("names the request"),
            "at": Held(),
            "kind": Held(),
            "actor_kind": not_personal("person, administrator, staff or system"),
            "actor_id": Held("Identifier", export=Export.NONE, withheld="may name a member of staff"),
            "refusal": Held(),
            "note": Held("Communication"),
        },
    ),
    PersonalData(
        "privacy.ExportJob",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE,),
        source=Source.OURSELVES,
        # The file and its key go after a week (privacy.exports); that there was a copy, after five.
        retention=EXPORT_NOTE,
        since=("asked_at",),
        where=~Q(state="ready"),
        erasure=Erasure.ROW,
        person=("person_id",),
        fields={
            "id": not_personal("a random identifier of the row"),
            "kind": Held(),
            "person_id": Held("Identifier"),
            "account_id": not_personal("names the customer's organisation by a random identifier"),
            "state": not_personal("a state of the job"),
            "asked_at": Held(),
            "touched_at": not_personal("a sign of life of the job"),
            "parts_done": not_personal("progress of the job"),
            "parts": not_personal("progress of the job"),
            "records": not_personal("a count"),
            "failures": not_personal("a counter of our own"),
            "size": not_personal("a size"),
            "digest": not_personal("a digest of a sealed file"),
            "key": not_personal("a random key, sealed; the file it opens is declared as a store", "a secret"),
            "ready_at": Held(),
            "expires_at": not_personal("computed from the completion"),
        },
    ),
)
