"""Traffic and Usage Data (C3, C4) field by field. See privacy.catalogue; keeps P-CAT-2, P-CAT-4, P-RET-2,
P-RET-4.
"""

from messaging.personal_data_of_programs import ACCOUNT, KEY, METADATA, PROGRAMS, ROW
from paasoo_portal.core.valkey_keys import Prefix
from privacy.catalogue import Held, NotPersonal, PersonalData, Store, not_personal
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    ACCOUNTING,
    ACCOUNTING_YEARS,
    BILLING,
    CONTENT_RULE,
    DELIVER,
    NUMBER_RULE,
    ONE_DAY,
    SECURITY,
    SHOW,
    TRAFFIC_ROW,
    Category,
    Erasure,
    Export,
    Recipient,
    Source,
    Subject,
)

LEASE = not_personal("says which of our processes works on the row, and until when")
AMOUNT = not_personal("a price")
SENDER = Held("Identifier", clear="the customer's own sender ID, which filters show", source=Source.CUSTOMER)
REFERENCE = Held(
    "Identifier", clear="the customer's own reference, which it looks up", source=Source.CUSTOMER
)

CATALOGUE = [
    PersonalData(
        "messaging.Message",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER, SHOW),
        source=Source.CUSTOMER,
        recipients=(Recipient.CUSTOMER, Recipient.CARRIERS, Recipient.HOSTING),
        retention=TRAFFIC_ROW,
        erasure=Erasure.PARTITION,
        fields={
            "id": ROW,
            "account_id": ACCOUNT,
            "content_sealed": Held(
                "Communication",
                sealed=True,
                retention=CONTENT_RULE,
                erasure=Erasure.KEY,
                export=Export.PORTABLE,
            ),
            "number_sealed": Held(
                "TelephoneNumber",
                sealed=True,
                retention=NUMBER_RULE,
                erasure=Erasure.KEY,
                export=Export.PORTABLE,
            ),
            "number_token": Held(
                "TelephoneNumber",
                token=True,
                retention=NUMBER_RULE,
                erasure=Erasure.KEY,
                export=Export.NONE,
                source=Source.OURSELVES,
            ),
            "sender": SENDER,
            "client_ref": REFERENCE,
            "direction": METADATA,
            "state": METADATA,
            "channel": METADATA,
            "country": METADATA,
            "network": METADATA,
            "encoding": METADATA,
            "segments": METADATA,
            "price": AMOUNT,
            "api_key_id": not_personal("names the customer's program that sent it"),
            "content_key_id": KEY,
            "number_key_id": KEY,
            "carrier": METADATA,
            "carrier_ref": METADATA,
            "error_code": METADATA,
            "attempts": not_personal("a counter of our own"),
            "due_at": METADATA,
            "leased_until": LEASE,
            "leased_by": LEASE,
            "sent_at": METADATA,
            "final_at": METADATA,
            "content_due_on": not_personal("a day computed from the instruction"),
            "number_due_on": not_personal("a day computed from the instruction"),
        },
    ),
    PersonalData(
        "messaging.MessageEvent",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER, SHOW),
        source=Source.CARRIER,
        recipients=(Recipient.CUSTOMER, Recipient.HOSTING),
        retention=TRAFFIC_ROW,
        erasure=Erasure.PARTITION,
        fields={
            "id": ROW,
            "account_id": ACCOUNT,
            "message_id": METADATA,
            "state": METADATA,
            "actor": METADATA,
            "at": METADATA,
            "error_code": METADATA,
            "note": METADATA,
        },
    ),
    PersonalData(
        "messaging.DeliveryPush",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER,),
        source=Source.OURSELVES,
        recipients=(Recipient.CUSTOMER, Recipient.HOSTING),
        retention=TRAFFIC_ROW,
        erasure=Erasure.PARTITION,
        export=Export.NONE,
        fields={
            "id": ROW,
            "account_id": ACCOUNT,
            "message_id": METADATA,
            "endpoint_id": not_personal("which webhook of the customer is told"),
            "message_state": METADATA,
            "error_code": METADATA,
            "state": not_personal("where our own retry stands"),
            "due_at": not_personal("when our own retry is due"),
            "attempts": not_personal("a counter of our own"),
            "leased_until": LEASE,
            "last_status": not_personal("the customer's server's answer code"),
            "last_error": not_personal("a code of our own"),
            "last_at": not_personal("when our own try was made"),
        },
    ),
    PersonalData(
        "messaging.SandboxSubmission",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER,),
        source=Source.OURSELVES,
        retention=TRAFFIC_ROW,
        by="partition",
        erasure=Erasure.ROW,
        export=Export.NONE,
        fields={
            "id": ROW,
            "reference": METADATA,
            "carrier_ref": METADATA,
            "outcome": not_personal("what the sandbox was asked to play"),
            "submitted_at": METADATA,
            "receipt_due_at": not_personal("when the sandbox plays its next receipt"),
            "receipts_left": not_personal("a counter of the sandbox"),
            "receipt_state": METADATA,
            "receipt_error": METADATA,
        },
    ),
    PersonalData(
        "messaging.OptOut",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER,),
        source=Source.PERSON,
        # It outlives what is erased of a number: an objection holds as long as somebody could send.
        retention=ACCOUNT_LIFE,
        erasure=Erasure.KEPT,
        export=Export.NONE,
        fields={
            "id": not_personal("a counter of rows"),
            "account_id": ACCOUNT,
            "token": Held("TelephoneNumber", token=True),
            "at": Held(clear="when the objection was made: its proof, without a number"),
        },
    ),
    NotPersonal(
        "messaging.ErasedDay",
        "counts how many messages of an account's day were erased early; no message and no person is named",
        fields=("account_id", "id", "day", "first_at", "last_at", "messages"),
    ),
    PersonalData(
        "messaging.UsageRecord",
        category=Category.C4,
        subject=Subject.MEMBER,
        purposes=(BILLING, ACCOUNTING),
        source=Source.OURSELVES,
        retention=ACCOUNTING_YEARS,
        since=("day",),
        erasure=Erasure.KEPT,
        export=Export.PORTABLE,
        fields={
            "id": not_personal("a counter of rows"),
            "account_id": Held("AccountIdentifier"),
            **{
                name: Held("Transactional")
                for name in (
                    "day",
                    "region",
                    "country",
                    "network",
                    "channel",
                    "direction",
                    "state",
                    "messages",
                    "segments",
                    "amount",
                )
            },
        },
    ),
    PersonalData(
        "messaging.DayCount",
        category=Category.C4,
        subject=Subject.MEMBER,
        purposes=(BILLING, SHOW),
        source=Source.OURSELVES,
        retention=ACCOUNTING_YEARS,
        since=("day",),
        erasure=Erasure.KEPT,
        fields={
            "id": not_personal("a counter of rows"),
            "account_id": Held("AccountIdentifier"),
            **{
                name: Held("Transactional")
                for name in ("day", "direction", "state", "messages", "segments", "amount")
            },
        },
    ),
    NotPersonal(
        "messaging.Statistic",
        "counts over all accounts, without account, sender or key; small groups are folded (P-RET-10)",
        fields=("id", "day", "region", "country", "channel", "state", "messages"),
    ),
    NotPersonal(
        "messaging.Allowance",
        "what an organisation may still spend in a region",
        fields=("id", "account_id", "slot", "amount"),
    ),
    NotPersonal(
        "messaging.AllowanceCredit",
        "money moved to a region for an organisation",
        fields=("transfer_id", "account_id", "amount", "at"),
    ),
    NotPersonal(
        "messaging.Price", "the price list", fields=("id", "country", "network", "amount", "effective_on")
    ),
    NotPersonal("messaging.RegionPrice", "the price list", fields=("id", "country", "network", "amount")),
    *PROGRAMS,
]

# What a mark or a counter is named by is an HMAC under a key that dies, or a random identifier; never a number.
STORES = [
    Store(
        "cache key",
        Prefix.BOMBING,
        "That a text went to a number within three seconds: an HMAC under the day's number key.",
        category=Category.C3,
        purposes=(SECURITY, DELIVER),
        retention=ONE_DAY,
    ),
    Store("cache key", Prefix.THROTTLE, "How many messages an account sends within a second."),
    Store("cache key", Prefix.QUOTA, "How many requests an API key makes within a second."),
    Store("cache key", Prefix.KEY_USE, "That an API key's use was noted within a minute."),
    Store("cache key", Prefix.BELL, "That something waits for a region's dispatcher."),
    Store("queue", "region.*", "Wake-up hints: database, ids and dates, no content and no number."),
    Store("queue", "control", "Wake-up hints: ids and dates alone."),
]
