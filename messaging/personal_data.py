"""Traffic and Usage Data (C3, C4) field by field. See privacy.catalogue; keeps P-CAT-2, P-CAT-4, P-RET-2,
P-RET-4.
"""

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
    RUN_ACCOUNT,
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

ROW = not_personal("a random identifier of the row that carries its time")
ACCOUNT = not_personal("names the customer's organisation by a random identifier")
KEY = not_personal("names a data key, which is random")
LEASE = not_personal("says which of our processes works on the row, and until when")
AMOUNT = not_personal("a price")

# Clear columns are what delivering, billing and finding need; they leave with the partition, not with the
# key.
METADATA = Held(
    "CommunicationsMetadata", clear="routing, billing and filters need it; no number and no text in it"
)
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
        "messaging.IdempotencyKey",
        category=Category.C3,
        subject=Subject.END_USER,
        purposes=(DELIVER,),
        source=Source.CUSTOMER,
        retention=ONE_DAY,
        erasure=Erasure.ROW,
        export=Export.NONE,
        fields={
            "id": not_personal("a counter of rows"),
            "account_id": ACCOUNT,
            "digest": Held("Identifier", token=True),
            "body_digest": Held("Communication", token=True),
            "created_at": METADATA,
            "status": not_personal("an HTTP status"),
            "answer": Held(
                "CommunicationsMetadata",
                clear="the ids, prices and last days that were answered; no number, no text",
            ),
        },
    ),
    PersonalData(
        "messaging.RegionAccount",
        category=Category.C2,
        subject=Subject.MEMBER,
        purposes=(RUN_ACCOUNT,),
        source=Source.CUSTOMER,
        retention=ACCOUNT_LIFE,
        erasure=Erasure.ROW,
        export=Export.NONE,
        fields={
            "account_id": ACCOUNT,
            "default_sender": Held(),
            "push_url": Held(),
            "state": not_personal("a state of the product's own"),
            "currency": not_personal("a currency's code"),
            "content_days": not_personal("the account's instruction"),
            "number_days": not_personal("the account's instruction"),
            "throttle_per_second": not_personal("a limit"),
            "version": not_personal("a counter of changes"),
        },
    ),
    PersonalData(
        "messaging.RegionKey",
        category=Category.C7,
        subject=Subject.MEMBER,
        purposes=(SECURITY,),
        source=Source.CUSTOMER,
        retention=ACCOUNT_LIFE,
        erasure=Erasure.ROW,
        export=Export.NONE,
        fields={
            "key": not_personal("the key's public, random name"),
            "key_id": KEY,
            "account_id": ACCOUNT,
            "secret_hash": not_personal("a hash of a random secret"),
            "scopes": not_personal("what a program may do"),
            "ip_allow": Held("IPAddress"),
            "expires_at": not_personal("a limit"),
            "revoked_at": not_personal("a state of the key"),
            "version": not_personal("a counter of changes"),
        },
    ),
    PersonalData(
        "messaging.UsageRecord",
        category=Category.C4,
        subject=Subject.MEMBER,
        purposes=(BILLING, ACCOUNTING),
        source=Source.OURSELVES,
        retention=ACCOUNTING_YEARS,
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
]

STORES = [
    Store(
        "cache key",
        "limits",
        "Counters of throttle, quota and repeats, named by an HMAC under a secret, never by a number; a day at most.",
        category=Category.C3,
        purposes=(SECURITY, DELIVER),
        retention=TRAFFIC_ROW,
    ),
    Store("queue", "region.*", "Wake-up hints: database, ids and dates, no content and no number."),
    Store("queue", "control", "Wake-up hints: ids and dates alone."),
]
