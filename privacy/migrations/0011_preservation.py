"""Holds by two officers, on accounts, numbers and people; copies under keys of their own; named exceptions with their rules;
the register of orders; statutory floors, switched off.
"""

from datetime import date

import django_cryptography.fields
import paasoo_portal.core.clock
import paasoo_portal.core.ids
from django.db import migrations, models


SINCE = date(2024, 2, 19)
# kind, days, days of the extension, numbers, content, messages at most, the officer's alone, why
RULES = (
    (
        "billing",
        90,
        90,
        True,
        False,
        10_000,
        False,
        "Policy: billing. A disputed charge is settled within a quarter.",
    ),
    (
        "reconciliation",
        90,
        90,
        True,
        False,
        100_000,
        False,
        "Policy: invoice reconciliation with carriers, by quarter.",
    ),
    (
        "troubleshooting",
        14,
        14,
        True,
        True,
        500,
        False,
        "Policy: troubleshooting. A fault is found in days or not at all.",
    ),
    ("spam", 30, 30, True, True, 5_000, False, "Policy: spam. The time carriers take to answer a complaint."),
    ("fraud", 90, 90, True, True, 10_000, True, "Policy: fraud. The time to charge back a payment."),
    ("exploit", 30, 60, True, False, 100_000, True, "Policy: network exploits, found in numbers and times."),
    ("abuse", 30, 60, True, True, 5_000, True, "Policy: abuse. The time to hear the customer."),
)


def publish_rules(apps, schema_editor):
    rule = apps.get_model("privacy", "CaseRule")
    for kind, days, more, number, content, most, officer, why in RULES:
        rule.objects.create(
            kind=kind,
            days=days,
            extension_days=more,
            with_number=number,
            with_content=content,
            most=most,
            officer_only=officer,
            effective_on=SINCE,
            reason=why,
        )


# P-RET-12: whether PaaSoo is such a provider is its lawyer's decision, so it is switched off.
FLOORS = (
    (
        2,
        365,
        "Ireland",
        "Communications (Retention of Data) Act 2011 as amended by Act 25 of 2022: user data 12 months; traffic data "
        "under an order of the High Court alone.",
    ),
)


def publish_floors(apps, schema_editor):
    floor = apps.get_model("privacy", "StatutoryFloor")
    for data_class, days, jurisdiction, law in FLOORS:
        floor.objects.create(
            data_class=data_class,
            days=days,
            jurisdiction=jurisdiction,
            law=law,
            effective_on=date(2023, 6, 26),
        )


