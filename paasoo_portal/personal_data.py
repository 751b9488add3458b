"""Third-party models, the floor's own, and what is stored outside the tables. See privacy.catalogue; keeps
P-CAT-2.
"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop as N_  # noqa: N812  xgettext's own name for it

from privacy.catalogue import Held, NotPersonal, PersonalData, Store, not_personal
from privacy.catalogue.terms import (
    ACCOUNT_LIFE,
    EVIDENCE,
    EVIDENCE_YEARS,
    INVITATION,
    ONE_DAY,
    RUN_ACCOUNT,
    SECURITY,
    SECURITY_LOG,
    SESSION,
    SIGN_IN,
    THIRTY_DAYS,
    Category,
    Erasure,
    Export,
    Recipient,
    Rule,
    Source,
    Subject,
)

BACKUPS: Final = Rule(
    "backups", N_("as long as a back-up may be kept"), settings.BACKUP_DAYS, promise="P-RET-7"
)

ROW = not_personal("an identifier of the row")

CATALOGUE = [
    PersonalData(
        "core.AuditEvent",
        category=Category.C7,
        subject=Subject.MEMBER,
        purposes=(EVIDENCE, SECURITY),
        source=Source.OURSELVES,
        # Ids alone: with the person's row gone, an id names nobody. Cookie and device information is not in
        # it.
        retention=SECURITY_LOG,
        # A trail is cut from its oldest end, behind an anchor, so that the rest can still be verified.
        by="audit",
        erasure=Erasure.KEPT,
        person=("actor_id",),
        organisation="chain",
        fields={
            "id": ROW,
            "chain": not_personal("names an organisation's trail"),
            "number": not_personal("a counter"),
            "at": Held(),
            "event": Held(),
            "actor_kind": not_personal("member, staff or system"),
            "actor_id": Held("Identifier"),
            "subject_id": Held("Identifier"),
            "data": Held(),
            "digest": not_personal("links the trail"),
        },
    ),
    NotPersonal(
        "core.AuditAnchor",
        "where a trail begins since its oldest part went",
        fields=("chain", "number", "digest", "last_at", "cut_at"),
    ),
    NotPersonal("core.Heartbeat", "signs of life of our processes", fields=("name", "at")),
    PersonalData(
        "sessions.Session",
        category=Category.C7,
        subject=Subject.MEMBER,
        purposes=(SIGN_IN,),
        source=Source.OURSELVES,
        retention=SESSION,
        since=("expire_date",),
        erasure=Erasure.ROW,
        export=Export.NONE,
        withheld="a secret; sessions are ended on the profile page",
        fields={
            "session_key": Held("Identifier"),
            "session_data": Held("Identifier"),
            "expire_date": not_personal("a limit"),
        },
    ),
    PersonalData(
        "admin.LogEntry",
        category=Category.C8,
        subject=Subject.STAFF,
        purposes=(SECURITY, EVIDENCE),
        source=Source.OURSELVES,
        retention=EVIDENCE_YEARS,
        since=("action_time",),
        # By Django's own foreign key; what staff did to anybody's data stays on the trail, by number.
        erasure=Erasure.ROW,
        person=("user",),
        fields={
            "id": ROW,
            "action_time": Held(),
            "user": Held("Identifier"),
            "content_type": not_personal("a kind of record"),
            "object_id": Held("Identifier"),
            "object_repr": not_personal("our models' texts hold ids alone"),
            "action_flag": Held(),
            "change_message": not_personal("names of the fields changed, without their values"),
        },
    ),
    PersonalData(
        "account.EmailAddress",
        category=Category.C1,
        subject=Subject.MEMBER,
        purposes=(RUN_ACCOUNT, SIGN_IN),
        source=Source.PERSON,
        retention=ACCOUNT_LIFE,
        erasure=Erasure.ROW,
        person=("user",),
        own="how the person signs in; the address is returned with their name",
        fields={
            "id": ROW,
            "user": Held("Identifier"),
            "email": Held("EmailAddress", export=Export.PORTABLE),
            "verified": Held(source=Source.OURSELVES),
            "primary": Held(),
        },
    ),
    PersonalData(
        "account.EmailConfirmation",
        category=Category.C1,
        subject=Subject.MEMBER,
        purposes=(SIGN_IN,),
        source=Source.OURSELVES,
        retention=INVITATION,
        since=("created",),
        erasure=Erasure.ROW,
        export=Export.NONE,
        withheld="a secret; the address is exported",
        person=("email_address__user",),
        fields={
            "id": ROW,
            "email_address": Held("Identifier"),
            "created": Held(),
            "sent": Held(),
            "key": not_personal("a random token"),
        },
    ),
    PersonalData(
        "mfa.Authenticator",
        category=Category.C1,
        subject=Subject.MEMBER,
        purposes=(SIGN_IN,),
        source=Source.PERSON,
        retention=ACCOUNT_LIFE,
        erasure=Erasure.ROW,
        person=("user",),
        own="how the person signs in",
        fields={
            "id": ROW,
            "user": Held("Identifier"),
            "type": Held(),
            # A TOTP secret and the seed of recovery codes, sealed (P-SEC-1), or a key's public part and its name.
            "data": Held("Authenticating", export=Export.NONE, withheld="a secret"),
            "created_at": Held(source=Source.OURSELVES),
            "last_used_at": Held(
                "AuthenticationHistory",
                category=Category.C7,
                source=Source.OURSELVES,
                retention=SECURITY_LOG,
                since="last_used_at",
                erasure=Erasure.BLANK,
            ),
        },
    ),
    NotPersonal("auth.Permission", "names of permissions", fields=("id", "name", "content_type", "codename")),
    NotPersonal("auth.Group", "names of staff roles", fields=("id", "name")),
    NotPersonal("auth.Group_permissions", "what staff roles may do", fields=("id", "group", "permission")),
    NotPersonal("contenttypes.ContentType", "names of models", fields=("id", "app_label", "model")),
]

STORES = [
    Store(
        "cookie",
        "session",
        "Keeps a person signed in, with notices for their next page; strictly necessary.",
        category=Category.C7,
        purposes=(SIGN_IN,),
        retention=SESSION,
    ),
    Store(
        "cookie",
        "csrf",
        "Guards forms; a random value, strictly necessary.",
        category=Category.C7,
        purposes=(SIGN_IN,),
        retention=SECURITY_LOG,
    ),
    Store(
        "cookie",
        "django_language",
        "The language that somebody chose; set only when one is chosen.",
        category=Category.C7,
        purposes=(RUN_ACCOUNT,),
        retention=SECURITY_LOG,
    ),
    Store(
        "cache key",
        "allauth",
        "Failed sign-ins, requests for mail and codes used, by address, network and person; half a minute to a day.",
        category=Category.C7,
        purposes=(SECURITY,),
        retention=ONE_DAY,
    ),
    Store(
        "log",
        "process logs",
        "Ids, codes and durations on standard error; numbers, addresses and secrets are not logged, and a filter "
        "redacts what slips. Whoever runs the processes keeps them no longer than a year.",
        category=Category.C7,
        purposes=(SECURITY,),
        retention=SECURITY_LOG,
        path="log/*",
    ),
    Store(
        "email",
        "letters",
        "Sign-in, verification, invitations, what became of a request, and alarms to staff on duty: the address, and a link "
        "with a random token. Once handed to the mail server they are its and the recipient's.",
        category=Category.C1,
        purposes=(RUN_ACCOUNT, SIGN_IN),
        recipients=(Recipient.HOSTING,),
        retention=ONE_DAY,
    ),
    Store(
        "file",
        "development outbox",
        "Letters as files, outside production alone, where none is sent.",
        category=Category.C1,
        purposes=(RUN_ACCOUNT, SIGN_IN),
        retention=THIRTY_DAYS,
        path="emails/*",
    ),
    Store(
        "back-up",
        "database back-ups",
        "Sealed values open only while their key is carried over; clear columns leave with the oldest back-up.",
        category=Category.C1,
        purposes=(EVIDENCE,),
        retention=BACKUPS,
        recipients=(Recipient.HOSTING,),
    ),
    Store("file", "databases", "The embedded PostgreSQL: what each table declares.", path="postgres/**/*"),
    Store("file", "broker", "The embedded Valkey: what queues and cache keys declare.", path="valkey/**/*"),
    Store("file", "sockets and locks", "Where services listen, and which process is at work.", path="run/*"),
    Store("file", "locks", "Which process is at work.", path=".*.lock"),
    Store("file", "processes", "Which processes run, since when.", path="run.json"),
    Store("file", "fingerprint", "Which migrations the databases have had.", path="database.json"),
    Store("file", "schedule", "When beat last sent each task.", path="beat-schedule*"),
    Store("file", "demo", "Made-up people's passwords and keys; never in production.", path="demo.json"),
    Store("file", "clock", "How far a demo's clock is moved; never in production.", path="clock"),
    Store("file", "static", "What every visitor gets.", path="static/**/*"),
    Store(
        "file",
        "drill copies",
        "Dumps and a base back-up while a drill runs, which deletes them; what is sealed in them stays sealed.",
        category=Category.C1,
        purposes=(EVIDENCE,),
        retention=ONE_DAY,
        path="drill-*/**/*",
    ),
    Store(
        "file",
        "erasure journal",
        "That people, accounts and messages were erased, and when: ids and dates alone, so that a restore repeats it.",
        path="journal/*",
    ),
    Store(
        "file",
        "key snapshots",
        "Wrapped data keys, useless once their epoch's key is destroyed; no epoch key.",
        path="snapshots/*",
    ),
    Store(
        "recipient",
        "sub-processors",
        "Who works for us, by region, as published; what each gets is what its tables and queues declare.",
    ),
]