def confirm_earlier(apps, schema_editor):
    """What one officer placed under the former rule stays in force, and does not lapse."""
    hold = apps.get_model("privacy", "LegalHold")
    hold.objects.filter(confirmed_at=None).update(confirmed_at=models.F("placed_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0010_published_bounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("billing", "Billing"),
                            ("reconciliation", "Invoice reconciliation"),
                            ("troubleshooting", "Troubleshooting"),
                            ("spam", "Spam"),
                            ("fraud", "Fraud"),
                            ("exploit", "Network exploit"),
                            ("abuse", "Abuse"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("account_id", models.UUIDField(db_index=True, verbose_name="account")),
                (
                    "number",
                    django_cryptography.fields.encrypt(
                        models.CharField(blank=True, max_length=20, null=True, verbose_name="number")
                    ),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("with_number", models.BooleanField(verbose_name="numbers are copied")),
                ("with_content", models.BooleanField(verbose_name="content is copied")),
                ("most", models.PositiveIntegerField(verbose_name="messages at most")),
                ("reason", django_cryptography.fields.encrypt(models.TextField(verbose_name="reason"))),
                ("opened_by_id", models.UUIDField(null=True)),
                (
                    "opened_at",
                    models.DateTimeField(default=paasoo_portal.core.clock.now, verbose_name="opened"),
                ),
                ("ends_on", models.DateField(verbose_name="ends")),
                ("extension_days", models.PositiveIntegerField(verbose_name="days of the one extension")),
                ("extended_by_id", models.UUIDField(null=True)),
                ("extended_at", models.DateTimeField(null=True, verbose_name="extended")),
                (
                    "extension_reason",
                    django_cryptography.fields.encrypt(
                        models.TextField(blank=True, default="", verbose_name="reason of the extension")
                    ),
                ),
                ("closed_by_id", models.UUIDField(null=True)),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "case",
                "verbose_name_plural": "cases",
                "permissions": [
                    ("open_guarded_case", "Can open cases of kinds that are the privacy officer’s")
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("billing", "Billing"),
                            ("reconciliation", "Invoice reconciliation"),
                            ("troubleshooting", "Troubleshooting"),
                            ("spam", "Spam"),
                            ("fraud", "Fraud"),
                            ("exploit", "Network exploit"),
                            ("abuse", "Abuse"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("days", models.PositiveIntegerField(verbose_name="days")),
                ("extension_days", models.PositiveIntegerField(verbose_name="days of the one extension")),
                ("with_number", models.BooleanField(verbose_name="numbers may be copied")),
                ("with_content", models.BooleanField(verbose_name="content may be copied")),
                ("most", models.PositiveIntegerField(verbose_name="messages at most")),
                ("officer_only", models.BooleanField(verbose_name="opened by the privacy officer alone")),
                ("effective_on", models.DateField(verbose_name="effective on")),
                ("reason", models.TextField(verbose_name="law or clause behind it")),
            ],
            options={
                "verbose_name": "rule of cases",
                "verbose_name_plural": "rules of cases",
            },
        ),
        migrations.CreateModel(
            name="Extract",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("case_id", models.UUIDField(db_index=True)),
                ("order_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Being made"),
                            ("ready", "Ready, to be released by somebody else"),
                            ("released", "Released, to be fetched once"),
                            ("fetched", "Handed over"),
                            ("failed", "Failed"),
                            ("over", "Gone"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("prepared_by_id", models.UUIDField(null=True)),
                (
                    "prepared_at",
                    models.DateTimeField(default=paasoo_portal.core.clock.now, verbose_name="prepared"),
                ),
                ("released_by_id", models.UUIDField(null=True)),
                ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                ("fetched_by_id", models.UUIDField(null=True)),
                ("fetched_at", models.DateTimeField(null=True, verbose_name="fetched")),
                ("key", django_cryptography.fields.encrypt(models.BinaryField(default=bytes))),
                ("digest", models.CharField(blank=True, default="", max_length=64, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                ("records", models.PositiveIntegerField(default=0, verbose_name="records")),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "extract",
                "verbose_name_plural": "extracts",
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("reference", models.CharField(max_length=16, unique=True, verbose_name="reference")),
                (
                    "kind",
                    models.CharField(
                        choices=[("preservation", "Preservation order"), ("production", "Production order")],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("authority", models.CharField(max_length=200, verbose_name="authority")),
                ("their_reference", models.CharField(max_length=80, verbose_name="their reference")),
                ("country", models.CharField(max_length=2, verbose_name="country")),
                ("legal_basis", models.CharField(max_length=300, verbose_name="legal basis")),
                ("asked", django_cryptography.fields.encrypt(models.TextField(verbose_name="what is asked"))),
                ("received_on", models.DateField(verbose_name="received")),
                ("answer_by", models.DateField(verbose_name="answer by")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("granted", "Granted"),
                            ("answered", "Answered"),
                            ("refused", "Refused"),
                        ],
                        default="received",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                (
                    "validity",
                    models.CharField(
                        choices=[("open", "not checked yet"), ("valid", "valid"), ("invalid", "not valid")],
                        default="open",
                        max_length=16,
                        verbose_name="validity",
                    ),
                ),
                (
                    "transfer",
                    models.CharField(
                        choices=[
                            ("open", "not checked yet"),
                            ("inside", "an authority of the EEA: Art. 48 does not apply"),
                            ("agreement", "an international agreement covers it"),
                            ("none", "no agreement: it is not answered, and referred to one"),
                        ],
                        default="open",
                        max_length=16,
                        verbose_name="Art. 48",
                    ),
                ),
                (
                    "assessment",
                    django_cryptography.fields.encrypt(
                        models.TextField(blank=True, default="", verbose_name="assessment")
                    ),
                ),
                (
                    "granted",
                    django_cryptography.fields.encrypt(
                        models.TextField(blank=True, default="", verbose_name="what is granted")
                    ),
                ),
                ("account_id", models.UUIDField(blank=True, null=True, verbose_name="account")),
                ("hold_id", models.UUIDField(null=True)),
                ("silent", models.BooleanField(default=False, verbose_name="the customer must not be told")),
                (
                    "silent_until",
                    models.DateField(blank=True, null=True, verbose_name="must not be told until"),
                ),
                ("told_at", models.DateTimeField(null=True, verbose_name="customer told")),
                ("recorded_by_id", models.UUIDField(null=True)),
                (
                    "recorded_at",
                    models.DateTimeField(default=paasoo_portal.core.clock.now, verbose_name="recorded"),
                ),
                ("assessed_by_id", models.UUIDField(null=True)),
                ("closed_by_id", models.UUIDField(null=True)),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
            ],
            options={
                "verbose_name": "order of an authority",
                "verbose_name_plural": "orders of authorities",
            },
        ),
        migrations.CreateModel(
            name="Preservation",
            fields=[
                ("account_id", models.UUIDField()),
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("source", models.CharField(choices=[("hold", "Hold"), ("case", "Case")], max_length=4)),
                (
                    "about",
                    models.CharField(choices=[("messages", "Messages"), ("person", "Person")], max_length=8),
                ),
                ("key_id", models.UUIDField()),
                ("number_sealed", models.BinaryField(null=True)),
                ("with_content", models.BooleanField()),
                ("with_number", models.BooleanField()),
                ("first_day", models.DateField()),
                ("last_day", models.DateField(null=True)),
                ("most", models.PositiveIntegerField(null=True)),
                ("copied_to", models.UUIDField(null=True)),
                ("copies", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="PreservedPerson",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=paasoo_portal.core.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("case_id", models.UUIDField(db_index=True)),
                ("key_id", models.UUIDField()),
                ("rows_sealed", models.BinaryField()),
                ("copied_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="StatutoryFloor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "data_class",
                    models.SmallIntegerField(
                        choices=[(2, "End-User numbers"), (3, "Recordings")], verbose_name="data class"
                    ),
                ),
                ("days", models.PositiveIntegerField(verbose_name="days")),
                ("jurisdiction", models.CharField(max_length=80, verbose_name="jurisdiction")),
                ("law", models.TextField(verbose_name="the law, with its section")),
                ("effective_on", models.DateField(verbose_name="effective on")),
                (
                    "switched_on",
                    models.BooleanField(
                        default=False,
                        help_text="Whether we are a provider whom this law binds. Decided by our lawyer, and recorded.",
                        verbose_name="switched on",
                    ),
                ),
            ],
            options={
                "verbose_name": "statutory floor",
                "verbose_name_plural": "statutory floors",
            },
        ),
        migrations.AddField(
            model_name="legalhold",
            name="confirmed_at",
            field=models.DateTimeField(null=True, verbose_name="confirmed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="confirmed_by_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="copied",
            field=models.BooleanField(db_default=False, default=False, verbose_name="kept by copies"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="lapsed",
            field=models.BooleanField(db_default=False, default=False, verbose_name="lapsed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="number",
            field=django_cryptography.fields.encrypt(
                models.CharField(blank=True, max_length=20, null=True, verbose_name="number")
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="person_id",
            field=models.UUIDField(blank=True, null=True, verbose_name="person"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="release_asked_at",
            field=models.DateTimeField(null=True, verbose_name="release proposed"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="release_asked_by_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="scope",
            field=models.CharField(
                choices=[
                    ("account", "An account’s messages"),
                    ("number", "One number of an account"),
                    ("person", "A person who uses the portal"),
                ],
                db_default="account",
                default="account",
                max_length=8,
                verbose_name="what is covered",
            ),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="secret",
            field=models.BooleanField(db_default=False, default=False, verbose_name="kept from the customer"),
        ),
        migrations.AlterField(
            model_name="datakey",
            name="data_class",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Message content"),
                    (2, "End-User numbers"),
                    (3, "Recordings"),
                    (4, "Preserved copies"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="keytombstone",
            name="data_class",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Message content"),
                    (2, "End-User numbers"),
                    (3, "Recordings"),
                    (4, "Preserved copies"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="legalhold",
            name="account_id",
            field=models.UUIDField(blank=True, db_index=True, null=True, verbose_name="account"),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_id", None), ("person_id__isnull", False), ("scope", "person")),
                    models.Q(
                        models.Q(("scope", "person"), _negated=True),
                        ("account_id__isnull", False),
                        ("person_id", None),
                    ),
                    _connector="OR",
                ),
                name="legalhold_subject",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by_id", None),
                    models.Q(("confirmed_by_id", models.F("placed_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="legalhold_two_to_place",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by_id", None),
                    models.Q(("released_by_id", models.F("release_asked_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="legalhold_two_to_release",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("closed_at", None)), fields=["account_id"], name="case_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(("last_day__gte", models.F("first_day"))), name="case_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="caserule",
            constraint=models.UniqueConstraint(fields=("kind", "effective_on"), name="case_rule_once"),
        ),
        migrations.AddConstraint(
            model_name="extract",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_by_id", None),
                    models.Q(("released_by_id", models.F("prepared_by_id")), _negated=True),
                    _connector="OR",
                ),
                name="extract_two_to_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="extract",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["waiting", "ready", "released"])),
                fields=("case_id",),
                name="extract_one_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["state", "answer_by"], name="order_state_due"),
        ),
        migrations.AddIndex(
            model_name="preservation",
            index=models.Index(fields=["account_id"], name="preservation_account"),
        ),
        migrations.AddConstraint(
            model_name="statutoryfloor",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_class", 1), _negated=True), name="floor_not_content"
            ),
        ),
        migrations.AddConstraint(
            model_name="statutoryfloor",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gte", 1), ("days__lte", 731)), name="floor_two_years_at_most"
            ),
        ),
        migrations.RunPython(confirm_earlier, migrations.RunPython.noop, hints={"plane": "control"}),
        migrations.RunPython(publish_floors, migrations.RunPython.noop, hints={"plane": "control"}),
        migrations.RunPython(publish_rules, migrations.RunPython.noop, hints={"plane": "control"}),
    ]
